import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { createChainBuffer, UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../../src/engine/chain/chain-reader.ts';
import type { Quote } from '../../../src/engine/domain/market.ts';
import { createRingBuffer } from '../../../src/engine/ring/ring-layout.ts';
import { RingReader } from '../../../src/engine/ring/ring-reader.ts';

const BATCHES = 4_000;
const STRIKES = 50;
const RECORDS_A_BATCH = 2 * STRIKES + 1;

/** What a reader of a storm saw; `torn` counts reads whose parts were of different batches. */
interface Seen {
  torn: number;
  read: number;
  busy: number;
}

function isWhole(quote: Quote): boolean {
  const { bid, ask, bidSize, askSize } = quote;
  return bid === bidSize + 1 && ask === bidSize && askSize === bidSize;
}

async function storm(ringCapacity: number) {
  const chain = createChainBuffer();
  const ring = createRingBuffer(ringCapacity);
  const workerData = { chain, ring, batches: BATCHES, highestStrike: 600 + STRIKES };
  const worker = new Worker(new URL('./chain-storm-worker.ts', import.meta.url), { workerData });
  let isOver = false;
  const over = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => {
      isOver = true;
      resolve();
    });
  });
  return { chain, ring, over, isOver: () => isOver };
}

/** Reads in turns of some thousand, letting messages through between them, until the storm ends. */
async function until(isOver: () => boolean, read: () => void): Promise<void> {
  while (!isOver()) {
    for (let n = 0; n < 500; n += 1) read();
    await new Promise((resolve) => setImmediate(resolve));
  }
  read();
}

function readSlice(reader: ChainReader, seen: Seen): void {
  const slice = reader.slice();
  if (slice === undefined) {
    seen.busy += 1;
    return;
  }
  const quotes = [...slice.calls, ...slice.puts].map((view) => view.quote);
  const sizes = new Set([...quotes, slice.spotQuote].map((quote) => quote?.bidSize));
  const whole = quotes.every((quote) => quote === undefined || isWhole(quote));
  seen.read += 1;
  if (sizes.size > 1 || !whole) seen.torn += 1;
}

function readRow(reader: ChainReader, index: number, seen: Seen): void {
  const quote = reader.quote(index);
  if (quote === undefined) {
    seen.busy += 1;
    return;
  }
  seen.read += 1;
  if (!isWhole(quote)) seen.torn += 1;
}

describe('a reader beside a writer at full speed', () => {
  it('never sees a torn slice, row or underlying, and ends on the last batch', async () => {
    const { chain, over, isOver } = await storm(16);
    const reader = new ChainReader(chain);
    const slices: Seen = { torn: 0, read: 0, busy: 0 };
    const rows: Seen = { torn: 0, read: 0, busy: 0 };
    let row = UNDERLYING;
    await until(isOver, () => {
      readSlice(reader, slices);
      for (let n = 0; n < 20; n += 1) {
        readRow(reader, row, rows);
        row = row === 2 * STRIKES - 1 ? UNDERLYING : row + 1;
      }
    });
    await over;
    expect(slices).toMatchObject({ torn: 0 });
    expect(rows).toMatchObject({ torn: 0 });
    expect(slices.read).toBeGreaterThan(0);
    expect(rows.read).toBeGreaterThan(0);
    expect(reader.slice()?.calls[7]?.quote?.bidSize).toBe(BATCHES);
  });

  it.each([16, 1_024])(
    'reads a ring of %d whole, in order, and counts what it lost',
    async (size) => {
      const { ring, over, isOver } = await storm(size);
      const reader = new RingReader(ring);
      let read = 0;
      let wrong = 0;
      let newest = -1;
      const poll = () =>
        reader.poll((record) => {
          // Rows come in order within a batch, the underlying first.
          const place = record.bidSize * RECORDS_A_BATCH + record.index;
          const isWholeRecord = record.bid === record.bidSize + 1 && record.ask === record.askSize;
          if (place <= newest || !isWholeRecord) wrong += 1;
          newest = place;
          read += 1;
        }, 200);
      await until(isOver, poll);
      while (poll() > 0);
      await over;
      expect(wrong).toBe(0);
      expect(read + reader.lost).toBe(BATCHES * RECORDS_A_BATCH);
      expect(read).toBeGreaterThan(0);
    },
  );
});
