import { describe, expect, it } from 'vitest';
import { price } from '../../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig, valueIn } from '../../support/desk-rig.ts';

/** An order that nobody fills, at a broker that from now on answers nothing. */
function resting(rig: DeskRig, tokenSha256: string) {
  rig.size = 0;
  rig.quotes();
  const order = rig.order(valueIn(rig.confirm(tokenSha256)).orderId ?? '');
  expect(order.status).toBe('working');
  rig.gateway.isMute = true;
  return order;
}

function opening() {
  const rig = new DeskRig();
  return { rig, order: resting(rig, rig.preview().tokenSha256) };
}

/** What was told of it, with what it did to the incident. */
function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) => {
    if (effect.kind !== 'alert' || effect.code !== 'CHANGE_UNANSWERED') return [];
    return [[effect.action, effect.severity, effect.subject]];
  });
}

describe('a cancel that the broker does not answer', () => {
  it('is asked for again after fifteen seconds and told once, and the order is not moved', () => {
    const { rig, order } = opening();
    const { intentId } = order.intent;
    rig.ask({ kind: 'cancel', orderId: intentId, tokenSha256: rig.newToken() });
    rig.advance(15);
    expect([rig.gateway.unheard, told(rig)]).toEqual([[intentId], []]);
    const { length: moved } = rig.bodies('repriced');
    rig.advance(32);
    expect(rig.gateway.unheard).toHaveLength(4);
    expect(told(rig)).toEqual([['trigger', 'critical', intentId]]);
    expect(order).toMatchObject({ status: 'working', cancelRequested: true });
    expect(rig.bodies('repriced')).toHaveLength(moved);
    expect(rig.bodies('cancelRequested')).toHaveLength(1);
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    rig.advance(1);
    expect(told(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
  });

  it('is waited for anew after a restart', () => {
    const { rig, order } = opening();
    const { intentId } = order.intent;
    rig.ask({ kind: 'cancel', orderId: intentId, tokenSha256: rig.newToken() });
    const again = rig.restart(rig.records(), { isOpen: false, brokerName: 'tastytrade' });
    again.gateway.isMute = true;
    again.open();
    again.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'T-1' });
    again.advance(18);
    expect(told(again)).toEqual([['trigger', 'critical', intentId]]);
  });

  it('of somebody else’s order is asked for again too', () => {
    const { rig, order } = opening();
    rig.gateway.editSnapshot = (snapshot) => {
      const [own] = snapshot.workingOrders.filter((o) => o.intentId === order.intent.intentId);
      const theirs = { ...own!, intentId: 'external-B-9', brokerOrderId: 'B-9' };
      return { ...snapshot, workingOrders: [...snapshot.workingOrders, theirs] };
    };
    rig.advance(4);
    rig.ask({ kind: 'kill', reason: 'enough' }, CONSOLE);
    rig.advance(17);
    expect(rig.gateway.unheard.filter((id) => id === 'external-B-9')).toHaveLength(2);
  });
});

/** Seconds until it is told, of sixty. */
function secondsUntilTold(rig: DeskRig): number {
  let seconds = 0;
  for (; seconds < 60 && told(rig).length === 0; seconds += 1) rig.advance(1);
  return seconds;
}

describe('a cancel that the broker refuses each time', () => {
  const refusing = (resting: ReturnType<typeof opening>) => {
    resting.rig.gateway.isMute = false;
    resting.rig.gateway.refuseCancel = 'internal error';
    return resting;
  };

  it('by a kill is told once after fifteen seconds, until the order has ended', () => {
    const { rig, order } = refusing(opening());
    const { intentId } = order.intent;
    rig.ask({ kind: 'kill', reason: 'enough' }, CONSOLE);
    expect(secondsUntilTold(rig)).toBe(16);
    rig.advance(40);
    expect(told(rig)).toEqual([['trigger', 'critical', intentId]]);
    rig.gateway.refuseCancel = undefined;
    rig.advance(3);
    expect(order.status).toBe('cancelled');
    expect(told(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
  });

  it('of a trader’s close is told, until that is let work', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const order = resting(rig, rig.previewClose(positionId).tokenSha256);
    refusing({ rig, order });
    const { intentId: orderId } = order.intent;
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'cancel', orderId, tokenSha256 });
    rig.confirm(tokenSha256);
    rig.advance(17);
    expect(told(rig)).toEqual([['trigger', 'critical', orderId]]);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(4);
    expect(order.status).toBe('working');
    expect(told(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
  });

  it('of the engine’s own is told while what it was asked for lasts', () => {
    const { rig, order } = refusing(opening());
    const audit = (behind: boolean) =>
      rig.step({ kind: 'auditBehind', at: rig.at, behind, detail: 'away' });
    audit(true);
    rig.advance(8);
    audit(false);
    rig.advance(20);
    expect(told(rig)).toEqual([]);
    audit(true);
    rig.advance(17);
    expect(told(rig)).toEqual([['trigger', 'critical', order.intent.intentId]]);
    audit(false);
    rig.advance(4);
    expect(told(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
  });
});

describe('a new limit that the broker does not answer', () => {
  it('of a close counts as where the broker last told it, is asked for again and pages', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const order = resting(rig, rig.previewClose(positionId).tokenSha256);
    const { intentId } = order.intent;
    const { brokerLimit } = order;
    rig.advance(12);
    expect(order.limit).toBeLessThan(brokerLimit);
    const { length: asked } = rig.bodies('repriced');
    rig.advance(12);
    expect(told(rig)).toEqual([['trigger', 'critical', intentId]]);
    expect(rig.bodies('repriced').length).toBeGreaterThan(asked);
    rig.brokerSays({ kind: 'replaced', intentId, limit: price(brokerLimit - 500) });
    rig.advance(1);
    expect(told(rig).map(([action]) => action)).toEqual(['trigger', 'resolve']);
  });

  it('of an opening is told as a warning, and refused it is not waited for', () => {
    const { rig, order } = opening();
    rig.advance(24);
    expect(told(rig)).toEqual([['trigger', 'warning', order.intent.intentId]]);
    const refused = opening();
    refused.rig.advance(4);
    const { intentId } = refused.order.intent;
    refused.rig.brokerSays({ kind: 'cancelRejected', intentId, reason: 'busy' });
    refused.rig.day.reconciled = false;
    refused.rig.advance(30);
    expect(told(refused.rig)).toEqual([]);
  });

  it('at the confirm is none: the order goes out at it', () => {
    const rig = new DeskRig({ brokerName: 'tastytrade' });
    const { tokenSha256 } = rig.preview();
    rig.atmVol = 0.185;
    rig.size = 0;
    rig.quotes();
    rig.gateway.isMute = true;
    const intentId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    expect(rig.bodies('repriced')).toMatchObject([{ intentId, reason: 'better at confirm' }]);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.order(intentId).brokerLimit).toBe(rig.order(intentId).limit);
  });
});
