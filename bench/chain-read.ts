/**
 * What does it cost to look at the chain, and what does being looked at cost its writer?
 *
 *     one row ── version, copy, version ─► numbers            whole chain ── versions, copy, epoch ─► slice
 *     delta 0.30 ── binary search over the slice's order ─► contract
 *
 * Floors: the same cells copied with no protocol at all. Peer of the look-up: sorting the right's
 * contracts by their distance to the delta, as one would without an index.
 */
import { Worker } from 'node:worker_threads';
import {
  ASK_FIELD,
  BID_FIELD,
  createChainBuffer,
  DELTA_FIELD,
  ROW_FIELDS_END,
  rowCell,
} from '../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../src/engine/chain/chain-writer.ts';
import { deltaIndexOf } from '../src/engine/chain/delta-index.ts';
import { VALUATION_EVERY_MICROS } from '../src/engine/chain/valuation-pace.ts';
import type { ChainSlice } from '../src/engine/domain/market.ts';
import { addMicros } from '../src/engine/domain/units.ts';
import { createRingBuffer } from '../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../src/engine/ring/ring-writer.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { CursorTask } from './support/chain-cursors.ts';
import type { Measure, Paired } from './support/paired.ts';
import { inBatches, paired, rowOf } from './support/paired.ts';
import { nudged, type SampleChain, sampleChain } from './support/sample-chain.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'chain-read';
const THREADS = 2;
const CURSORS = 64;
const EVERY_MILLIS = 50;
const QUOTES_A_BATCH = 100;
/** Threads that have read nothing for so long will not: their first slice takes milliseconds, on a busy machine seconds. */
const LONGEST_START_MILLIS = 60_000;

let sink = 0;

/** A chain that moves when it is told to. */
class LiveChain {
  readonly sample: SampleChain = sampleChain();
  readonly buffer = createChainBuffer();
  readonly writer = new ChainWriter(this.buffer, new RingWriter(createRingBuffer()));
  #at = this.sample.slice.asOf;
  #turn = 0;

