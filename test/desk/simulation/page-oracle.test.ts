import { describe, expect, it } from 'vitest';
import { PageOracle } from '../../../src/desk/simulation/page-oracle.ts';
import type { AuditBody } from '../../../src/engine/domain/audit-record.ts';
import { price } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';
import { listen } from '../../support/oracle-ear.ts';

/** An open condor, and an oracle that hears of it all but of what is told by these codes. */
function judged(unheard: readonly string[] = []) {
  const rig = new DeskRig();
  rig.open();
  const said: string[] = [];
  const oracle = new PageOracle((what) => said.push(what));
  listen(rig, oracle, (record) => {
    const { body } = record;
    return body.kind === 'alert' && unheard.includes(body.code) ? undefined : record;
  });
  rig.openPosition(CONDOR);
  rig.advance(1);
  const intent = rig.bodies('intentRecorded')[0]?.intent;
  if (intent === undefined) throw new Error('nothing was opened');
  const tell = (body: AuditBody): void => {
    const last = rig.records().at(-1);
    if (last !== undefined) oracle.onRecord({ ...last, body });
  };
  return { rig, oracle, said, intent, tell };
}

describe('whoever is on call', () => {
  it('is told of a journal that takes nothing', () => {
    const failed = { kind: 'journalFailed', reason: 'ENOSPC', reserveExhausted: false } as const;
    const silent = judged(['JOURNAL_FAILED']);
    silent.rig.step({ ...failed, at: silent.rig.at });
    expect(silent.said).toEqual(['the journal failed and nobody was told']);
    const { rig, said } = judged();
    rig.step({ ...failed, at: rig.at });
    expect(said).toEqual([]);
  });

  it('is told of an outcome that is open', () => {
    const { rig, oracle, said, intent, tell } = judged();
    const close = { ...intent, intentId: 'C', purpose: 'close' } as const;
    const [recorded] = rig.bodies('intentRecorded');
    if (recorded !== undefined) tell({ ...recorded, intent: close });
    tell({ kind: 'brokerEvent', event: { kind: 'unknown', intentId: 'C', reason: 'silence' } });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual(['the outcome of C is open and nobody was told']);
  });

  it('may hear in the same step that it is open no more', () => {
    const { rig, oracle, said, tell } = judged();
    const [recorded] = rig.bodies('intentRecorded');
    const close = { intentId: 'C', purpose: 'close' } as const;
    if (recorded !== undefined) tell({ ...recorded, intent: { ...recorded.intent, ...close } });
    tell({ kind: 'brokerEvent', event: { kind: 'unknown', intentId: 'C', reason: 'silence' } });
    const page = { kind: 'alert', code: 'ORDER_UNKNOWN', subject: 'C', text: 'no word' } as const;
    tell({ ...page, severity: 'critical' });
    tell({ ...page, severity: 'info', action: 'resolve' });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([]);
  });

  it('is told of a limit that nobody here asked for, once, and not of an order that has ended', () => {
    const { rig, oracle, said, intent, tell } = judged();
    const [recorded] = rig.bodies('intentRecorded');
    const close = { ...intent, intentId: 'C', purpose: 'close' } as const;
    if (recorded !== undefined) tell({ ...recorded, intent: close });
    const moved = (intentId: string, limit: number) => {
      const event = { kind: 'replaced', intentId, limit: price(limit) } as const;
      tell({ kind: 'brokerEvent', event });
      oracle.afterStep(rig.desk.context);
    };
    moved('C', intent.limit);
    tell({ kind: 'repriced', intentId: 'C', limit: price(4_000), reason: 'normal' });
    moved('C', 4_000);
    moved(intent.intentId, 1);
    expect(said).toEqual([]);
    const page = { kind: 'alert', severity: 'critical', code: 'ORDER_MOVED', text: 'x' } as const;
    tell({ kind: 'brokerEvent', event: { kind: 'replaced', intentId: 'C', limit: price(5_000) } });
    tell({ ...page, subject: 'C' });
    oracle.afterStep(rig.desk.context);
    expect(said).toEqual([]);
    moved('C', 6_000);
    moved('C', 6_000);
    expect(said).toEqual(['C was moved at another screen and nobody was told']);
  });

  it('is told that what was told of a position is over', () => {
    const { rig, said, intent, tell } = judged();
    const alert = { kind: 'alert', severity: 'warning', code: 'EXIT_REFUSED', text: 'no' } as const;
    tell({ ...alert, subject: intent.positionId });
    rig.advance(70);
    expect(said).toEqual([]);
    tell({ ...alert, subject: 'X' });
    rig.advance(70);
    expect(said).toEqual(['EXIT_REFUSED X is told of still, and X is gone']);
  });

  it('needs no end of what was told for information alone', () => {
    const { rig, said, tell } = judged();
    tell({ kind: 'alert', severity: 'info', code: 'CLOSE_REJECTED', text: 'no', subject: 'X' });
    rig.advance(70);
    expect(said).toEqual([]);
  });
});
