/** Every limit with its use and its room, and what stands in the way of an opening now. */

import { suffices } from '../../engine/domain/client-rights.ts';
import { auctionEnd } from '../../engine/domain/session-calendar.ts';
import { restMillis } from '../../risk/resting.ts';
import type { AccountRisk } from '../../risk/risk-input.ts';
import { tradingStateOf } from '../../risk/trading-state.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Caller } from '../engine-api.ts';
import type { LimitView, RiskCheckView } from '../engine-api-risk.ts';
import { reducingOffer } from '../previews/reducing-offer.ts';
import { chainFilling } from '../session/chain-filling.ts';
import { whyStale } from '../session/freshness.ts';
import { accountRisk } from './account-risk.ts';
import { controlRows } from './control-rows.ts';
import { sharesText } from './held-position.ts';
import { limitRows, OWN_CEILING } from './limit-rows.ts';

function isInAuction({ at, day }: DeskContext): boolean {
  return at.market >= day.session.open && at.market < auctionEnd(day.session);
}

/** Why no market is there to open in: what the gate and the previews ask before they look at an order. */
function unseen(desk: DeskContext): readonly string[] {
  const { chainOpen, feedConnected } = desk.day;
  if (!chainOpen || !feedConnected) return [];
  const filling = chainFilling(desk)?.denied.message;
  return [filling ?? whyStale(desk) ?? []].flat();
}

/** What the rights of who asks keep it from, whatever the account allows. */
function withheld({ authority }: Caller): readonly string[] {
  if (suffices(authority, 'open')) return [];
  return [
    suffices(authority, 'reduce')
      ? 'the rights of this client: it may only close, reduce and cancel'
      : 'the rights of this client: it may only look and preview',
  ];
}

function blocks(desk: DeskContext, account: AccountRisk): readonly string[] {
  const { day } = desk;
  const reasons: readonly (readonly [boolean, string])[] = [
    [day.killed, 'killed: re-arm at the operator console with `deltaring rearm`'],
    [
      day.status.causes.length > 0,
      `trading is ${tradingStateOf(day.status)}: ${day.status.causes.join(', ')}`,
    ],
    [!day.chainOpen, 'the session has no open chain'],
    [desk.at.market < day.session.open, 'the session has not opened'],
    [isInAuction(desk), 'the opening auction is not over'],
    [desk.at.market >= day.schedule.openingCutoffAt, 'the opening cut-off has passed'],
    [!day.feedConnected, `the feed is down: ${day.feedDetail}`],
    ...unseen(desk).map((why) => [true, why] as const),
    [!day.journalHealthy, 'the journal cannot record'],
    [day.journalStalled, 'the disk of the journal hangs'],
    [!day.reconciled, 'the broker and this book differ'],
    [day.stopping, 'the engine is stopping'],
    [account.sharesHeld !== 0, sharesText(desk)],
  ];
  return reasons.filter(([blocked]) => blocked).map(([, reason]) => reason);
}

/** What keeps single strategies from opening, and no other. */
function waits(desk: DeskContext, account: AccountRisk): readonly string[] {
  const unknown = [...account.unknownStrategies].map(
    (name) => `${name} alone waits: an order has no proven outcome`,
  );
  const { at, config } = desk;
  const resting = [...account.lossesByStrategy].flatMap(([name, lost]) => {
    const leftMillis = restMillis(lost, { at, limits: config.limits });
    if (leftMillis === 0) return [];
    return Number.isFinite(leftMillis)
      ? `${name} alone waits: it lost, and rests ${Math.ceil(leftMillis / 1_000)} seconds more`
      : `${name} alone waits: it lost ${lost.count} times, and rests until the next session`;
  });
  return [...unknown, ...resting];
}

/** Limits of which every opening takes some: where nothing is left of one, or its use is not known, none
 * passes. */
const TAKEN_BY_EACH: ReadonlySet<string> = new Set([
  'MAX_DAILY_LOSS',
  'MAX_DAILY_LOSS with planned losses',
  'MAX_OPEN_RISK',
  'buying power',
  'MAX_CONTRACTS',
  'MAX_OPEN_ORDERS',
  'risk of open orders',
  'MAX_ORDERS_PER_MINUTE',
  'MAX_ORDERS_PER_DAY',
  'MAX_ORDERS_PER_PRINCIPAL',
  OWN_CEILING,
]);

/** Limits that an opening may leave as they are, and that none passes while their use is not known or beyond
 * them: at the worst fill no opening brings it back. */
const WITHIN_FOR_EACH: ReadonlySet<string> = new Set([
  'PORTFOLIO_DELTA_CAP',
  'PORTFOLIO_GAMMA_CAP',
  'PORTFOLIO_VEGA_CAP',
]);

function usedUp(limits: readonly LimitView[]): readonly string[] {
  return limits.flatMap(({ name, used, room, ok }) => {
    const isTaken = TAKEN_BY_EACH.has(name);
    const isWithin = WITHIN_FOR_EACH.has(name);
    if (used === null && (isTaken || isWithin)) return [`${name}: not known`];
    if (isWithin && !ok) return [`${name} is passed`];
    return isTaken && room !== null && room <= 0 ? [`nothing is left of ${name}`] : [];
  });
}

/** The whole picture of `risk_check`, with as many of the newest decisions as are asked for. */
export function riskCheckView(desk: DeskContext, caller: Caller, decisions: number): RiskCheckView {
  const account = accountRisk(desk);
  const sources = { desk, account, caller };
  const limits = [...limitRows(sources), ...controlRows(sources)];
  const blocking = [...withheld(caller), ...blocks(desk, account), ...usedUp(limits)];
  return {
    openingsAllowed: blocking.length === 0,
    blockedBy: [...blocking, ...waits(desk, account)],
    limits,
    limitsVersion: desk.config.limits.version,
    reducingOffer: reducingOffer(desk) ?? null,
    decisions: desk.decisions.newest(decisions),
  };
}
