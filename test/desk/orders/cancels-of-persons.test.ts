import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, valueIn } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

const FOREIGN = 'external-B-9';

function held(rig: DeskRig): string[] {
  const legs = rig.positions().flatMap((position) => position.legs);
  return legs
    .filter(({ quantity }) => quantity !== 0)
    .map(({ instrument, quantity }) => `${quantity} ${instrumentSymbol(instrument).slice(-9)}`);
}

/** An order that nobody fills: nothing is displayed. */
function resting(rig: DeskRig, tokenSha256: string): string {
  rig.size = 0;
  rig.quotes();
  return valueIn(rig.confirm(tokenSha256)).orderId ?? '';
}

/** A trader cancels an order, and the broker refuses that, from then on. */
function cancelInVain(rig: DeskRig, orderId: string): void {
  const tokenSha256 = rig.newToken();
  rig.gateway.refuseCancel = 'busy';
  valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
  if (rig.order(orderId).intent.purpose !== 'open') rig.confirm(tokenSha256);
  expect(rig.order(orderId)).toMatchObject({ status: 'working', calledBackBy: 'trader' });
}

function takeCancels(rig: DeskRig): void {
  rig.gateway.refuseCancel = undefined;
}

/** The audit log falls behind, which calls back what opens, and is back. */
function auditLapses(rig: DeskRig): void {
  for (const behind of [true, false]) {
    rig.step({ kind: 'auditBehind', at: rig.at, behind, detail: 'away' });
    rig.advance(1);
  }
}

describe('an order that a trader cancelled in vain', () => {
  it('is called back again where it sells the long of a stopped side', () => {
    const rig = new DeskRig({ limits });
    const { exitPlan } = rig.openPosition();
    const calls = ((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.6;
    sideCosts(rig, 'put', 0.1);
    sideCosts(rig, 'call', calls, { bid: undefined, ask: 0.62 });
    rig.advance(15);
    rig.size = 0;
    sideCosts(rig, 'call', calls, { bid: 0.6, ask: 0.62 });
    rig.advance(2);
    const { intent } = rig.orders().at(-1)!;
    expect(intent.legs).toMatchObject([{ action: 'sellToClose' }]);
    cancelInVain(rig, intent.intentId);
    takeCancels(rig);
    rig.advance(3);
    rig.size = 50;
    rig.advance(15);
    expect(rig.order(intent.intentId).status).toBe('cancelled');
    expect(held(rig)).toContain('1 C00606000');
  });

  it('is called back again where it buys a short back for a nickel', () => {
    const rig = new DeskRig({ minutes: 14 * 60, exits: { nickelBuyBack: true }, limits });
    rig.openPosition();
    sideCosts(rig, 'put', 0.05);
    rig.size = 0;
    rig.goTo(15 * 60 + 1);
    const order = rig.orders().at(-1)!;
    expect(order.exitReason).toBe('nickel');
    cancelInVain(rig, order.intent.intentId);
    takeCancels(rig);
    rig.advance(3);
    expect(order.status).toBe('cancelled');
  });

  it('is called back again where it is a foreign opening, after a restart too', () => {
    const rig = new DeskRig({ limits });
    const expiry = rig.session.date;
    const strike = price(6_020_000);
    const instrument = { kind: 'option', root: 'SPY', expiry, right: 'call', strike } as const;
    const legs = [{ instrument, action: 'buyToOpen', ratio: 1 }] as const;
    const order = { intentId: FOREIGN, brokerOrderId: 'B-9', legs, remaining: 1 };
    rig.gateway.editSnapshot = (snapshot) => ({
      ...snapshot,
      workingOrders: [...snapshot.workingOrders, { ...order, limit: price(-9_000) }],
    });
    rig.advance(4);
    cancelInVain(rig, FOREIGN);
    const asked = () => rig.bodies('cancelRequested').length;
    const before = asked();
    rig.advance(4);
    expect(asked()).toBeGreaterThan(before + 1);
    const again = rig.restart(rig.records(), { isOpen: false });
    again.gateway.editSnapshot = rig.gateway.editSnapshot;
    again.open();
    const after = again.bodies('cancelRequested').length;
    again.advance(4);
    expect(again.bodies('cancelRequested').length).toBeGreaterThan(after);
  });

  it('is called back although the engine called it back too, and what made it do so is over', () => {
    const rig = new DeskRig({ limits });
    const orderId = resting(rig, rig.preview().tokenSha256);
    cancelInVain(rig, orderId);
    auditLapses(rig);
    const moved = rig.repriced.length;
    takeCancels(rig);
    rig.advance(3);
    expect([rig.order(orderId).status, rig.repriced.length]).toEqual(['cancelled', moved]);
  });

  it('is called back so after a restart too', () => {
    const rig = new DeskRig({ brokerName: 'tastytrade', capabilities: { outlivesEngine: true } });
    const orderId = resting(rig, rig.preview().tokenSha256);
    cancelInVain(rig, orderId);
    auditLapses(rig);
    const again = rig.restartWhileItWorks();
    const asked = again.bodies('cancelRequested').length;
    again.advance(3);
    expect(again.order(orderId).calledBackBy).toBe('trader');
    expect(again.bodies('cancelRequested').length).toBeGreaterThan(asked);
  });

  it('is called back where the engine’s own cancel was on its way', () => {
    const rig = new DeskRig({ limits });
    const orderId = resting(rig, rig.preview().tokenSha256);
    rig.gateway.isMute = true;
    rig.step({ kind: 'auditBehind', at: rig.at, behind: true, detail: 'away' });
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256: '' }));
    rig.step({ kind: 'auditBehind', at: rig.at, behind: false, detail: 'back' });
    rig.gateway.isMute = false;
    rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'busy' });
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('cancelled');
  });
});

