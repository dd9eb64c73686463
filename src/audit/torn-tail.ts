/**
 * Tells the remains of one interrupted write from a changed byte. A disk persists whole sectors, in
 * any order: what a power cut leaves of a write is a subset of its sectors, the rest still zeros.
 */

import type { ChainPosition } from './journal-format.ts';
import {
  FRAME_HEADER_BYTES,
  firstNonZero,
  MAX_PAYLOAD_BYTES,
  writeFrameHeader,
} from './journal-format.ts';
import { MAX_COMMIT_BYTES } from './journal-limits.ts';

/** The smallest unit that a disk writes whole. */
const SECTOR_BYTES = 512;
/** A sector of records has no long run of zeros: in its first bytes at least this many are not. */
const SECTOR_PROBE_BYTES = 16;
const SECTOR_PROBE_NON_ZERO = 4;
const LENGTH_BYTES = 4;
const FIRST_CHAINED_BYTE = 8;

/**
 * True when the bytes from `tail` on (where the next frame after `position` belongs) can be what an
 * interrupted write of further records left. All zeros is not torn: that is the preallocated rest;
 * nor is a single byte: that is a changed one.
 */
export function isTornWrite(bytes: Buffer, tail: number, position: ChainPosition): boolean {
  const first = firstNonZero(bytes, tail);
  const last = bytes.findLastIndex((byte) => byte !== 0);
  if (first >= last || last >= tail + MAX_COMMIT_BYTES) return false;
  const sectorEnd = tail - (tail % SECTOR_BYTES) + SECTOR_BYTES;
  return first < sectorEnd
    ? first < tail + LENGTH_BYTES &&
        headerFits(bytes, tail, position, Math.min(sectorEnd, last + 1))
    : looksWritten(bytes, first - (first % SECTOR_BYTES));
}

/** The frame's header, as far as it was written, must be the one that belongs here. */
function headerFits(
  bytes: Buffer,
  tail: number,
  position: ChainPosition,
  writtenEnd: number,
): boolean {
  if (tail + LENGTH_BYTES <= bytes.length && bytes.readUInt32LE(tail) > MAX_PAYLOAD_BYTES) {
    return false;
  }
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(header, position.seq + 1, position.hash);
  const end = Math.min(tail + FRAME_HEADER_BYTES, writtenEnd);
  const from = Math.min(tail + FIRST_CHAINED_BYTE, end);
  return header
    .subarray(FIRST_CHAINED_BYTE, FIRST_CHAINED_BYTE + end - from)
    .equals(bytes.subarray(from, end));
}

function looksWritten(bytes: Buffer, sector: number): boolean {
  let written = 0;
  for (const byte of bytes.subarray(sector, sector + SECTOR_PROBE_BYTES)) {
    if (byte !== 0) written++;
  }
  return written >= SECTOR_PROBE_NON_ZERO;
}
