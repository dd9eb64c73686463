/** What the threads of the seqlock campaign are started with, and what they count. */

/** Cells (float64) of a thread's counts. */
export const ROWS_READ = 0;
export const TORN_ROWS = 1;
export const SLICES_READ = 2;
export const TORN_SLICES = 3;
export const RECORDS_READ = 4;
export const WRONG_RECORDS = 5;
export const RECORDS_LOST = 6;
export const BUSY = 7;
export const BATCHES = 8;
export const STORM_COUNTS = 9;

/** What a thread is started with. `stop` is a word that turns 1 when all are to end. */
export interface StormTask {
  readonly role: 'write' | 'read' | 'readUnlocked';
  readonly chain: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  readonly stop: SharedArrayBuffer;
  /** This thread's counts. */
  readonly counts: SharedArrayBuffer;
}
