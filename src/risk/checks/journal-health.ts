/** Openings need a journal that takes records; exits have a reserve of their own. */
import { type Check, failed, passed } from './check.ts';

export const journalHealthCheck: Check = {
  code: 'journal_failed',
  control: 23,
  appliesTo: 'openings',
  explains: 'journalFailed',
  run({ journalHealthy }) {
    if (journalHealthy) return passed('journal_failed', 'the journal takes records');
    const message = 'the journal takes no records; see /health, then free or replace the disk';
    return failed('journal_failed', message, { journalHealthy });
  },
};
