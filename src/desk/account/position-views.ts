/** Positions as the faces show them. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import {
  cents,
  dollarsFromPrice,
  epochMicros,
  MICROS_PER_MILLI,
} from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { structureGreeks } from '../../engine/portfolio/portfolio-greeks.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, viewOf } from '../desk-context.ts';
import type { GreeksView, PositionView } from '../engine-api.ts';
import { isoNewYork } from '../iso-time.ts';
import { dollarsOrNull, midDollars } from '../orders/order-views.ts';
import { isProven, listedAgoMillis } from '../orders/protecting.ts';
import { pinRisks } from '../session/pin-watch.ts';
import { boundedWorstCaseOf, plannedLossOf } from './account-risk.ts';
import { greeksOf } from './book-greeks.ts';
import { markOf } from './day-pnl.ts';
import { exitPlanView } from './exit-plan-view.ts';
import { expiredBefore } from './held-position.ts';

type LegOfPosition = PositionView['legs'][number];

function legView(desk: DeskContext, leg: StructurePosition['legs'][number]): LegOfPosition {
  const { instrument } = leg;
  const symbol = instrumentSymbol(instrument);
  const quote = quoteOf(desk, symbol);
  const option = instrument.kind === 'option' ? instrument : undefined;
  return {
    symbol,
    right: option?.right ?? 'shares',
    strike: option === undefined ? 0 : dollarsFromPrice(option.strike),
    quantity: leg.quantity,
    averagePrice: dollarsFromPrice(leg.averagePrice),
    bid: dollarsOrNull(quote?.bid),
    ask: dollarsOrNull(quote?.ask),
    mid: quote === undefined ? null : midDollars(quote.bid, quote.ask),
    delta: option === undefined ? 1 : (viewOf(desk, instrument)?.greeks?.delta ?? null),
    ageMs:
      quote === undefined ? null : Math.round((desk.at.wall - quote.at.wall) / MICROS_PER_MILLI),
  };
}

/** Greeks of a held structure; null when a leg has none. */
export function greeksView(desk: DeskContext, position: StructurePosition): GreeksView | null {
  return structureGreeks(position, (symbol) => greeksOf(desk, symbol)) ?? null;
}

type ExpiryView = Pick<PositionView, 'expiredOn'>;
type ProtectionView = Pick<PositionView, 'protectedBy' | 'protectedSince' | 'verifiedAgoMs'>;

/** Who would close the position, and since when and how surely the broker would. */
function protectionView(
  desk: DeskContext,
  { positionId, legs }: StructurePosition,
): ProtectionView {
  const since = desk.orders.protecting(positionId)?.workingSince?.market;
  if (since === undefined || !isProven(desk, positionId)) {
    const isWatched = desk.day.chainOpen && !expiredBefore(desk.day.session.date, legs);
    const protectedBy = isWatched ? 'engine' : 'none';
    return { protectedBy, protectedSince: null, verifiedAgoMs: null };
  }
  const verifiedAgoMs = listedAgoMillis(desk, positionId);
  return { protectedBy: 'broker', protectedSince: isoNewYork(since), verifiedAgoMs };
}

/** When the options of a structure expired, where that was before this session. */
function expiryView({ day }: DeskContext, { legs }: StructurePosition): ExpiryView {
  const expiredOn = legs
    .flatMap(({ instrument }) => (instrument.kind === 'option' ? [instrument.expiry] : []))
    .toSorted()
    .at(-1);
  return expiredOn !== undefined && expiredBefore(day.session.date, legs) ? { expiredOn } : {};
}

/** The plan with what it may lose of what is left, as the day counts it, and until when it is held: the
 * schedule may have become earlier since the opening. */
function planView(desk: DeskContext, position: StructurePosition): PositionView['exitPlan'] {
  const { exitPlan } = position;
  if (exitPlan === undefined) return null;
  const { flattenStartAt } = desk.day.schedule;
  const timeExitAt = epochMicros(Math.min(exitPlan.timeExitAt, flattenStartAt));
  const plan = { ...exitPlan, timeExitAt };
  if (plan.plannedLossCents === undefined) return exitPlanView(plan);
  const plannedLossCents = cents(Math.round(plannedLossOf(desk, position)));
  return exitPlanView({ ...plan, plannedLossCents });
}

/** One held structure with its marks, greeks and protection. */
export function positionView(desk: DeskContext, position: StructurePosition): PositionView {
  const mark = markOf(desk, position);
  const unrealized = (value: number | undefined): number | null =>
    value === undefined ? null : value + position.openCashCents;
  return {
    positionId: position.positionId,
    strategy: position.strategy,
    openedAt: isoNewYork(position.openedAt),
    quantity: position.quantity,
    legs: position.legs.map((leg) => legView(desk, leg)),
    openCashCents: position.openCashCents,
    midValueCents: mark.midCents ?? null,
    liquidationValueCents: mark.liquidationCents ?? null,
    unrealizedMidCents: unrealized(mark.midCents),
    unrealizedLiquidationCents: unrealized(mark.liquidationCents),
    maxLossCents: boundedWorstCaseOf(desk, position) ?? null,
    greeks: greeksView(desk, position),
    exitPlan: planView(desk, position),
    ...expiryView(desk, position),
    ...protectionView(desk, position),
    pinRisks: pinRisks(desk, position),
  };
}
