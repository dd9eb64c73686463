import { describe, expect, it } from 'vitest';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { recordStart } from '../../src/desk/starting.ts';
import { CONSOLE, DeskRig, valueIn } from '../support/desk-rig.ts';

const AUDIT = { logSize: 7, logRoot: 'ab'.repeat(32), auditKey: 'cd'.repeat(32) };

/** What a desk of the settings writes at its start after these records. */
function started(before: DeskRig | undefined, settings: object): DeskRig {
  const rig = new DeskRig({ isOpen: false });
  const { context } = rig.desk;
  rig.desk.start();
  const config = { ...context.config, ...settings };
  recordStart({ ...context, config }, summarizeJournal(before?.records() ?? []));
  rig.step({ kind: 'clock', at: rig.at });
  return rig;
}

function nextOrderId(rig: DeskRig): string {
  return valueIn(rig.confirm(rig.preview().tokenSha256)).orderId ?? '';
}

describe('a start', () => {
  it('records build, settings, and the sealed log that it found', () => {
    const rig = started(undefined, { audit: AUDIT, configFingerprint: 'f1' });
    expect(rig.bodies('engineStarted').at(-1)).toMatchObject({
      build: 'test',
      configFingerprint: 'f1',
      recoveredRecords: 0,
      ...AUDIT,
    });
    expect(rig.bodies('configChanged')).toEqual([]);
    expect(rig.bodies('auditKeyChanged')).toEqual([]);
  });

  it('is kept in the reserve of a full disk too: the ids of later runs follow from it', () => {
    const { desk } = new DeskRig({ isOpen: false });
    recordStart(desk.context, summarizeJournal([]));
    const effects = desk.context.out.drain();
    const appended = effects.flatMap((effect) => (effect.kind === 'append' ? [effect] : []));
    const own = appended.filter(({ record }) => record.body.kind === 'engineStarted');
    expect(own.at(-1)?.urgent).toBe(true);
  });

  it('records what changed since the start before', () => {
    const before = started(undefined, { audit: AUDIT, configFingerprint: 'f1' });
    const auditKey = 'ef'.repeat(32);
    const audit = { ...AUDIT, auditKey };
    const rig = started(before, { audit, configFingerprint: 'f2', build: 'another' });
    expect(rig.bodies('buildChanged')).toEqual([
      { kind: 'buildChanged', from: 'test', to: 'another' },
    ]);
    expect(rig.bodies('configChanged')).toEqual([{ kind: 'configChanged', from: 'f1', to: 'f2' }]);
    expect(rig.bodies('auditKeyChanged')).toEqual([
      { kind: 'auditKeyChanged', from: AUDIT.auditKey, to: auditKey },
    ]);
  });

  it('records nothing more where nothing changed', () => {
    const before = started(undefined, { audit: AUDIT });
    const rig = started(before, { audit: { ...AUDIT, logSize: 9 } });
    expect(rig.bodies('buildChanged')).toEqual([]);
    expect(rig.bodies('configChanged')).toEqual([]);
    expect(rig.bodies('auditKeyChanged')).toEqual([]);
  });

  it('leaves ids out after a run that was cut off: some of its orders may have no record', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    expect(positionId).toMatch(/-000001$/);
    rig.journal = 'held';
    rig.step({ kind: 'journalFailed', at: rig.at, reason: 'ENOSPC', reserveExhausted: true });
    const kept = [...rig.records()];
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(5);
    expect(rig.submitted.map((id) => id.slice(-7))).toEqual(['-000001', '-000002']);
    expect(nextOrderId(rig.restart(kept))).toMatch(/-001002$/);
  });

  it('goes on counting after a run that ended in order', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE);
    rig.advance(1);
    expect(rig.records().at(-1)?.body.kind).toBe('engineStopped');
    expect(positionId).toMatch(/-000001$/);
    expect(nextOrderId(rig.restart())).toMatch(/-000002$/);
  });

  it('leaves ids out in each later start too where a run told something behind its stop', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE);
    rig.advance(1);
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'the network is gone' });
    expect(rig.records().at(-1)?.body.kind).not.toBe('engineStopped');
    expect(nextOrderId(rig.restart())).toMatch(/-001002$/);
    expect(nextOrderId(rig.restart().restart())).toMatch(/-002002$/);
  });
});
