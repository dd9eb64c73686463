/**
 * The bytes of a journal file, format version 1. Pure: buffers in, buffers out. Integers are little
 * endian, a u64 is two u32 (low first).
 *
 *     file header, 128 bytes
 *      0        8        12       16           32        40            72     76      124     128
 *     ┌────────┬────────┬────────┬────────────┬─────────┬─────────────┬──────┬───────┬───────┐
 *     │ magic  │ format │ number │ journal id │ first   │ prevHash    │ kind │ zeros │ crc32c│
 *     │DELTARNG│ u32    │ u32    │ 16 bytes   │ seq u64 │ 32 bytes    │ u32  │       │ u32   │
 *     └────────┴────────┴────────┴────────────┴─────────┴─────────────┴──────┴───────┴───────┘
 *     record frame, 48 bytes and the payload
 *      0          4          8          16               48
 *     ┌──────────┬──────────┬──────────┬────────────────┬──────────────────────────────┐
 *     │ length   │ crc32c   │ seq      │ prevHash       │ payload: canonical JSON of   │
 *     │ u32      │ u32      │ u64      │ 32 bytes       │ one AuditRecord, UTF-8       │
 *     └──────────┴──────────┴──────────┴────────────────┴──────────────────────────────┘
 *
 * `length` counts the payload; a length of zero is the end of the records: what follows is the
 * preallocated rest of the file, all zeros. The checksum of a frame covers all of it but itself.
 * The hash of a record is the SHA-256 of its whole frame; `prevHash` is the hash of the record
 * before it, and of the first file's header for the first record of a journal. The header's
 * `prevHash` is the hash of the last record before the file: zeros in a journal's first file.
 */
import { hash } from 'node:crypto';
import { assert } from '../engine/domain/assert.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { canonicalJson } from '../engine/domain/canonical-json.ts';
import { crc32c } from './crc32c.ts';
import { allowListedBody, isAuditRecord } from './record-schema.ts';

export const JOURNAL_FORMAT_VERSION = 1;
export const FILE_HEADER_BYTES = 128;
export const FRAME_HEADER_BYTES = 48;
export const HASH_BYTES = 32;
export const JOURNAL_ID_BYTES = 16;
/** The largest payload of one record. A longer one is a fault of the program, or damage. */
export const MAX_PAYLOAD_BYTES = 1 << 20;

const MAGIC = Buffer.from('DELTARNG', 'latin1');
const FORMAT_OFFSET = 8;
const NUMBER_OFFSET = 12;
const JOURNAL_ID_OFFSET = 16;
const FIRST_SEQ_OFFSET = 32;
const FILE_PREV_HASH_OFFSET = 40;
const KIND_OFFSET = 72;
const FILE_CRC_OFFSET = 124;

const LENGTH_OFFSET = 0;
const CRC_OFFSET = 4;
const SEQ_OFFSET = 8;
const PREV_HASH_OFFSET = 16;

const TWO_TO_32 = 2 ** 32;
export const NO_HASH: Buffer = Buffer.alloc(HASH_BYTES);

/** What a file is for. `main` is written in order; `reserve` holds urgent records after the main
 * file failed and may skip numbers; `sealed` is a finished batch for the auditor. */
export type JournalFileKind = 'main' | 'reserve' | 'sealed';
const KINDS: readonly JournalFileKind[] = ['main', 'reserve', 'sealed'];

export interface FileHeader {
  readonly kind: JournalFileKind;
  /** Files of a journal count from 1; 0 in the reserve, whose place is not known beforehand. */
  readonly number: number;
  readonly journalId: Buffer;
  /** Sequence of the first record the file can hold; 0 in the reserve. */
  readonly firstSeq: number;
  readonly prevHash: Buffer;
}

/** SHA-256 as 32 bytes, by way of a one-byte string: it costs two thirds of asking for a buffer. */
export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'latin1'), 'latin1');
}

function writeU64(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value % TWO_TO_32, offset);
  bytes.writeUInt32LE(Math.floor(value / TWO_TO_32), offset + 4);
}

function readU64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * TWO_TO_32;
}

