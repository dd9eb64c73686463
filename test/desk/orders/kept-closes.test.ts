import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../../src/audit/order-evidence.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, valueIn } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(3_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};
const REFUSED = { reason: 'try later' } as const;

/** A condor, and a trader's close of it, or of some units, that the broker refuses until told. */
function refusedClose({ quantity = 1, units }: { quantity?: number; units?: number } = {}) {
  const rig = new DeskRig({ limits });
  const { positionId } = rig.openPosition({ ...CONDOR, quantity });
  rig.gateway.refuse = () => REFUSED;
  const { orderId } = valueIn(rig.confirm(rig.previewClose(positionId, units).tokenSha256));
  return { rig, positionId, orderId: orderId ?? '' };
}

/** A condor whose close rests because nothing is displayed to trade against. */
function restingClose() {
  const rig = new DeskRig({ limits });
  const { positionId } = rig.openPosition();
  const { tokenSha256 } = rig.previewClose(positionId);
  rig.size = 0;
  rig.quotes();
  const { orderId } = valueIn(rig.confirm(tokenSha256));
  return { rig, positionId, orderId: orderId ?? '' };
}

/** Takes the bid from the 594 put, the far wing. */
function unbidLongPut(rig: DeskRig): void {
  rig.edit = (sides, right, strike) =>
    right === 'put' && strike === 594 ? { bid: undefined, ask: sides.ask } : sides;
}

function callOff(rig: DeskRig, orderId: string): string {
  const tokenSha256 = rig.newToken();
  const card = valueIn(rig.ask<TradeCard>({ kind: 'cancel', orderId, tokenSha256 }));
  expect(card.purpose).toBe('cancel');
  rig.confirm(tokenSha256);
  return tokenSha256;
}

function held(rig: DeskRig): string[] {
  const legs = rig.positions().flatMap((position) => position.legs);
  return legs
    .filter(({ quantity }) => quantity !== 0)
    .map(({ instrument, quantity }) => `${quantity} ${instrumentSymbol(instrument).slice(-9)}`);
}

function alerts(rig: DeskRig, code: string) {
  return rig.bodies('alert').filter((alert) => alert.code === code);
}

describe('what a trader asked to be closed', () => {
  it('is asked for again at the pace of refusals until it is gone', () => {
    const { rig, orderId } = refusedClose();
    rig.advance(20);
    expect(rig.gateway.refused.length).toBeGreaterThan(2);
    rig.gateway.refuse = undefined;
    rig.advance(60);
    expect(held(rig)).toEqual([]);
    expect(rig.bodies('exitTriggered').at(-1)).toMatchObject({
      reason: 'asked',
      numbers: { by: orderId },
    });
    const orders = rig.orders().length;
    rig.advance(60);
    expect(rig.orders()).toHaveLength(orders);
  });

  it('goes one leg at a time where the broker does not take them together', () => {
    const { rig } = refusedClose();
    rig.gateway.refuse = ({ legs }) =>
      legs.length === 1 ? undefined : { reason: 'insufficient qty', refusal: 'combination' };
    rig.advance(60);
    expect(held(rig)).toEqual([]);
  });

  it('goes on without the leg that lost its market', () => {
    const { rig, orderId } = restingClose();
    unbidLongPut(rig);
    rig.advance(8);
    rig.size = 50;
    rig.advance(10);
    expect(rig.order(orderId).reason).toContain('the rest is closed without it');
    expect(held(rig)).toEqual(['1 P00594000']);
    rig.edit = (sides) => sides;
    rig.advance(10);
    expect(held(rig)).toEqual([]);
  });

  it('of some units leaves the others', () => {
    const { rig } = refusedClose({ quantity: 3, units: 1 });
    rig.gateway.refuse = undefined;
    rig.advance(60);
    expect(rig.positions().map(({ quantity }) => quantity)).toEqual([2]);
  });

  it('of some units counts what has gone meanwhile, whoever closed it', () => {
    const { rig, positionId } = refusedClose({ quantity: 2, units: 1 });
    rig.gateway.refuse = undefined;
    rig.execute(rig.previewClose(positionId, 1));
    rig.advance(60);
    expect(rig.positions().map(({ quantity }) => quantity)).toEqual([1]);
  });

  it('stands after a restart, with the order that worked before it', () => {
    const { rig } = refusedClose();
    const again = rig.restart();
    again.advance(20);
    expect(held(again)).toEqual([]);
    const { rig: resting } = restingClose();
    const fresh = resting.restart();
    fresh.advance(20);
    expect(held(fresh)).toEqual([]);
  });

  it('of some units leaves the others after a restart too', () => {
    const { rig } = refusedClose({ quantity: 3, units: 1 });
    const again = rig.restart();
    again.advance(60);
    expect(again.positions().map(({ quantity }) => quantity)).toEqual([2]);
  });

  it('is paged once where it cannot be ordered, and goes on when it can', () => {
    const { rig, positionId } = refusedClose();
    rig.gateway.refuse = undefined;
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.advance(30);
    expect(alerts(rig, 'EXIT_REFUSED')).toMatchObject([
      { severity: 'critical', subject: positionId },
    ]);
    rig.edit = (sides) => sides;
    rig.advance(60);
    expect(held(rig)).toEqual([]);
  });

  it('goes on with the first quotes that show a market', () => {
    const { rig, positionId } = refusedClose();
    rig.gateway.refuse = undefined;
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.advance(31);
    const before = rig.desk.context.orders.closing(positionId).length;
    rig.edit = (sides) => sides;
    rig.advance(1);
    expect([before, rig.desk.context.orders.closing(positionId).length]).toEqual([0, 1]);
  });
});

