import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import { Outbox } from '../../src/desk/outbox.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import type { RigOptions } from '../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, LOTTO, valueIn } from '../support/desk-rig.ts';

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

  it('by flatten tells and pages what is left where a close does not fill within 45 seconds', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    const { positionId } = rig.openPosition();
    rig.size = 0;
    stop(rig, 'flatten');
    rig.advance(44);
    expect(stopped(rig)).toEqual([]);
    rig.advance(2);
    expect(stopped(rig)).toEqual([[positionId]]);
    expect(rig.alerts()).toContain('UNPROTECTED_AT_STOP');
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

  it('by flatten waits as long as a close waits for all its legs, however late the feed comes', () => {
    const before = new DeskRig({ minutes: 14 * 60 });
    before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    stop(rig, 'flatten');
    rig.freeze(7);
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    const silent = rig.desk.context.chain.indexOf('SPY   261120P00594000');
    rig.hears = (row) => row !== silent;
    rig.advance(20);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'filled', intent: { purpose: 'flatten' } });
    expect(rig.orders().at(-1)?.intent.legs).toHaveLength(3);
    const kinds = rig.records().map(({ body }) => body.kind);
    expect(kinds.lastIndexOf('brokerEvent')).toBeLessThan(kinds.indexOf('engineStopped'));
    expect(stopped(rig)).toHaveLength(1);
  });

  it('by flatten gives up where no market comes within ten seconds, and pages', () => {
    const before = new DeskRig();
    const { positionId } = before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    stop(rig, 'flatten');
    rig.freeze(9);
    expect(stopped(rig)).toEqual([]);
    rig.freeze(2);
    expect(stopped(rig)).toEqual([[positionId]]);
    expect(rig.alerts()).toContain('UNPROTECTED_AT_STOP');
  });

  it('by flatten closes on the quotes of what is held where the listing does not come', () => {
    const before = new DeskRig();
    before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    stop(rig, 'flatten');
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(stopped(rig)).toEqual([[]]);
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

  /** An opening that works while nobody trades with it. */
  function workOpening(rig: DeskRig) {
    const { tokenSha256 } = rig.preview();
    rig.size = 0;
    rig.confirm(tokenSha256);
    const [opening] = rig.orders();
    if (opening?.status !== 'working') throw new Error('the opening works');
    return opening;
  }

  it.each(['flatten', 'leave'] as const)(
    'by %s calls back what still opens, and waits for its end',
    (policy) => {
      const rig = new DeskRig();
      const opening = workOpening(rig);
      stop(rig, policy);
      rig.step({ kind: 'clock', at: rig.at });
      expect([opening.cancelRequested, stopped(rig)]).toEqual([true, []]);
      rig.advance(2);
      expect([opening.status, stopped(rig)]).toEqual(['cancelled', [[]]]);
    },
  );

  it('by flatten closes what an opening fills while it is called back', () => {
    const rig = new DeskRig();
    const opening = workOpening(rig);
    rig.gateway.isMute = true;
    stop(rig, 'flatten');
    rig.gateway.isMute = false;
    rig.size = 50;
    rig.edit = ({ bid = 0, ask = 0 }, _right, strike) => {
      const dearer = strike === 599 || strike === 601 ? 0.2 : 0;
      return { bid: bid + dearer, ask: ask + dearer };
    };
    rig.advance(8);
    expect([opening.status, stopped(rig)]).toEqual(['filled', [[]]]);
    expect(rig.positions()).toEqual([]);
  });

  it.each(['flatten', 'leave'] as const)(
    'by %s tells of an opening whose end the broker does not tell within ten seconds',
    (policy) => {
      const rig = new DeskRig();
      const { intent } = workOpening(rig);
      rig.gateway.isMute = true;
      stop(rig, policy);
      rig.advance(9);
      expect(stopped(rig)).toEqual([]);
      rig.advance(1);
      expect(stopped(rig)).toEqual([[intent.positionId]]);
      const [paged] = rig.bodies('alert').filter(({ code }) => code === 'UNPROTECTED_AT_STOP');
      expect(paged?.text).toContain(`${intent.intentId} may still fill at the broker`);
    },
  );

  it('lets an order of somebody else work on', () => {
    const rig = new DeskRig();
    const { intent } = workOpening(rig);
    const foreign = { ...rig.order(intent.intentId).intent, strategy: 'external' as const };
    Object.assign(rig.order(intent.intentId), { intent: foreign });
    stop(rig, 'leave');
    rig.step({ kind: 'clock', at: rig.at });
    expect([rig.order(intent.intentId).cancelRequested, stopped(rig)]).toEqual([false, [[]]]);
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

  it('names nothing that trades no more, and what trades on where a setting has ended its chain', () => {
    const left = (minutes: number, options: RigOptions = {}): readonly (readonly string[])[] => {
      const rig = new DeskRig({ minutes: 14 * 60 + 5, brokerName: 'tastytrade', ...options });
      rig.openPosition(LOTTO);
      rig.edit = ({ ask }) => ({ bid: undefined, ask });
      rig.goTo(15 * 60 + 25);
      rig.gateway.isMute = true;
      for (const minute of [15 * 60 + 30, 16 * 60 + 14, 16 * 60 + 16, 18 * 60]) {
        if (minute <= minutes) rig.goTo(minute);
      }
      stop(rig, 'leave');
      rig.advance(2);
      return stopped(rig);
    };
    expect(left(16 * 60 + 16)).toEqual([[]]);
    expect(left(18 * 60)).toEqual([[]]);
    expect(left(15 * 60 + 30, { expireMinutes: 15 * 60 + 30 })).toEqual([[expect.any(String)]]);
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

  it('records an alert before it is delivered, and lets the reserve hold what is critical or explains a fill', () => {
    const out = new Outbox(rig.at, session, 0);
    out.alert('critical', 'A', 'a');
    out.alert('warning', 'B', 'b');
    out.alert('warning', 'EXTERNAL_FILL', 'a fill this engine did not order: f');
    const effects = out.drain();
    const pair = ['append', 'alert'];
    expect(effects.map(({ kind }) => kind)).toEqual([...pair, ...pair, ...pair]);
    const urgent = effects.flatMap((e) => (e.kind === 'append' ? [e.urgent] : []));
    expect(urgent).toEqual([true, false, true]);
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
