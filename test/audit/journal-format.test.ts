import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFileHeader,
  decodeFrame,
  decodeRecords,
  encodeFileHeader,
  encodeRecord,
  FILE_HEADER_BYTES,
  genesisHash,
  MAX_PAYLOAD_BYTES,
  NO_HASH,
  sha256,
} from '../../src/audit/journal-format.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';

const journalId = Buffer.alloc(16, 7);
const header = { kind: 'main', number: 1, journalId, firstSeq: 1, prevHash: NO_HASH } as const;

function encodeAll(count: number): Buffer {
  let prevHash = genesisHash(journalId);
  const frames = alerts(1, count).map((record) => {
    const encoded = encodeRecord(record, prevHash);
    prevHash = encoded.hash;
    return encoded.frame;
  });
  return Buffer.concat(frames);
}

describe('the file header', () => {
  it('reads back as written', () => {
    const bytes = encodeFileHeader({ ...header, firstSeq: 2 ** 40 + 3 });
    expect(bytes.length).toBe(FILE_HEADER_BYTES);
    expect(decodeFileHeader(bytes)).toEqual({ ...header, firstSeq: 2 ** 40 + 3 });
  });

  it('shows every changed bit', () => {
    const bytes = encodeFileHeader(header);
    for (let bit = 0; bit < FILE_HEADER_BYTES * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeFileHeader(changed)).toHaveProperty('fault');
    }
  });

  it('is refused when its format is newer than this build', () => {
    const bytes = encodeFileHeader(header);
    expect(decodeFileHeader(bytes.subarray(0, 100))).toHaveProperty('fault');
  });
});

describe('records', () => {
  it('chain from the hash of the first file header', () => {
    expect(genesisHash(journalId)).toEqual(sha256(encodeFileHeader(header)));
  });

  it('read back as written, in order', () => {
    const start = { seq: 0, hash: genesisHash(journalId) };
    const { frames, end, fault } = decodeRecords(encodeAll(5), 0, start);
    expect(fault).toBeUndefined();
    expect(frames.map((frame) => frame.record)).toEqual(alerts(1, 5));
    expect(end).toBe(encodeAll(5).length);
  });

  it('end at preallocated zeros', () => {
    const bytes = Buffer.concat([encodeAll(2), Buffer.alloc(64)]);
    const { frames, fault } = decodeRecords(bytes, 0, { seq: 0, hash: genesisHash(journalId) });
    expect(frames).toHaveLength(2);
    expect(fault).toBeUndefined();
  });

  it('keep only the fields that are listed for their kind', () => {
    const body = { ...alertBody('x'), token: 'plain-secret-token' };
    const { frame } = encodeRecord(recordOf(1, body), NO_HASH);
    expect(frame.toString('utf8')).not.toContain('plain-secret-token');
  });

  it('refuse another place in the chain', () => {
    const bytes = encodeAll(1);
    const hash = genesisHash(journalId);
    expect(decodeFrame(bytes, 0, { seq: 1, hash })).toHaveProperty('fault');
    expect(decodeFrame(bytes, 0, { seq: 0, hash: NO_HASH })).toHaveProperty('fault');
    expect(decodeFrame(bytes, 0, { seq: 0, hash })).toHaveProperty('frame');
  });

  it('may skip numbers only where that is allowed', () => {
    const { frame } = encodeRecord(recordOf(5, alertBody('late')), NO_HASH);
    const position = { seq: 2, hash: NO_HASH };
    expect(decodeFrame(frame, 0, position)).toHaveProperty('fault');
    expect(decodeFrame(frame, 0, position, true)).toHaveProperty('frame');
    expect(decodeFrame(frame, 0, { seq: 5, hash: NO_HASH }, true)).toHaveProperty('fault');
  });

  it('fit the payload limit exactly and not one byte more', () => {
    const room =
      MAX_PAYLOAD_BYTES - (encodeRecord(recordOf(1, alertBody('')), NO_HASH).frame.length - 48);
    expect(() => encodeRecord(recordOf(1, alertBody('x'.repeat(room))), NO_HASH)).not.toThrow();
    expect(() => encodeRecord(recordOf(1, alertBody('x'.repeat(room + 1))), NO_HASH)).toThrow(
      /broken invariant/,
    );
  });

  it('never crash the reader, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { end } = decodeRecords(Buffer.from(bytes), 0, { seq: 0, hash: NO_HASH });
        expect(end).toBe(0);
      }),
    );
  });
});