describe('what a trader asked to be closed ends', () => {
  it('with a cancel of its order, also of one that the broker refused', () => {
    const { rig, orderId } = refusedClose();
    expect(alerts(rig, 'CLOSE_REJECTED').at(-1)?.text).toContain(`cancel_order ${orderId}`);
    const tokenSha256 = callOff(rig, orderId);
    rig.gateway.refuse = undefined;
    rig.advance(60);
    expect(held(rig)).toHaveLength(4);
    const again = rig.restart();
    again.advance(60);
    expect(held(again)).toHaveLength(4);
    expect(valueIn(again.confirm(tokenSha256)).replayed).toBe(true);
    const evidence = new OrderEvidence();
    for (const record of again.records()) evidence.see(record);
    expect(evidence.faults()).toEqual([]);
  });

  it('with a cancel of the order that the engine gave for it', () => {
    const { rig, orderId } = restingClose();
    unbidLongPut(rig);
    rig.advance(10);
    const last = rig.orders().at(-1)?.intent.intentId ?? '';
    expect(last).not.toBe(orderId);
    callOff(rig, last);
    rig.size = 50;
    rig.advance(30);
    expect(held(rig)).toHaveLength(4);
    const again = rig.restart();
    again.advance(30);
    expect(held(again)).toHaveLength(4);
  });

  it('with a cancel at another screen, and that is told', () => {
    const rig = new DeskRig({ limits });
    const { positionId } = rig.openPosition();
    rig.gateway.isMute = true;
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(positionId).tokenSha256 });
    const { intentId } = rig.orders().at(-1)!.intent;
    rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'b-1' });
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    rig.advance(30);
    expect(rig.submitted.at(-1)).toBe(intentId);
    expect(alerts(rig, 'CLOSE_CANCELLED')).toMatchObject([
      { severity: 'warning', subject: positionId },
    ]);
  });

  it('with a cancel of its first order, with the order by which the engine goes on', () => {
    const { rig, orderId } = refusedClose();
    rig.gateway.refuse = undefined;
    rig.size = 0;
    rig.quotes();
    rig.advance(8);
    const next = rig.orders().at(-1)!;
    expect(next).toMatchObject({ status: 'working', exitReason: 'asked' });
    const tokenSha256 = rig.newToken();
    const card = valueIn(rig.ask<TradeCard>({ kind: 'cancel', orderId, tokenSha256 }));
    expect(card.reasons.join()).toContain(`cancels order ${next.intent.intentId}`);
    rig.confirm(tokenSha256);
    rig.size = 50;
    rig.advance(30);
    expect(next.status).toBe('cancelled');
    expect(held(rig)).toHaveLength(4);
    const again = rig.restart();
    again.advance(30);
    expect(held(again)).toHaveLength(4);
    const evidence = new OrderEvidence();
    for (const record of again.records()) evidence.see(record);
    expect(evidence.faults()).toEqual([]);
  });

  it('with a cancel at another screen, also of an order whose call-back was refused before', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.gateway.refuseCancel = 'too many requests';
    unbidLongPut(rig);
    rig.advance(8);
    expect(rig.order(orderId)).toMatchObject({ status: 'working', calledBackBy: 'engine' });
    rig.edit = (sides) => sides;
    rig.advance(60);
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(30);
    expect(rig.orders().at(-1)?.intent.intentId).toBe(orderId);
    expect(alerts(rig, 'CLOSE_CANCELLED')).toMatchObject([{ subject: positionId }]);
  });

  it('with a cancel at another screen, also behind a new limit that was refused', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'not taken' });
    rig.advance(8);
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.advance(3);
    expect(rig.orders().at(-1)?.intent.intentId).toBe(orderId);
    expect(alerts(rig, 'CLOSE_CANCELLED')).toMatchObject([{ subject: positionId }]);
    expect(rig.restart().day.askedCloses.has(positionId)).toBe(false);
  });

  it('not where the broker moves its limit by a cancel, which a word against that may follow', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.gateway.otherwise = { movesByCancel: true };
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'too late to move it' });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    expect(rig.day.askedCloses.has(positionId)).toBe(true);
    expect(alerts(rig, 'CLOSE_CANCELLED')).toEqual([]);
  });

  it('with a cancel at another screen, also where one that was to move its limit was never sent', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.gateway.otherwise = { movesByCancel: true };
    const unsent = { reason: 'not sent: no turn', refusal: 'unsent' } as const;
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, ...unsent });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    expect(rig.day.askedCloses.has(positionId)).toBe(false);
    expect(alerts(rig, 'CLOSE_CANCELLED')).toMatchObject([{ subject: positionId }]);
    expect(rig.restart().day.askedCloses.has(positionId)).toBe(false);
  });

  it('not with the engine’s own cancel, whose answer was lost or was that of another change', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.gateway.refuseCancel = 'not proven: socket hang up';
    unbidLongPut(rig);
    rig.advance(6);
    expect(rig.order(orderId)).toMatchObject({ status: 'working', calledBackBy: 'engine' });
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(rig.day.askedCloses.has(positionId)).toBe(true);
    expect(rig.restart().day.askedCloses.has(positionId)).toBe(true);
    expect(alerts(rig, 'CLOSE_CANCELLED')).toEqual([]);
  });

  it('not with a cancel that the gateway made by itself, over a restart neither', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1, by: 'gateway' });
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(alerts(rig, 'CLOSE_CANCELLED')).toEqual([]);
    expect(rig.restart().day.askedCloses.has(positionId)).toBe(true);
    rig.size = 50;
    rig.advance(10);
    expect(held(rig)).toEqual([]);
  });

  it('not with an end that is told again: of a close before this one, or of one that the gateway ended', () => {
    const rig = new DeskRig({ limits });
    const { positionId } = rig.openPosition();
    rig.gateway.isMute = true;
    const closes = () => {
      rig.confirm(rig.previewClose(positionId).tokenSha256);
      const { intentId } = rig.orders().at(-1)!.intent;
      rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: `b-${intentId}` });
      return { kind: 'cancelled', intentId, remaining: 1 } as const;
    };
    const isAsked = () => [rig, rig.restart()].map(({ day }) => day.askedCloses.has(positionId));
    const first = closes();
    rig.brokerSays(first);
    expect(isAsked()).toEqual([false, false]);
    const second = closes();
    rig.brokerSays(first);
    expect(isAsked()).toEqual([true, true]);
    rig.brokerSays({ ...second, by: 'gateway' });
    rig.brokerSays(second);
    expect(isAsked()).toEqual([true, true]);
    expect(alerts(rig, 'CLOSE_CANCELLED').map(({ action }) => action)).toEqual([
      undefined,
      'resolve',
    ]);
  });

  it('with its session', () => {
    const { rig } = refusedClose();
    rig.goTo(10 * 60, '2026-11-23');
    expect(rig.day.askedCloses.size).toBe(0);
  });
});

