import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaringError } from '../../../src/engine/domain/errors.ts';
import {
  ABSENT,
  ASK_FIELD,
  BID_FIELD,
  CLAIM_WORD,
  createRingBuffer,
  DEFAULT_RING_CAPACITY,
  DELTA_FIELD,
  HEAD_WORD,
  IMPLIED_VOL_FIELD,
  INDEX_FIELD,
  MAX_RING_CAPACITY,
  MIN_RING_CAPACITY,
  RECORD_CELLS,
  RECORD_FIELDS,
  ringCapacity,
  SPOT_FIELD,
} from '../../../src/engine/ring/ring-layout.ts';
import { RingReader, type RingRecord } from '../../../src/engine/ring/ring-reader.ts';
import { RingWriter } from '../../../src/engine/ring/ring-writer.ts';
import { allocatedBytes } from '../../support/allocated-bytes.ts';
import { plainRecord } from '../../support/plain-slice.ts';

const fields = new Float64Array(RECORD_FIELDS);

/** Publishes records numbered from..to-1; every field of record n is n. */
function publishRange(writer: RingWriter, from: number, to: number): void {
  for (let n = from; n < to; n += 1) writer.publish(fields.fill(n));
}

function drain(reader: RingReader, maxRecords = Number.POSITIVE_INFINITY): RingRecord[] {
  const records: RingRecord[] = [];
  reader.poll((record) => records.push(plainRecord(record)), maxRecords);
  return records;
}

describe('the ring buffer', () => {
  it('holds 131,072 records unless told otherwise', () => {
    expect(ringCapacity(createRingBuffer())).toBe(DEFAULT_RING_CAPACITY);
    expect(DEFAULT_RING_CAPACITY).toBe(131_072);
  });

  it.each([MIN_RING_CAPACITY, 32, 1_024])('takes a power of two: %d', (capacity) => {
    expect(ringCapacity(createRingBuffer(capacity))).toBe(capacity);
  });

  it.each([0, -16, 15, 17, 100, 16.5, Number.NaN, MIN_RING_CAPACITY / 2, MAX_RING_CAPACITY * 2])(
    'refuses %d and names it beside the bounds',
    (capacity) => {
      const refusal = () => createRingBuffer(capacity);
      expect(refusal).toThrow(DeltaringError);
      expect(refusal).toThrow(`${capacity}`);
      expect(refusal).toThrow(`${MIN_RING_CAPACITY} to ${MAX_RING_CAPACITY}`);
    },
  );

  it('refuses a buffer that is not a ring', () => {
    expect(() => new RingReader(new SharedArrayBuffer(4_096))).toThrow('not a ring');
    expect(() => new RingWriter(new SharedArrayBuffer(8))).toThrow('not a ring');
  });

  it('refuses a ring of another layout version and one that was cut', () => {
    const other = createRingBuffer(16);
    new Int32Array(other)[1] = 99;
    expect(() => new RingReader(other)).toThrow('version 99');
    const cut = createRingBuffer(16);
    new Int32Array(cut)[2] = 32;
    expect(() => new RingReader(cut)).toThrow('ring of 32 records');
  });
});

