import { describe, expect, it } from 'vitest';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../../../src/engine/domain/market.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { addMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { MINUTES_PER_YEAR } from '../../../src/engine/pricing/time-to-expiry.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import type { RiskInput } from '../../../src/risk/risk-input.ts';
import {
  AT,
  CONDOR_LEGS,
  condorIntent,
  dollars,
  fullSession,
  leg,
  millisAfter,
  quote,
  ROWS,
  type RowSpec,
  riskInput,
  sliceOf,
  sliceWith,
} from '../fixtures.ts';
import { type Case, holdAtTheirLimits } from './boundary-cases.ts';

const QUIET = sliceOf(ROWS);

function slice(change: Partial<ChainSlice>): RiskInput {
  return riskInput({ slice: { ...QUIET, ...change } });
}

/** The chain with the call of 605 changed, a leg of the condor. */
function callOf605(change: Partial<ContractView>): RiskInput {
  const isIt = ({ contract }: ContractView) => contract.strike === priceFromDollars(605);
  return slice({
    calls: QUIET.calls.map((view) => (isIt(view) ? { ...view, ...change } : view)),
  });
}

function withDelta(right: 'call' | 'put', strike: number, delta: number): RiskInput {
  return riskInput({ slice: sliceWith(right, strike, { delta }) });
}

function seconds(count: number): number {
  return count / 60 / MINUTES_PER_YEAR;
}

/** The chain with a put of 605 beside its call of 0.51 mid and 0.01 half width: at a forward of 600
 * parity asks 5.51 for the put, and 0.01 + 0.01 + ten ticks are left open. */
function putOf605(mid: number): RiskInput {
  return riskInput({ slice: sliceWith('put', 605, { quote: quote(mid - 0.01, mid + 0.01) }) });
}

/** The chain with a call of 595 beside its put of 0.51 mid: at a forward of 600 parity asks 5.51. */
function callOf595(mid: number, change: Partial<RowSpec> = {}): RiskInput {
  const quoted = { quote: quote(mid - 0.01, mid + 0.01) };
  const rows = ROWS.map((row) => {
    if (row.strike !== 595) return row;
    return { ...row, ...(row.right === 'call' ? quoted : change) };
  });
  return riskInput({ slice: sliceOf(rows) });
}

/** The chain at another forward: what is in the money has moved with it. */
function forwardOf(forward: number): RiskInput {
  const off = forward - 600;
  const rows = ROWS.map((row) => {
    const { right, strike } = row;
    const sign = right === 'call' ? 1 : -1;
    const [bid, ask] = [row.quote?.bid, row.quote?.ask].map((side) => (side ?? 0) / 10_000);
    const isIn = sign * (600 - strike) > 0;
    return isIn ? { ...row, quote: quote((bid ?? 0) + sign * off, (ask ?? 0) + sign * off) } : row;
  });
  return riskInput({ slice: { ...sliceOf(rows), forward } });
}

/** One call alone, whose put is quoted so. */
function aloneBeside(put: Quote | undefined): RiskInput {
  const intent = condorIntent({ strategy: 'orb_long_call', legs: [leg('buyToOpen', 'call', 605)] });
  return riskInput({ intent, slice: sliceWith('put', 605, { quote: put }) });
}

/** Legs of index options, one of them a wing without a bid that is as old as it may be. */
function indexWing(ask: number): RiskInput {
  const asIndex = <T extends { readonly contract: OptionContract }>(view: T): T => ({
    ...view,
    contract: { ...view.contract, root: 'SPXW' },
  });
  const late = quote(undefined, ask, millisAfter(AT, -4_000));
  const { calls, puts, ...rest } = sliceWith('call', 615, { quote: late });
  const intent = condorIntent({
    legs: CONDOR_LEGS.map((part) => ({
      ...part,
      instrument: { ...part.instrument, root: 'SPXW' },
    })),
  });
  return riskInput({
    intent,
    slice: { ...rest, calls: calls.map(asIndex), puts: puts.map(asIndex) },
  });
}

function legQuotedAgo(ageMillis: number, bid: number | undefined, ask: number): RiskInput {
  const late = quote(bid, ask, millisAfter(AT, -ageMillis));
  return riskInput({ slice: sliceWith('call', 615, { quote: late }) });
}

const LIVE_STREAM = { sinceWall: AT.wall - 60_000_000, newsAt: AT, lateMillis: 0 };

/** A live stream that has told nothing of the put of 595 for so long; its call makes it `callMid - 5`. */
function putQuietFor(ageMillis: number, callMid: number): RiskInput {
  const quiet = { quote: quote(0.5, 0.52, millisAfter(AT, -ageMillis)) };
  return { ...callOf595(callMid, quiet), quoteStream: LIVE_STREAM };
}

/** The same, and the put of 585 was quoted so long ago. */
function wingQuietFor(ageMillis: number, input: RiskInput): RiskInput {
  const late = quote(0.04, 0.05, millisAfter(AT, -ageMillis));
  const puts = (input.slice ?? QUIET).puts.map((view) =>
    view.contract.strike === priceFromDollars(585) ? { ...view, quote: late } : view,
  );
  return { ...input, slice: { ...(input.slice ?? QUIET), puts } };
}

/** The same, and nobody quotes the call of a strike. */
function withoutCall(strike: number, input: RiskInput): RiskInput {
  const calls = (input.slice ?? QUIET).calls.map((view) =>
    view.contract.strike === priceFromDollars(strike) ? { ...view, quote: undefined } : view,
  );
  return { ...input, slice: { ...(input.slice ?? QUIET), calls } };
}

function legs(strategy: OrderIntent['strategy'], ...parts: OrderIntent['legs']): RiskInput {
  return riskInput({ intent: condorIntent({ strategy, legs: parts }) });
}

const call = leg('buyToOpen', 'call', 605);
const put = leg('buyToOpen', 'put', 595);
const BACKWARDS = CONDOR_LEGS.toReversed();
const TURNED = CONDOR_LEGS.map((part) => ({
  ...part,
  action: part.action === 'buyToOpen' ? ('sellToOpen' as const) : ('buyToOpen' as const),
}));

const MODEL: readonly Case[] = [
  ['no time left', 'model_unreasonable', slice({ yearsToExpiry: 0 }), 'failed'],
  ...([-30.5, -29.5, 29.5, 30.5] as const).map(
    (off): Case => [
      `time to expiry off by ${off} seconds`,
      'model_unreasonable',
      slice({ yearsToExpiry: QUIET.yearsToExpiry + seconds(off) }),
      Math.abs(off) <= 30 ? 'passed' : 'failed',
    ],
  ),
  [
    'a chain of another day',
    'model_unreasonable',
    slice({ yearsToExpiry: QUIET.yearsToExpiry + seconds(86_400) }),
    'failed',
  ],
  [
    'a session that is not known: its own check says so',
    'model_unreasonable',
    riskInput({ session: undefined }),
    'passed',
  ],
  ...([598.79, 598.81, 601.19, 601.21] as const).map(
    (forward): Case => [
      `a forward of ${forward} at a spot of 600`,
      'model_unreasonable',
      forwardOf(forward),
      Math.abs(forward - 600) <= 1.2 ? 'passed' : 'failed',
    ],
  ),
  ['no forward', 'model_unreasonable', slice({ forward: undefined }), 'notRun'],
  ['no spot', 'model_unreasonable', slice({ spotQuote: undefined }), 'notRun'],
  ...([0.0099, 0.01, 5, 5.01] as const).map(
    (impliedVol): Case => [
      `an implied volatility of ${impliedVol}`,
      'model_unreasonable',
      callOf605({ impliedVol }),
      impliedVol >= 0.01 && impliedVol <= 5 ? 'passed' : 'failed',
    ],
  ),
  ['no volatility', 'model_unreasonable', callOf605({ impliedVol: undefined }), 'passed'],
  ['no greeks', 'model_unreasonable', callOf605({ greeks: undefined }), 'passed'],
  ['a call of -0.001', 'model_unreasonable', withDelta('call', 605, -0.001), 'failed'],
  ['a call of 0', 'model_unreasonable', withDelta('call', 605, 0), 'passed'],
  ['a call of 1', 'model_unreasonable', withDelta('call', 605, 1), 'passed'],
  ['a call of 1.001', 'model_unreasonable', withDelta('call', 605, 1.001), 'failed'],
  ['a put of 0.001', 'model_unreasonable', withDelta('put', 595, 0.001), 'failed'],
  ['a put of -1', 'model_unreasonable', withDelta('put', 595, -1), 'passed'],
  ['a put of -1.001', 'model_unreasonable', withDelta('put', 595, -1.001), 'failed'],
  ...([5.38, 5.39, 5.51, 5.63, 5.64] as const).map(
    (mid): Case => [
      `a put of ${mid} beside a call that makes it 5.51`,
      'model_unreasonable',
      putOf605(mid),
      mid >= 5.39 && mid <= 5.63 ? 'passed' : 'failed',
    ],
  ),
  ...([5.38, 5.39, 5.51, 5.63, 5.64] as const).map(
    (mid): Case => [
      `a call of ${mid} beside a put that makes it 5.51`,
      'model_unreasonable',
      callOf595(mid),
      mid >= 5.39 && mid <= 5.63 ? 'passed' : 'failed',
    ],
  ),
  [
    'parity with a leg that has one side only',
    'model_unreasonable',
    callOf595(9, { quote: quote(undefined, 0.52) }),
    'passed',
  ],
  [
    'parity without a forward',
    'model_unreasonable',
    { ...putOf605(9), slice: { ...(putOf605(9).slice ?? QUIET), forward: undefined } },
    'notRun',
  ],
  ['a call beside its put', 'model_unreasonable', aloneBeside(quote(5.5, 5.52)), 'passed'],
  ['a call whose put nobody quotes', 'model_unreasonable', aloneBeside(undefined), 'notRun'],
  [
    'a call whose put has no bid',
    'model_unreasonable',
    aloneBeside(quote(undefined, 5.52)),
    'notRun',
  ],
  ...([5_000, 5_001] as const).map(
    (ageMillis): Case => [
      `a call whose put was at 9 ${ageMillis} milliseconds ago`,
      'model_unreasonable',
      aloneBeside(quote(8.99, 9.01, millisAfter(AT, -ageMillis))),
      ageMillis <= 5_000 ? 'failed' : 'notRun',
    ],
  ),
  [
    'a call whose put is quiet on a live stream',
    'model_unreasonable',
    {
      ...aloneBeside(quote(8.99, 9.01, millisAfter(AT, -30_000))),
      quoteStream: LIVE_STREAM,
    },
    'failed',
  ],
  ...([0.05, 0.06] as const).map(
    (ask): Case => [
      `a condor whose wing has no bid and an ask of ${ask}`,
      'model_unreasonable',
      riskInput({ slice: sliceWith('call', 615, { quote: quote(undefined, ask) }) }),
      'passed',
    ],
  ),
  [
    'a worthless wing alone',
    'model_unreasonable',
    {
      ...legs('place_order', leg('buyToOpen', 'call', 615)),
      slice: sliceWith('call', 615, { quote: quote(undefined, 0.05) }),
    },
    'passed',
  ],
  ['no chain', 'model_unreasonable', riskInput({ slice: undefined }), 'notRun'],
  [
    'a leg that the chain has not',
    'model_unreasonable',
    legs('place_order', leg('buyToOpen', 'call', 606)),
    'notRun',
  ],

  ...([2_999, 3_000, 3_001] as const).map(
    (apart): Case => [
      `legs quoted ${apart} milliseconds apart`,
      'leg_dispersion',
      legQuotedAgo(apart, 0.04, 0.05),
      apart <= 3_000 ? 'passed' : 'failed',
    ],
  ),
  ...([5.47, 5.48, 5.51, 5.54, 5.55] as const).map(
    (mid): Case => [
      `a put behind the others, whose call at ${mid} makes it ${(mid - 5).toFixed(2)} and not 0.51`,
      'leg_dispersion',
      putQuietFor(3_001, mid),
      mid >= 5.48 && mid <= 5.54 ? 'passed' : 'failed',
    ],
  ),
  [
    'a put as far behind as it may be, whatever its call says',
    'leg_dispersion',
    putQuietFor(3_000, 5.55),
    'passed',
  ],
  [
    'a put as far behind as it may be beside a wing that is further behind',
    'leg_dispersion',
    wingQuietFor(3_001, putQuietFor(3_000, 5.55)),
    'passed',
  ],
  [
    'a put behind the others without a call to hold it against',
    'leg_dispersion',
    withoutCall(595, putQuietFor(3_001, 5.55)),
    'passed',
  ],
  [
    'a worthless wing that was quiet for ten seconds',
    'leg_dispersion',
    legQuotedAgo(10_000, undefined, 0.05),
    'passed',
  ],
  ['an index wing at a quarter, nickel ticks', 'leg_dispersion', indexWing(0.25), 'passed'],
  ['an index wing at thirty cents, nickel ticks', 'leg_dispersion', indexWing(0.3), 'failed'],
  ['a leg without a quote', 'leg_dispersion', legQuotedAgo(5_001, 0.04, 0.05), 'notRun'],

  [
    'quotes as old as the connection',
    'feed_resync',
    riskInput({ feedSinceWall: AT.wall }),
    'passed',
  ],
  [
    'quotes from before the connection',
    'feed_resync',
    riskInput({ feedSinceWall: addMicros(AT.wall, 1) }),
    'failed',
  ],
  [
    'a leg from before the connection',
    'feed_resync',
    { ...legQuotedAgo(1, 0.04, 0.05), feedSinceWall: AT.wall },
    'failed',
  ],
  ['no connection yet', 'feed_resync', riskInput({ feedSinceWall: undefined }), 'notRun'],
  ['no underlying yet', 'feed_resync', riskInput({ slice: undefined }), 'failed'],
];

const SHAPES: readonly Case[] = [
  ['a call', 'strategy_mismatch', legs('orb_long_call', call), 'passed'],
  ['a put for a call', 'strategy_mismatch', legs('orb_long_call', put), 'failed'],
  ['a put', 'strategy_mismatch', legs('orb_long_put', put), 'passed'],
  ['a call for a put', 'strategy_mismatch', legs('orb_long_put', call), 'failed'],
  ['a ticket on a call', 'strategy_mismatch', legs('lotto_play_5_delta', call), 'passed'],
  ['a ticket on a put', 'strategy_mismatch', legs('lotto_play_5_delta', put), 'passed'],
  [
    'a ticket that is sold',
    'strategy_mismatch',
    legs('lotto_play_5_delta', leg('sellToOpen', 'call', 605)),
    'failed',
  ],
  ['two tickets', 'strategy_mismatch', legs('lotto_play_5_delta', call, put), 'failed'],
  [
    'a ratio of two',
    'strategy_mismatch',
    legs('orb_long_call', leg('buyToOpen', 'call', 605, 2)),
    'failed',
  ],
  ['a condor', 'strategy_mismatch', legs('iron_condor_30_delta', ...CONDOR_LEGS), 'passed'],
  [
    'a condor in any order',
    'strategy_mismatch',
    legs('iron_condor_30_delta', ...BACKWARDS),
    'passed',
  ],
  [
    'a condor turned around',
    'strategy_mismatch',
    legs('iron_condor_30_delta', ...TURNED),
    'failed',
  ],
  [
    'a condor with a leg too many',
    'strategy_mismatch',
    legs('iron_condor_30_delta', ...CONDOR_LEGS, leg('buyToOpen', 'call', 610, 2)),
    'failed',
  ],
  [
    'a straddle',
    'strategy_mismatch',
    legs('straddle_scan', call, leg('buyToOpen', 'put', 605)),
    'passed',
  ],
  [
    'a straddle, the put first',
    'strategy_mismatch',
    legs('straddle_scan', leg('buyToOpen', 'put', 605), call),
    'passed',
  ],
  ['a strangle for a straddle', 'strategy_mismatch', legs('straddle_scan', call, put), 'failed'],
  ['anything by hand', 'strategy_mismatch', legs('place_order', call, put), 'passed'],
  ['anything from elsewhere', 'strategy_mismatch', legs('external', call), 'failed'],
];

describe('the checks of the model and of the legs at their limits', () => {
  holdAtTheirLimits([...MODEL, ...SHAPES]);

  it('name the pair that breaks parity, with its numbers', () => {
    const check = CHECKS.find(({ code }) => code === 'model_unreasonable');
    expect(check?.run(putOf605(6)).numbers).toEqual({
      strike: 605,
      gapPrice: 0.49,
      tolerancePrice: 0.12,
    });
  });
});

describe('the collar before the open', () => {
  const early = addMicros(fullSession().open, -1);
  const at = { market: early, wall: AT.wall };

  // Mid 0.92, natural 0.90, so 0.0920 of tolerance, and half of it before the open.
  it.each([
    [0.81, AT, 'passed'],
    [0.8, AT, 'failed'],
    [0.86, at, 'passed'],
    [0.85, at, 'failed'],
  ] as const)('is tighter, not wider: a limit of %s', (limit, moment, outcome) => {
    const intent = condorIntent({ limit: dollars(limit), worst: dollars(0.5) });
    const check = CHECKS.find(({ code }) => code === 'price_collar');
    expect(check?.run(riskInput({ intent, at: moment })).outcome).toBe(outcome);
  });
});
