/** What the audit log holds of one order, as the door tells it. Plain values. */

/** Told from the journal: what was previewed, judged, sent and filled, a line a record and one for
 * each quote and check that a decision stood on. */
export interface AuditStoryView {
  /** The order, or the preview, that was asked for. */
  readonly id: string;
  readonly lines: readonly string[];
}

/** Reads a story from the journal: no line where no record names the id. Rejects when it cannot be
 * read now. */
export type ReadStory = (id: string) => Promise<readonly string[]>;
