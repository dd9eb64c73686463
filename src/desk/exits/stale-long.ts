/**
 * What a long of which nothing was heard for long can bring at most: no more than its neighbour nearer
 * the money is offered at. Nothing changes about a worthless wing for minutes, and a feed sends changes
 * only; without a bound its silence would keep the stop of the shorts that it covers from firing.
 */

import type { At } from '../../engine/domain/clock.ts';
import { gridOfOne, type Instrument, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import { PRICE_PER_DOLLAR, price } from '../../engine/domain/units.ts';
import { type QuoteGuard, quoteFault } from './quote-guard.ts';

/** Strikes are listed a dollar apart, some days further; beyond this many a bound says nothing. */
const FURTHEST_DOLLARS = 10;

/**
 * The nearest quote of a strike nearer the money that is fresh and offered: an option is worth no more
 * than one of its class whose strike is the better. Undefined for shares, and where there is none.
 */
export function neighbourOf(
  instrument: Instrument,
  quotes: QuoteOf,
  at: At,
  guard: QuoteGuard,
): Quote | undefined {
  if (instrument.kind !== 'option') return undefined;
  const step = instrument.right === 'call' ? -PRICE_PER_DOLLAR : PRICE_PER_DOLLAR;
  const tick = gridOfOne(instrument).step;
  for (let dollars = 1; dollars <= FURTHEST_DOLLARS; dollars += 1) {
    const strike = price(instrument.strike + dollars * step);
    const quote = quotes(instrumentSymbol({ ...instrument, strike }));
    const fault = quoteFault(quote, at, guard, tick);
    const isSound = fault === undefined || fault === 'wide' || fault === 'oneSided';
    if (isSound && quote?.ask !== undefined) return quote;
  }
  return undefined;
}
