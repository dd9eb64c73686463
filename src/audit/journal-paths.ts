/** Where the audit's files live under the engine's home folder. */
import { join } from 'node:path';

export interface JournalPaths {
  readonly home: string;
  /** The record files. */
  readonly journal: string;
  readonly reserve: string;
  /** What witnesses the journal from outside its folder. */
  readonly audit: string;
  readonly checkpoint: string;
  /** The sealed log: tiles, entries, checkpoints, keys. */
  readonly log: string;
  /** What the object store accepted of it. */
  readonly shipped: string;
  /** For how long the object store has been waited for; absent where nothing waits. */
  readonly shippingWait: string;
  /** The private key that signs its checkpoints. */
  readonly key: string;
  readonly recordings: string;
}

const FILE_NUMBER_DIGITS = 6;
const MAIN_FILE = /^\d{6}\.journal$/;

export function journalPaths(home: string): JournalPaths {
  const journal = join(home, 'journal');
  const audit = join(home, 'audit');
  return {
    home,
    journal,
    reserve: join(journal, 'reserve.journal'),
    audit,
    checkpoint: join(audit, 'checkpoint'),
    log: join(audit, 'log'),
    shipped: join(audit, 'shipped.ledger'),
    shippingWait: join(audit, 'shipping.wait'),
    key: join(home, 'audit.key'),
    recordings: join(home, 'recordings'),
  };
}

/** The name of the journal's n-th file. */
export function journalFileName(number: number): string {
  return `${String(number).padStart(FILE_NUMBER_DIGITS, '0')}.journal`;
}

/** True for the name of a numbered journal file. */
export function isJournalFileName(name: string): boolean {
  return MAIN_FILE.test(name);
}
