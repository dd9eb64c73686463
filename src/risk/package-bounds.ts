/**
 * What a package of legs can be worth at all, whatever the market says: bounds that need no model,
 * only that an option is worth at least nothing, a call at most the underlying, a put at most its
 * strike, and that a package is worth something between its least and its greatest payoff.
 */
import type { OptionContract } from '../engine/domain/instrument.ts';
import { legSign, type OrderLeg } from '../engine/domain/order.ts';
import type { Price } from '../engine/domain/units.ts';

/** Values per share of one unit as traded: bought legs count +, sold legs -. In 1/10,000 dollar. */
export interface PackageBounds {
  readonly least: number;
  /** Infinity where only the underlying's price bounds it and that is not known. */
  readonly greatest: number;
}

interface Holding {
  readonly contract: OptionContract;
  /** Units held per unit of the package, signed. */
  readonly units: number;
}

function holdingsOf(legs: readonly OrderLeg[]): readonly Holding[] {
  const holdings: Holding[] = [];
  for (const leg of legs) {
    const { instrument } = leg;
    if (instrument.kind === 'option') {
      holdings.push({ contract: instrument, units: legSign(leg.action) * leg.ratio });
    }
  }
  return holdings;
}

/** Value at expiry of what is traded, the underlying at `spot`. */
function payoffAt(holdings: readonly Holding[], spot: number): number {
  let value = 0;
  for (const { contract, units } of holdings) {
    const inTheMoney = contract.right === 'call' ? spot - contract.strike : contract.strike - spot;
    value += units * Math.max(0, inTheMoney);
  }
  return value;
}

/** Calls held net: the slope of the payoff as the underlying rises without end. */
function slopeAbove(holdings: readonly Holding[]): number {
  let slope = 0;
  for (const { contract, units } of holdings) if (contract.right === 'call') slope += units;
  return slope;
}

function payoffBounds(holdings: readonly Holding[]): PackageBounds {
  const kinks = [0, ...holdings.map(({ contract }) => contract.strike)];
  const values = kinks.map((spot) => payoffAt(holdings, spot));
  const slope = slopeAbove(holdings);
  return {
    least: slope < 0 ? -Infinity : Math.min(...values),
    greatest: slope > 0 ? Infinity : Math.max(...values),
  };
}

/** The bounds leg by leg: nothing below zero, nothing above the underlying or the strike. */
function legBounds(holdings: readonly Holding[], spot: Price | undefined): PackageBounds {
  let least = 0;
  let greatest = 0;
  for (const { contract, units } of holdings) {
    const most = contract.right === 'put' ? contract.strike : (spot ?? Infinity);
    if (units > 0) greatest += units * most;
    else least += units * most;
  }
  return { least, greatest };
}

/** The bounds of the option legs together. Shares are no part of it. */
export function packageBounds(legs: readonly OrderLeg[], spot: Price | undefined): PackageBounds {
  const holdings = holdingsOf(legs);
  const payoff = payoffBounds(holdings);
  const single = legBounds(holdings, spot);
  return {
    least: Math.max(payoff.least, single.least),
    greatest: Math.min(payoff.greatest, single.greatest),
  };
}

/** True when the loss of the package grows without end as the underlying rises. */
export function hasUnlimitedLoss(legs: readonly OrderLeg[]): boolean {
  return slopeAbove(holdingsOf(legs)) < 0;
}
