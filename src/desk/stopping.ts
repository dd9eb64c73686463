/** An orderly stop: waits for closing orders and for openings that are called back, then says what is
 * left without protection. */

import type { EpochMicros } from '../engine/domain/units.ts';
import type { StructurePosition } from '../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, isOpen, tradeNoMore } from './account/held-position.ts';
import type { DeskContext } from './desk-context.ts';
import { closeEverything, keepFlattening, tellLeftAsCover } from './orders/flattening.ts';
import { isClose, isExternal, type OrderRecord } from './orders/order-book.ts';
import { isProtected, isProven, listedAgoMillis } from './orders/protecting.ts';
import { requestCancel } from './orders/sending.ts';
import { quotedSince } from './session/chain-filling.ts';

export type StopPolicy = 'flatten' | 'leave';

/** A stop that is under way, by the wall clock. */
export interface Stop {
  readonly policy: StopPolicy;
  readonly since: EpochMicros;
}

/** So long a flatten that has found no market yet is tried again before the stop gives up: right
 * after a start the listing and the first quotes are seconds away. It counts from the listing and the
 * connection where they come behind the stop, for a close waits some seconds from there for all its legs. */
const MARKET_WAIT_MICROS = 10_000_000;
/** A close is worked no longer than this. Less than the main thread waits: what is left is told by the
 * desk, which knows it. */
const CLOSE_WITHIN_MICROS = 45_000_000;
/** An opening whose end the broker does not tell holds up the stop no longer than this. */
const CANCEL_WAIT_MICROS = 10_000_000;

/** Openings of this engine that may still fill. */
function ownOpenings({ orders }: DeskContext): readonly OrderRecord[] {
  return orders.live().filter((order) => order.intent.purpose === 'open' && !isExternal(order));
}

/** Begins to stop: nothing opens any more, and by `flatten` what the broker's own stop does not guard is
 * closed while the session is open. */
export function beginStop(desk: DeskContext, policy: StopPolicy): Stop {
  desk.day.stopping = true;
  const inSession = desk.day.chainOpen && desk.at.market >= desk.day.session.open;
  if (policy === 'flatten' && inSession) closeEverything(desk, 'engine', undefined, isBare(desk));
  else callBackOpenings(desk);
  return { policy, since: desk.at.wall };
}

/** What no stop guards that the broker was known to hold when it could last be read: only that is closed. */
function isBare(desk: DeskContext): (position: StructurePosition) => boolean {
  const { outlivesEngine } = desk.gateway.capabilities;
  return ({ positionId }) => !outlivesEngine || !isProtected(desk, positionId);
}

/** True where a stop that the broker has listed just now goes on guarding it. */
function isGuarded(desk: DeskContext, positionId: string): boolean {
  return desk.gateway.capabilities.outlivesEngine && isProven(desk, positionId);
}

/** Calls back what would fill into a position that nobody watches. */
function callBackOpenings(desk: DeskContext): void {
  for (const order of ownOpenings(desk)) requestCancel(desk, order, 'engine');
}

/** Ids of what would be left without protection: without a stop that the broker has listed just now, or
 * of an opening that may still fill. Longs that nobody bids for need none: all they can lose is paid. Nor
 * does what trades no more: no stop guards it. */
function unprotected(desk: DeskContext): readonly string[] {
  const held = desk.book
    .structures()
    .filter(({ legs }) => !tradeNoMore(desk, legs) && !areLeftToExpire(desk, legs))
    .filter(({ positionId }) => !isGuarded(desk, positionId))
    .map((position) => position.positionId);
  return [...new Set([...held, ...ownOpenings(desk).map(({ intent }) => intent.positionId)])];
}

function isTrading({ at, day }: DeskContext): boolean {
  return at.market >= day.session.open && at.market < day.session.lastTrade && !day.sealed;
}

/** True while a close works, or while the market it waits for may still come. */
function mayStillClose(desk: DeskContext, { since }: Stop): boolean {
  if (!isTrading(desk) || desk.at.wall - since >= CLOSE_WITHIN_MICROS) return false;
  const isClosing = desk.orders.live().some(isClose);
  return isClosing || desk.at.wall - Math.max(since, quotedSince(desk)) < MARKET_WAIT_MICROS;
}

/** Called on the clock while stopping. True once the stop is recorded and told. */
export function watchStop(desk: DeskContext, stop: Stop): boolean {
  const isFlatten = stop.policy === 'flatten';
  if (isFlatten && unprotected(desk).length > 0 && mayStillClose(desk, stop)) {
    if (desk.day.chainOpen) keepFlattening(desk, isBare(desk));
    return false;
  }
  const isCallingBack = desk.at.wall - stop.since < CANCEL_WAIT_MICROS;
  if (isCallingBack && ownOpenings(desk).length > 0) return false;
  if (isFlatten) tellLeftAsCover(desk);
  finishStop(desk, isFlatten ? 'stopped in order' : 'stopped, positions left by policy');
  return true;
}

/** Says what only its stop at the broker guards from here on: nothing else of its plan is watched. */
function tellGuarded(desk: DeskContext): void {
  const guarded = desk.book
    .structures()
    .filter((position) => isOpen(position) && isGuarded(desk, position.positionId))
    .map(({ positionId }) => positionId);
  if (guarded.length === 0) return;
  const text = `${guarded.join(', ')}: only the stop at the broker guards it while the engine is down; its target, its time exit and the end of the day are watched from the next start on`;
  desk.out.alert('warning', 'LEFT_TO_BROKER_STOP', text);
}

/** Which of these have a stop that the broker could not be asked about for too long. */
function unproven(desk: DeskContext, left: readonly string[]): string {
  if (!desk.gateway.capabilities.outlivesEngine) return '';
  const old = left.flatMap((positionId) => {
    const ago = listedAgoMillis(desk, positionId);
    return ago === null ? [] : [`${positionId} ${Math.round(ago / 1_000)} s ago`];
  });
  return old.length === 0
    ? ''
    : `, as far as is known: the broker last listed that of ${old.join(', ')}`;
}

/** Records the stop and lists what no broker-side order protects. */
export function finishStop(desk: DeskContext, reason: string): void {
  tellGuarded(desk);
  const left = unprotected(desk);
  if (left.length > 0) {
    const open = ownOpenings(desk).map(({ intent }) => intent.intentId);
    const mayFill = open.length > 0 ? `; ${open.join(', ')} may still fill at the broker` : '';
    const text = `${left.join(', ')}: no broker-side stop while the engine is down${unproven(desk, left)}${mayFill}`;
    desk.out.alert('critical', 'UNPROTECTED_AT_STOP', text);
  }
  desk.out.append({ kind: 'engineStopped', reason, unprotected: left }, true);
  desk.out.push({ kind: 'stopped', unprotected: left });
}
