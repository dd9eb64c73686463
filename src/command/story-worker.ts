/** Task of the worker pool: reads the journal on disk, changing nothing, and tells one order's story. */
import { auditShow } from '../audit/audit-show.ts';
import { readJournal } from '../audit/journal-open.ts';

export interface StoryTask {
  readonly home: string;
  readonly id: string;
}

/** The story; empty when no record names the order. */
export function tellStory({ home, id }: StoryTask): readonly string[] {
  return auditShow(readJournal(home).records, id);
}
