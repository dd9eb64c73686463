/** Legs written the short way, in dollars. */

import type { Right } from '../../src/engine/domain/instrument.ts';
import type { LegAction, OrderLeg } from '../../src/engine/domain/order.ts';
import { priceFromDollars, sessionDate } from '../../src/engine/domain/units.ts';

const expiry = sessionDate('2026-08-04');

export function optionLeg(
  action: LegAction,
  right: Right,
  strikeDollars: number,
  ratio = 1,
): OrderLeg {
  const strike = priceFromDollars(strikeDollars);
  return { instrument: { kind: 'option', root: 'SPY', expiry, right, strike }, action, ratio };
}

export function sharesLeg(action: LegAction, ratio: number): OrderLeg {
  return { instrument: { kind: 'shares', symbol: 'SPY' }, action, ratio };
}

/** A condor in ascending strikes: long put, short put, short call, long call. */
export function condorLegs(strikes: readonly [number, number, number, number]): OrderLeg[] {
  return [
    optionLeg('buyToOpen', 'put', strikes[0]),
    optionLeg('sellToOpen', 'put', strikes[1]),
    optionLeg('sellToOpen', 'call', strikes[2]),
    optionLeg('buyToOpen', 'call', strikes[3]),
  ];
}
