/** The threads of the seqlock campaign: one writer at full speed, readers of rows, slices and records
 * beside it. Every number of batch n is made from n, so that mixed batches show at once. */
import { workerData } from 'node:worker_threads';
import {
  ASK_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  rowCell,
} from '../../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import { price } from '../../../src/engine/domain/units.ts';
import { RingReader } from '../../../src/engine/ring/ring-reader.ts';
import { RingWriter } from '../../../src/engine/ring/ring-writer.ts';
import { atMinute, listingOf, SESSION } from '../../../test/engine/chain/black-chain.ts';
import {
  BATCHES,
  BUSY,
  RECORDS_LOST,
  RECORDS_READ,
  ROWS_READ,
  SLICES_READ,
  type StormTask,
  TORN_ROWS,
  TORN_SLICES,
  WRONG_RECORDS,
} from './storm-counts.ts';

/** Strikes from 600 dollars up, a call and a put each. */
const STORM_STRIKES = 50;
const STORM_ROWS = 2 * STORM_STRIKES;
const ROWS_A_SLICE = 2_000;
const RECORDS_A_POLL = 200;

function write({ chain, ring, counts }: StormTask, isOver: () => boolean): void {
  const writer = new ChainWriter(chain, new RingWriter(ring));
  const told = new Float64Array(counts);
  const at = atMinute(60);
  writer.openSession(listingOf(600, 599 + STORM_STRIKES), SESSION, at);
  for (let n = 1; !isOver(); n += 1) {
    // Crossed quotes: nothing to price, so that almost all of the time goes into publishing.
    const quote = { bid: price(n + 1), ask: price(n), bidSize: n, askSize: n };
    for (let row = 0; row < STORM_ROWS; row += 1) writer.setQuote(row, quote, at);
    writer.endBatch(at);
    told[BATCHES] = n;
  }
}

/** Reads rows through the lock, or straight from the cells as one must not. */
function rowIsWhole(reader: ChainReader, raw: Float64Array | undefined, row: number) {
  const cells = raw ?? reader.cellsOf(row);
  if (cells === undefined) return undefined;
  const first = raw === undefined ? 0 : rowCell(row);
  const bid = cells[first + BID_FIELD] ?? 0;
  const size = cells[first + BID_SIZE_FIELD] ?? 0;
  return bid === size + 1 && cells[first + ASK_FIELD] === size;
}

function sliceIsWhole(reader: ChainReader): boolean | undefined {
  const slice = reader.slice();
  if (slice === undefined) return undefined;
  const sizes = new Set([...slice.calls, ...slice.puts].map(({ quote }) => quote?.bidSize));
  return sizes.size === 1;
}

function read({ role, chain, ring, counts }: StormTask, isOver: () => boolean): void {
  const reader = new ChainReader(chain);
  const records = new RingReader(ring);
  const raw = role === 'readUnlocked' ? new Float64Array(chain) : undefined;
  const told = new Float64Array(counts);
  const add = (cell: number, n: number): void => {
    told[cell] = (told[cell] ?? 0) + n;
  };
  let newest = 0;
  while (reader.view(STORM_ROWS - 1)?.quote === undefined && !isOver());
  while (!isOver()) {
    let torn = 0;
    let busy = 0;
    for (let n = 0; n < ROWS_A_SLICE; n += 1) {
      const isWhole = rowIsWhole(reader, raw, n % STORM_ROWS);
      if (isWhole === undefined) busy += 1;
      else if (!isWhole) torn += 1;
    }
    add(ROWS_READ, ROWS_A_SLICE - busy);
    add(TORN_ROWS, torn);
    const slice = sliceIsWhole(reader);
    add(slice === undefined ? BUSY : SLICES_READ, 1);
    add(TORN_SLICES, slice === false ? 1 : 0);
    add(BUSY, busy);
    const handed = records.poll((record) => {
      const place = record.bidSize * STORM_ROWS + record.index;
      if (place <= newest || record.bid !== record.bidSize + 1) add(WRONG_RECORDS, 1);
      newest = place;
    }, RECORDS_A_POLL);
    add(RECORDS_READ, handed);
    told[RECORDS_LOST] = records.lost;
  }
}

const task = workerData as StormTask;
const stop = new Int32Array(task.stop);
const isOver = (): boolean => Atomics.load(stop, 0) === 1;
if (task.role === 'write') write(task, isOver);
else read(task, isOver);
