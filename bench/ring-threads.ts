/**
 * What does a record cost from one thread to another, singly and in batches?
 *
 *     thread A ─ publish ─► ring ─► poll ─ thread B           both awake, as fast as they can
 *
 * Peer: ringbuf.js, whose two sides read each other's positions at every call. In ours the writer
 * never looks at a reader; so that every record arrives, the bench holds it half a ring ahead.
 */
import { Worker } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { createRingBuffer, EPOCH_FIELD, RECORD_FIELDS } from '../src/engine/ring/ring-layout.ts';
import { RingReader, type RingRecord } from '../src/engine/ring/ring-reader.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { paired, rowOf } from './support/paired.ts';
import { type ProducerTask, TAKEN, WANTED } from './support/ring-task.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'ring-threads';
/** Records that ringbuf.js holds, and that ours may be ahead of its reader, half full. */
const IN_FLIGHT = 8_192;
const BATCH = 64;
/** Records of one sample. */
const PER_SAMPLE = 16_384;
/** Records between two words to the producer of how far the reader is. */
const TELL_EVERY = 256;
const END = -1;

/** A producing thread and what takes its records on this one. */
class Pair {
  taken = 0;
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  readonly #take: () => void;

  constructor(kind: ProducerTask['kind'], batch: number) {
    const isOurs = kind === 'ours';
    const buffer = isOurs
      ? createRingBuffer(2 * IN_FLIGHT)
      : RingBuffer.getStorageForCapacity(IN_FLIGHT * RECORD_FIELDS, Float64Array);
    this.#take = isOurs ? this.#ours(buffer, batch) : this.#ringbuf(buffer, batch);
    const mostAhead = isOurs ? IN_FLIGHT : Number.MAX_SAFE_INTEGER;
    const words = this.#words.buffer as SharedArrayBuffer;
    const workerData: ProducerTask = { kind, buffer, words, batch, mostAhead };
    this.#worker = new Worker(new URL('support/ring-producer.ts', import.meta.url), { workerData });
  }

  #ours(buffer: SharedArrayBuffer, batch: number): () => void {
    const reader = new RingReader(buffer);
    const take = (record: RingRecord): void => this.#count(record.epoch);
    return () => {
      reader.poll(take, batch);
    };
  }

  #ringbuf(buffer: SharedArrayBuffer, batch: number): () => void {
    const ring = new RingBuffer(buffer, Float64Array);
    const out = new Float64Array(batch * RECORD_FIELDS);
    return () => {
      const numbers = ring.pop(out, out.length);
      for (let at = 0; at < numbers; at += RECORD_FIELDS) this.#count(out[at + EPOCH_FIELD]);
    };
  }

  #count(number: number | undefined): void {
    check(number === this.taken, 'every record comes once, in order');
    this.taken += 1;
    if (this.taken % TELL_EVERY === 0) Atomics.store(this.#words, TAKEN, this.taken);
  }

  measure(samples: number): Measure {
    return (into) => {
      for (let n = 0; n < samples; n += 1) {
        const until = this.taken + PER_SAMPLE;
        const startedAt = nanosNow();
        Atomics.store(this.#words, WANTED, until);
        Atomics.notify(this.#words, WANTED);
        while (this.taken < until) this.#take();
        into.record((nanosNow() - startedAt) / PER_SAMPLE);
      }
    };
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => {
      this.#worker.once('exit', resolve);
    });
    Atomics.store(this.#words, WANTED, END);
    Atomics.notify(this.#words, WANTED);
    await ended;
  }
}

async function rowFor(context: BenchContext, batch: number) {
  const ours = new Pair('ours', batch);
  const peer = new Pair('ringbuf', batch);
  const samples = context.count(12);
  try {
    const result = await paired(context, {
      ours: ours.measure(samples),
      peer: peer.measure(samples),
    });
    const how = batch === 1 ? 'singly' : `${batch} at once`;
    const metric = `a record from thread to thread, ${how}`;
    const row = rowOf({ bench: NAME, metric, unit: 'ns', peer: 'ringbuf.js' }, result);
    return { row, taken: ours.taken + peer.taken };
  } finally {
    await ours.close();
    await peer.close();
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const single = await rowFor(context, 1);
  const batched = await rowFor(context, BATCH);
  return {
    rows: [single.row, batched.row],
    checks: [`${single.taken + batched.taken} records arrived, each once and in order`],
    notes: [
      'Goal: at most half of ringbuf.js (/ peer 0.5), both ways. Two threads spin: on a machine with other work on its two processors the numbers tell of the scheduler.',
      'In batches both move one block; ours has 128 bytes a record, of its own lines, and notes the trail of its row (for the chain as it stood).',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'What does a record cost from one thread to another, singly and in batches?',
  run,
};
