/** Empties the recorder's ring into a file. Runs on the journal thread, between commits; recordings
 * are a convenience of replay, not evidence: they are written, not synced. */
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { journalPaths } from './journal-paths.ts';
import { MAX_RECORDINGS_BYTES, pruneRecordings } from './recording-retention.ts';
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

/** The first free `<session>-<n>.rec` in the folder, counted from 1. */
export function nextRecordingName(existing: readonly string[], session: string): string {
  let number = 1;
  while (existing.includes(`${session}-${number}.rec`)) number++;
  return `${session}-${number}.rec`;
}

export class RecordingDrain {
  readonly #reader: ByteRingReader;
  readonly #encoder = new RecordingEncoder();
  readonly #onLost: (reason: string) => void;
  #fd: number | undefined;
  #bytes = 0;

  private constructor(plan: RecordingPlan, fd: number | undefined, onLost: (why: string) => void) {
    this.#reader = new ByteRingReader(plan.ring);
    this.#onLost = onLost;
    this.#fd = fd;
    this.#write([this.#encoder.begin(plan.header)]);
  }

  /** Begins a file in the home's recordings folder. A disk error ends the recording, not the
   * journal: `onLost` hears of it once. */
  static open(home: string, plan: RecordingPlan, onLost: (reason: string) => void): RecordingDrain {
    const folder = journalPaths(home).recordings;
    let fd: number | undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      pruneRecordings(folder);
      const name = nextRecordingName(readdirSync(folder), plan.header.session);
      fd = openSync(join(folder, name), 'wx', 0o600);
    } catch (error) {
      onLost(`the recording cannot be begun: ${String(error)}`);
    }
    return new RecordingDrain(plan, fd, onLost);
  }

  /** Writes what waits in the ring, up to a bounded amount. */
  drain(): void {
    const pieces: Buffer[] = [];
    let bytes = 0;
    while (bytes < MAX_TURN_BYTES) {
      const chunk = this.#reader.next();
      if (chunk === undefined) break;
      pieces.push(this.#encoder.chunk(chunk));
      bytes += chunk.length;
    }
    this.#write(pieces);
    this.#bytes += bytes;
    if (bytes === 0 && this.#reader.isLost) this.#finish('lost');
    else if (this.#bytes > MAX_RECORDINGS_BYTES && this.#fd !== undefined) {
      this.#onLost(`the recording reached its limit of ${MAX_RECORDINGS_BYTES} bytes`);
      this.#finish('lost');
    }
  }

  /** Writes all that is left and the end mark. */
  close(): void {
    let chunk = this.#reader.next();
    while (chunk !== undefined) {
      this.#write([this.#encoder.chunk(chunk)]);
      chunk = this.#reader.next();
    }
    this.#finish(this.#reader.isLost ? 'lost' : 'complete');
  }

  #finish(how: 'complete' | 'lost'): void {
    if (this.#fd === undefined) return;
    this.#write([this.#encoder.end(how)]);
    this.#end();
    if (how === 'lost') this.#onLost('the recorder could not keep up: not replayable from here');
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
