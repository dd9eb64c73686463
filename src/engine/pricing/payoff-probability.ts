/** How likely an order ends in profit, by the market's own volatilities. */

import type { Price } from '../domain/units.ts';
import { dollarsFromPrice, PRICE_PER_DOLLAR, price } from '../domain/units.ts';
import { normalCdf } from './normal.ts';
import type { PayoffInputs } from './payoff.ts';
import { breakevensOfOrder, payoffAt } from './payoff.ts';

export interface ProbabilityInputs extends PayoffInputs {
  /** Dollars per share, above 0. */
  readonly forward: number;
  /** Years of 525,600 minutes; 0 or less means that the price stays at the forward. */
  readonly years: number;
  /** Implied volatility at a price of the underlying in dollars; undefined where not known. */
  readonly volAt: (dollars: number) => number | undefined;
}

/**
 * The probability, 0 to 1, that the order is worth more than nothing at expiry after fees: the
 * price at expiry is lognormal around the forward (Black 1976), each breakeven judged by the
 * volatility at it. Undefined where one of these is not known.
 */
export function probabilityOfProfit(inputs: ProbabilityInputs): number | undefined {
  const breakevens = breakevensOfOrder(inputs);
  let below: number | undefined = 0;
  let total = 0;
  for (let index = 0; index <= breakevens.length; index++) {
    const to = breakevens[index];
    const upTo: number | undefined = to === undefined ? 1 : probabilityBelow(inputs, to);
    if (upTo === undefined || below === undefined) return undefined;
    const inside = insideOf(breakevens[index - 1], to);
    if (payoffAt(inputs, inside) > 0) total += Math.max(0, upTo - below);
    below = Math.max(below, upTo);
  }
  return Math.min(1, total);
}

/** A price between two neighbouring breakevens; the payoff keeps its sign there. */
function insideOf(from: Price | undefined, to: Price | undefined): Price {
  const low = from ?? price(0);
  return price(to === undefined ? low + PRICE_PER_DOLLAR : Math.round((low + to) / 2));
}

function probabilityBelow(inputs: ProbabilityInputs, level: Price): number | undefined {
  const dollars = dollarsFromPrice(level);
  if (!(inputs.forward > 0)) return undefined;
  if (!(inputs.years > 0)) return inputs.forward < dollars ? 1 : 0;
  const vol = inputs.volAt(dollars);
  if (vol === undefined || !(vol > 0)) return undefined;
  const totalVol = vol * Math.sqrt(inputs.years);
  return normalCdf(Math.log(dollars / inputs.forward) / totalVol + 0.5 * totalVol);
}
