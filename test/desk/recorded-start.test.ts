import { describe, expect, it } from 'vitest';
import { decodeInput } from '../../src/desk/input-codec.ts';
import { decodeRecordedStart, encodeRecordedStart } from '../../src/desk/recorded-start.ts';
import { DeltaringError } from '../../src/engine/domain/errors.ts';
import { DeskRig } from '../support/desk-rig.ts';

function start() {
  const rig = new DeskRig();
  rig.openPosition();
  const { config } = rig.desk.context;
  return { config, paperSeed: 7, accountId: 'P', at: rig.at, records: rig.records() };
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
    const recorded = start();
    const records = recorded.records.map((record) => JSON.stringify(record));
    expect(decodeRecordedStart(encodeRecordedStart(recorded, records))).toMatchObject(
      JSON.parse(JSON.stringify(recorded)),
    );
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
