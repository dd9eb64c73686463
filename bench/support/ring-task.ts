/** What the publishing thread of the ring bench is started with, and the words it shares. */

/** Words: records to have sent in all, and records that the reader has taken. */
export const WANTED = 0;
export const TAKEN = 1;

/** What the thread is started with. It ends when WANTED turns negative. */
export interface ProducerTask {
  readonly kind: 'ours' | 'ringbuf';
  readonly buffer: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  /** Records handed over at once. */
  readonly batch: number;
  /** Our ring never waits for a reader: the bench does, so that every record arrives. */
  readonly mostAhead: number;
}
