/**
 * How long from the tick that breaks a stop until the exit order is recorded and on its way?
 *
 *     quote of the short call ─► end of batch ─► stops of every position ─► exit intent appended
 *
 * Floor: the same quote and end of batch on a desk that holds nothing.
 */
import type { OptionContract } from '../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../src/engine/domain/instrument.ts';
import { price, priceFromDollars } from '../src/engine/domain/units.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { BenchDesk } from './support/bench-desk.ts';
import type { Measure } from './support/paired.ts';
import { paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'tick-to-exit';
const FLOOR = 'the same tick with nothing held';
const BEAT_MICROS = 500_000;
const HELD = 10;
/** Of the underlying, in 1/10,000 dollar. */
const LEAP = priceFromDollars(40);

function shortCallIndex(bench: BenchDesk): number {
  const legs = bench.desk.context.book.structures()[0]?.legs ?? [];
  const isShortCall = ({ quantity, instrument }: (typeof legs)[number]): boolean =>
    quantity < 0 && instrument.kind === 'option' && instrument.right === 'call';
  const instrument = legs.find(isShortCall)?.instrument as OptionContract | undefined;
  return instrument === undefined
    ? 0
    : (bench.desk.context.chain.indexOf(instrumentSymbol(instrument)) ?? 0);
}

/** One tick: the underlying leaps, and a contract is worth forty dollars, far beyond any stop. A contract
 * alone would be taken for a mistaken tick, and have to last. */
function tick(bench: BenchDesk, index: number): number {
  const { at } = bench;
  const sizes = { bidSize: 50, askSize: 50 };
  const sides = { bid: priceFromDollars(40), ask: priceFromDollars(40.02) };
  const { bid = 0 } = bench.sample.spotQuote;
  const spot = { bid: price(bid + LEAP), ask: price(bid + LEAP + 100) };
  const startedAt = nanosNow();
  bench.shell.step({ kind: 'quote', at, index: -1, ...spot, ...sizes });
  bench.shell.step({ kind: 'quote', at, index, ...sides, ...sizes });
  bench.shell.step({ kind: 'batchEnd', at });
  return nanosNow() - startedAt;
}

function exits(bench: BenchDesk): number {
  return bench.orders.filter(({ intent }) => intent.purpose === 'exit').length;
}

/** Holds condors on a fresh desk and breaks their stops with one tick. */
function breaks(positions: number, times: number): Measure {
  return (samples) => {
    for (let i = 0; i < times; i += 1) {
      const bench = new BenchDesk();
      bench.hold(positions);
      check(exits(bench) === 0, 'no exit works before the tick');
      samples.record(tick(bench, shortCallIndex(bench)));
      check(exits(bench) === positions, 'every position has its exit order after the tick');
    }
  };
}

function ticks(bench: BenchDesk, times: number): Measure {
  return (samples) => {
    for (let i = 0; i < times; i += 1) {
      samples.record(tick(bench, i % bench.sample.quotes.length));
      if (i % 50 === 49) bench.pass(BEAT_MICROS);
    }
  };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const rows = [];
  for (const positions of [1, HELD]) {
    const result = await paired(context, {
      ours: breaks(positions, context.count(positions === 1 ? 40 : 10)),
      floor: ticks(new BenchDesk(), context.count(500)),
    });
    const metric = `from the breaking tick to the exit orders of ${positions} condor(s)`;
    rows.push(rowOf({ bench: NAME, metric, unit: 'us', floor: FLOOR }, result));
  }
  return {
    rows,
    checks: ['after each breaking tick every held condor had exactly one exit order'],
    notes: [
      'Goal: a millisecond, which is under a hundredth of the way from a broker to the exchange.',
      'Core thread only: chain write, index, stops, risk gate and record. The journal and the broker follow.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'How long from the tick that breaks a stop until the exit order is recorded?',
  run,
};
