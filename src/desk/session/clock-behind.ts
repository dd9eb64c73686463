/**
 * Trades that come ahead of this machine's clock, one after the other: whoever runs the engine is told, whether or
 * not something is held, for the day's times come that late and no lag of the feed can be seen. Exits go on.
 */
import { whyAhead } from '../../risk/quote-age.ts';
import type { DeskContext } from '../desk-context.ts';
import { isExposed } from './feed-lag-watch.ts';
import { tellOnce } from './told-once.ts';

const CODE = 'CLOCK_BEHIND';

/** Called on the clock. */
export function watchClockBehind(desk: DeskContext): void {
  const { feedAheadMillis, toldOnce } = desk.day;
  if (feedAheadMillis > 0) tellOnce(desk, CODE, () => tell(desk, feedAheadMillis));
  else if (toldOnce.delete(CODE)) {
    desk.out.settle('resolve', CODE, "trades come ahead of this machine's clock no more");
  }
}

function tell(desk: DeskContext, aheadMillis: number): void {
  const text = `${whyAhead(aheadMillis)}, one after the other: it is behind, or the feed's is wrong. Cut-offs and the day's closing come that late, and a feed that lags is not seen; nothing opens. Set the clock (deltaring doctor), and close by hand what cannot wait`;
  desk.out.alert(isExposed(desk) ? 'critical' : 'warning', CODE, text);
}
