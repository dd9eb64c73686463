/**
 * A recorded session: every input of the desk, in order, as opaque chunks. Format version 1.
 *
 *     ┌───────────┬────────┬────────┬──────────────┐┌────────┬─────────┐ … ┌────────┬──────────────┐
 *     │ DLTRGREC  │ format │ length │ header, JSON ││ length │ payload │   │ 0      │ end mark     │
 *     │ 8 bytes   │ u32    │ u32    │              ││ u32 >0 │         │   │ u32    │ 16 bytes     │
 *     └───────────┴────────┴────────┴──────────────┘└────────┴─────────┘   └────────┴──────────────┘
 *     end mark: [u32 1 complete, 2 lost][u32 zero][u32 chunks][u32 crc32c of all before the end mark]
 *
 * Byte identity of a replay is promised for the build, V8 and architecture that the header names. A
 * file without an end mark was cut off: its chunks are a gapless beginning.
 */

import { DeltaringError } from '../engine/domain/errors.ts';
import { crc32c } from './crc32c.ts';
import { isFields } from './record-schema.ts';

export const RECORDING_FORMAT_VERSION = 1;
/** The largest chunk; a longer one is damage. */
export const MAX_CHUNK_BYTES = 16 << 20;

const MAGIC = Buffer.from('DLTRGREC', 'latin1');
const FORMAT_OFFSET = 8;
const HEADER_LENGTH_OFFSET = 12;
const PREFIX_BYTES = 16;
const LENGTH_BYTES = 4;
const END_MARK_BYTES = 20;
const COMPLETE = 1;
const LOST = 2;

/** What a recording was made by. A replay elsewhere may differ. */
export interface RecordingHeader {
  readonly build: string;
  readonly v8: string;
  readonly arch: string;
  /** `YYYY-MM-DD`. */
  readonly session: string;
}

/** How a recording ends. `lost`: the buffer was full, the session is not replayable from there.
 * `cut`: the file stops without an end mark. */
export type RecordingEnd = 'complete' | 'lost' | 'cut';

/** Encodes a recording piece by piece; the checksum runs along. One user. */
export class RecordingEncoder {
  #crc = 0;
  #chunks = 0;

  /** The bytes a file begins with. */
  begin(header: RecordingHeader): Buffer {
    const text = Buffer.from(JSON.stringify(header), 'utf8');
    const prefix = Buffer.alloc(PREFIX_BYTES);
    MAGIC.copy(prefix);
    prefix.writeUInt32LE(RECORDING_FORMAT_VERSION, FORMAT_OFFSET);
    prefix.writeUInt32LE(text.length, HEADER_LENGTH_OFFSET);
    return this.#sum(Buffer.concat([prefix, text]));
  }

  /** One chunk, which must not be empty. */
  chunk(payload: Uint8Array): Buffer {
    const framed = Buffer.allocUnsafe(LENGTH_BYTES + payload.length);
    framed.writeUInt32LE(payload.length, 0);
    framed.set(payload, LENGTH_BYTES);
    this.#chunks++;
    return this.#sum(framed);
  }

  /** The end mark; `lost` when the session is not replayable from here. */
  end(how: 'complete' | 'lost'): Buffer {
    const mark = Buffer.alloc(END_MARK_BYTES);
    mark.writeUInt32LE(how === 'complete' ? COMPLETE : LOST, 4);
    mark.writeUInt32LE(this.#chunks, 12);
    mark.writeUInt32LE(this.#crc, 16);
    return mark;
  }

  #sum(bytes: Buffer): Buffer {
    this.#crc = crc32c(bytes, 0, bytes.length, this.#crc);
    return bytes;
  }
}

export interface SessionRecording {
  readonly header: RecordingHeader;
  readonly chunks: readonly Buffer[];
  readonly end: RecordingEnd;
}

function damaged(what: string): DeltaringError {
  return new DeltaringError(
    'INPUT_INVALID',
    `not a readable session recording: ${what}. Pass a .rec file from the recordings folder`,
  );
}

function isHeader(value: unknown): value is RecordingHeader {
  return (
    isFields(value) &&
    ['build', 'v8', 'arch', 'session'].every((key) => typeof value[key] === 'string')
  );
}

function decodeHeader(text: string): RecordingHeader {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : 'its header');
  }
  if (!isHeader(value)) throw damaged('its header lacks build, v8, arch or session');
  return value;
}

/** Reads a recording. Throws INPUT_INVALID on anything that is none, or is damaged. */
export function decodeRecording(bytes: Buffer): SessionRecording {
  if (bytes.length < PREFIX_BYTES || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    throw damaged('it does not begin as one');
  }
  const format = bytes.readUInt32LE(FORMAT_OFFSET);
  if (format !== RECORDING_FORMAT_VERSION) throw damaged(`format version ${format} is not known`);
  const headerEnd = PREFIX_BYTES + bytes.readUInt32LE(HEADER_LENGTH_OFFSET);
  if (headerEnd > bytes.length) throw damaged('it ends inside its header');
  const header = decodeHeader(bytes.toString('utf8', PREFIX_BYTES, headerEnd));
  const chunks: Buffer[] = [];
  let offset = headerEnd;
  while (offset + LENGTH_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(offset);
    if (length === 0) return { header, chunks, end: decodeEnd(bytes, offset, chunks.length) };
    if (length > MAX_CHUNK_BYTES) throw damaged(`a chunk claims ${length} bytes`);
    const end = offset + LENGTH_BYTES + length;
    if (end > bytes.length) break;
    chunks.push(bytes.subarray(offset + LENGTH_BYTES, end));
    offset = end;
  }
  return { header, chunks, end: 'cut' };
}

function decodeEnd(bytes: Buffer, offset: number, chunks: number): RecordingEnd {
  if (offset + END_MARK_BYTES > bytes.length) return 'cut';
  const mark = bytes.subarray(offset, offset + END_MARK_BYTES);
  if (mark.readUInt32LE(12) !== chunks) throw damaged('chunks are missing');
  if (mark.readUInt32LE(16) !== crc32c(bytes, 0, offset)) throw damaged('its checksum differs');
  return mark.readUInt32LE(4) === COMPLETE ? 'complete' : 'lost';
}
