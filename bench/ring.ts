/**
 * What does it cost to tell every reader about one changed contract, and to read it?
 *
 *     writer ─ publish(11 numbers) ─► [ slot | slot | slot | … ]  head        one writer,
 *                                        ▲           ▲                        any number of readers,
 *                                     reader A    reader B                    a cursor each
 *
 * Floor: the same 11 numbers copied into the same kind of slot, and out of it, with no protocol at
 * all. Peer: a MessagePort, which is what Node offers for it; it carries to one reader only.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import {
  createRingBuffer,
  EPOCH_FIELD,
  FIRST_RECORD_CELL,
  INDEX_FIELD,
  RECORD_CELLS,
  RECORD_FIELDS,
} from '../src/engine/ring/ring-layout.ts';
import { RingReader } from '../src/engine/ring/ring-reader.ts';
import { RingWriter } from '../src/engine/ring/ring-writer.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const CAPACITY = 4_096;
const PER_BATCH = 1_024;
const NAME = 'ring';

/** The two sides of one way to hand records over; both take a batch and say how long it took. */
interface Carrier {
  publishBatch(): void;
  readBatch(): void;
}

/** Times one side of a carrier; the other side runs too, off the clock. */
function sideOf(carrier: Carrier, side: keyof Carrier, batches: number): Measure {
  return (samples) => {
    for (let batch = 0; batch < batches; batch += 1) {
      for (const part of ['publishBatch', 'readBatch'] as const) {
        const startedAt = nanosNow();
        carrier[part]();
        if (part === side) samples.record((nanosNow() - startedAt) / PER_BATCH);
      }
    }
  };
}

class Sum {
  sent = 0;
  read = 0;
}

function recordFor(number: number, into: Float64Array): void {
  into[INDEX_FIELD] = number % 400;
  into[EPOCH_FIELD] = number;
}

function ringCarrier(sum: Sum): Carrier {
  const buffer = createRingBuffer(CAPACITY);
  const writer = new RingWriter(buffer);
  const reader = new RingReader(buffer);
  const fields = new Float64Array(RECORD_FIELDS);
  return {
    publishBatch() {
      for (let i = 0; i < PER_BATCH; i += 1) {
        recordFor(sum.sent, fields);
        writer.publish(fields);
        sum.sent += 1;
      }
    },
    readBatch() {
      reader.poll(({ epoch }) => {
        check(epoch === sum.read, `record ${sum.read} of the ring comes in order`);
        sum.read += 1;
      }, PER_BATCH);
    },
  };
}

function memcpyCarrier(): Carrier {
  const cells = new Float64Array(new SharedArrayBuffer(CAPACITY * RECORD_CELLS * 8));
  const fields = new Float64Array(RECORD_FIELDS);
  const copy = new Float64Array(RECORD_FIELDS);
  let sent = 0;
  let read = 0;
  const first = (n: number): number => (n & (CAPACITY - 1)) * RECORD_CELLS;
  return {
    publishBatch() {
      for (let i = 0; i < PER_BATCH; i += 1) {
        recordFor(sent, fields);
        const at = first(sent);
        for (let field = 0; field < RECORD_FIELDS; field += 1)
          cells[at + field] = fields[field] ?? 0;
        sent += 1;
      }
    },
    readBatch() {
      for (let i = 0; i < PER_BATCH; i += 1) {
        const at = first(read);
        for (let field = 0; field < RECORD_FIELDS; field += 1) copy[field] = cells[at + field] ?? 0;
        check(copy[EPOCH_FIELD] === read, 'the floor copies too');
        read += 1;
      }
    },
  };
}

function portCarrier(): Carrier & { close(): void } {
  const { port1, port2 } = new MessageChannel();
  const fields = new Float64Array(RECORD_FIELDS);
  let sent = 0;
  let read = 0;
  return {
    publishBatch() {
      for (let i = 0; i < PER_BATCH; i += 1) {
        recordFor(sent, fields);
        port1.postMessage(fields);
        sent += 1;
      }
    },
    readBatch() {
      for (let i = 0; i < PER_BATCH; i += 1) {
        const received: { message: Float64Array } | undefined = receiveMessageOnPort(port2);
        check(received?.message[EPOCH_FIELD] === read, 'the port carries every message');
        read += 1;
      }
    },
    close: () => port1.close(),
  };
}

async function run(context: BenchContext): Promise<BenchReport> {
  check(FIRST_RECORD_CELL > 0 && PER_BATCH < CAPACITY, 'a batch fits the ring');
  const batches = context.count(400);
  const portBatches = context.count(80);
  const sum = new Sum();
  const ring = ringCarrier(sum);
  const memcpy = memcpyCarrier();
  const port = portCarrier();
  const rows = [];
  for (const [side, metric] of [
    ['publishBatch', 'publish one record'],
    ['readBatch', 'read one record'],
  ] as const) {
    const result = await paired(context, {
      ours: sideOf(ring, side, batches),
      floor: sideOf(memcpy, side, batches),
      peer: sideOf(port, side, portBatches),
    });
    const names = { bench: NAME, metric, unit: 'ns', floor: 'copy', peer: 'postMessage' } as const;
    rows.push(rowOf(names, result));
  }
  port.close();
  check(sum.sent === sum.read && sum.sent > 0, 'every record published was read');
  return {
    rows,
    checks: [`${sum.sent} records were read, each once, in order and whole`],
    notes: [
      'Reading makes one object of named, typed fields per record; the floor leaves 11 bare numbers.',
      'Writer and readers share one thread here, so that cost is measured and not the scheduler.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'What does it cost to tell every reader about one changed contract, and to read it?',
  run,
};
