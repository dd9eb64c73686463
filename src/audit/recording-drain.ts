/** Empties the recorder's ring into a file. Runs on the journal thread, between commits; recordings
 * are a convenience of replay, not evidence: they are written, not synced. */
import { closeSync, mkdirSync, openSync, readdirSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { journalPaths } from './journal-paths.ts';
import { MAX_RECORDINGS_GIB, pruneRecordings } from './recording-retention.ts';
import type { JournalNotice } from './scanned-journal.ts';
import type { RecordingHeader } from './session-recording.ts';
import { RecordingEncoder } from './session-recording.ts';
import { ByteRingReader } from './spsc-byte-ring.ts';

/** What to record: the ring the core writes into, and what the file says about itself. */
export interface RecordingPlan {
  readonly ring: SharedArrayBuffer;
  readonly header: RecordingHeader;
}

/** Bytes written in one turn, so that a commit never waits long behind the recorder. */
const MAX_TURN_BYTES = 1 << 20;
/** Left free for the journal: without room for that nothing may open. */
const KEPT_FREE_BYTES = 256 << 20;
/** One file ends below what can be read in one piece: some days of an engine that is not restarted. */
const MAX_RECORDING_BYTES = 2 ** 31 - 2 ** 24;
/** So many bytes are written between two looks at what is free. */
const LOOK_EVERY_BYTES = 8 << 20;

/** A disk that does not tell counts as one with room: it will say so by itself. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The first free `<session>-<n>.rec` in the folder, counted from 1. */
export function nextRecordingName(existing: readonly string[], session: string): string {
  let number = 1;
  while (existing.includes(`${session}-${number}.rec`)) number++;
  return `${session}-${number}.rec`;
}

const TOO_SLOW = 'the recorder could not keep up';

interface DrainWorld {
  readonly notices: readonly JournalNotice[];
  readonly onLost: (reason: string) => void;
  readonly hasRoom: () => boolean;
}

function deletedNotice(path: string): JournalNotice {
  const text = `the old recording ${path} was deleted: ${MAX_RECORDINGS_GIB} GiB of them are kept`;
  return { kind: 'recordingDeleted', text };
}

export class RecordingDrain {
  /** What was deleted to make room before this recording began. */
  readonly notices: readonly JournalNotice[];
  readonly #reader: ByteRingReader;
  readonly #encoder = new RecordingEncoder();
  readonly #onLost: (reason: string) => void;
  readonly #hasRoom: () => boolean;
  #fd: number | undefined;
  #bytes = 0;
  #lookAt = 0;

  private constructor(plan: RecordingPlan, fd: number | undefined, world: DrainWorld) {
    this.#reader = new ByteRingReader(plan.ring);
    this.notices = world.notices;
    this.#onLost = world.onLost;
    this.#hasRoom = world.hasRoom;
    this.#fd = fd;
    this.#write([this.#encoder.begin(plan.header)]);
  }

  /** Begins a file in the home's recordings folder. A disk error, or less than `keptFreeBytes` left on
   * the disk, ends the recording, not the journal: `onLost` hears of it once. */
  static open(
    home: string,
    plan: RecordingPlan,
    onLost: (reason: string) => void,
    keptFreeBytes = KEPT_FREE_BYTES,
  ): RecordingDrain {
    const folder = journalPaths(home).recordings;
    let notices: readonly JournalNotice[] = [];
    let fd: number | undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      notices = pruneRecordings(folder).map(deletedNotice);
      const name = nextRecordingName(readdirSync(folder), plan.header.session);
      fd = openSync(join(folder, name), 'wx', 0o600);
    } catch (error) {
      onLost(`the recording cannot be begun: ${String(error)}`);
    }
    const hasRoom = (): boolean => freeBytes(folder) >= keptFreeBytes;
    return new RecordingDrain(plan, fd, { notices, onLost, hasRoom });
  }

  /** Writes what waits in the ring, up to a bounded amount. */
  drain(): void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    while (bytes < MAX_TURN_BYTES) {
      const chunk = this.#reader.next();
      if (chunk === undefined) break;
      const piece = this.#encoder.chunk(chunk);
      pieces.push(piece);
      bytes += piece.length;
    }
    this.#write(pieces);
    this.#bytes += bytes;
    if (bytes === 0 && this.#reader.isLost) this.#lose(TOO_SLOW);
    else if (this.#bytes > MAX_RECORDING_BYTES) {
      this.#lose(`the recording reached its limit of ${MAX_RECORDING_BYTES} bytes`);
    } else if (this.#bytes >= this.#lookAt) this.#look();
  }

  /** The journal needs the room more. */
  #look(): void {
    this.#lookAt = this.#bytes + LOOK_EVERY_BYTES;
    if (this.#fd === undefined || this.#hasRoom()) return;
    this.#lose('the disk is nearly full: the recording ends and leaves the room to the journal');
  }

  /** Writes all that is left and the end mark. */
  close(): void {
    let chunk = this.#reader.next();
    while (chunk !== undefined) {
      this.#write([this.#encoder.chunk(chunk)]);
      chunk = this.#reader.next();
    }
    if (this.#reader.isLost) this.#lose(TOO_SLOW);
    this.#finish('complete');
  }

  #lose(why: string): void {
    if (this.#fd === undefined) return;
    this.#finish('lost');
    this.#onLost(`${why}: not replayable from here`);
  }

  #finish(how: 'complete' | 'lost'): void {
    if (this.#fd === undefined) return;
    this.#write([this.#encoder.end(how)]);
    this.#end();
  }

  #write(pieces: readonly Buffer[]): void {
    if (this.#fd === undefined || pieces.length === 0) return;
    try {
      const bytes = Buffer.concat(pieces);
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(this.#fd, bytes, written, bytes.length - written);
      }
    } catch (error) {
      this.#end();
      this.#onLost(`the recording cannot be written: ${String(error)}`);
    }
  }

  #end(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
