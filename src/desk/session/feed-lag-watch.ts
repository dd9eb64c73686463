/**
 * A feed that lags by seconds: whoever holds something, or has an order working, is told, for stops see
 * the market that late. With nothing at stake it is a number in /health and /metrics alone.
 */
import { MILLIS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { tellOnce } from './told-once.ts';

const CODE = 'FEED_BEHIND';

/** True while something is held or working. */
export function isExposed({ book, orders }: DeskContext): boolean {
  return book.hasStructures() || orders.live().length > 0;
}

/** Called on the clock. */
export function watchFeedLag(desk: DeskContext): void {
  const { feedBehindMillis, toldOnce } = desk.day;
  if (feedBehindMillis === 0 && !toldOnce.has(CODE)) return;
  const isAtStake = isExposed(desk);
  if (feedBehindMillis > 0 && isAtStake) tellOnce(desk, CODE, () => tell(desk, feedBehindMillis));
  else if (toldOnce.delete(CODE)) {
    const text = isAtStake ? 'the feed is on time again' : 'nothing is held or working any more';
    desk.out.settle('resolve', CODE, text);
  }
}

function tell(desk: DeskContext, behindMillis: number): void {
  const seconds = (behindMillis / MILLIS_PER_SECOND).toFixed(1);
  const text = `the feed has been ${seconds} s behind the market for seconds, or this machine's clock is ahead: exits see prices that late. Look at the feed's plan and at the clock (deltaring doctor), and close by hand what cannot bear it`;
  desk.out.alert('critical', CODE, text);
}
