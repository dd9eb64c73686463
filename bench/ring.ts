/**
 * What does it cost to hand one changed contract to a reader, one at a time and many at once?
 *
 *     writer ─ 11 numbers ─► [ slot | slot | slot | … ]  head        one writer,
 *                               ▲           ▲                        any number of readers,
 *                            reader A    reader B                    a cursor each
 *
 * Floor: the same 11 numbers copied into the same kind of slot, and out of it, with no protocol at
 * all. Peers: ringbuf.js, the ring that others use (one reader, who stops the writer when it lags),
 * and a MessagePort, which is what Node itself offers.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import {
  createRingBuffer,
  EPOCH_FIELD,
  INDEX_FIELD,
  RECORD_CELLS,
  RECORD_FIELDS,
} from '../src/engine/ring/ring-layout.ts';
import { RingReader, type RingRecord } from '../src/engine/ring/ring-reader.ts';
import { RingWriter } from '../src/engine/ring/ring-writer.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const CAPACITY = 4_096;
/** Records handed over in one timed turn, all published and then all read. */
const PER_TURN = 1_024;
const BATCH = 64;
const NAME = 'ring';

/** One way to hand records over: publishes a turn's records and reads them. */
type Turn = () => void;

class Sum {
  sent = 0;
  read = 0;

  take(epoch: number | undefined): void {
    check(epoch === this.read, 'every record comes once, in order');
    this.read += 1;
  }
}

function timed(turn: Turn, turns: number): Measure {
  return (samples) => {
    for (let done = 0; done < turns; done += 1) {
      const startedAt = nanosNow();
      turn();
      samples.record((nanosNow() - startedAt) / PER_TURN);
    }
  };
}

/** Fills in the next `count` records, `stride` numbers from one to the next. */
function fill(fields: Float64Array, sum: Sum, count: number, stride = RECORD_FIELDS): void {
  for (let n = 0; n < count; n += 1) {
    fields[n * stride + INDEX_FIELD] = sum.sent % 400;
    fields[n * stride + EPOCH_FIELD] = sum.sent;
    sum.sent += 1;
  }
}

function ours(sum: Sum, batch: number): Turn {
  const buffer = createRingBuffer(CAPACITY);
  const writer = new RingWriter(buffer);
  const reader = new RingReader(buffer);
  const stride = batch === 1 ? RECORD_FIELDS : RECORD_CELLS;
  const fields = new Float64Array(batch * stride);
  const take = (record: RingRecord): void => sum.take(record.epoch);
  return () => {
    for (let done = 0; done < PER_TURN; done += batch) {
      fill(fields, sum, batch, stride);
      if (batch === 1) writer.publish(fields);
      else writer.publishMany(fields, batch);
    }
    for (let done = 0; done < PER_TURN; done += batch) reader.poll(take, batch);
  };
}

function ringbuf(batch: number): Turn {
  const storage = RingBuffer.getStorageForCapacity(CAPACITY * RECORD_FIELDS, Float64Array);
  const ring = new RingBuffer(storage, Float64Array);
  const fields = new Float64Array(batch * RECORD_FIELDS);
  const out = new Float64Array(batch * RECORD_FIELDS);
  const sum = new Sum();
  return () => {
    for (let done = 0; done < PER_TURN; done += batch) {
      fill(fields, sum, batch);
      ring.push(fields, fields.length);
    }
    for (let done = 0; done < PER_TURN; done += batch) {
      ring.pop(out, out.length);
      for (let n = 0; n < batch; n += 1) sum.take(out[n * RECORD_FIELDS + EPOCH_FIELD]);
    }
  };
}

function memcpy(): Turn {
  const cells = new Float64Array(new SharedArrayBuffer(CAPACITY * RECORD_CELLS * 8));
  const fields = new Float64Array(RECORD_FIELDS);
  const copy = new Float64Array(RECORD_FIELDS);
  const sum = new Sum();
  const first = (n: number): number => (n & (CAPACITY - 1)) * RECORD_CELLS;
  return () => {
    for (let n = 0; n < PER_TURN; n += 1) {
      const at = first(sum.sent);
      fill(fields, sum, 1);
      for (let field = 0; field < RECORD_FIELDS; field += 1) cells[at + field] = fields[field] ?? 0;
    }
    for (let n = 0; n < PER_TURN; n += 1) {
      const at = first(sum.read);
      for (let field = 0; field < RECORD_FIELDS; field += 1) copy[field] = cells[at + field] ?? 0;
      sum.take(copy[EPOCH_FIELD]);
    }
  };
}

function port(): { readonly turn: Turn; close(): void } {
  const { port1, port2 } = new MessageChannel();
  const fields = new Float64Array(RECORD_FIELDS);
  const sum = new Sum();
  const turn = (): void => {
    for (let n = 0; n < PER_TURN; n += 1) {
      fill(fields, sum, 1);
      port1.postMessage(fields);
    }
    for (let n = 0; n < PER_TURN; n += 1) {
      const received: { message: Float64Array } | undefined = receiveMessageOnPort(port2);
      sum.take(received?.message[EPOCH_FIELD]);
    }
  };
  return { turn, close: () => port1.close() };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const turns = context.count(1_500);
  const sum = new Sum();
  const floor = timed(memcpy(), turns);
  const single = await paired(context, {
    ours: timed(ours(sum, 1), turns),
    floor,
    peer: timed(ringbuf(1), turns),
  });
  const batchSum = new Sum();
  const batched = await paired(context, {
    ours: timed(ours(batchSum, BATCH), turns),
    floor,
    peer: timed(ringbuf(BATCH), turns),
  });
  const message = port();
  const portSum = new Sum();
  const byPort = await paired(context, {
    ours: timed(ours(portSum, 1), turns),
    peer: timed(message.turn, context.count(80)),
  });
  message.close();
  const read = sum.read + batchSum.read + portSum.read;
  check(sum.sent + batchSum.sent + portSum.sent === read && read > 0, 'every record was read');
  const names = { bench: NAME, unit: 'ns', floor: 'copy in and out' } as const;
  return {
    rows: [
      rowOf({ ...names, metric: 'hand over one record, singly', peer: 'ringbuf.js' }, single),
      rowOf(
        { ...names, metric: `hand over one record, ${BATCH} at once`, peer: 'ringbuf.js' },
        batched,
      ),
      rowOf(
        { ...names, metric: 'hand over one record, singly, beside a port', peer: 'postMessage' },
        byPort,
      ),
    ],
    checks: [`${read} records were read, each once, in order and whole`],
    notes: [
      'Goals: at most half of ringbuf.js (/ peer 0.5), singly and batched, and a 25th of postMessage (0.04).',
      'Publishing and reading together, 88 bytes a record. Ours carries to any number of readers, keeps the trail of each row (its own look-up by time) and never stops its writer; ringbuf.js carries to one reader and does neither.',
      'Writer and reader share one thread here, so that cost is measured and not the scheduler.',
      'What stands in the way of half of ringbuf.js, many at once: both move one block, but a record of ours is 128 bytes with the room it has to itself, and for each its row is noted, which the look back through time walks along. One at a time most of the cost is the two steps that order memory, which both have.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'What does it cost to hand one changed contract to a reader, singly and in batches?',
  run,
};