/** The 128 bytes of a file header. */
export function encodeFileHeader(header: FileHeader): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(JOURNAL_FORMAT_VERSION, FORMAT_OFFSET);
  bytes.writeUInt32LE(header.number, NUMBER_OFFSET);
  header.journalId.copy(bytes, JOURNAL_ID_OFFSET, 0, JOURNAL_ID_BYTES);
  writeU64(bytes, header.firstSeq, FIRST_SEQ_OFFSET);
  header.prevHash.copy(bytes, FILE_PREV_HASH_OFFSET, 0, HASH_BYTES);
  bytes.writeUInt32LE(KINDS.indexOf(header.kind) + 1, KIND_OFFSET);
  bytes.writeUInt32LE(crc32c(bytes, 0, FILE_CRC_OFFSET), FILE_CRC_OFFSET);
  return bytes;
}

function copyOf(bytes: Buffer, from: number, length: number): Buffer {
  return Buffer.from(bytes.subarray(from, from + length));
}

/** Reads a file header of any format version this build knows, or says what is wrong with it. Nothing of it
 * lies in `bytes`. */
export function decodeFileHeader(bytes: Buffer): FileHeader | { readonly fault: string } {
  if (bytes.length < FILE_HEADER_BYTES) return { fault: 'the file is shorter than its header' };
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    return { fault: 'the file does not begin as a journal does' };
  }
  if (crc32c(bytes, 0, FILE_CRC_OFFSET) !== bytes.readUInt32LE(FILE_CRC_OFFSET)) {
    return { fault: 'the header does not match its checksum' };
  }
  const format = bytes.readUInt32LE(FORMAT_OFFSET);
  if (format !== JOURNAL_FORMAT_VERSION) {
    return { fault: `format version ${format} is not known to this build` };
  }
  const kind = KINDS[bytes.readUInt32LE(KIND_OFFSET) - 1];
  if (kind === undefined) return { fault: 'the header names no known kind of file' };
  return {
    kind,
    number: bytes.readUInt32LE(NUMBER_OFFSET),
    journalId: copyOf(bytes, JOURNAL_ID_OFFSET, JOURNAL_ID_BYTES),
    firstSeq: readU64(bytes, FIRST_SEQ_OFFSET),
    prevHash: copyOf(bytes, FILE_PREV_HASH_OFFSET, HASH_BYTES),
  };
}

/** Where a journal's chain starts: the hash of its first file's header. */
export function genesisHash(journalId: Buffer): Buffer {
  const first = { kind: 'main', number: 1, journalId, firstSeq: 1, prevHash: NO_HASH } as const;
  return sha256(encodeFileHeader(first));
}

/** A record's frame and its hash, which is the next record's `prevHash`. */
export interface EncodedRecord {
  readonly seq: number;
  readonly frame: Buffer;
  readonly hash: Buffer;
}

/** Frames one record behind the record whose hash is `prevHash`. Only allow-listed fields go in. */
export function encodeRecord(record: AuditRecord, prevHash: Buffer): EncodedRecord {
  const { version, seq, session, at, body } = record;
  const text = canonicalJson({ version, seq, session, at, body: allowListedBody(body) });
  const length = Buffer.byteLength(text, 'utf8');
  assert(length <= MAX_PAYLOAD_BYTES, `record ${seq} fits ${MAX_PAYLOAD_BYTES} bytes: ${length}`);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  frame.writeUInt32LE(length, LENGTH_OFFSET);
  writeFrameHeader(frame, seq, prevHash);
  frame.write(text, FRAME_HEADER_BYTES, 'utf8');
  frame.writeUInt32LE(frameChecksum(frame), CRC_OFFSET);
  return { seq, frame, hash: sha256(frame) };
}

/** Writes the two header fields of a frame that its place in the chain decides. */
export function writeFrameHeader(frame: Buffer, seq: number, prevHash: Buffer): void {
  writeU64(frame, seq, SEQ_OFFSET);
  prevHash.copy(frame, PREV_HASH_OFFSET, 0, HASH_BYTES);
}

function frameChecksum(frame: Buffer): number {
  return crc32c(frame, SEQ_OFFSET, frame.length, crc32c(frame, LENGTH_OFFSET, CRC_OFFSET));
}

