/**
 * What does one option's implied volatility with all its greeks cost, and a whole chain's?
 *
 *     price, forward, strike, time ─► implied volatility ─► delta gamma theta theta/hour vega
 *
 * Floor: one logarithm, one exponential and one square root an option, which no solver can do
 * without. Peer: the textbook, Newton on the price from the Manaster-Koehler seed, with its greeks.
 */
import { createChainBuffer } from '../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../src/engine/chain/chain-writer.ts';
import type { Right } from '../src/engine/domain/instrument.ts';
import { addMicros } from '../src/engine/domain/units.ts';
import {
  BLACK_DELTA,
  BLACK_LENGTH,
  BLACK_VEGA,
  blackInto,
  blackValue,
} from '../src/engine/pricing/black.ts';
import { impliedVol } from '../src/engine/pricing/implied-vol.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { inBatches, oneByOne, paired, rowOf } from './support/paired.ts';
import { nudged, sampleChain } from './support/sample-chain.ts';
import { newtonSolve } from './support/textbook-newton.ts';

const NAME = 'pricing';
const FORWARD = 600;
const STRIKES = 200;
const YEARS = 120 / 525_600;
const OURS_TOLERANCE = 1e-9;
const BATCH_MICROS = 100_000;

interface Option {
  readonly right: Right;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  readonly price: number;
  readonly vol: number;
}

/** Out-of-the-money options half a dollar apart, two hours before the end, on a smile: 400 prices
 * from volatilities that are known, each worth something a double can show. */
function options(): Option[] {
  return Array.from({ length: 2 * STRIKES }, (_, i): Option => {
    const strike = FORWARD + (i - STRIKES) * 0.1;
    const right = strike >= FORWARD ? 'call' : 'put';
    const vol = 0.15 + 0.0004 * (strike - FORWARD) ** 2 - 0.002 * (strike - FORWARD);
    const inputs = { right, forward: FORWARD, strike, years: YEARS, vol } as const;
    return { ...inputs, price: blackValue(inputs) };
  });
}

let sink = 0;

function oursOver(all: readonly Option[]): () => void {
  const greeks = new Float64Array(BLACK_LENGTH);
  const black = { right: 'call' as Right, forward: 0, strike: 0, years: 0, vol: 0 };
  let next = 0;
  return () => {
    const option = all[next % all.length];
    next += 1;
    if (option === undefined) return;
    black.right = option.right;
    black.forward = option.forward;
    black.strike = option.strike;
    black.years = option.years;
    black.vol = impliedVol(option) ?? 0;
    blackInto(greeks, black);
    sink += (greeks[BLACK_DELTA] ?? 0) + (greeks[BLACK_VEGA] ?? 0);
  };
}

function floorOver(all: readonly Option[]): () => void {
  let next = 0;
  return () => {
    const option = all[next % all.length];
    next += 1;
    if (option === undefined) return;
    sink += Math.log(option.price) + Math.exp(-option.vol) + Math.sqrt(option.strike);
  };
}

function peerOver(all: readonly Option[]): () => void {
  let next = 0;
  return () => {
    const option = all[next % all.length];
    next += 1;
    if (option !== undefined) sink += newtonSolve(option).delta;
  };
}

function worstError(all: readonly Option[], solve: (option: Option) => number): number {
  return Math.max(...all.map((option) => Math.abs(solve(option) - option.vol)));
}

/** One changed quote in, the whole chain valued and published. */
function chainBatch(times: number): Measure {
  const { listing, session, slice, quotes, spotQuote } = sampleChain();
  const buffer = createChainBuffer();
  const chain = new ChainWriter(buffer);
  chain.openSession(listing, session, slice.asOf);
  let at = slice.asOf;
  chain.setQuote(-1, spotQuote, at);
  for (const [row, quote] of quotes.entries()) chain.setQuote(row, quote, at);
  const reader = new ChainReader(buffer);
  let turn = 0;
  return oneByOne(() => {
    turn += 1;
    at = { market: addMicros(at.market, BATCH_MICROS), wall: at.wall };
    const row = turn % quotes.length;
    const quote = quotes[row];
    if (quote !== undefined) chain.setQuote(row, nudged(quote, turn), at);
    chain.endBatch(at);
    sink += reader.epoch();
  }, times);
}

async function run(context: BenchContext): Promise<BenchReport> {
  const all = options();
  const ours = worstError(all, (option) => impliedVol(option) ?? Number.NaN);
  const peer = worstError(all, (option) => newtonSolve(option).vol);
  check(ours < OURS_TOLERANCE, `every volatility is found again (worst error ${ours})`);
  const size = { batches: context.count(150), perBatch: all.length };
  const option = await paired(context, {
    ours: inBatches(oursOver(all), size),
    floor: inBatches(floorOver(all), size),
    peer: inBatches(peerOver(all), size),
  });
  const chain = await paired(context, {
    ours: chainBatch(context.count(1_000)),
    floor: inBatches(floorOver(all), size),
  });
  check(Number.isFinite(sink), 'every number is a number');
  const perOption = chain.floor?.medians.map((nanos) => nanos * all.length) ?? [];
  const chainFloor = chain.floor && { ...chain.floor, medians: perOption };
  const chainRow = rowOf(
    {
      bench: NAME,
      metric: 'value and publish a chain of 400',
      unit: 'us',
      floor: '400 × ln, exp, √',
    },
    { ...chain, floor: chainFloor },
  );
  const floorP50 = (chainRow.floorP50 ?? 0) * all.length;
  return {
    rows: [
      rowOf(
        {
          bench: NAME,
          metric: 'volatility and greeks of one option',
          unit: 'ns',
          floor: 'ln, exp, √',
          peer: 'textbook Newton',
        },
        option,
      ),
      { ...chainRow, floorP50 },
    ],
    checks: [
      `${all.length} volatilities found again from their prices: worst error ${ours.toExponential(1)} (the textbook's ${peer.toExponential(1)})`,
    ],
    notes: [
      'The chain row is one changed quote, then the parity forward, the smile, 200 strikes valued (call and put share one volatility), and the changed rows published under their locks.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: "What does one option's volatility with all its greeks cost, and a whole chain's?",
  run,
};