describe('reading', () => {
  it('hands over records whole, once and in order', () => {
    const buffer = createRingBuffer(16);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    publishRange(writer, 0, 5);
    expect(drain(reader)).toEqual(
      [0, 1, 2, 3, 4].map((n) => ({
        index: n,
        epoch: n,
        bid: n,
        ask: n,
        bidSize: n,
        askSize: n,
        delta: n,
        impliedVol: n,
        spot: n,
        marketMicros: n,
        wallMicros: n,
      })),
    );
    expect(drain(reader)).toEqual([]);
    expect(writer.published).toBe(5);
  });

  it('shows what is not known as undefined', () => {
    const buffer = createRingBuffer(16);
    const reader = new RingReader(buffer);
    fields.fill(1);
    for (const field of [BID_FIELD, ASK_FIELD, DELTA_FIELD, IMPLIED_VOL_FIELD, SPOT_FIELD]) {
      fields[field] = ABSENT;
    }
    fields[INDEX_FIELD] = -1;
    new RingWriter(buffer).publish(fields);
    const [record] = drain(reader);
    expect(record).toMatchObject({ index: -1, bidSize: 1, askSize: 1 });
    expect([record?.bid, record?.ask, record?.delta, record?.impliedVol, record?.spot]).toEqual(
      Array(5).fill(undefined),
    );
  });

  it('hands over no more than asked and goes on from there', () => {
    const buffer = createRingBuffer(16);
    const reader = new RingReader(buffer);
    publishRange(new RingWriter(buffer), 0, 7);
    expect(drain(reader, 3).map((record) => record.index)).toEqual([0, 1, 2]);
    expect(drain(reader, 0)).toEqual([]);
    expect(drain(reader).map((record) => record.index)).toEqual([3, 4, 5, 6]);
  });

  it('starts at the newest record and can go back to it', () => {
    const buffer = createRingBuffer(16);
    const writer = new RingWriter(buffer);
    publishRange(writer, 0, 3);
    const reader = new RingReader(buffer);
    expect(drain(reader)).toEqual([]);
    publishRange(writer, 3, 6);
    reader.seekToNewest();
    expect(drain(reader)).toEqual([]);
    expect(reader.lost).toBe(0);
  });

  it('counts a record as read when its handler throws', () => {
    const buffer = createRingBuffer(16);
    const reader = new RingReader(buffer);
    publishRange(new RingWriter(buffer), 0, 2);
    expect(() =>
      reader.poll(() => {
        throw new Error('handler');
      }, 10),
    ).toThrow('handler');
    expect(drain(reader).map((record) => record.index)).toEqual([1]);
  });

  it('lets readers go at their own pace', () => {
    const buffer = createRingBuffer(16);
    const writer = new RingWriter(buffer);
    const fast = new RingReader(buffer);
    const slow = new RingReader(buffer);
    publishRange(writer, 0, 10);
    expect(drain(fast)).toHaveLength(10);
    publishRange(writer, 10, 15);
    expect(drain(fast)).toHaveLength(5);
    expect(drain(slow)).toHaveLength(15);
  });

  it('lets a new writer go on where the last one stopped', () => {
    const buffer = createRingBuffer(16);
    const reader = new RingReader(buffer);
    publishRange(new RingWriter(buffer), 0, 3);
    publishRange(new RingWriter(buffer), 3, 6);
    expect(drain(reader).map((record) => record.index)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('records published together', () => {
  it('are seen all at once, in order, and only then', () => {
    const buffer = createRingBuffer(64);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    const many = Float64Array.from({ length: 20 * RECORD_CELLS }, (_, i) =>
      Math.floor(i / RECORD_CELLS),
    );
    writer.publishMany(many, 0);
    expect(drain(reader)).toEqual([]);
    writer.publishMany(many, 20);
    expect(drain(reader).map((record) => record.wallMicros)).toEqual(Array.from(Array(20).keys()));
    expect(writer.published).toBe(20);
  });

  it('are at most half the ring, and as many as there are numbers for', () => {
    const writer = new RingWriter(createRingBuffer(16));
    expect(writer.mostAtOnce).toBe(8);
    expect(() => writer.publishMany(new Float64Array(9 * RECORD_CELLS), 9)).toThrow(
      'half the ring',
    );
    expect(() => writer.publishMany(fields, 2)).toThrow('RECORD_CELLS');
  });

  it('are not read from slots that a claim has in work', () => {
    const buffer = createRingBuffer(16);
    const words = new Int32Array(buffer);
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    publishRange(writer, 0, 12);
    // As a reader finds the ring while the writer stores records 12 to 19 but has not moved head.
    words[CLAIM_WORD] = 20;
    expect(drain(reader).map((record) => record.index)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
    expect(reader.lost).toBe(4);
  });

  it('account for every record, mixed with single ones', () => {
    const steps = fc.array(fc.tuple(fc.nat(16), fc.nat(40)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (pace) => {
        const buffer = createRingBuffer(32);
        const writer = new RingWriter(buffer);
        const reader = new RingReader(buffer);
        let published = 0;
        let read = 0;
        let last = -1;
        for (const [writes, reads] of [...pace, [1, 1_000] as const]) {
          const many = new Float64Array(writes * RECORD_CELLS);
          for (let n = 0; n < writes; n += 1) {
            many.fill(published + n, n * RECORD_CELLS, (n + 1) * RECORD_CELLS);
          }
          writer.publishMany(many, writes);
          published += writes;
          publishRange(writer, published, published + 1);
          published += 1;
          for (const { index, wallMicros } of drain(reader, reads)) {
            expect(index).toBeGreaterThan(last);
            expect(wallMicros).toBe(index);
            last = index;
            read += 1;
          }
        }
        expect(read + reader.lost).toBe(published);
      }),
    );
  });
});

describe('a lapped reader', () => {
  it('loses nothing one record before the ring is full', () => {
    const buffer = createRingBuffer(16);
    const reader = new RingReader(buffer);
    publishRange(new RingWriter(buffer), 0, 15);
    expect(drain(reader)).toHaveLength(15);
    expect(reader.lost).toBe(0);
  });

  it('loses half a ring, counted, when the ring is full', () => {
    const buffer = createRingBuffer(16);
    const reader = new RingReader(buffer);
    publishRange(new RingWriter(buffer), 0, 16);
    expect(drain(reader).map((record) => record.index)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    expect(reader.lost).toBe(8);
  });

  it('accounts for every record whatever the pace of both sides', () => {
    const steps = fc.array(fc.tuple(fc.nat(60), fc.nat(40)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (pace) => {
        const buffer = createRingBuffer(32);
        const writer = new RingWriter(buffer);
        const reader = new RingReader(buffer);
        let published = 0;
        let last = -1;
        let read = 0;
        for (const [writes, reads] of [...pace, [0, 1_000] as const]) {
          publishRange(writer, published, published + writes);
          published += writes;
          for (const record of drain(reader, reads)) {
            expect(record.index).toBeGreaterThan(last);
            expect(record.wallMicros).toBe(record.index);
            last = record.index;
            read += 1;
          }
        }
        expect(read + reader.lost).toBe(published);
      }),
    );
  });

  it('counts on past the wrap of the 32-bit head', () => {
    const buffer = createRingBuffer(16);
    const words = new Int32Array(buffer);
    words[HEAD_WORD] = 0x7f_ff_ff_fc;
    const writer = new RingWriter(buffer);
    const reader = new RingReader(buffer);
    publishRange(writer, 0, 8);
    expect(drain(reader).map((record) => record.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    words[HEAD_WORD] = -3;
    reader.seekToNewest();
    publishRange(new RingWriter(buffer), 0, 40);
    expect(drain(reader)).toHaveLength(8);
    expect(reader.lost).toBe(32);
  });
});

it('publishes without allocating', () => {
  const writer = new RingWriter(createRingBuffer(1_024));
  fields.fill(5);
  publishMany(writer, 20_000);
  // One object of the smallest size for each record would be more than 3 MB.
  expect(allocatedBytes(() => publishMany(writer, 200_000))).toBeLessThan(100_000);
});

function publishMany(writer: RingWriter, count: number): void {
  for (let n = 0; n < count; n += 1) writer.publish(fields);
}
