import { describe, expect, it } from 'vitest';
import type { RecordingHeader } from '../../../src/audit/session-recording.ts';
import { decodeRecording, RecordingEncoder } from '../../../src/audit/session-recording.ts';
import { encodeInput } from '../../../src/desk/input-codec.ts';
import { replayRecording } from '../../../src/desk/simulation/replay.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import { DeltaringError } from '../../../src/engine/domain/errors.ts';

const HEADER: RecordingHeader = {
  build: 'simulated',
  v8: process.versions.v8,
  arch: process.arch,
  session: '2026-11-20',
};

const [run] = runSession({ seed: 7, minutes: 60, faults: [], isRecorded: true }).runs;
if (run === undefined) throw new Error('a session has a first run');
const { chunks, records } = run;

/** A recording as a file holds it, read back. */
function recording(parts: readonly Uint8Array[], header = HEADER) {
  const encoder = new RecordingEncoder();
  const bytes = [encoder.begin(header), ...parts.map((part) => encoder.chunk(part))];
  return decodeRecording(Buffer.concat([...bytes, encoder.end('complete')]));
}

describe('a replay', () => {
  it('gives every record again, byte for byte', () => {
    const result = replayRecording(recording(chunks), records, HEADER.build);
    expect(result).toMatchObject({ identical: true, unjournalled: 0, firstDifference: undefined });
    expect(result.records).toBe(records.length);
    expect(result.inputs).toBe(chunks.length - 1);
    expect(result.lines[0]).toBe(
      `identical: ${records.length} records from ${result.inputs} inputs`,
    );
  });

  it('shows the first record that differs', () => {
    const changed = records.map((record) =>
      record.seq === 4 ? { ...record, session: '2026-11-23' as typeof record.session } : record,
    );
    const { identical, firstDifference, lines } = replayRecording(
      recording(chunks),
      changed,
      HEADER.build,
    );
    expect(identical).toBe(false);
    expect(firstDifference?.seq).toBe(4);
    expect(firstDifference?.journalled).toContain('2026-11-23');
    expect(lines[0]).toContain('different: record 4');
  });

  it('finds a record that the journal lacks in the middle', () => {
    const without = records.filter(({ seq }) => seq !== 5);
    const { identical, firstDifference } = replayRecording(
      recording(chunks),
      without,
      HEADER.build,
    );
    expect([identical, firstDifference?.seq]).toEqual([false, 5]);
    expect(firstDifference?.journalled).toBeUndefined();
  });

  it('takes records that never became durable at the end for what they are', () => {
    const cut = records.slice(0, -3);
    const { identical, unjournalled } = replayRecording(recording(chunks), cut, HEADER.build);
    expect([identical, unjournalled]).toEqual([true, 3]);
  });

  it('finds an input that was left out', () => {
    const command = chunks.findIndex((chunk) => Buffer.from(chunk).includes('"previewStrategy"'));
    const short = [...chunks.slice(0, command), ...chunks.slice(command + 1)];
    expect(replayRecording(recording(short), records, HEADER.build).identical).toBe(false);
  });

  it('names a build, V8 or machine that is not the one that recorded', () => {
    const foreign = { ...HEADER, build: 'other', v8: '1.0', arch: 'mips' };
    const { lines } = replayRecording(recording(chunks, foreign), records, HEADER.build);
    expect(lines).toContain(`recorded by build other, replayed on ${HEADER.build}`);
    expect(lines.join('\n')).toContain('recorded on V8 1.0');
    expect(lines.join('\n')).toContain('recorded on mips');
    expect(lines.join('\n')).toContain('different builds');
  });

  it('says so when the journal holds nothing of the run', () => {
    const { identical, lines } = replayRecording(recording(chunks), [], HEADER.build);
    expect(identical).toBe(false);
    expect(lines[0]).toContain('holds no record of this run');
  });

  it('refuses a recording without a start', () => {
    expect(() => replayRecording(recording([]), records, HEADER.build)).toThrow(DeltaringError);
    const clock = encodeInput({ kind: 'batchEnd', at: records[0]!.at });
    expect(() => replayRecording(recording([clock]), records, HEADER.build)).toThrow();
  });
});