/** The place in the chain at which the next frame must fit. */
export interface ChainPosition {
  /** Sequence of the last record; 0 before the first. */
  readonly seq: number;
  /** Hash of the last record; the genesis hash before the first. */
  readonly hash: Buffer;
}

/** A frame that continues the chain. What its payload says is not looked at. */
export interface ChainedFrame {
  readonly seq: number;
  readonly hash: Buffer;
  readonly bytes: Buffer;
  /** Offset of the byte after the frame. */
  readonly end: number;
}

export interface DecodedFrame extends ChainedFrame {
  readonly record: AuditRecord;
}

/** What stands at an offset: a frame that continues the chain, the end, or something wrong. */
export type FrameAt<Frame extends ChainedFrame = DecodedFrame> =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'end' }
  | { readonly kind: 'bad'; readonly fault: string };

function bad(fault: string): Extract<FrameAt, { kind: 'bad' }> {
  return { kind: 'bad', fault };
}

function numberFault(seq: number, position: ChainPosition, maySkip: boolean): string | undefined {
  const expected = position.seq + 1;
  if (seq === expected || (maySkip && seq > expected)) return undefined;
  return `the record's number is ${seq}, not ${expected}`;
}

function parseRecord(text: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isAuditRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textIn(frame: Buffer, from: number, to?: number): string {
  return frame.toString('utf8', from, to);
}

/** The record that a whole frame carries, with the frame's own number; or why it is none. */
export function recordIn(frame: Buffer): AuditRecord | { readonly fault: string } {
  return numbered(parseRecord(textIn(frame, FRAME_HEADER_BYTES)), frame);
}

const OBJECT_END = '}'.charCodeAt(0);
/** How the body of a decision begins, from the end of the times on. */
const DECISION_START = Buffer.from('},"body":{"checks":[', 'latin1');
/** Looked for by rare characters first: a quotation mark or a brace is in each line. */
const CHECKS_END = Buffer.from('],"', 'latin1');
const QUOTES_START = Buffer.from('quotes":{', 'latin1');

/** Where the checks of a decision begin; undefined in other records. */
function checksIn(frame: Buffer): number | undefined {
  const endOfTimes = frame.indexOf(OBJECT_END, FRAME_HEADER_BYTES);
  const from = endOfTimes + DECISION_START.length;
  return frame.subarray(endOfTimes, from).equals(DECISION_START) ? from : undefined;
}

/** From `from` on, without the quotes by symbol: each decision has others, which takes a parser long. */
function withoutQuotes(frame: Buffer, from: number): string {
  const at = frame.indexOf(QUOTES_START, from);
  if (at < 0) return textIn(frame, from);
  const first = at + QUOTES_START.length;
  return textIn(frame, from, first) + textIn(frame, frame.indexOf(OBJECT_END, first));
}

/**
 * The same, of a decision without what it was judged by, its checks and quotes: two thirds of a journal. The
 * checks are the first field of a body, whose fields are in order. What is cut out where one of them only reads
 * like the end leaves no JSON behind, and then all of it is read.
 */
export function leanRecordIn(frame: Buffer): AuditRecord | { readonly fault: string } {
  const from = checksIn(frame);
  if (from === undefined) return recordIn(frame);
  const rest = withoutQuotes(frame, frame.indexOf(CHECKS_END, from));
  const record = parseRecord(textIn(frame, FRAME_HEADER_BYTES, from) + rest);
  return record === undefined ? recordIn(frame) : numbered(record, frame);
}

function numbered(
  record: AuditRecord | undefined,
  frame: Buffer,
): AuditRecord | { readonly fault: string } {
  if (record === undefined) return { fault: 'the payload is not a known audit record' };
  if (record.seq === frameSeq(frame)) return record;
  return { fault: 'the payload carries another number than its frame' };
}

/** As `chainedFrame`, and the payload must be a record with the same number. */
export function decodeFrame(
  bytes: Buffer,
  offset: number,
  position: ChainPosition,
  maySkip = false,
): FrameAt {
  const next = chainedFrame(bytes, offset, position, maySkip);
  if (next.kind !== 'frame') return next;
  const record = recordIn(next.frame.bytes);
  if ('fault' in record) return bad(record.fault);
  return { kind: 'frame', frame: { ...next.frame, record } };
}

/**
 * Reads the frame at `offset` and checks that it continues the chain from `position`: checksum,
 * number and previous hash. `maySkip` allows numbers to be left out, as a reserve file may.
 */
export function chainedFrame(
  bytes: Buffer,
  offset: number,
  position: ChainPosition,
  maySkip = false,
): FrameAt<ChainedFrame> {
  if (offset === bytes.length) return { kind: 'end' };
  if (offset + FRAME_HEADER_BYTES > bytes.length) {
    return allZeros(bytes, offset) ? { kind: 'end' } : bad('the file ends inside a record');
  }
  const length = framePayloadBytes(bytes, offset);
  if (length === 0) return { kind: 'end' };
  const end = offset + FRAME_HEADER_BYTES + length;
  if (length > MAX_PAYLOAD_BYTES) return bad(`a record claims ${length} bytes`);
  if (end > bytes.length) return bad('the file ends inside a record');
  const frame = bytes.subarray(offset, end);
  const hash = sha256(frame);
  if (!isNamedAt(bytes, end, hash) && frameChecksum(frame) !== frame.readUInt32LE(CRC_OFFSET)) {
    return bad('the record does not match its checksum');
  }
  const seq = readU64(frame, SEQ_OFFSET);
  const outOfOrder = numberFault(seq, position, maySkip);
  if (outOfOrder !== undefined) return bad(outOfOrder);
  if (!isNamedAt(bytes, offset, position.hash)) {
    return bad('the record does not follow the one before it (previous hash differs)');
  }
  return { kind: 'frame', frame: { seq, hash, bytes: frame, end } };
}

/** True when the frame at `offset` names the one before it by this hash: then that one is whole, and
 * its checksum, which tells of the last records, says nothing more. */
function isNamedAt(bytes: Buffer, offset: number, previous: Buffer): boolean {
  const from = offset + PREV_HASH_OFFSET;
  const to = from + HASH_BYTES;
  return to <= bytes.length && bytes.compare(previous, 0, HASH_BYTES, from, to) === 0;
}

/** Bytes of the payload of the frame at `offset`, as its header says. */
export function framePayloadBytes(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + LENGTH_OFFSET);
}

