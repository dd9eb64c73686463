/** Answers about the account, computed from the desk's own state at this step. */

import { sumGreeks } from '../engine/domain/greeks.ts';
import type { DayMoneyView } from '../engine/portfolio/day-money.ts';
import { netShares } from '../engine/portfolio/net-held.ts';
import { accountRisk } from './account/account-risk.ts';
import { dayPnl } from './account/day-pnl.ts';
import { areOutsideChain, heldInSession, sharesText } from './account/held-position.ts';
import { greeksView, positionView } from './account/position-views.ts';
import type { DeskContext } from './desk-context.ts';
import type {
  DeltaView,
  GreeksByPosition,
  GreeksView,
  PnlView,
  PositionView,
} from './engine-api.ts';
import { pinWarnings } from './session/pin-watch.ts';

/** What of the day is not realized, before fees: with what is realized it makes the whole day. */
function unrealizedOf(whole: number | undefined, day: DayMoneyView): number | null {
  return whole === undefined ? null : whole - day.realizedCents + day.feesCents;
}

/** Who closes the shares that are held: of other tickers this engine hears no price. */
function sharesAdvice({ book, config }: DeskContext): string {
  const tickers = [...netShares(book.structures()).keys()];
  const others = tickers.filter((ticker) => ticker !== config.underlying);
  if (others.length === 0) return 'flatten_all closes them while their market is open';
  const own = others.length < tickers.length ? `flatten_all closes ${config.underlying}; ` : '';
  return `${own}close ${others.join(', ')} at the broker: this engine quotes and trades none of it`;
}

function pnlWarnings(desk: DeskContext, positions: readonly PositionView[]): readonly string[] {
  const warnings: string[] = [];
  for (const { positionId: id, expiredOn, liquidationValueCents } of positions) {
    if (expiredOn !== undefined) {
      const counts = 'it counts in no total of this session';
      warnings.push(`${id} expired on ${expiredOn} and its settlement is not told yet: ${counts}`);
    } else if (areOutsideChain(desk, desk.book.structure(id)?.legs ?? [])) {
      warnings.push(
        `${id} is not quoted in this session; totals count nothing of it while it is held`,
      );
    } else if (liquidationValueCents === null) {
      warnings.push(`${id} has a leg that cannot be marked now; totals that need it are absent`);
    }
  }
  if (desk.book.sharesHeld() !== 0) {
    warnings.push(`${sharesText(desk)} after exercise or assignment; ${sharesAdvice(desk)}`);
  }
  if (!desk.day.reconciled)
    warnings.push('the broker and this book differ: see reconcile_positions');
  return [...warnings, ...pinWarnings(desk)];
}

/** P&L of the day with every open position. */
export function pnlView(desk: DeskContext): PnlView {
  const positions = desk.book.structures().map((position) => positionView(desk, position));
  const day = desk.book.day();
  const pnl = dayPnl(desk);
  const snapshot = desk.gateway.snapshot(desk.at);
  return {
    dayPnlCents: pnl.liquidationCents ?? null,
    dayPnlMidCents: pnl.midCents ?? null,
    realizedCents: day.realizedCents,
    unrealizedMidCents: unrealizedOf(pnl.midCents, day),
    unrealizedLiquidationCents: unrealizedOf(pnl.liquidationCents, day),
    feesCents: day.feesCents,
    dailyLossLimitCents: desk.config.limits.maxDailyLossCents,
    cashCents: snapshot?.cashCents ?? null,
    buyingPowerCents: snapshot?.buyingPowerCents ?? null,
    positions,
    greeks: greeksInSession(desk),
    warnings: pnlWarnings(desk, positions),
  };
}

/** Greeks of what is held in total; null while something of it has none. */
function greeksInSession(desk: DeskContext): GreeksView | null {
  return sumGreeks(heldInSession(desk).map((position) => greeksView(desk, position)));
}

/** Net delta against the cap, now and at the worst fill of what is working. */
export function deltaView(desk: DeskContext): DeltaView {
  const account = accountRisk(desk);
  const { portfolioDeltaCap: cap } = desk.config.limits;
  const { netDelta, netDeltaHighest, netDeltaLowest } = account;
  const known = netDeltaHighest !== undefined && netDeltaLowest !== undefined;
  return {
    netDelta: netDelta ?? null,
    worstCaseHighest: netDeltaHighest ?? null,
    worstCaseLowest: netDeltaLowest ?? null,
    cap,
    room: known ? cap - Math.max(Math.abs(netDeltaHighest), Math.abs(netDeltaLowest)) : null,
  };
}

/** Greeks by position and in total. */
export function greeksByPosition(desk: DeskContext): GreeksByPosition {
  const positions = desk.book.structures().map((position) => ({
    positionId: position.positionId,
    strategy: position.strategy,
    greeks: greeksView(desk, position),
  }));
  return { total: greeksInSession(desk), positions };
}
