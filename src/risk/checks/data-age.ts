/** The quotes of the legs and of the underlying are fresh enough to decide by. */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import { PENNY_GRID } from '../../engine/domain/tick-grid.ts';
import type { Price } from '../../engine/domain/units.ts';
import { ageLimitMillis, optionSilenceMillis, quoteAgeMillis, whyAhead } from '../quote-age.ts';
import type { RiskInput } from '../risk-input.ts';
import { legAgeLimitMillis, legMarket, spotQuote } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'data_stale';

interface Seen {
  readonly symbol: string;
  readonly quote: Quote | undefined;
  readonly maxAgeMillis: number;
  /** The least price step of its class. */
  readonly tick: Price;
}

function quotesNeeded(input: RiskInput): readonly Seen[] {
  const { slice, limits, intent } = input;
  const underlying = {
    symbol: slice?.underlying ?? 'underlying',
    quote: spotQuote(input),
    maxAgeMillis: limits.maxSpotAgeMillis,
    tick: PENNY_GRID.step,
  };
  const legs = intent.legs.map((leg) => ({
    symbol: instrumentSymbol(leg.instrument),
    quote: legMarket(input, leg).quote,
    maxAgeMillis: legAgeLimitMillis(input, leg),
    tick: gridOf([leg]).step,
  }));
  return [underlying, ...legs];
}

export const dataAgeCheck: Check = {
  code: CODE,
  control: 20,
  appliesTo: 'openings',
  run(input) {
    const { aheadMillis = 0 } = input.quoteStream ?? {};
    const ahead = whyAhead(aheadMillis);
    if (ahead !== undefined) {
      return failed(CODE, `${ahead}; set the clock, then preview again`, { aheadMillis });
    }
    const silence = {
      ageMillis: optionSilenceMillis(input.quoteStream?.newsAt, input.at),
      limitMillis: input.limits.maxQuoteAgeMillis,
    };
    if (silence.ageMillis > silence.limitMillis) {
      return failed(
        CODE,
        'no option has been quoted for too long; wait, then preview again',
        silence,
      );
    }
    let closest = { ageMillis: 0, limitMillis: input.limits.maxQuoteAgeMillis };
    for (const { symbol, quote, maxAgeMillis, tick } of quotesNeeded(input)) {
      if (quote === undefined) {
        return notRun(CODE, `${symbol} has no quote yet; wait for it`, { symbol });
      }
      const ageMillis = quoteAgeMillis(quote, input.at);
      const limitMillis = ageLimitMillis(quote, maxAgeMillis, tick);
      if (ageMillis <= limitMillis) {
        const isCloser = ageMillis * closest.limitMillis > closest.ageMillis * limitMillis;
        if (isCloser) closest = { ageMillis, limitMillis };
        continue;
      }
      const lateMillis = input.quoteStream?.lateMillis ?? 0;
      const message =
        lateMillis > 0
          ? `the feed is ${(lateMillis / 1_000).toFixed(1)} s late; wait until it is on time, then preview again`
          : `the quote of ${symbol} is too old; wait for a new one, then preview again`;
      return failed(CODE, message, { symbol, ageMillis, limitMillis });
    }
    return passed(CODE, 'quotes are fresh', closest);
  },
};
