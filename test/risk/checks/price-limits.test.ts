import { describe } from 'vitest';
import type { RiskInput } from '../../../src/risk/risk-input.ts';
import {
  AT,
  closingIntent,
  condorIntent,
  dollars,
  leg,
  millisAfter,
  quote,
  ROWS,
  riskInput,
  sliceOf,
  sliceWith,
} from '../fixtures.ts';
import { type Case, holdAtTheirLimits, withIntent } from './boundary-cases.ts';

function longCall(
  limitDollars: number,
  bid: number | undefined,
  ask: number | undefined,
): RiskInput {
  const limit = dollars(limitDollars);
  return riskInput({
    intent: condorIntent({ legs: [leg('buyToOpen', 'call', 605)], limit, worst: limit }),
    slice: sliceWith('call', 605, { quote: quote(bid, ask) }),
  });
}

const CASES: readonly Case[] = [
  // natural 0.90, mid 0.93, far 0.96; tolerance max(0.03, 0.093) = 0.093
  [
    'a limit just inside the collar below',
    'price_collar',
    withIntent({ limit: dollars(0.81) }),
    'passed',
  ],
  [
    'a limit just outside the collar below',
    'price_collar',
    withIntent({ limit: dollars(0.8) }),
    'failed',
  ],
  [
    'a limit just inside the collar above',
    'price_collar',
    withIntent({ limit: dollars(1.05) }),
    'passed',
  ],
  [
    'a limit just outside the collar above',
    'price_collar',
    withIntent({ limit: dollars(1.06) }),
    'failed',
  ],
  ['a cheap leg three ticks above its ask', 'price_collar', longCall(-0.08, 0.04, 0.05), 'passed'],
  ['a cheap leg four ticks above its ask', 'price_collar', longCall(-0.09, 0.04, 0.05), 'failed'],
  ['a leg as wide as the collar', 'price_collar', longCall(-1.1, 0.9, 1.1), 'passed'],
  ['a leg a tick wider than the collar', 'price_collar', longCall(-1.11, 0.9, 1.11), 'failed'],
  [
    '0.00 x 0.01 as a market for a buyer',
    'price_collar',
    longCall(-0.01, undefined, 0.01),
    'passed',
  ],
  ['a phantom leg of 0.01 x 5.00', 'price_collar', longCall(-2.5, 0.01, 5), 'failed'],

  [
    'a condor for the least credit',
    'price_bounds',
    withIntent({ limit: dollars(0.01), worst: dollars(0.01) }),
    'passed',
  ],
  [
    'a condor for nothing, which can only lose',
    'price_bounds',
    withIntent({ limit: dollars(0), worst: dollars(0) }),
    'failed',
  ],
  [
    'a condor we pay a tick for',
    'price_bounds',
    withIntent({ limit: dollars(-0.01), worst: dollars(-0.01) }),
    'failed',
  ],
  [
    'a condor for all of its width but a tick',
    'price_bounds',
    withIntent({ limit: dollars(9.99) }),
    'passed',
  ],
  [
    'a condor for its whole width, which cannot lose',
    'price_bounds',
    withIntent({ limit: dollars(10) }),
    'failed',
  ],
  [
    'a condor for a tick more than its width',
    'price_bounds',
    withIntent({ limit: dollars(10.01) }),
    'failed',
  ],
  ['a call a tick below the underlying', 'price_bounds', longCall(-599.99, 1, 2), 'passed'],
  ['a call at the price of the underlying', 'price_bounds', longCall(-600, 1, 2), 'failed'],
  ['a call for a tick', 'price_bounds', longCall(-0.01, 1, 2), 'passed'],
  ['a call for nothing', 'price_bounds', longCall(0, 1, 2), 'failed'],
  ['a call a tick above the underlying', 'price_bounds', longCall(-600.01, 1, 2), 'failed'],
  ['a call for which we are paid', 'price_bounds', longCall(0.01, 1, 2), 'failed'],
  [
    'a put a tick below its strike',
    'price_bounds',
    withIntent({
      legs: [leg('buyToOpen', 'put', 595)],
      limit: dollars(-594.99),
      worst: dollars(-594.99),
    }),
    'passed',
  ],
  [
    'a put whose worst price is its strike',
    'price_bounds',
    withIntent({
      legs: [leg('buyToOpen', 'put', 595)],
      limit: dollars(-594.99),
      worst: dollars(-595),
    }),
    'failed',
  ],
  [
    'a condor whose worst price is a tick',
    'price_bounds',
    withIntent({ worst: dollars(0.01) }),
    'passed',
  ],
  [
    'a condor whose worst price is nothing',
    'price_bounds',
    withIntent({ worst: dollars(0) }),
    'failed',
  ],
  [
    'a close that may give more than the width',
    'price_bounds',
    riskInput({ intent: closingIntent({ purpose: 'close', worst: dollars(-10.01) }) }),
    'passed',
  ],
  [
    'a put at its strike',
    'price_bounds',
    withIntent({
      legs: [leg('buyToOpen', 'put', 595)],
      limit: dollars(-595),
      worst: dollars(-595),
    }),
    'failed',
  ],
  [
    'an exit at the bound: it gives the whole width to be out',
    'price_bounds',
    riskInput({ intent: closingIntent({ limit: dollars(-10) }) }),
    'passed',
  ],
  [
    'a put a tick above its strike',
    'price_bounds',
    withIntent({
      legs: [leg('buyToOpen', 'put', 595)],
      limit: dollars(-595.01),
      worst: dollars(-596),
    }),
    'failed',
  ],
  [
    'a limit at the worst price agreed to',
    'price_bounds',
    withIntent({ limit: dollars(0.9), worst: dollars(0.9) }),
    'passed',
  ],
  [
    'a limit a tick past the worst price agreed to',
    'price_bounds',
    withIntent({ limit: dollars(0.89), worst: dollars(0.9) }),
    'failed',
  ],
  [
    'an exit past its own first price',
    'price_bounds',
    riskInput({ intent: closingIntent({ limit: dollars(-1.2), worst: dollars(-1) }) }),
    'passed',
  ],
  [
    'a call while the price of the underlying is too old',
    'price_bounds',
    riskInput({
      intent: condorIntent({
        legs: [leg('buyToOpen', 'call', 605)],
        limit: dollars(-0.52),
        worst: dollars(-0.52),
      }),
      slice: sliceOf(ROWS, quote(599.99, 600.01, millisAfter(AT, -2_001))),
    }),
    'notRun',
  ],
];

describe('the checks of price at their limits', () => {
  holdAtTheirLimits(CASES);
});
