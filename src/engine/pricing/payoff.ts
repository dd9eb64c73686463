/** The expiry payoff of an order and its summary: exact, for any legs. */

import type { OptionContract } from '../domain/instrument.ts';
import { isInTheMoney, multiplierOf, multiplierOfLegs } from '../domain/instrument.ts';
import type { OrderLeg } from '../domain/order.ts';
import type { PayoffSummary } from '../domain/payoff.ts';
import { underlyingOfRoot } from '../domain/underlying.ts';
import type { Cents, Price } from '../domain/units.ts';
import { cents, price } from '../domain/units.ts';
import type { CurvePoint, ExpiryCurve } from './expiry-curve.ts';
import { expiryCurve, POINTS_PER_CENT, paysAt } from './expiry-curve.ts';

/** An order as its payoff sees it. */
export interface PayoffInputs {
  readonly legs: readonly OrderLeg[];
  /** Units of the structure, positive. */
  readonly quantity: number;
  /** Signed net per share for one unit: credit positive, debit negative. */
  readonly netPrice: Price;
  /** Fees of the whole order, a positive number. */
  readonly feesCents: Cents;
  /** What the exercise or assignment of one leg costs, however many contracts; it counts in the worst
   * case alone. Nothing where it is left out. */
  readonly settlementFeeCents?: Cents;
}

function offsetPoints(inputs: PayoffInputs): number {
  const premium = inputs.netPrice * multiplierOfLegs(inputs.legs) * inputs.quantity;
  return premium - inputs.feesCents * POINTS_PER_CENT;
}

/** Profit (positive) or loss of the whole order at expiry with the underlying at `spot`, after
 * fees; a fraction of a cent is rounded against us. */
export function payoffAt(inputs: PayoffInputs, spot: Price): Cents {
  const points = paysAt(inputs.legs, inputs.quantity, spot) + offsetPoints(inputs);
  return cents(Math.floor(points / POINTS_PER_CENT));
}

/**
 * Sums up the expiry payoff over all prices from 0 up, after fees; fractions of a cent are rounded
 * against us. The legs stand alone: what else is held is the caller's. A best point below zero (a
 * sure loss) shows as a negative max profit. Where the loss has no floor, the assignment cost
 * stands in as collateral.
 */
export function payoffSummary(inputs: PayoffInputs): PayoffSummary {
  const { legs, quantity } = inputs;
  const offset = offsetPoints(inputs);
  const curve = expiryCurve(legs, quantity, offset);
  const assignmentCostCents = assignmentCost(legs, quantity);
  return {
    maxLossCents: lossOf(curve, 0, settledBy(inputs)),
    maxProfitCents: curve.slopeBeyond > 0 ? undefined : profitOf(curve),
    breakevens: breakevensOf(curve),
    marginCents: lossOf(curve, offset) ?? assignmentCostCents,
    assignmentCostCents,
    width: widestVertical(legs),
  };
}

/** The worst of a curve, or of the same without an offset that is in it; less what settling at each point,
 * or right beside it, costs besides. */
function lossOf(
  curve: ExpiryCurve,
  offset = 0,
  settling: (at: number) => number = () => 0,
): Cents | undefined {
  if (curve.slopeBeyond < 0) return undefined;
  // Only beyond the last strike are all calls in the money.
  const ends = [...curve.kinks, nextOf(curve, curve.kinks.length - 1)];
  // A bought option loses most where it is just in the money: all that it cost, and its exercise.
  const costOf = (at: number): number => Math.max(settling(at - 1), settling(at + 1));
  const worst = Math.min(...ends.map(({ at, points }) => points - costOf(at))) - offset;
  return cents(Math.max(0, Math.ceil(-worst / POINTS_PER_CENT)));
}

/** Points that settling the legs costs with the underlying at a price: a fee for each that is in the
 * money there. */