  constructor() {
    const { listing, session, spotQuote } = this.sample;
    this.writer.openSession(listing, session, this.#at);
    this.writer.setQuote(-1, spotQuote, this.#at);
    this.move(this.sample.quotes.length);
  }

  /** A batch of quotes, far enough from the last one that the whole chain is valued. */
  move(quotes: number): void {
    const at = this.#at;
    this.#at = {
      market: addMicros(at.market, 1),
      wall: addMicros(at.wall, VALUATION_EVERY_MICROS),
    };
    const count = this.sample.quotes.length;
    for (let n = 0; n < quotes; n += 1) {
      this.#turn += 1;
      const row = this.#turn % count;
      const quote = this.sample.quotes[row];
      if (quote !== undefined) this.writer.setQuote(row, nudged(quote, this.#turn >> 9), this.#at);
    }
    this.writer.endBatch(this.#at);
  }
}

function rowReads(live: LiveChain, size: { batches: number; perBatch: number }) {
  const rows = live.sample.quotes.length;
  const reader = new ChainReader(live.buffer);
  const cells = new Float64Array(live.buffer);
  const copy = new Float64Array(ROW_FIELDS_END);
  let next = 0;
  let last = 0;
  return {
    ours: inBatches(() => {
      next = (next + 1) % rows;
      const row = reader.load(next);
      sink += (row?.bid ?? 0) + (row?.ask ?? 0) + (row?.delta ?? 0);
    }, size),
    floor: inBatches(() => {
      last = (last + 1) % rows;
      const first = rowCell(last);
      for (let cell = 0; cell < ROW_FIELDS_END; cell += 1) copy[cell] = cells[first + cell] ?? 0;
      sink += (copy[BID_FIELD] ?? 0) + (copy[ASK_FIELD] ?? 0) + (copy[DELTA_FIELD] ?? 0);
    }, size),
  };
}

/** Times `look` after a batch that changed every row, off the clock. */
function afterBatches(live: LiveChain, times: number, look: () => void): Measure {
  return (samples) => {
    for (let n = 0; n < times; n += 1) {
      live.move(live.sample.quotes.length);
      const startedAt = nanosNow();
      look();
      samples.record(nanosNow() - startedAt);
    }
  };
}

function copies(live: LiveChain, times: number): Measure {
  const used = new Float64Array(live.buffer, 0, rowCell(live.sample.quotes.length));
  const copy = new Float64Array(used.length);
  return afterBatches(live, times, () => {
    copy.set(used);
    sink += copy[0] ?? 0;
  });
}

function lookUps(slice: ChainSlice, size: { batches: number; perBatch: number }) {
  const index = deltaIndexOf(slice, 'put');
  const targets = Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 64);
  let next = 0;
  const target = (): number => {
    next = (next + 1) & 63;
    return targets[next] ?? 0;
  };
  const deltas = slice.puts.map((view) => ({ view, abs: Math.abs(view.greeks?.delta ?? 9) }));
  return {
    ours: inBatches(() => {
      sink += index.nearest(target())?.index ?? 0;
    }, size),
    peer: inBatches(
      () => {
        const wanted = target();
        const sorted = deltas.toSorted(
          (a, b) => Math.abs(a.abs - wanted) - Math.abs(b.abs - wanted),
        );
        sink += sorted[0]?.view.index ?? 0;
      },
      { ...size, perBatch: 20 },
    ),
  };
}

/** Threads of cursors on a chain, which read or rest. */
class Cursors {
  readonly #words = new SharedArrayBuffer(12);
  readonly #workers: Worker[];

  constructor(chain: SharedArrayBuffer) {
    const cursors = CURSORS / THREADS;
    const task: CursorTask = { chain, words: this.#words, cursors, everyMillis: EVERY_MILLIS };
    this.#workers = Array.from(
      { length: THREADS },
      () => new Worker(new URL('support/chain-cursors.ts', import.meta.url), { workerData: task }),
    );
  }

  set reading(isReading: boolean) {
    Atomics.store(new Int32Array(this.#words), 0, isReading ? 1 : 0);
  }

  get read(): number {
    return Atomics.load(new Int32Array(this.#words), 1);
  }

  get busy(): number {
    return Atomics.load(new Int32Array(this.#words), 2);
  }

  /** Resolves once they read, or have had long enough to. */
  async begun(): Promise<void> {
    const until = performance.now() + LONGEST_START_MILLIS;
    this.reading = true;
    while (this.read === 0 && performance.now() < until) await pause(1);
    this.reading = false;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Times batches of an ingest at some hundreds a second, beside cursors that read or rest. */
function ingest(
  live: LiveChain,
  cursors: Cursors,
  plan: { times: number; read: boolean },
): Measure {
  return async (samples) => {
    cursors.reading = plan.read;
    for (let n = 0; n < plan.times; n += 1) {
      const startedAt = nanosNow();
      live.move(QUOTES_A_BATCH);
      samples.record(nanosNow() - startedAt);
      await pause(1);
    }
    cursors.reading = false;
  };
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}

function p99Note({ ours, peer }: Paired): string {
  const [read, rested] = [ours.all.percentile(99, 'us'), peer?.all.percentile(99, 'us') ?? 0];
  const change = (100 * (read / rested - 1)).toFixed(1);
  return `p99 of the ingest: ${read.toFixed(0)} us beside ${CURSORS} cursors, ${rested.toFixed(0)} us beside none: ${change} % (goal: at most 5 %).`;
}

async function run(context: BenchContext): Promise<BenchReport> {
  const live = new LiveChain();
  const size = { batches: context.count(400), perBatch: 400 };
  const row = await paired(context, rowReads(live, size));
  const times = context.count(1_500);
  const refreshing = new ChainReader(live.buffer);
  const slicing = new ChainReader(live.buffer);
  const floor = copies(live, times);
  const snapshot = await paired(context, {
    ours: afterBatches(live, times, () => {
      check(refreshing.refresh(), 'nobody writes meanwhile');
    }),
    floor,
  });
  const slices = await paired(context, {
    ours: afterBatches(live, times, () => {
      sink += slicing.slice()?.calls.length ?? 0;
    }),
    floor,
  });
  const slice = slicing.slice();
  if (slice === undefined) throw new Error('the chain has no slice');
  const lookUp = await paired(context, lookUps(slice, size));
  const cursors = new Cursors(live.buffer);
  await cursors.begun();
  const batches = context.count(1_500);
  const beside = await paired(context, {
    ours: ingest(live, cursors, { times: batches, read: true }),
    peer: ingest(live, cursors, { times: batches, read: false }),
  });
  await cursors.close();
  check(cursors.read > 0, 'the cursors read');
  check(Number.isFinite(sink), 'every number is a number');
  const names = { bench: NAME, floor: 'bare copy' } as const;
  return {
    rows: [
      rowOf({ ...names, metric: 'read one row', unit: 'ns' }, row),
      rowOf({ ...names, metric: 'snapshot of 400 contracts, all changed', unit: 'us' }, snapshot),
      rowOf({ ...names, metric: 'the same as a slice with its lists', unit: 'us' }, slices),
      rowOf(
        { bench: NAME, metric: 'contract nearest to a delta', unit: 'ns', peer: 'sort' },
        lookUp,
      ),
      rowOf(
        {
          bench: NAME,
          metric: `ingest of ${QUOTES_A_BATCH} quotes beside ${CURSORS} cursors at 20 Hz`,
          unit: 'us',
          peer: 'beside none',
        },
        beside,
      ),
    ],
    checks: [
      `${cursors.read} slices were read by ${CURSORS} cursors in ${THREADS} threads beside the writer, ${cursors.busy} looks were busy`,
    ],
    notes: [
      'Goals: a row at most 3 times a bare copy, the whole chain at most 4 times, a look-up at most 20 ns and a hundredth of a sort (/ peer 0.01).',
      "A slice is an object of its own: it pays for a second copy of the chain's cells and for its two lists. The look-up is on a slice's index, which is made once a slice when it is first asked for.",
      p99Note(beside),
      'Writer and two threads of cursors need three processors: where there are fewer, they take turns, and the p99 tells of that too.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question:
    'What does it cost to look at the chain, and what does being looked at cost its writer?',
  run,
};
