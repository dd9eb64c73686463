/** An orderly stop: waits for closing orders, then says what is left without protection. */

import type { DeskContext } from './desk-context.ts';
import { areLeftToExpire, isOpen } from './held-position.ts';

/** Called on the clock while stopping. True once the stop is recorded and told. */
export function watchStop(desk: DeskContext, policy: 'flatten' | 'leave'): boolean {
  const held = desk.book
    .structures()
    .filter((position) => isOpen(position) && !areLeftToExpire(desk, position.legs));
  const closing = desk.orders.live().some((order) => order.intent.purpose !== 'open');
  if (policy === 'flatten' && desk.day.chainOpen && held.length > 0 && closing) return false;
  finishStop(desk, policy === 'flatten' ? 'stopped in order' : 'stopped, positions left by policy');
  return true;
}

/** Records the stop and lists what no broker-side order protects. Longs that nobody bids for need
 * no protection: all they can lose is paid. */
export function finishStop(desk: DeskContext, reason: string): void {
  const unprotected = desk.book
    .structures()
    .filter((position) => isOpen(position) && !areLeftToExpire(desk, position.legs))
    .map((position) => position.positionId);
  if (unprotected.length > 0) {
    const text = `${unprotected.join(', ')}: no broker-side stop while the engine is down`;
    desk.out.alert('critical', 'UNPROTECTED_AT_STOP', text);
  }
  desk.out.append({ kind: 'engineStopped', reason, unprotected }, true);
  desk.out.push({ kind: 'stopped', unprotected });
}