function settledBy({ legs, settlementFeeCents = cents(0) }: PayoffInputs) {
  const fee = settlementFeeCents * POINTS_PER_CENT;
  return (at: number): number => {
    if (fee === 0) return 0;
    const inTheMoney = legs.filter(
      ({ instrument }) => instrument.kind === 'option' && isInTheMoney(instrument, at),
    );
    return fee * inTheMoney.length;
  };
}

function profitOf(curve: ExpiryCurve): Cents {
  const best = Math.max(...curve.kinks.map((kink) => kink.points));
  return cents(Math.floor(best / POINTS_PER_CENT));
}

/** Prices at which an order comes out at nothing, ascending. */
export function breakevensOfOrder(inputs: PayoffInputs): readonly Price[] {
  return breakevensOf(expiryCurve(inputs.legs, inputs.quantity, offsetPoints(inputs)));
}

/** Prices at which the payoff is zero and does not stay so on both sides, to the nearest 1/10,000
 * dollar, ascending. */
function breakevensOf(curve: ExpiryCurve): readonly Price[] {
  const found: Price[] = [];
  for (const [index, kink] of curve.kinks.entries()) {
    const next = nextOf(curve, index);
    const before = index === 0 ? kink.points : curve.kinks[index - 1]?.points;
    const stays = before === 0 && next.points === 0;
    if (kink.points === 0 && kink.at > 0 && !stays) found.push(price(kink.at));
    if (Math.sign(kink.points) * Math.sign(next.points) < 0) found.push(crossing(kink, next));
  }
  return found;
}

/** The following kink; past the last one, a point far enough for the payoff to change its sign. */
function nextOf(curve: ExpiryCurve, index: number): CurvePoint {
  const next = curve.kinks[index + 1];
  if (next !== undefined) return next;
  const { at, points } = curve.kinks[index] ?? { at: 0, points: 0 };
  if (curve.slopeBeyond === 0) return { at: at + 1, points };
  const run = 1 + Math.ceil(Math.abs(points / curve.slopeBeyond));
  return { at: at + run, points: points + run * curve.slopeBeyond };
}

function crossing(from: CurvePoint, to: CurvePoint): Price {
  const share = from.points / (from.points - to.points);
  return price(Math.round(from.at + (to.at - from.at) * share));
}

/** Cash to take the shares of every short option alone, the larger of the two sides: an underlying
 * cannot be above the calls and below the puts at once. Nothing where expiry is settled in cash. */
function assignmentCost(legs: readonly OrderLeg[], quantity: number): Cents {
  const points = { call: 0, put: 0 };
  for (const leg of legs) {
    const { instrument, action, ratio } = leg;
    if (action !== 'sellToOpen' || instrument.kind !== 'option') continue;
    if (underlyingOfRoot(instrument.root)?.settlement === 'cash') continue;
    points[instrument.right] += instrument.strike * ratio * multiplierOf(instrument);
  }
  return cents(Math.ceil((Math.max(points.call, points.put) * quantity) / POINTS_PER_CENT));
}

/** The largest distance from a sold option to the nearest bought one of its right. */
function widestVertical(legs: readonly OrderLeg[]): Price {
  const sold = contractsOf(legs, ['sellToOpen', 'sellToClose']);
  const bought = contractsOf(legs, ['buyToOpen', 'buyToClose']);
  let widest = 0;
  for (const short of sold) {
    const distances = bought
      .filter((long) => long.right === short.right)
      .map((long) => Math.abs(long.strike - short.strike));
    if (distances.length > 0) widest = Math.max(widest, Math.min(...distances));
  }
  return price(widest);
}

function contractsOf(
  legs: readonly OrderLeg[],
  actions: readonly OrderLeg['action'][],
): readonly OptionContract[] {
  const contracts: OptionContract[] = [];
  for (const { instrument, action } of legs) {
    if (instrument.kind === 'option' && actions.includes(action)) contracts.push(instrument);
  }
  return contracts;
}
