import { describe, expect, it } from 'vitest';
import { encodeRecord, MAX_PAYLOAD_BYTES } from '../../src/audit/journal-format.ts';
import { MAX_COMMIT_BYTES } from '../../src/audit/journal-limits.ts';
import { isTornWrite } from '../../src/audit/torn-tail.ts';
import { alertBody, recordOf } from './support/sample-records.ts';

const position = { seq: 4, hash: Buffer.alloc(32, 9) };
const { frame } = encodeRecord(recordOf(5, alertBody('z'.repeat(1_500))), position.hash);
const SECTOR = 512;

function lastByteChanged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

/** A file of zeros with the frame's bytes written where `isWritten` says. */
function fileWith(tail: number, isWritten: (offset: number) => boolean): Buffer {
  const bytes = Buffer.alloc(tail + frame.length + SECTOR);
  frame.forEach((byte, index) => {
    if (isWritten(tail + index)) bytes[tail + index] = byte;
  });
  return bytes;
}

describe('a torn write', () => {
  it.each([128, 500, 510, 512, 1_000])(
    'is known by any subset of its sectors (tail %i)',
    (tail) => {
      const first = Math.floor(tail / SECTOR);
      for (let subset = 1; subset < 15; subset++) {
        const bytes = fileWith(
          tail,
          (at) => (subset >> (Math.floor(at / SECTOR) - first)) % 2 === 1,
        );
        expect(isTornWrite(bytes, tail, position), `subset ${subset}`).toBe(true);
      }
    },
  );

  it('is known by any prefix of two bytes and more', () => {
    const [densely, coarsely] = [2 * SECTOR, 17];
    for (let cut = 2; cut < frame.length; cut += cut < densely ? 1 : coarsely) {
      const bytes = fileWith(128, (at) => at < 128 + cut);
      expect(isTornWrite(bytes, 128, position), `cut ${cut}`).toBe(true);
    }
  });

  it('is not a single byte, wherever it stands', () => {
    for (let at = 128; at < 128 + 2 * SECTOR; at++) {
      const bytes = Buffer.alloc(128 + 2 * SECTOR);
      bytes[at] = 1;
      expect(isTornWrite(bytes, 128, position)).toBe(false);
    }
  });

  it.each([
    ['nothing', Buffer.alloc(4_096)],
    [
      'a frame that belongs elsewhere',
      Buffer.concat([
        Buffer.alloc(128),
        encodeRecord(recordOf(9, alertBody('x')), position.hash).frame,
        Buffer.alloc(600),
      ]),
    ],
    [
      'a frame that follows another',
      Buffer.concat([
        Buffer.alloc(128),
        encodeRecord(recordOf(5, alertBody('x')), Buffer.alloc(32)).frame,
        Buffer.alloc(600),
      ]),
    ],
    ['a length beyond all limits', Buffer.concat([Buffer.alloc(128), Buffer.alloc(80, 0xff)])],
  ])('is not %s', (_name, bytes) => {
    expect(isTornWrite(bytes, 128, position)).toBe(false);
  });

  it.each([
    ['a frame without its length', Buffer.concat([Buffer.alloc(4), frame.subarray(4)])],
    ['a length beyond all limits alone', Buffer.alloc(6, 0xff)],
    ['the beginning of a frame with another last byte', lastByteChanged(frame.subarray(0, 20))],
  ])('is not %s', (_name, written) => {
    expect(isTornWrite(Buffer.concat([Buffer.alloc(128), written]), 128, position)).toBe(false);
  });

  it('is known by the length alone, up to the limit of one', () => {
    const lengthOf = (bytes: number) => {
      const file = Buffer.alloc(128 + 4);
      file.writeUInt32LE(bytes, 128);
      return isTornWrite(file, 128, position);
    };
    expect([lengthOf(MAX_PAYLOAD_BYTES - 1), lengthOf(MAX_PAYLOAD_BYTES + 1)]).toEqual([
      true,
      false,
    ]);
    const longest = Buffer.alloc(128 + 5, 1);
    longest.writeUInt32LE(MAX_PAYLOAD_BYTES, 128);
    expect(isTornWrite(longest, 128, position)).toBe(true);
    expect(isTornWrite(Buffer.concat([Buffer.alloc(128), Buffer.alloc(3, 9)]), 128, position)).toBe(
      true,
    );
  });

  it.each([
    [0, 3, false],
    [0, 4, true],
    [1, 4, true],
    [13, 4, false],
  ])(
    'is known by a later sector that %i bytes from its beginning has %i bytes',
    (from, count, is) => {
      const bytes = Buffer.alloc(4 * SECTOR);
      bytes.fill(1, 2 * SECTOR + from, 2 * SECTOR + from + count);
      expect(isTornWrite(bytes, 128, position)).toBe(is);
    },
  );

  it('is not longer than a commit', () => {
    const bytes = Buffer.alloc(128 + MAX_COMMIT_BYTES + 1);
    frame.copy(bytes, 128, 0, 400);
    expect(isTornWrite(bytes, 128, position)).toBe(true);
    bytes[bytes.length - 1] = 1;
    expect(isTornWrite(bytes, 128, position)).toBe(false);
  });
});
