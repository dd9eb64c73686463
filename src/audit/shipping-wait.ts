/**
 * How long the object store has been waited for, kept over restarts: none of them gives a store that is away
 * a new while. One file, there only while something waits, and of the bucket and prefix that it names. What
 * lies between two runs does not count, nor do runs without that bucket: nobody shipped then.
 */
import { canonicalJson } from '../engine/domain/canonical-json.ts';
import { MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { Disk } from './disk.ts';
import { isFields } from './record-schema.ts';
import { writeWhole } from './sealed-log.ts';

/** What a crash may forget of a wait. */
const NOTE_EVERY_MICROS = 10 * MICROS_PER_SECOND;

interface Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** Ends the wait that an earlier run noted. */
export function forgetWait(disk: Disk, path: string): void {
  try {
    disk.remove(path);
  } catch {
    // Left, it only makes a later run of that bucket less patient.
  }
}

function readWait(disk: Disk, path: string, { bucket, prefix }: Place): number {
  try {
    const value: unknown = JSON.parse(disk.read(path).toString('utf8'));
    if (!isFields(value) || value['bucket'] !== bucket || value['prefix'] !== prefix) return 0;
    const { waitedMicros } = value;
    return typeof waitedMicros === 'number' ? Math.max(0, waitedMicros) : 0;
  } catch {
    return 0;
  }
}

/** One writer: the audit thread. Never throws: on a disk that takes no note the next run begins anew. */
export class ShippingWait {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #place: Place;
  #notedMicros: number;

  constructor(disk: Disk, path: string, place: Place) {
    this.#disk = disk;
    this.#path = path;
    this.#place = place;
    this.#notedMicros = readWait(disk, path, place);
    if (this.#notedMicros === 0) forgetWait(disk, path);
  }

  /** As it was noted last, micros. */
  get micros(): number {
    return this.#notedMicros;
  }

  /** Notes how long the oldest file has waited by now; undefined where none does. `isLast`: to the micro. */
  note(waitedMicros: number | undefined, isLast = false): void {
    if (waitedMicros === undefined) {
      if (this.#notedMicros > 0) forgetWait(this.#disk, this.#path);
      this.#notedMicros = 0;
      return;
    }
    const moved = Math.abs(waitedMicros - this.#notedMicros);
    if (moved >= NOTE_EVERY_MICROS || isLast) this.#write(waitedMicros);
  }

  #write(waitedMicros: number): void {
    try {
      const json = canonicalJson({ ...this.#place, waitedMicros });
      writeWhole(this.#disk, this.#path, Buffer.from(json, 'utf8'));
    } catch {
      return;
    }
    this.#notedMicros = waitedMicros;
  }
}
