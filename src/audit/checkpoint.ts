/**
 * The checkpoint: where the journal ends, kept outside the journal's folder, so that a tail cut off
 * the journal shows. Written at every commit, after the records are durable and before they are
 * acknowledged: no acknowledged record lies beyond it.
 *
 *     two slots of 256 bytes, written in turn; the valid one with the higher count holds
 *     deltaring-checkpoint 1 <count> <journal id> <seq> <record hash> <file> <bytes> <open|closed> <crc>
 *
 * Plain text, padded with spaces, ended by a line feed. `file` is the journal file's number (0: the
 * reserve) and `bytes` the offset at which its records end; `closed` says that the journal was
 * closed in order and nothing follows.
 *
 * It is not synced at every commit: after a power cut it may lag behind the journal, never lead it.
 */

import { crc32c } from './crc32c.ts';
import type { Disk } from './disk.ts';
import type { ChainPosition } from './journal-format.ts';
import { HASH_BYTES, JOURNAL_ID_BYTES } from './journal-format.ts';

export interface Checkpoint extends ChainPosition {
  readonly journalId: Buffer;
  /** Number of the journal file that holds the last record; 0 for the reserve. */
  readonly file: number;
  /** Offset in that file at which its records end. */
  readonly bytes: number;
  readonly closed: boolean;
}

/** What the checkpoint file says. `damaged`: a slot is neither blank nor valid. */
export type CheckpointRead =
  | { readonly kind: 'found'; readonly checkpoint: Checkpoint; readonly count: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly detail: string };

const SLOT_BYTES = 256;
const SLOTS = 2;
const VERSION = 1;
const LINE =
  /^deltaring-checkpoint 1 (\d+) ([0-9a-f]{32}) (\d+) ([0-9a-f]{64}) (\d+) (\d+) (open|closed) ([0-9a-f]{8}) *\n$/;
const BLANK = /^[\0 \n]*$/;

function encodeSlot(checkpoint: Checkpoint, count: number): Buffer {
  const words = [
    'deltaring-checkpoint',
    VERSION,
    count,
    checkpoint.journalId.toString('hex'),
    checkpoint.seq,
    checkpoint.hash.toString('hex'),
    checkpoint.file,
    checkpoint.bytes,
    checkpoint.closed ? 'closed' : 'open',
  ].join(' ');
  const crc = crc32c(Buffer.from(words, 'latin1')).toString(16).padStart(8, '0');
  return Buffer.from(`${`${words} ${crc}`.padEnd(SLOT_BYTES - 1)}\n`, 'latin1');
}

interface Slot {
  readonly checkpoint: Checkpoint;
  readonly count: number;
}

function decodeSlot(bytes: Buffer): Slot | 'blank' | 'damaged' {
  const text = bytes.toString('latin1');
  if (BLANK.test(text)) return 'blank';
  const parts = LINE.exec(text);
  if (parts === null) return 'damaged';
  const [, count, id = '', seq, recordHash = '', file, size, state] = parts;
  const checkpoint = {
    journalId: Buffer.from(id, 'hex').subarray(0, JOURNAL_ID_BYTES),
    seq: Number(seq),
    hash: Buffer.from(recordHash, 'hex').subarray(0, HASH_BYTES),
    file: Number(file),
    bytes: Number(size),
    closed: state === 'closed',
  };
  const same = encodeSlot(checkpoint, Number(count)).equals(bytes);
  return same ? { checkpoint, count: Number(count) } : 'damaged';
}

/** Reads the checkpoint at `path`. Throws the operating system's error when it cannot be read. */
export function readCheckpoint(disk: Disk, path: string): CheckpointRead {
  if (!disk.exists(path)) return { kind: 'missing' };
  const bytes = disk.read(path);
  if (bytes.length !== SLOT_BYTES * SLOTS) {
    return { kind: 'damaged', detail: `it has ${bytes.length} bytes, not ${SLOT_BYTES * SLOTS}` };
  }
  let newest: Slot | undefined;
  for (let slot = 0; slot < SLOTS; slot++) {
    const read = decodeSlot(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES));
    if (read === 'damaged') return { kind: 'damaged', detail: `slot ${slot + 1} is not readable` };
    if (read !== 'blank' && (newest === undefined || read.count > newest.count)) newest = read;
  }
  return newest === undefined ? { kind: 'missing' } : { kind: 'found', ...newest };
}

/** Writes checkpoints. One writer: the thread that writes the journal. */
export class CheckpointWriter {
  readonly #disk: Disk;
  readonly #fd: number;
  #count: number;

  /** Starts a fresh checkpoint file at `path`, replacing what stood there in one atomic step. */
  constructor(disk: Disk, folder: string, path: string, first: Checkpoint) {
    const draft = `${path}.new`;
    disk.remove(draft);
    this.#disk = disk;
    this.#count = 1;
    this.#fd = disk.create(draft);
    const bytes = Buffer.alloc(SLOT_BYTES * SLOTS, ' ');
    encodeSlot(first, this.#count).copy(bytes, SLOT_BYTES);
    disk.writeAt(this.#fd, bytes, 0);
    disk.syncData(this.#fd);
    disk.rename(draft, path);
    disk.syncFolder(folder);
  }

  /** Records where the journal now ends. Throws the operating system's error when it cannot. */
  write(checkpoint: Checkpoint): void {
    this.#count++;
    const slot = this.#count % SLOTS;
    this.#disk.writeAt(this.#fd, encodeSlot(checkpoint, this.#count), slot * SLOT_BYTES);
  }

  sync(): void {
    this.#disk.syncData(this.#fd);
  }

  close(): void {
    this.#disk.close(this.#fd);
  }
}
