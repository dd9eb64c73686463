/** After a connection is made anew, what was quoted over the old one is history until it is quoted
 * again. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { CheckResult } from '../../engine/domain/verdict.ts';
import { legMarket } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'feed_resync';

function isOf(quote: Quote | undefined, feedSinceWall: number): boolean {
  return quote !== undefined && quote.at.wall >= feedSinceWall;
}

function old(symbol: string): CheckResult {
  const message = `${symbol} was not quoted since the feed came back; wait for its quote`;
  return failed(CODE, message, { symbol });
}

export const feedResyncCheck: Check = {
  code: CODE,
  control: 20,
  appliesTo: 'openings',
  run(input) {
    const { feedSinceWall, slice, intent } = input;
    if (feedSinceWall === undefined) return notRun(CODE, 'the feed has not been connected yet');
    if (!isOf(slice?.spotQuote, feedSinceWall)) return old('the underlying');
    for (const leg of intent.legs) {
      const { quote } = legMarket(input, leg);
      if (!isOf(quote, feedSinceWall)) return old(instrumentSymbol(leg.instrument));
    }
    return passed(CODE, 'every quote came over this connection');
  },
};
