import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/audit/crc32c.ts';
import {
  allZeros,
  decodeFileHeader,
  decodeFrame,
  decodeRecords,
  encodeFileHeader,
  encodeRecord,
  FILE_HEADER_BYTES,
  firstNonZero,
  framePayloadBytes,
  framePrevHash,
  frameSeq,
  genesisHash,
  leanRecordIn,
  MAX_PAYLOAD_BYTES,
  NO_HASH,
  recordIn,
  sha256,
  writeFrameHeader,
} from '../../src/audit/journal-format.ts';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import {
  alertBody,
  alerts,
  leanOf,
  orderStory,
  recordOf,
  recordsOf,
} from './support/sample-records.ts';

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

/** A file header with the checksum that its bytes should have. */
function summed(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32c(bytes, 0, 124), 124);
  return bytes;
}

/** A frame around any payload, as sound as its payload. */
function framed(payload: string, seq = 1, prevHash: Buffer = NO_HASH): Buffer {
  const frame = Buffer.concat([Buffer.alloc(48), Buffer.from(payload)]);
  frame.writeUInt32LE(frame.length - 48, 0);
  writeFrameHeader(frame, seq, prevHash);
  frame.writeUInt32LE(crc32c(frame, 8, frame.length, crc32c(frame, 0, 4)), 4);
  return frame;
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

  it('has each of its fields where the format says', () => {
    const fields = {
      kind: 'reserve',
      number: 0x04030201,
      journalId: Buffer.alloc(16, 0xaa),
      firstSeq: 0x02_0000_0007,
      prevHash: Buffer.alloc(32, 0xbb),
    } as const;
    const bytes = encodeFileHeader(fields);
    const checksum = bytes.subarray(124);
    expect(bytes.subarray(0, 124).toString('hex')).toBe(
      `${Buffer.from('DELTARNG').toString('hex')}0100000001020304${'aa'.repeat(16)}0700000002000000${'bb'.repeat(32)}02000000${'00'.repeat(48)}`,
    );
    expect(checksum.readUInt32LE()).toBe(crc32c(bytes, 0, 124));
    for (const kind of ['main', 'reserve', 'sealed'] as const) {
      expect(decodeFileHeader(encodeFileHeader({ ...fields, kind }))).toEqual({ ...fields, kind });
    }
  });

  it.each([
    ['too short', (bytes: Buffer) => bytes.subarray(0, 127), 'the file is shorter than its header'],
    [
      'of another file',
      (bytes: Buffer) => bytes.fill('X', 7, 8),
      'the file does not begin as a journal does',
    ],
    [
      'changed',
      (bytes: Buffer) => bytes.fill(1, 100, 101),
      'the header does not match its checksum',
    ],
    [
      'of a newer format',
      (bytes: Buffer) => summed(bytes.fill(2, 8, 9)),
      'format version 2 is not known to this build',
    ],
    [
      'of no known kind',
      (bytes: Buffer) => summed(bytes.fill(4, 72, 73)),
      'the header names no known kind of file',
    ],
    [
      'of no kind',
      (bytes: Buffer) => summed(bytes.fill(0, 72, 73)),
      'the header names no known kind of file',
    ],
  ])('%s is refused in words', (_what, change, fault) => {
    expect(decodeFileHeader(change(encodeFileHeader(header)))).toEqual({ fault });
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
      /broken invariant.*record 1 fits 1048576 bytes: 1048577/,
    );
  });

  it('have each of their fields where the format says', () => {
    const record = recordOf(0x01_0000_0002, alertBody('x'));
    const { frame, hash, seq } = encodeRecord(record, Buffer.alloc(32, 0xcc));
    const text = frame.toString('utf8', 48);
    expect(frame).toEqual(framed(text, record.seq, Buffer.alloc(32, 0xcc)));
    expect(frame.subarray(8, 48).toString('hex')).toBe(`0200000001000000${'cc'.repeat(32)}`);
    expect(JSON.parse(text)).toEqual(record);
    expect([hash, seq]).toEqual([sha256(frame), record.seq]);
    expect([frameSeq(frame), framePayloadBytes(frame, 0)]).toEqual([record.seq, text.length]);
    expect(framePrevHash(frame)).toEqual(Buffer.alloc(32, 0xcc));
    const position = { seq: record.seq - 1, hash: Buffer.alloc(32, 0xcc) };
    expect(decodeFrame(frame, 0, position)).toEqual({
      kind: 'frame',
      frame: { seq, record, hash, bytes: frame, end: frame.length },
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros, fewer than a header', Buffer.alloc(47)],
    ['zeros', Buffer.alloc(48)],
    ['a length of zero', Buffer.concat([Buffer.alloc(4), Buffer.alloc(60, 1)])],
    ['a header with a length of zero', Buffer.concat([Buffer.alloc(4), Buffer.alloc(44, 1)])],
  ])('end at %s', (_what, bytes) => {
    expect(decodeFrame(bytes, 0, { seq: 0, hash: NO_HASH })).toEqual({ kind: 'end' });
  });

  const sound = framed(JSON.stringify(recordOf(1, alertBody('x'))));
  it.each([
    ['cut in its header', sound.subarray(0, 47), 'the file ends inside a record'],
    ['cut in its payload', sound.subarray(0, -1), 'the file ends inside a record'],
    ['of a length beyond the limit', Buffer.alloc(60, 0xff), 'a record claims 4294967295 bytes'],
    [
      'with a changed byte',
      Buffer.from(sound).fill('y', 60, 61),
      'the record does not match its checksum',
    ],
    ['with a later number', framed('{}', 2), "the record's number is 2, not 1"],
    [
      'after another record',
      framed('{}', 1, Buffer.alloc(32, 1)),
      'the record does not follow the one before it (previous hash differs)',
    ],
    ['that is no JSON', framed('{'), 'the payload is not a known audit record'],
    ['that is no record', framed('{}'), 'the payload is not a known audit record'],
    [
      'of another number than its frame',
      framed(JSON.stringify(recordOf(3, alertBody('x')))),
      'the payload carries another number than its frame',
    ],
  ])('%s are refused in words', (_what, bytes, fault) => {
    expect(decodeFrame(bytes, 0, { seq: 0, hash: NO_HASH })).toEqual({ kind: 'bad', fault });
  });

  it('of the largest payload and not one byte more are read', () => {
    const claims = (length: number) => {
      const bytes = Buffer.alloc(48 + MAX_PAYLOAD_BYTES + 1);
      bytes.writeUInt32LE(length, 0);
      return decodeFrame(bytes, 0, { seq: 0, hash: NO_HASH });
    };
    expect(claims(MAX_PAYLOAD_BYTES)).toEqual({
      kind: 'bad',
      fault: 'the record does not match its checksum',
    });
    expect(claims(MAX_PAYLOAD_BYTES + 1)).toEqual({
      kind: 'bad',
      fault: `a record claims ${MAX_PAYLOAD_BYTES + 1} bytes`,
    });
  });

  it('are decoded up to the first that does not fit, from anywhere', () => {
    const before = Buffer.alloc(10, 1);
    const bytes = Buffer.concat([before, encodeAll(2), Buffer.from([9, 9])]);
    const start = { seq: 0, hash: genesisHash(journalId) };
    const { frames, end, fault } = decodeRecords(bytes, 10, start);
    expect(frames.map(({ record }) => record.seq)).toEqual([1, 2]);
    expect([end, fault]).toEqual([bytes.length - 2, 'the file ends inside a record']);
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

describe('a record without what it was judged by', () => {
  const [preview, intent, ...others] = recordsOf(1, orderStory('o-1'));
  const frameOf = (record: AuditRecord): Buffer => encodeRecord(record, NO_HASH).frame;

  it('is the record, whatever has none', () => {
    for (const record of others) expect(leanRecordIn(frameOf(record))).toEqual(record);
  });

  it('lacks its checks and quotes and nothing else, whatever clocks it was written by', () => {
    const at = { market: epochMicros(1), mono: 12_345, wall: epochMicros(2) };
    if (preview?.body.kind !== 'previewMade') throw new Error('an order begins with its preview');
    const { checks, principal } = preview.body;
    expect(checks).not.toEqual([]);
    const denial = { code: 'killed', message: 'no', numbers: { a: 1 } } as const;
    const body = { kind: 'previewRefused', strategy: 'x', checks, denial, principal } as const;
    const decisions = [preview, intent ?? preview, recordOf(3, body)];
    for (const record of decisions.flatMap((each) => [each, { ...each, at }])) {
      expect(recordIn(frameOf(record))).toEqual(record);
      expect(leanRecordIn(frameOf(record))).toEqual(leanOf(record));
    }
  });

  it('is the same whatever the checks and symbols say, or has them', () => {
    const part = fc.constantFrom(
      '"',
      '\\',
      '}',
      ']',
      ',',
      '{',
      ':',
      '"}],"',
      'quotes":{',
      '"body":{"checks":[{',
      'é',
    );
    const text = fc.array(fc.oneof(part, fc.string()), { maxLength: 8 }).map((all) => all.join(''));
    const check = fc.record({
      code: text,
      outcome: fc.constantFrom('passed' as const, 'refused' as const, 'notRun' as const),
      message: text,
      numbers: fc.dictionary(text, fc.oneof(fc.integer(), text)),
    });
    fc.assert(
      fc.property(fc.array(check, { maxLength: 4 }), text, (checks, symbol) => {
        const quotes = { [symbol]: [1, 2, null] };
        const judged = { checks, quotes } as object;
        const record = recordOf(3, { ...intent?.body, ...judged } as AuditBody);
        const lean = leanRecordIn(frameOf(record));
        if ('fault' in lean) throw new Error(lean.fault);
        expect(leanOf(lean)).toEqual(leanOf(record));
      }),
    );
  });

  it('has them where one of them says what they end with', () => {
    const checks = [{ code: 'x', outcome: 'passed', message: 'the last"}],', numbers: {} }];
    const record = recordOf(3, { ...intent?.body, checks } as AuditBody);
    expect(leanRecordIn(frameOf(record))).toEqual(record);
  });

  it('has the number of its frame, or is none', () => {
    const frame = frameOf(recordOf(7, intent?.body ?? alertBody('x')));
    writeFrameHeader(frame, 8, NO_HASH);
    expect(leanRecordIn(frame)).toEqual(recordIn(frame));
    expect(leanRecordIn(frame)).toEqual({
      fault: 'the payload carries another number than its frame',
    });
  });

  it('is none where what follows them is no JSON', () => {
    const frame = frameOf(recordOf(7, intent?.body ?? alertBody('x')));
    frame.write('!', frame.length - 1);
    expect(leanRecordIn(frame)).toEqual(recordIn(frame));
    expect(leanRecordIn(frame)).toHaveProperty('fault');
  });
});

describe('zeros', () => {
  it('are looked through to the first byte that is none, page after page', () => {
    for (const at of [0, 1, 4_095, 4_096, 4_097, 8_191, 8_192, 9_999]) {
      const bytes = Buffer.alloc(10_000);
      bytes[at] = 1;
      for (const from of [0, 1, 4_096]) {
        const expected = from <= at ? at : bytes.length;
        expect(firstNonZero(bytes, from)).toBe(expected);
        expect(allZeros(bytes, from)).toBe(expected === bytes.length);
      }
    }
    expect(firstNonZero(Buffer.alloc(4_096), 0)).toBe(4_096);
    expect(allZeros(Buffer.alloc(0), 0)).toBe(true);
  });
});
