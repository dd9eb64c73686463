/** Every limit of the journal, named. */

/** One group commit: what is written and synced at once. */
export const MAX_COMMIT_BYTES = 4 << 20;
export const MAX_COMMIT_RECORDS = 4_096;

export interface JournalLimits {
  /** A main file is closed and the next begun before it grows beyond this. */
  readonly segmentBytes: number;
  /** Files are grown by this much at a time, with zeros, so that a commit changes no metadata. */
  readonly growthBytes: number;
  /** Room kept, allocated and synced, for urgent records after the main file failed. */
  readonly reserveBytes: number;
}

export const DEFAULT_JOURNAL_LIMITS: JournalLimits = {
  segmentBytes: 16 << 20,
  growthBytes: 1 << 20,
  reserveBytes: 1 << 20,
};
