/** What a run had recorded and not told when it was cut off. */
import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../src/audit/order-evidence.ts';
import type { AuditKind, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import type { Fill } from '../../src/engine/domain/order.ts';
import { price } from '../../src/engine/domain/units.ts';
import { callSideCosts } from '../support/condor-costs.ts';
import { CONSOLE, DeskRig } from '../support/desk-rig.ts';
import { grant, sheet } from '../support/plan-rig.ts';

/** Alerts of one code that these records hold, with what they are about. */
function toldIn(records: readonly AuditRecord[], code: string): readonly string[] {
  return records.flatMap(({ body }) =>
    body.kind === 'alert' && body.code === code && body.action === undefined
      ? [body.subject ?? body.code]
      : [],
  );
}

/** How the alerts of one code were put. */
function textsOf(rig: DeskRig, code: string): readonly string[] {
  return rig.bodies('alert').flatMap((alert) => (alert.code === code ? [alert.text] : []));
}

/** The records up to what stands right before the alert, which the disk never took. */
function cutBefore(rig: DeskRig, code: string): readonly AuditRecord[] {
  const records = rig.records();
  const alert = records.findLastIndex(({ body }) => body.kind === 'alert' && body.code === code);
  expect(alert).toBeGreaterThan(0);
  return records.slice(0, alert);
}

/** The records up to the newest of a kind, and nothing behind it. */
function cutBehind(rig: DeskRig, kind: AuditKind): readonly AuditRecord[] {
  const records = rig.records();
  const last = records.findLastIndex(({ body }) => body.kind === kind);
  expect(last).toBeGreaterThan(0);
  return records.slice(0, last + 1);
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

  it('a kill is told, stands, and is told no more where it is engaged again', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'kill', reason: 'fat finger' });
    rig.advance(1);
    const again = rig.restart(cutBehind(rig, 'killEngaged'));
    again.ask({ kind: 'kill', reason: 'the latch stood on disk' });
    expect(again.day).toMatchObject({ killed: true, killReason: 'fat finger' });
    expect(again.effects).toContainEqual(
      expect.objectContaining({ code: 'KILL_ENGAGED', text: 'trader: fat finger' }),
    );
    expect(toldIn(again.records(), 'KILL_ENGAGED')).toHaveLength(1);
    expect(toldIn(again.restart().records(), 'KILL_ENGAGED')).toHaveLength(1);
  });

  it('is not taken for told by what was told and ended at the same instant', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'kill', reason: 'first' });
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(toldIn(rig.restart().records(), 'KILL_ENGAGED')).toHaveLength(1);
    rig.ask({ kind: 'kill', reason: 'second' });
    const again = rig.restart(cutBehind(rig, 'killEngaged'));
    expect(toldIn(again.records(), 'KILL_ENGAGED')).toHaveLength(2);
    expect(again.effects).toContainEqual(
      expect.objectContaining({ code: 'KILL_ENGAGED', text: 'trader: second' }),
    );
  });

  it('an exit is told with its reason, and goes on', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    callSideCosts(rig, 4);
    rig.advance(10);
    const cut = cutBehind(rig, 'exitTriggered');
    const again = rig.restart(cut, { isOpen: false });
    expect(toldIn(again.records(), 'EXIT_TRIGGERED')).toEqual([`${positionId} callSideStop`]);
    expect(textsOf(again, 'EXIT_TRIGGERED')).toEqual(textsOf(rig, 'EXIT_TRIGGERED'));
    again.open();
    again.advance(10);
    expect(again.orders().at(-1)?.exitReason).toBe('callSideStop');
  });

  it('an alert that a trader set is told with its note, and fires no more', () => {
    const rig = new DeskRig();
    const note = 'the morning high';
    const request = { on: 'spot', direction: 'above', level: 601, note } as const;
    rig.ask({ kind: 'setAlert', request });
    rig.quotes(601);
    const again = rig.restart(cutBehind(rig, 'alertFired'));
    again.advance(2);
    expect(textsOf(again, 'TRADER_ALERT')).toEqual(textsOf(rig, 'TRADER_ALERT'));
    expect(textsOf(again.restart(), 'TRADER_ALERT')).toHaveLength(1);
  });

  it.each([
    ['missed', 640, false],
    ['ready', 635, false],
    ['sent', 635, true],
  ] as const)('what became of a turn of the plan is told, once: %s', (outcome, minutes, isLet) => {
    const rig = new DeskRig({ plan: sheet(), minutes: 634 });
    if (isLet) grant(rig);
    rig.goTo(minutes);
    const code = `PLAN_${outcome.toUpperCase()}`;
    const again = rig.restart(cutBefore(rig, code));
    again.advance(2);
    expect(textsOf(again, code)).toEqual(textsOf(rig, code));
    expect(toldIn(again.records(), code)).toEqual(['condor#1']);
    const third = again.restart();
    third.advance(2);
    for (const each of [third, rig.restart()]) expect(textsOf(each, code)).toHaveLength(1);
  });

  it('a leave to send is told as ended, and not as given by the run that took it with it', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    const again = rig.restart(cutBefore(rig, 'PLAN_GRANTED'));
    expect(toldIn(again.records(), 'PLAN_GRANTED')).toEqual([]);
    expect(toldIn(again.records(), 'PLAN_LEAVE_ENDED')).toHaveLength(1);
  });

  it('an order that was given up is told', () => {
    const rig = new DeskRig({
      brokerName: 'tastytrade',
      knobs: { leastLatencyMillis: 9e6, mostLatencyMillis: 9e6 },
    });
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    const intentId = rig.submitted[0] ?? '';
    rig.brokerSays({ kind: 'connection', connected: true, detail: 'the stream is live' });
    rig.brokerSays({ kind: 'unknown', intentId, reason: 'timed out' });
    rig.gateway.answerSearch = () => {
      const search = { outcome: 'absent', takenAt: rig.at, evidence: '17 orders read' } as const;
      return [{ kind: 'searched', intentId, search }];
    };
    rig.advance(21);
    const again = rig.restart(cutBehind(rig, 'orderResolved'));
    again.advance(1);
    expect(again.order(intentId).status).toBe('absentPresumed');
    expect(toldIn(again.records(), 'ORDER_ABSENT')).toEqual([intentId]);
    expect(toldIn(again.restart().records(), 'ORDER_ABSENT')).toEqual([intentId]);
  });

  it('a flatten whose last fill was the last that a run recorded is told done, once', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(3);
    expect(rig.positions()).toEqual([]);
    const told = (of: DeskRig) => toldIn(of.records(), 'FLATTEN_DONE').length;
    const again = rig.restart(cutBehind(rig, 'brokerEvent'));
    again.advance(2);
    expect([told(rig), told(again)]).toEqual([1, 1]);
    for (const next of [again.restart(), rig.restart()]) {
      next.advance(2);
      expect(told(next)).toBe(1);
    }
  });
});