/** The `prevHash` field of a frame. */
export function framePrevHash(frame: Buffer): Buffer {
  return frame.subarray(PREV_HASH_OFFSET, PREV_HASH_OFFSET + HASH_BYTES);
}

/** The `seq` field of a frame. */
export function frameSeq(frame: Buffer): number {
  return readU64(frame, SEQ_OFFSET);
}

/** True when every byte from `offset` on is zero. */
export function allZeros(bytes: Buffer, offset: number): boolean {
  return firstNonZero(bytes, offset) === bytes.length;
}

/** What is preallocated is looked through by so much at once. */
const ZERO_PAGE = Buffer.alloc(4_096);

/** True when the page's worth of bytes that starts at `offset` is there and all zeros. */
function isZeroPage(bytes: Buffer, offset: number): boolean {
  const end = offset + ZERO_PAGE.length;
  return end <= bytes.length && bytes.subarray(offset, end).equals(ZERO_PAGE);
}

/** Offset of the first byte from `offset` on that is not zero; the length when there is none. */
export function firstNonZero(bytes: Buffer, offset: number): number {
  let index = offset;
  while (isZeroPage(bytes, index)) index += ZERO_PAGE.length;
  while (index < bytes.length && bytes[index] === 0) index++;
  return index;
}

/**
 * All records from `start` on, up to the end or the first that does not fit. `end` is the offset
 * after the last good one.
 */
export function decodeRecords(
  bytes: Buffer,
  start: number,
  position: ChainPosition,
): { frames: DecodedFrame[]; end: number; fault: string | undefined } {
  const frames: DecodedFrame[] = [];
  let at = position;
  let offset = start;
  for (;;) {
    const next = decodeFrame(bytes, offset, at);
    if (next.kind !== 'frame') {
      return { frames, end: offset, fault: next.kind === 'bad' ? next.fault : undefined };
    }
    frames.push(next.frame);
    offset = next.frame.end;
    at = { seq: next.frame.record.seq, hash: next.frame.hash };
  }
}