describe('what was told of a close that a trader asked for', () => {
  it('is over once it is through, also where some of the position stays', () => {
    const { rig, positionId } = refusedClose({ quantity: 2, units: 1 });
    rig.gateway.refuse = undefined;
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.advance(30);
    rig.edit = (sides) => sides;
    rig.advance(90);
    expect(rig.positions().map(({ quantity }) => quantity)).toEqual([1]);
    for (const code of ['CLOSE_REJECTED', 'EXIT_REFUSED']) {
      expect(alerts(rig, code).map(({ subject, action }) => [subject, action])).toEqual([
        [positionId, undefined],
        [positionId, 'resolve'],
      ]);
    }
  });

  /** A close that the broker refused, and that cannot be ordered either now. */
  function pagedClose() {
    const { rig, positionId, orderId } = refusedClose();
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.advance(10);
    return { rig, positionId, orderId };
  }

  /** What of it is open still, also in a run after this one. */
  function open(rig: DeskRig): readonly string[] {
    const { desk } = rig.restart(rig.records(), { isOpen: false });
    const all = [rig.desk, desk].flatMap(({ context }) => context.out.ofPositions);
    return all.map(({ code }) => code);
  }

  it('is over once its trader calls it off', () => {
    const { rig, orderId } = pagedClose();
    expect(open(rig)).toContain('EXIT_REFUSED');
    expect(open(rig)).toContain('CLOSE_REJECTED');
    callOff(rig, orderId);
    expect(open(rig)).toEqual([]);
  });

  it('is over once the order of the engine for it is cancelled at another screen, but for that and for the exit', () => {
    const { rig, positionId } = refusedClose();
    rig.gateway.refuse = undefined;
    rig.size = 0;
    rig.quotes();
    rig.advance(8);
    const { intentId } = rig.orders().at(-1)!.intent;
    expect(open(rig)).toContain('CLOSE_REJECTED');
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    expect(rig.day.askedCloses.has(positionId)).toBe(false);
    expect(new Set(open(rig))).toEqual(new Set(['CLOSE_CANCELLED', 'EXIT_TRIGGERED']));
  });

  it('is over once the order of the engine for it is presumed absent', () => {
    const { rig, positionId } = refusedClose();
    rig.gateway.refuse = undefined;
    rig.gateway.isMute = true;
    rig.advance(8);
    const { intentId } = rig.orders().at(-1)!.intent;
    rig.brokerSays({ kind: 'unknown', intentId, reason: 'timed out' });
    rig.gateway.answerSearch = (_id, takenAt) => {
      const search = { outcome: 'absent', takenAt, evidence: '17 orders read' } as const;
      return [{ kind: 'searched', intentId, search }];
    };
    expect(open(rig)).toContain('CLOSE_REJECTED');
    rig.advance(40);
    expect(rig.order(intentId).status).toBe('absentPresumed');
    expect(rig.day.askedCloses.has(positionId)).toBe(false);
    expect(open(rig)).not.toContain('CLOSE_REJECTED');
  });

  it('is over where it is asked for again after a cancel at another screen', () => {
    const { rig, positionId, orderId } = restingClose();
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(positionId).tokenSha256 });
    expect(alerts(rig, 'CLOSE_CANCELLED').map(({ action }) => action)).toEqual([
      undefined,
      'resolve',
    ]);
  });
});

