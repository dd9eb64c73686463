/**
 * Copies a home's audit state, consistent, into a folder: what a running engine has acknowledged and
 * sealed so far. The private key is left out: whoever holds the copy could sign with it.
 */
import { dirname, join } from 'node:path';
import { DeltaringError } from '../engine/domain/errors.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { withFile } from './disk.ts';
import type { JournalPaths } from './journal-paths.ts';
import { isJournalFileName, journalPaths } from './journal-paths.ts';
import { logFileNames } from './log-folder.ts';
import { CHECKPOINT_NAME } from './log-layout.ts';

const MAX_ATTEMPTS = 5;

export interface Backup {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Copies `home` to `target`, which must be empty. Order makes it consistent: the sealed log first,
 * then the journal's checkpoint, then the journal, each of which holds at least what the one before
 * speaks of. Throws INPUT_INVALID, or the operating system's error.
 */
export function backupHome(home: string, target: string, disk: Disk): Backup {
  const from = journalPaths(home);
  if (!disk.exists(from.checkpoint)) {
    throw new DeltaringError('INPUT_INVALID', `there is no journal in ${home}: nothing to copy`);
  }
  if (disk.list(target).length > 0) {
    throw new DeltaringError('INPUT_INVALID', `${target} is not empty: name an empty folder`);
  }
  const copy = new FolderCopy(disk, from, journalPaths(target));
  copy.log();
  copy.journal();
  return { files: copy.files, bytes: copy.bytes };
}

class FolderCopy {
  readonly #disk: Disk;
  readonly #from: JournalPaths;
  readonly #to: JournalPaths;
  files = 0;
  bytes = 0;

  constructor(disk: Disk, from: JournalPaths, to: JournalPaths) {
    this.#disk = disk;
    this.#from = from;
    this.#to = to;
  }

  /** The newest checkpoint as it was at first, and all that it covers. A partial tile that a wider
   * one replaces meanwhile is looked for again. */
  log(): void {
    const { log } = this.#from;
    const newest = join(log, CHECKPOINT_NAME);
    if (!this.#disk.exists(newest)) return;
    for (let attempt = 1; ; attempt++) {
      const before = this.#disk.read(newest);
      const files = this.#readAll(logFileNames(this.#disk, log));
      const isQuiet = this.#disk.read(newest).equals(before);
      if (isQuiet && files !== undefined) {
        for (const [name, bytes] of files) this.#write(join(this.#to.log, name), bytes);
        return;
      }
      if (attempt === MAX_ATTEMPTS) {
        throw new DeltaringError('INPUT_INVALID', 'the log is too busy to be copied: try again');
      }
    }
  }

  /** The checkpoint before the files: they hold at least what it witnessed. */
  journal(): void {
    const { checkpoint, journal, reserve } = this.#from;
    const witnessed = this.#disk.read(checkpoint);
    if (readCheckpoint(this.#disk, checkpoint).kind !== 'found') {
      throw new DeltaringError('JOURNAL_CORRUPT', 'the checkpoint cannot be read');
    }
    const names = this.#disk.list(journal).filter(isJournalFileName);
    for (const name of names) {
      this.#write(join(this.#to.journal, name), this.#disk.read(join(journal, name)));
    }
    if (this.#disk.exists(reserve)) this.#write(this.#to.reserve, this.#disk.read(reserve));
    this.#write(this.#to.checkpoint, witnessed);
  }

  #readAll(names: readonly string[]): ReadonlyMap<string, Buffer> | undefined {
    const files = new Map<string, Buffer>();
    for (const name of names) {
      const path = join(this.#from.log, name);
      if (!this.#disk.exists(path)) return undefined;
      files.set(name, this.#disk.read(path));
    }
    return files;
  }

  #write(path: string, bytes: Buffer): void {
    this.#disk.makeFolder(dirname(path));
    withFile(this.#disk, this.#disk.create(path), (fd) => {
      this.#disk.writeAt(fd, bytes, 0);
      this.#disk.syncData(fd);
    });
    this.files++;
    this.bytes += bytes.length;
  }
}
