import { describe, expect, it } from 'vitest';
import type { Input } from '../../../src/desk/inputs.ts';
import { HangOracle } from '../../../src/desk/simulation/hang-oracle.ts';
import { JournalOwed } from '../../../src/desk/simulation/journal-owed.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { epochMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const RIG = new DeskRig();
const CLOSE = { intentId: 'C', positionId: 'P', purpose: 'flatten' } as OrderIntent;

/** Both parts, told of one record at second 0, and what they report and met. */
function watching() {
  const said: string[] = [];
  const met: string[] = [];
  const owed = new JournalOwed();
  const oracle = new HangOracle(
    owed,
    (what) => said.push(what),
    (what) => met.push(what),
  );
  let seq = 0;
  const at = (seconds: number) => {
    const wall = epochMicros(seconds * MICROS_PER_SECOND);
    return { market: wall, wall };
  };
  const input = (seconds: number, rest: object) => {
    const heard = { at: at(seconds), ...rest } as Input;
    owed.onInput(heard);
    oracle.onInput(heard);
    oracle.afterStep(RIG.desk.context);
  };
  const record = (seconds: number, body: object) => {
    seq += 1;
    const written = { seq, at: at(seconds), body: body as AuditBody } as AuditRecord;
    owed.onRecord(written);
    oracle.onRecord(written);
    return written;
  };
  const looks = (...seconds: readonly number[]) => {
    for (const second of seconds) input(second, { kind: 'clock' });
  };
  const first = record(0, { kind: 'previewRefused' });
  return { owed, oracle, said, met, input, record, looks, first };
}

const CONSOLE_FLATTENS = {
  kind: 'command',
  id: 7,
  caller: { principal: 'console', authority: 'console' },
  command: { kind: 'flattenNow' },
};
const TOLD = { kind: 'alert', code: 'JOURNAL_STALLED' };

describe('a disk that hangs', () => {
  it('is reported where nobody was told for three looks, once', () => {
    const { said, looks } = watching();
    looks(2, 3, 4);
    expect(said).toEqual([]);
    looks(5, 6);
    expect(said).toEqual(['the disk of the journal hangs and nobody was told']);
  });

  it('is none where the journal answered, or said that it failed', () => {
    for (const answer of [
      { kind: 'journalDurable', seq: 1 },
      { kind: 'journalFailed', reason: 'full', reserveExhausted: false },
    ]) {
      const { owed, first, said, looks, input, record } = watching();
      owed.onRefused([first]);
      input(1, answer);
      record(2, { kind: 'previewRefused' });
      looks(3, 4);
      expect(said).toEqual([]);
    }
  });

  it('may be taken to be there for as long as one record is old', () => {
    const { owed, input, record } = watching();
    record(2, { kind: 'previewRefused' });
    expect([2, 3].map((second) => owed.mayHang(second * MICROS_PER_SECOND))).toEqual([false, true]);
    input(4, { kind: 'journalDurable', seq: 1 });
    expect([4, 5].map((second) => owed.mayHang(second * MICROS_PER_SECOND))).toEqual([false, true]);
    expect(owed.hangs(5 * MICROS_PER_SECOND)).toBe(false);
  });

  it('keeps no answer from the operator who flattens', () => {
    const { oracle, said, input, record, looks } = watching();
    record(3, TOLD);
    input(3, CONSOLE_FLATTENS);
    looks(4, 5, 6);
    expect(said).toEqual(['a flatten of the console waits for a disk that hangs']);
    oracle.onAnswer(7);
    looks(7);
    expect(said).toHaveLength(1);
  });

  it('keeps no close of that flatten from going', () => {
    const flattening = () => {
      const watched = watching();
      watched.record(3, TOLD);
      watched.record(3, { kind: 'flattenRequested', principal: 'console', positionIds: ['P'] });
      watched.record(3, { kind: 'intentRecorded', intent: CLOSE });
      return watched;
    };
    const stuck = flattening();
    stuck.looks(4, 5, 6);
    expect(stuck.said).toEqual(['C waits for a disk that hangs, and was to be flattened']);
    const sent = flattening();
    sent.looks(4);
    sent.oracle.onSubmit(CLOSE);
    sent.looks(5, 6);
    expect([sent.said, sent.met]).toEqual([[], ['flattenedPastDisk']]);
  });
});
