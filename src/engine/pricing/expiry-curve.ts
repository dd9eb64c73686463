/**
 * What legs pay at expiry as a function of the underlying's price: piecewise linear, so its values
 * at 0 and at every strike and its slope beyond the last say everything. Exact integers: amounts
 * are in 1/10,000 dollar ("points" here), a hundredth of a cent.
 */

import type { Instrument } from '../domain/instrument.ts';
import { multiplierOf } from '../domain/instrument.ts';
import type { OrderLeg } from '../domain/order.ts';
import { legSign } from '../domain/order.ts';
import type { Price } from '../domain/units.ts';

/** Points in a cent. */
export const POINTS_PER_CENT = 100;

/** A kink of the curve. */
export interface CurvePoint {
  /** Price of the underlying. */
  readonly at: number;
  /** What the legs pay there, in points. */
  readonly points: number;
}

export interface ExpiryCurve {
  /** The value at 0 and at each strike, ascending by price; never empty. */
  readonly kinks: readonly CurvePoint[];
  /** Points per unit of price beyond the last kink. */
  readonly slopeBeyond: number;
}

/** Shares that a leg's instrument moves per unit of the order, signed: positive when bought. */
export function sharesOfLeg(leg: OrderLeg): number {
  return legSign(leg.action) * leg.ratio * multiplierOf(leg.instrument);
}

function paysPerShare(instrument: Instrument, spot: number): number {
  if (instrument.kind === 'shares') return spot;
  const call = instrument.right === 'call';
  return Math.max(0, call ? spot - instrument.strike : instrument.strike - spot);
}

/** What the legs of `quantity` units pay at expiry with the underlying at `spot`, in points and
 * without premium or fees. */
export function paysAt(legs: readonly OrderLeg[], quantity: number, spot: number): number {
  let points = 0;
  for (const leg of legs) points += sharesOfLeg(leg) * paysPerShare(leg.instrument, spot);
  return points * quantity;
}

function strikesOf(legs: readonly OrderLeg[]): readonly Price[] {
  const strikes = new Set<Price>();
  for (const { instrument } of legs) {
    if (instrument.kind === 'option') strikes.add(instrument.strike);
  }
  return [...strikes].sort((a, b) => a - b);
}

/** Every leg that still moves with a rising price: calls and shares. */
function slopeBeyondStrikes(legs: readonly OrderLeg[], quantity: number): number {
  let shares = 0;
  for (const leg of legs) {
    const { instrument } = leg;
    if (instrument.kind === 'shares' || instrument.right === 'call') shares += sharesOfLeg(leg);
  }
  return shares * quantity;
}

/** The curve of `quantity` units, shifted by `offset` points (premium less fees). */
export function expiryCurve(
  legs: readonly OrderLeg[],
  quantity: number,
  offset: number,
): ExpiryCurve {
  const kinks = [0, ...strikesOf(legs)].map((at) => ({
    at,
    points: paysAt(legs, quantity, at) + offset,
  }));
  return { kinks, slopeBeyond: slopeBeyondStrikes(legs, quantity) };
}
