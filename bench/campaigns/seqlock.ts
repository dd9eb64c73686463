/** Torn reads: rows, slices and records read by several threads beside a writer at full speed. */
import { Worker } from 'node:worker_threads';
import { createChainBuffer } from '../../src/engine/chain/chain-layout.ts';
import { createRingBuffer } from '../../src/engine/ring/ring-layout.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import {
  BATCHES,
  BUSY,
  RECORDS_LOST,
  RECORDS_READ,
  ROWS_READ,
  SLICES_READ,
  STORM_COUNTS,
  type StormTask,
  TORN_ROWS,
  TORN_SLICES,
  WRONG_RECORDS,
} from '../support/seqlock/storm-counts.ts';

const READERS = 3;
const MILLION = 1_000_000;
const RING_RECORDS = 4_096;
const LOOK_MILLIS = 200;
/** The lock with nobody looking at it: readers take the cells as they are. */
const UNLOCKED = 'unlocked';

class Storm {
  readonly #stop = new SharedArrayBuffer(4);
  readonly #counts: SharedArrayBuffer[] = [];
  readonly #workers: Worker[] = [];
  readonly #failed: string[] = [];

  constructor(isUnlocked: boolean) {
    const chain = createChainBuffer();
    const ring = createRingBuffer(RING_RECORDS);
    const reader = isUnlocked ? 'readUnlocked' : 'read';
    const roles = ['write', ...Array.from({ length: READERS }, () => reader)] as const;
    for (const role of roles) {
      const counts = new SharedArrayBuffer(STORM_COUNTS * 8);
      const workerData: StormTask = { role, chain, ring, stop: this.#stop, counts };
      const worker = new Worker(new URL('../support/seqlock/storm.ts', import.meta.url), {
        workerData,
      });
      worker.on('error', (error) => this.#failed.push(String(error)));
      this.#counts.push(counts);
      this.#workers.push(worker);
    }
  }

  /** Over all threads. */
  sum(cell: number): number {
    return this.#counts.reduce((sum, counts) => sum + (new Float64Array(counts)[cell] ?? 0), 0);
  }

  get failures(): readonly string[] {
    return this.#failed;
  }

  async end(): Promise<void> {
    const exits = this.#workers.map(
      (worker) =>
        new Promise((resolve) => {
          worker.once('exit', resolve);
        }),
    );
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    await Promise.all(exits);
  }
}

function violationsOf(storm: Storm, wanted: number): string[] {
  const violations = [...storm.failures];
  const none = (cell: number, what: string): void => {
    if (storm.sum(cell) > 0) violations.push(`${storm.sum(cell)} ${what}`);
  };
  none(TORN_ROWS, 'rows were torn');
  none(TORN_SLICES, 'slices held rows of different batches');
  none(WRONG_RECORDS, 'records of the ring were torn or out of order');
  for (const [cell, what] of [
    [SLICES_READ, 'slices'],
    [RECORDS_READ, 'records'],
    [BATCHES, 'batches'],
  ] as const) {
    if (storm.sum(cell) === 0) violations.push(`no ${what} at all`);
  }
  if (storm.sum(ROWS_READ) < wanted) violations.push(`only ${storm.sum(ROWS_READ)} rows read`);
  return violations;
}

async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  const { runs, plant, seconds = Number.POSITIVE_INFINITY, progress } = options;
  const storm = new Storm(plant === UNLOCKED);
  const startedAt = performance.now();
  const isTimeUp = (): boolean => performance.now() - startedAt > seconds * 1_000;
  // a planted bug has been found once it was found: how many reads that takes is the scheduler's
  const isFound = (): boolean => plant !== undefined && storm.sum(TORN_ROWS) > 0;
  const isDone = (): boolean => storm.sum(ROWS_READ) >= runs * MILLION || isFound();
  while (!isDone() && storm.failures.length === 0 && !isTimeUp()) {
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MILLIS);
    });
    progress(Math.floor(storm.sum(ROWS_READ) / MILLION), storm.sum(TORN_ROWS));
  }
  await storm.end();
  const done = Math.floor(storm.sum(ROWS_READ) / MILLION);
  return {
    runs: done,
    violations: violationsOf(storm, Number.isFinite(seconds) ? 1 : runs * MILLION),
    counts: {
      rowsRead: storm.sum(ROWS_READ),
      slicesRead: storm.sum(SLICES_READ),
      recordsRead: storm.sum(RECORDS_READ),
      recordsLost: storm.sum(RECORDS_LOST),
      busy: storm.sum(BUSY),
      batches: storm.sum(BATCHES),
    },
    notes: [
      `One writer and ${READERS} readers, a thread each; every batch changes each of 100 rows. A reader that loses records of the ring counts them: that is its design, not a violation.`,
    ],
  };
}

export const campaign: Campaign = {
  name: 'seqlock',
  proves:
    'Rows, slices and records of the ring are whole, read by several threads beside a writer at full speed.',
  runs: 100,
  unit: 'million row reads',
  plants: { [UNLOCKED]: /rows were torn/ },
  run,
};
