/** The model value of a structure before expiry, and the rows of a payoff grid. */

import { multiplierOfLegs } from '../domain/instrument.ts';
import type { OrderLeg } from '../domain/order.ts';
import type { Cents, Price } from '../domain/units.ts';
import { CENTS_PER_DOLLAR, cents, dollarsFromPrice } from '../domain/units.ts';
import { blackValue } from './black.ts';
import { sharesOfLeg } from './expiry-curve.ts';
import type { PayoffInputs } from './payoff.ts';
import { payoffAt } from './payoff.ts';

/** The market that a structure is valued in. */
export interface ModelMarket {
  /** Dollars per share, above 0. */
  readonly forward: number;
  /** Years of 525,600 minutes; 0 or less gives the value at expiry. */
  readonly years: number;
  /** Implied volatility of a strike in dollars; undefined where not known. */
  readonly volAt: (strikeDollars: number) => number | undefined;
}

/** What one unit of the legs is worth by Black's formula, in dollars for all its shares: positive
 * for what is held long, negative for what is owed. Undefined where a leg's volatility is. */
export function valueNow(legs: readonly OrderLeg[], market: ModelMarket): number | undefined {
  let dollars = 0;
  for (const leg of legs) {
    const perShare = valuePerShare(leg, market);
    if (perShare === undefined) return undefined;
    dollars += sharesOfLeg(leg) * perShare;
  }
  return dollars;
}

function valuePerShare(leg: OrderLeg, market: ModelMarket): number | undefined {
  const { instrument } = leg;
  if (instrument.kind === 'shares') return market.forward;
  const strike = dollarsFromPrice(instrument.strike);
  const { forward, years } = market;
  const vol = years > 0 ? market.volAt(strike) : 0;
  if (vol === undefined) return undefined;
  return blackValue({ right: instrument.right, forward, strike, years, vol });
}

/** Profit or loss of the whole order if it could be closed at model value now, after its fees,
 * to the nearest cent. Also the order's expected value at expiry in that market. */
export function modelPnl(order: PayoffInputs, market: ModelMarket): Cents | undefined {
  const value = valueNow(order.legs, market);
  if (value === undefined) return undefined;
  const premium = dollarsFromPrice(order.netPrice) * multiplierOfLegs(order.legs);
  const gross = Math.round((value + premium) * order.quantity * CENTS_PER_DOLLAR);
  return cents(gross - order.feesCents);
}

/** One price of the underlying in a payoff grid. */
export interface PayoffRow {
  readonly price: Price;
  readonly expiryCents: Cents;
  /** Undefined where a leg's volatility is not known. */
  readonly nowCents: Cents | undefined;
}

/** P&L at each price, at expiry and now. Every strike keeps its volatility as the underlying moves
 * (sticky strike); the market's own forward is not read. */
export function payoffGrid(
  order: PayoffInputs,
  market: Omit<ModelMarket, 'forward'>,
  prices: readonly Price[],
): readonly PayoffRow[] {
  return prices.map((price) => ({
    price,
    expiryCents: payoffAt(order, price),
    nowCents: modelPnl(order, { ...market, forward: dollarsFromPrice(price) }),
  }));
}
