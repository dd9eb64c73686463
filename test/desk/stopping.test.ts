import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import { Outbox } from '../../src/desk/outbox.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, valueIn } from '../support/desk-rig.ts';

function stop(rig: DeskRig, policy: 'flatten' | 'leave'): void {
  valueIn(rig.ask({ kind: 'shutdown', policy }, CONSOLE));
}

function stopped(rig: DeskRig): readonly (readonly string[])[] {
  return rig.effects.flatMap((effect) => (effect.kind === 'stopped' ? [effect.unprotected] : []));
}

describe('an orderly stop', () => {
  it('with nothing held is told at the next tick, once', () => {
    const rig = new DeskRig();
    stop(rig, 'flatten');
    rig.advance(5);
    expect(stopped(rig)).toEqual([[]]);
    expect(rig.bodies('engineStopped')).toEqual([
      { kind: 'engineStopped', reason: 'stopped in order', unprotected: [] },
    ]);
  });

  it('denies openings from its first moment on', () => {
    const rig = new DeskRig();
    const before = rig.preview();
    stop(rig, 'leave');
    expect(denialIn(rig.confirm(before.tokenSha256)).code).toBe('engine_stopping');
    const command = { kind: 'previewStrategy', request: CONDOR, tokenSha256: rig.newToken() };
    expect(denialIn(rig.ask(command as never)).code).toBe('engine_stopping');
  });

  it('by flatten waits until the closes have filled', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.size = 0;
    rig.quotes();
    stop(rig, 'flatten');
    rig.advance(3);
    expect(stopped(rig)).toEqual([]);
    rig.size = 50;
    rig.advance(5);
    expect(stopped(rig)).toEqual([[]]);
    expect(rig.positions()).toEqual([]);
  });

  it('by flatten right after a start waits for the chain and its quotes', () => {
    const before = new DeskRig();
    before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    stop(rig, 'flatten');
    rig.step({ kind: 'clock', at: rig.at });
    expect(stopped(rig)).toEqual([]);
    rig.open();
    rig.advance(6);
    expect(stopped(rig)).toEqual([[]]);
    expect(rig.positions()).toEqual([]);
  });

  it('by flatten gives up where no market comes within ten seconds, and pages', () => {
    const before = new DeskRig();
    const { positionId } = before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    stop(rig, 'flatten');
    rig.advance(9);
    expect(stopped(rig)).toEqual([]);
    rig.advance(2);
    expect(stopped(rig)).toEqual([[positionId]]);
    expect(rig.alerts()).toContain('UNPROTECTED_AT_STOP');
  });

  it('by leave lists what no order protects, and pages', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    stop(rig, 'leave');
    rig.advance(1);
    expect(stopped(rig)).toEqual([[positionId]]);
    expect(rig.alerts()).toContain('UNPROTECTED_AT_STOP');
    expect(rig.submitted).toHaveLength(1);
  });

  it('takes longs that nobody bids for to need no protection', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    const request = { strategy: 'lotto_play_5_delta', side: 'call', targetDelta: 5, quantity: 1 };
    rig.openPosition(request as StrategyRequest);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.quotes();
    stop(rig, 'flatten');
    rig.advance(1);
    expect(stopped(rig)).toEqual([[]]);
  });

  it('follows its first policy, whatever is asked later', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    stop(rig, 'leave');
    stop(rig, 'flatten');
    rig.advance(5);
    expect(stopped(rig)).toEqual([[positionId]]);
  });
});

describe('the outbox', () => {
  const rig = new DeskRig();
  const session = sessionDate('2026-11-20');

  it('numbers on from the last record and stamps each with the step it belongs to', () => {
    const out = new Outbox(rig.at, session, 41);
    expect(out.append({ kind: 'feedOutage', state: 'down', detail: '' })).toBe(42);
    out.setSession(sessionDate('2026-11-23'));
    rig.advance(1);
    out.begin(rig.at);
    expect(out.append({ kind: 'feedOutage', state: 'connected', detail: '' })).toBe(43);
    const records = out.drain().flatMap((e) => (e.kind === 'append' ? [e.record] : []));
    expect(records.map(({ seq, session: date }) => [seq, date])).toEqual([
      [42, '2026-11-20'],
      [43, '2026-11-23'],
    ]);
    expect(records[1]?.at).toEqual(rig.at);
    expect([out.seq, out.drain()]).toEqual([43, []]);
  });

  it('records an alert before it is delivered, and lets the reserve hold a critical one', () => {
    const out = new Outbox(rig.at, session, 0);
    out.alert('critical', 'A', 'a');
    out.alert('warning', 'B', 'b');
    const effects = out.drain();
    expect(effects.map(({ kind }) => kind)).toEqual(['append', 'alert', 'append', 'alert']);
    expect(effects.flatMap((e) => (e.kind === 'append' ? [e.urgent] : []))).toEqual([true, false]);
  });
});

describe('an alert that was delivered', () => {
  it('is recorded with its channel', () => {
    const rig = new DeskRig();
    const told = { code: 'FEED_DOWN', channel: 'pagerduty', ok: false };
    rig.step({ kind: 'alertDelivered', at: rig.at, ...told });
    expect(rig.bodies('alertDelivered')).toEqual([{ kind: 'alertDelivered', ...told }]);
  });
});
