/** A leg to buy needs an ask, a leg to sell needs a bid. 0.00 x 0.01 is a market for a buyer. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import { freshLegQuote } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'leg_market_missing';

export const legMarketCheck: Check = {
  code: CODE,
  control: 20,
  appliesTo: 'openings',
  run(input) {
    for (const leg of input.intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const quote = freshLegQuote(input, leg);
      if (quote === undefined) return notRun(CODE, `${symbol} has no fresh quote`, { symbol });
      const side = legSign(leg.action) > 0 ? 'ask' : 'bid';
      const offered = quote[side];
      if (offered !== undefined && offered > 0) continue;
      const message = `${symbol} has no ${side} to trade on; choose another strike`;
      return failed(CODE, message, { symbol, side });
    }
    return passed(CODE, 'every leg has a market on the side it trades');
  },
};