describe('a close of all of a position beside a buy-back for a nickel', () => {
  function nickelRests() {
    const exits = { nickelBuyBack: true } as const;
    const rig = new DeskRig({ limits, minutes: 14 * 60, exits });
    const { positionId } = rig.openPosition();
    const puts = (ask: number) => {
      rig.edit = (_sides, right, strike) => {
        if (right === 'call')
          return strike === 606 ? { bid: 0.01, ask: 0.02 } : { bid: 0.38, ask: 0.4 };
        return strike === 594 ? { bid: 0.01, ask: 0.02 } : { bid: ask - 0.02, ask };
      };
    };
    puts(0.04);
    rig.size = 0;
    rig.goTo(15 * 60 + 1);
    rig.advance(5);
    puts(0.12);
    rig.advance(5);
    const [, nickel] = rig.orders();
    if (nickel === undefined) throw new Error('the nickel order was recorded');
    expect(nickel).toMatchObject({ status: 'working', exitReason: 'nickel', limit: -500 });
    return { rig, positionId, nickel };
  }

  it('names that order on its card, hurries it and closes all', () => {
    const { rig, positionId, nickel } = nickelRests();
    const { tokenSha256, card } = rig.previewClose(positionId);
    expect(card.warnings.join()).toContain(nickel.intent.intentId);
    rig.size = 50;
    rig.confirm(tokenSha256);
    rig.advance(20);
    expect(held(rig)).toEqual([]);
  });

  it('does so after a restart too', () => {
    const { rig, positionId } = nickelRests();
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    const again = rig.restart();
    again.advance(20);
    expect(held(again)).toEqual([]);
  });

  it('of one side by its legs leaves that order as it is', () => {
    const { rig, nickel } = nickelRests();
    const legs = (rig.positions()[0]?.legs ?? [])
      .filter(({ instrument }) => instrument.kind === 'option' && instrument.right === 'call')
      .map(({ instrument, quantity }) => {
        const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
        return { symbol: instrumentSymbol(instrument), action, ratio: 1 } as const;
      });
    const tokenSha256 = rig.newToken();
    const request = { legs, quantity: 1 };
    valueIn(rig.ask({ kind: 'previewOrder', request, tokenSha256 }));
    rig.size = 50;
    rig.confirm(tokenSha256);
    rig.advance(20);
    expect(nickel).toMatchObject({ status: 'working', urgency: 'normal' });
    expect(held(rig)).toHaveLength(2);
  });
});