describe('a close that a trader cancelled in vain', () => {
  const closes = (
    options: RigOptions = {},
    quantity = 1,
    { units, at }: { units?: number; at?: number } = {},
  ) => {
    const rig = new DeskRig({ limits, ...options });
    const { positionId, exitPlan } = rig.openPosition({ ...CONDOR, quantity });
    if (at !== undefined) rig.goTo(at);
    const orderId = resting(rig, rig.previewClose(positionId, units).tokenSha256);
    return { rig, positionId, exitPlan, orderId };
  };

  it('is called back although another part of the position is asked for, which stays asked for', () => {
    const { rig, positionId, orderId } = closes({}, 3, { units: 1 });
    cancelInVain(rig, orderId);
    const second = resting(rig, rig.previewClose(positionId, 1).tokenSha256);
    takeCancels(rig);
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('cancelled');
    const asked = rig.day.askedCloses.get(positionId);
    expect([...(asked?.legs.values() ?? [])].map(({ toGo }) => toGo)).toEqual([1, 1, 1, 1]);
    expect(rig.alerts()).not.toContain('CLOSE_CANCELLED');
    expect(rig.restart().day.askedCloses.has(positionId)).toBe(true);
    rig.size = 50;
    rig.advance(30);
    expect(rig.order(second).status).toBe('filled');
    expect(held(rig)).toEqual(['2 P00594000', '-2 P00599000', '-2 C00601000', '2 C00606000']);
  });

  it('works on once all of the position is asked for', () => {
    const { rig, positionId, orderId } = closes({}, 3, { units: 1 });
    cancelInVain(rig, orderId);
    resting(rig, rig.previewClose(positionId).tokenSha256);
    const asked = rig.bodies('cancelRequested').length;
    rig.advance(5);
    expect(rig.bodies('cancelRequested')).toHaveLength(asked);
    rig.size = 50;
    rig.advance(30);
    expect([rig.order(orderId).status, held(rig)]).toEqual(['filled', []]);
  });

  it('is named where nothing beside it is free to close, and its end frees that', () => {
    const { rig, positionId, orderId } = closes();
    cancelInVain(rig, orderId);
    const ask = () => {
      const tokenSha256 = rig.newToken();
      const command = { kind: 'previewClose', target: positionId, tokenSha256 } as const;
      return rig.ask({ ...command, quantity: undefined });
    };
    const { code, message } = denialIn(ask());
    expect(code).toBe('nothing_to_close');
    expect(message).toContain(`before the end of ${orderId}, which somebody cancelled`);
    takeCancels(rig);
    rig.advance(3);
    expect(ask()).toHaveProperty('value');
  });

  it('is called back under a buy-back for a nickel, which then takes its short alone', () => {
    const { rig, orderId } = closes({ minutes: 14 * 60, exits: { nickelBuyBack: true } }, 1, {
      at: 14 * 60 + 59,
    });
    sideCosts(rig, 'put', 0.05);
    rig.goTo(15 * 60 + 1);
    cancelInVain(rig, orderId);
    rig.advance(20);
    takeCancels(rig);
    rig.advance(3);
    rig.size = 50;
    rig.advance(40);
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(held(rig)).toEqual(['1 P00594000', '-1 C00601000', '1 C00606000']);
  });

  /** The stop of the call side breaks while a close of all rests. */
  const stopBroken = ({ refusedLimits = 0 } = {}) => {
    const { rig, orderId, exitPlan } = closes();
    for (let time = 0; time < refusedLimits; time += 1) {
      rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'limit not taken' });
    }
    sideCosts(rig, 'put', 0.1);
    const calls = ((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.2;
    sideCosts(rig, 'call', calls, { bid: 0.2, ask: 0.22 });
    rig.advance(15);
    expect(rig.bodies('exitTriggered')).toMatchObject([{ reason: 'callSideStop' }]);
    return { rig, orderId };
  };

  it('is called back under the stop of one side, which then takes that side alone', () => {
    const { rig, orderId } = stopBroken();
    cancelInVain(rig, orderId);
    takeCancels(rig);
    rig.advance(3);
    rig.size = 50;
    rig.advance(40);
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
  });

  it('is called back so also where the broker had refused it new limits before', () => {
    const { rig, orderId } = stopBroken({ refusedLimits: 5 });
    cancelInVain(rig, orderId);
    takeCancels(rig);
    rig.advance(3);
    rig.size = 50;
    rig.advance(40);
    expect(rig.order(orderId).status).toBe('cancelled');
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
  });

  it('works on for the stop of one side where the broker goes on to refuse', () => {
    const { rig, orderId } = stopBroken();
    cancelInVain(rig, orderId);
    rig.advance(6);
    const asked = rig.bodies('cancelRequested').length;
    rig.advance(6);
    expect(rig.bodies('cancelRequested')).toHaveLength(asked);
    rig.size = 50;
    rig.advance(20);
    expect([rig.order(orderId).status, held(rig)]).toEqual(['filled', []]);
  });

  /** The broker refuses each cancel, eight seconds after it was asked to. */
  const refuseLate = (rig: DeskRig, orderId: string) => {
    rig.gateway.isMute = true;
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256 }));
    rig.confirm(tokenSha256);
    return () => {
      rig.advance(8);
      rig.brokerSays({ kind: 'cancelRejected', intentId: orderId, reason: 'busy' });
    };
  };

  it.each([
    [
      'the stop of one side, five seconds behind the cancel',
      () => {
        const { rig, orderId } = stopBroken();
        return { rig, orderId, answer: refuseLate(rig, orderId) };
      },
    ],
    [
      'a flatten, at once',
      () => {
        const { rig, orderId } = closes();
        const answer = refuseLate(rig, orderId);
        rig.advance(1);
        valueIn(rig.ask({ kind: 'flattenNow' }, CONSOLE));
        return { rig, orderId, answer };
      },
    ],
  ] as const)('works on for %s, at the first refusal of a broker that is slow', (_what, begin) => {
    const { rig, orderId, answer } = begin();
    answer();
    rig.advance(3);
    expect(rig.gateway.unheard.filter((id) => id === orderId)).toHaveLength(1);
    rig.gateway.isMute = false;
    rig.size = 50;
    rig.advance(20);
    expect([rig.order(orderId).status, held(rig)]).toEqual(['filled', []]);
  });

  it('was cancelled at the same moment after a restart', () => {
    const { rig, orderId } = stopBroken();
    cancelInVain(rig, orderId);
    rig.advance(3);
    const { calledBackAt } = rig.order(orderId);
    expect(calledBackAt).toBeLessThan(rig.at.wall - 2_000_000);
    expect(rig.restart().order(orderId).calledBackAt).toBe(calledBackAt);
  });
});
