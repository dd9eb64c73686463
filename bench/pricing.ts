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
import { VALUATION_EVERY_MICROS } from '../src/engine/chain/valuation-pace.ts';
import { addMicros } from '../src/engine/domain/units.ts';
import { blackValue } from '../src/engine/pricing/black.ts';
import { OptionStrip } from '../src/engine/pricing/option-strip.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';
import { nudged, sampleChain } from './support/sample-chain.ts';
import { nanosNow } from './support/samples.ts';
import { NEWTON_LENGTH, newtonInto, type TextbookOption, VOL } from './support/textbook-newton.ts';

const NAME = 'pricing';
const FORWARD = 600;
const STRIKES = 400;
const YEARS = 120 / 525_600;
const OURS_TOLERANCE = 1e-12;
/** A chain is valued in every batch at this distance. */
const BATCH_MICROS = VALUATION_EVERY_MICROS + 1;
/** Quotes are renewed before they age out of the model. */
const RENEW_EVERY = 1_000;
const FLOOR = 'ln, exp, √';

interface Option extends TextbookOption {
  readonly vol: number;
}

/** Out-of-the-money options ten cents apart, two hours before the end, on a smile: 400 prices from
 * volatilities that are known, each worth something a double can show. */
function options(): Option[] {
  return Array.from({ length: STRIKES }, (_, i): Option => {
    const strike = FORWARD + (i - STRIKES / 2) * 0.1;
    const right = strike >= FORWARD ? 'call' : 'put';
    const vol = 0.15 + 0.0004 * (strike - FORWARD) ** 2 - 0.002 * (strike - FORWARD);
    const price = blackValue({ right, forward: FORWARD, strike, years: YEARS, vol });
    const sign = right === 'call' ? 1 : -1;
    return { sign, forward: FORWARD, strike, years: YEARS, price, vol };
  });
}

let sink = 0;

/** The strip of all options, from their prices to their greeks. */
function stripOver(all: readonly Option[]): {
  readonly strip: OptionStrip;
  readonly work: () => void;
} {
  const strip = new OptionStrip(all.length);
  const prices = Float64Array.from(all, ({ price }) => price);
  strip.strike.set(all.map(({ strike }) => strike));
  const work = (): void => {
    strip.timeValue.set(prices);
    strip.setMarket(FORWARD, YEARS);
    strip.solve();
    strip.value();
    sink += (strip.delta[7] ?? 0) + (strip.vega[9] ?? 0);
  };
  return { strip, work };
}

function floorOver(all: readonly Option[]): () => void {
  const prices = Float64Array.from(all, ({ price }) => price);
  return () => {
    for (let i = 0; i < prices.length; i += 1) {
      const price = prices[i] ?? 0;
      sink += Math.log(price) + Math.exp(-price) + Math.sqrt(price);
    }
  };
}

function peerOver(all: readonly Option[]): () => void {
  const out = new Float64Array(NEWTON_LENGTH);
  return () => {
    for (const option of all) {
      newtonInto(out, option);
      sink += out[1] ?? 0;
    }
  };
}

/** Times a pass over all options; a sample is one option's share of it. */
function perOption(work: () => void, count: number, passes: number): Measure {
  return (samples) => {
    for (let pass = 0; pass < passes; pass += 1) {
      const startedAt = nanosNow();
      work();
      samples.record((nanosNow() - startedAt) / count);
    }
  };
}

function worstError(all: readonly Option[], vols: ArrayLike<number>): number {
  return Math.max(...all.map(({ vol }, i) => Math.abs((vols[i] ?? Number.NaN) / vol - 1)));
}

/** One changed quote in, the whole chain valued and published. */
function chainBatch(times: number): Measure {
  const { listing, session, slice, quotes, spotQuote } = sampleChain();
  const buffer = createChainBuffer();
  const chain = new ChainWriter(buffer);
  let at = slice.asOf;
  chain.openSession(listing, session, at);
  const renew = (): void => {
    chain.setQuote(-1, spotQuote, at);
    for (const [row, quote] of quotes.entries()) chain.setQuote(row, quote, at);
  };
  renew();
  const reader = new ChainReader(buffer);
  let turn = 0;
  return async (samples) => {
    const step = oneByOne(() => {
      turn += 1;
      at = { market: addMicros(at.market, 1), wall: addMicros(at.wall, BATCH_MICROS) };
      const row = turn % quotes.length;
      const quote = quotes[row];
      if (quote !== undefined) chain.setQuote(row, nudged(quote, turn), at);
      chain.endBatch(at);
      sink += reader.epoch();
    }, RENEW_EVERY);
    for (let done = 0; done < times; done += RENEW_EVERY) {
      renew();
      await step(samples);
    }
    check(reader.slice()?.atmVol !== undefined, 'the chain is valued');
  };
}

/** Bytes that valuing costs the heap, an option. */
function bytesPerOption(work: () => void, passes: number): number {
  const before = process.memoryUsage().heapUsed;
  for (let pass = 0; pass < passes; pass += 1) work();
  return Math.max(0, process.memoryUsage().heapUsed - before) / passes / STRIKES;
}

function newtonVols(all: readonly Option[]): number[] {
  const out = new Float64Array(NEWTON_LENGTH);
  return all.map((option) => {
    newtonInto(out, option);
    return out[VOL] ?? Number.NaN;
  });
}

async function run(context: BenchContext): Promise<BenchReport> {
  const all = options();
  const { strip, work } = stripOver(all);
  work();
  const ours = worstError(all, strip.vol);
  const peer = worstError(all, newtonVols(all));
  check(ours < OURS_TOLERANCE, `every volatility is found again (worst error ${ours})`);
  const passes = context.count(1_500);
  const option = await paired(context, {
    ours: perOption(work, all.length, passes),
    floor: perOption(floorOver(all), all.length, passes),
    peer: perOption(peerOver(all), all.length, passes),
  });
  const whole = await paired(context, {
    ours: oneByOne(work, passes),
    floor: oneByOne(floorOver(all), passes),
  });
  const chain = await paired(context, {
    ours: chainBatch(context.count(3_000)),
    floor: oneByOne(floorOver(all), passes),
  });
  const bytes = bytesPerOption(work, context.count(2_000));
  check(Number.isFinite(sink), 'every number is a number');
  const names = { bench: NAME, unit: 'us', floor: `400 × ${FLOOR}` } as const;
  return {
    rows: [
      rowOf(
        {
          bench: NAME,
          metric: 'volatility and five greeks of one option',
          unit: 'ns',
          floor: FLOOR,
          peer: 'well-seeded Newton',
        },
        option,
      ),
      rowOf({ ...names, metric: 'volatility and five greeks of 400 options' }, whole),
      rowOf({ ...names, metric: 'value and publish a chain of 400 contracts' }, chain),
    ],
    checks: [
      `${all.length} volatilities found again from their prices: worst relative error ${ours.toExponential(1)} (Newton's ${peer.toExponential(1)})`,
      `the heap grew by ${bytes.toFixed(1)} bytes an option`,
    ],
    notes: [
      'Goals: one option at least six times faster than Newton (/ peer at most 0.167), 400 options in at most 70 us.',
      'The chain row is one changed quote, then the parity forward, the smile, 200 strikes valued (call and put share one volatility), and every row whose numbers moved published under its lock.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: "What does one option's volatility with all its greeks cost, and a whole chain's?",
  run,
};
