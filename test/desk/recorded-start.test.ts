import { describe, expect, it } from 'vitest';
import { decodeInput } from '../../src/desk/input-codec.ts';
import {
  decodeRecordedStart,
  encodeRecordedStart,
  journalBefore,
} from '../../src/desk/recorded-start.ts';
import { DeltaringError } from '../../src/engine/domain/errors.ts';
import { DeskRig } from '../support/desk-rig.ts';

function start() {
  const rig = new DeskRig();
  rig.openPosition();
  const { config } = rig.desk.context;
  const records = rig.records();
  const lastSeq = records.at(-1)?.seq ?? 0;
  return { config, paperSeed: 7, accountId: 'P', at: rig.at, lastSeq, records };
}

function faultOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error instanceof DeltaringError ? error.code : error;
  }
}

describe('the start of a recording', () => {
  it('comes back with everything a desk is built from', () => {
    const { records, ...recorded } = start();
    const decoded = decodeRecordedStart(encodeRecordedStart(recorded));
    expect(decoded).toMatchObject(JSON.parse(JSON.stringify(recorded)));
    expect(journalBefore(decoded, [...records, { ...records[0]!, seq: 99 }])).toEqual(records);
    expect(faultOf(() => journalBefore(decoded, records.slice(1, -1)))).toBe('INPUT_INVALID');
  });

  it('holds the journal itself in recordings of before', () => {
    const { records, ...recorded } = start();
    const bytes = Buffer.from(JSON.stringify({ ...recorded, records, codec: 2, inputs: 1 }));
    expect(journalBefore(decodeRecordedStart(bytes), [])).toEqual(records);
  });

  it('of another version is refused by name', () => {
    const { records: _, ...other } = start();
    const bytes = Buffer.from(JSON.stringify({ ...other, codec: 99, inputs: 1 }));
    expect(() => decodeRecordedStart(bytes)).toThrow(/codec 99; this build reads/);
    expect(faultOf(() => decodeRecordedStart(bytes))).toBe('INPUT_INVALID');
  });

  it.each(['', 'no json', '{"codec":1', 'null'])('that is %j is refused', (text) => {
    expect(faultOf(() => decodeRecordedStart(Buffer.from(text)))).toBe('INPUT_INVALID');
  });
});

describe('an input of a recording', () => {
  it.each([[[0]], [[0, 0x7b]], [[0, 0xff, 0xfe]]])('of the bytes %j is refused', (bytes) => {
    expect(faultOf(() => decodeInput(Buffer.from(bytes)))).toBe('INPUT_INVALID');
  });
});
