/** This account never trades with itself, and never holds one contract both ways: a broker would net
 * the two and close what another strategy means to keep. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'self_match';

export const selfMatchCheck: Check = {
  code: CODE,
  control: 26,
  appliesTo: 'openings',
  run({ account, intent }) {
    for (const leg of intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const interest = account.interestBySymbol.get(symbol);
      if (interest === undefined) continue;
      const buys = legSign(leg.action) > 0;
      const meets = buys ? interest.isSold : interest.isBought;
      const nets = buys ? interest.isShort : interest.isLong;
      if (!meets && !nets) continue;
      const what = meets ? 'an order of ours stands on the other side' : 'it is held the other way';
      const message = `${symbol}: ${what}; choose another strike or close that first`;
      return failed(CODE, message, { symbol, side: buys ? 'buy' : 'sell', working: meets });
    }
    return passed(CODE, 'nothing of ours stands on the other side');
  },
};
