/** A bid above its ask is a broken quote: nothing opens by it. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { CheckResult } from '../../engine/domain/verdict.ts';
import { isCrossed } from '../quote-age.ts';
import { freshLegQuote } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'quote_crossed';

function crossed(symbol: string, { bid, ask }: Quote): CheckResult {
  const numbers = {
    symbol,
    bidPrice: bid === undefined ? 'none' : dollarsFromPrice(bid),
    askPrice: ask === undefined ? 'none' : dollarsFromPrice(ask),
  };
  return failed(CODE, `${symbol} is quoted bid above ask; wait for a sound quote`, numbers);
}

export const quoteCrossedCheck: Check = {
  code: CODE,
  control: 20,
  appliesTo: 'openings',
  run(input) {
    const spotQuote = input.slice?.spotQuote;
    if (spotQuote !== undefined && isCrossed(spotQuote)) return crossed('underlying', spotQuote);
    for (const leg of input.intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      const quote = freshLegQuote(input, leg);
      if (quote === undefined) return notRun(CODE, `${symbol} has no fresh quote`, { symbol });
      if (isCrossed(quote)) return crossed(symbol, quote);
    }
    return passed(CODE, 'no quote is crossed');
  },
};
