/** What a run had recorded and not told when it was cut off. */
import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../src/audit/order-evidence.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import type { Fill } from '../../src/engine/domain/order.ts';
import { price } from '../../src/engine/domain/units.ts';
import { DeskRig } from '../support/desk-rig.ts';

/** Alerts of one code that these records hold, with what they are about. */
function toldIn(records: readonly AuditRecord[], code: string): readonly string[] {
  return records.flatMap(({ body }) =>
    body.kind === 'alert' && body.code === code && body.action === undefined
      ? [body.subject ?? body.code]
      : [],
  );
}

/** The records up to what stands right before the alert, which the disk never took. */
function cutBefore(rig: DeskRig, code: string): readonly AuditRecord[] {
  const records = rig.records();
  const alert = records.findLastIndex(({ body }) => body.kind === 'alert' && body.code === code);
  expect(alert).toBeGreaterThan(0);
  return records.slice(0, alert);
}

function ownFill(rig: DeskRig): Fill {
  rig.openPosition();
  return rig.orders()[0]!.fills[0]!;
}

function foreignFill(rig: DeskRig, fillId = 'theirs-1'): Fill {
  const { instrument } = rig.openPosition().legs[0]!;
  return {
    ...ownFill(rig),
    fillId,
    intentId: 'somebody else',
    instrument: { ...instrument, strike: price(5_900_000) } as Fill['instrument'],
    action: 'buyToOpen',
  };
}

describe('what a crash kept from being told', () => {
  it('an execution that nobody ordered here is told by the next start, once', () => {
    const rig = new DeskRig();
    rig.brokerSays({ kind: 'fill', fill: foreignFill(rig) });
    const cut = cutBefore(rig, 'EXTERNAL_FILL');
    const again = rig.restart(cut);
    expect(again.alerts()).toContain('EXTERNAL_FILL');
    expect(toldIn(again.records(), 'EXTERNAL_FILL')).toEqual(['theirs-1']);
    const third = again.restart();
    expect(toldIn(third.records(), 'EXTERNAL_FILL')).toEqual(['theirs-1']);
    third.advance(20);
    const evidence = new OrderEvidence();
    for (const record of third.records()) evidence.see(record);
    expect(evidence.faults()).toEqual([]);
  });

  it('is told by the start after that where the next one was cut off before it came to it', () => {
    const rig = new DeskRig();
    rig.brokerSays({ kind: 'fill', fill: foreignFill(rig) });
    const cut = cutBefore(rig, 'EXTERNAL_FILL');
    rig.advance(1);
    const second = rig.restart(cut);
    const started = second.records().slice(0, cut.length + 1);
    expect(started.at(-1)?.body.kind).toBe('engineStarted');
    rig.advance(1);
    const third = rig.restart(started);
    expect(toldIn(third.records(), 'EXTERNAL_FILL')).toEqual(['theirs-1']);
  });

  it('is only what the last step lacks: what was told is not told again', () => {
    const rig = new DeskRig();
    const fill = foreignFill(rig);
    const more = { ...fill, fillId: 'theirs-2' };
    rig.brokerSays({ kind: 'fill', fill }, { kind: 'fill', fill: more });
    const again = rig.restart(cutBefore(rig, 'EXTERNAL_FILL'));
    expect(toldIn(again.records(), 'EXTERNAL_FILL')).toEqual(['theirs-1', 'theirs-2']);
    const whole = rig.restart();
    expect(toldIn(whole.records(), 'EXTERNAL_FILL')).toEqual(['theirs-1', 'theirs-2']);
  });

  it('an execution that the broker took back is told', () => {
    const rig = new DeskRig();
    const { fillId, intentId } = ownFill(rig);
    rig.brokerSays({ kind: 'busted', intentId, fillId, reason: 'erroneous' });
    const again = rig.restart(cutBefore(rig, 'TRADE_BUSTED'));
    expect(toldIn(again.records(), 'TRADE_BUSTED')).toEqual([fillId]);
  });

  it('what holds trading down until a person has looked is told', () => {
    const rig = new DeskRig({ limits: { maxConsecutiveRejects: 1 }, knobs: { rejectNext: 1 } });
    rig.confirm(rig.preview().tokenSha256);
    rig.advance(1);
    const again = rig.restart(cutBefore(rig, 'REJECT_BREAKER'));
    expect(again.day.status.causes).toContain('rejectBreaker');
    expect(toldIn(again.records(), 'REJECT_BREAKER')).toEqual(['REJECT_BREAKER']);
    expect(toldIn(again.restart().records(), 'REJECT_BREAKER')).toEqual(['REJECT_BREAKER']);
  });

  it('a close that the broker refused is told', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.paper.setKnobs({ rejectNext: 1 });
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    const again = rig.restart(cutBefore(rig, 'CLOSE_REJECTED'));
    expect(toldIn(again.records(), 'CLOSE_REJECTED')).toContain(positionId);
  });
});
