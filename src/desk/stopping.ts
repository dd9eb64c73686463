/** An orderly stop: waits for closing orders, then says what is left without protection. */

import type { EpochMicros } from '../engine/domain/units.ts';
import { areLeftToExpire, isOpen } from './account/held-position.ts';
import type { DeskContext } from './desk-context.ts';
import { keepFlattening } from './orders/flattening.ts';
import { isClose } from './orders/order-book.ts';
import { isProtected } from './orders/protecting.ts';

export type StopPolicy = 'flatten' | 'leave';

/** A stop that is under way, by the wall clock. */
export interface Stop {
  readonly policy: StopPolicy;
  readonly since: EpochMicros;
}

/** So long a flatten that has found no market yet is tried again before the stop gives up: right
 * after a start the listing and the first quotes are seconds away. */
const MARKET_WAIT_MICROS = 10_000_000;

/** Ids of what would be left without protection: without a stop that the broker is known to hold.
 * Longs that nobody bids for need none: all they can lose is paid. */
function unprotected(desk: DeskContext): readonly string[] {
  return desk.book
    .structures()
    .filter((position) => isOpen(position) && !areLeftToExpire(desk, position.legs))
    .map((position) => position.positionId)
    .filter((positionId) => !isProtected(desk, positionId));
}

function isTrading({ at, day }: DeskContext): boolean {
  return at.market >= day.session.open && at.market < day.session.lastTrade && !day.sealed;
}

/** True while a close works, or while the market it waits for may still come. */
function mayStillClose(desk: DeskContext, { since }: Stop): boolean {
  if (!isTrading(desk)) return false;
  const isClosing = desk.orders.live().some(isClose);
  return isClosing || desk.at.wall - since < MARKET_WAIT_MICROS;
}

/** Called on the clock while stopping. True once the stop is recorded and told. */
export function watchStop(desk: DeskContext, stop: Stop): boolean {
  const isFlatten = stop.policy === 'flatten';
  if (isFlatten && unprotected(desk).length > 0 && mayStillClose(desk, stop)) {
    if (desk.day.chainOpen) keepFlattening(desk, true);
    return false;
  }
  finishStop(desk, isFlatten ? 'stopped in order' : 'stopped, positions left by policy');
  return true;
}

/** Records the stop and lists what no broker-side order protects. */
export function finishStop(desk: DeskContext, reason: string): void {
  const left = unprotected(desk);
  if (left.length > 0) {
    const text = `${left.join(', ')}: no broker-side stop while the engine is down`;
    desk.out.alert('critical', 'UNPROTECTED_AT_STOP', text);
  }
  desk.out.append({ kind: 'engineStopped', reason, unprotected: left }, true);
  desk.out.push({ kind: 'stopped', unprotected: left });
}
