import { describe, expect, it } from 'vitest';
import { cancelNow, endOfDay, replaceNow } from '../../../src/broker/paper/order-life.ts';
import { DEFAULT_KNOBS } from '../../../src/broker/paper/paper-knobs.ts';
import { newPaperWorld } from '../../../src/broker/paper/paper-world.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import { addMicros, cents, price } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { fillsOf, kinds, PaperRig, settlementsOf } from './paper-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 640);

/** A rig in which a 640 call is quoted 1.00 by 1.10, and an order for it at `limit` is accepted. */
function bidFor(limit: number, quantity = 1, knobs = {}): { rig: PaperRig; intent: OrderIntent } {
  const rig = new PaperRig({ knobs });
  rig.quote(CALL.instrument, 1, 1.1);
  return { rig, intent: rig.accepted(rig.intent([CALL], limit, quantity)) };
}

/** A long 640/645 call spread is held, 2.98 by 3.00 and 1.50 by 1.52, and may be closed for 1.60. */
function heldSpread() {
  const rig = new PaperRig();
  const [long, short] = [CALL, optionLeg('sellToOpen', 'call', 645)];
  const quoted = () => {
    rig.hears(long.instrument, 2.98, 3);
    return rig.quote(short.instrument, 1.5, 1.52);
  };
  quoted();
  const opened = rig.accepted(rig.intent([long, short], -1.5));
  expect(fillsOf(quoted())).toHaveLength(2);
  const legs = [optionLeg('sellToClose', 'call', 640), optionLeg('buyToClose', 'call', 645)];
  const close = rig.intent(legs, 1.6, 1, opened.intentId);
  return { rig, close, spread: { long: long.instrument, short: short.instrument } };
}

describe('an arriving order', () => {
  it('is answered after the least and before the most latency', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    rig.submit(rig.intent([CALL], -1));
    expect(rig.pass(DEFAULT_KNOBS.leastLatencyMillis - 1)).toEqual([]);
    expect(kinds(rig.pass(DEFAULT_KNOBS.mostLatencyMillis))).toEqual(['accepted']);
  });

  it('says when it wants the clock, and nothing wants it afterwards but the end of the day', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    expect(rig.broker.nextWake()).toBeUndefined();
    rig.submit(rig.intent([CALL], -1));
    const wake = rig.broker.nextWake() ?? rig.now;
    expect(wake).toBeGreaterThan(rig.now);
    rig.goTo(addMicros(wake, -1));
    expect(rig.events).toEqual([]);
    expect(kinds(rig.goTo(wake))).toEqual(['accepted']);
    expect(rig.broker.nextWake()).toBe(rig.session.lastTrade);
  });

  it('does not fill on the quote it was priced on, nor on one before its acknowledgement', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    rig.submit(rig.intent([CALL], -1.1));
    rig.now = addMicros(rig.now, 1_000);
    expect(rig.quote(CALL.instrument, 1, 1.1)).toEqual([]);
    expect(kinds(rig.pass())).toEqual(['accepted']);
    expect(kinds(rig.quote(CALL.instrument, 1, 1.1))).toEqual(['fill']);
  });

  it('hears of its acknowledgement before the fill of the same quote', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    rig.submit(rig.intent([CALL], -1.1));
    rig.now = addMicros(rig.now, 1_000_000);
    expect(kinds(rig.quote(CALL.instrument, 1, 1.1))).toEqual(['accepted', 'fill']);
  });

  it('is rejected by a drill once', () => {
    const rig = new PaperRig({ knobs: { rejectNext: 1 } });
    rig.quote(CALL.instrument, 1, 1.1);
    rig.submit(rig.intent([CALL], -1.1));
    expect(rig.pass()).toMatchObject([{ kind: 'rejected', reason: 'rejected by a drill' }]);
    rig.submit(rig.intent([CALL], -1.1));
    expect(kinds(rig.pass())).toEqual(['accepted']);
  });

  it('is unknown in a drill until the truth comes', () => {
    const rig = new PaperRig({ knobs: { unknownNext: 1 } });
    rig.quote(CALL.instrument, 1, 1.1);
    rig.submit(rig.intent([CALL], -1.1));
    expect(kinds(rig.pass())).toEqual(['unknown']);
    expect(rig.quote(CALL.instrument, 1, 1.1)).toEqual([]);
    expect(kinds(rig.pass(3_000))).toEqual(['accepted']);
    expect(kinds(rig.quote(CALL.instrument, 1, 1.1))).toEqual(['fill']);
  });

  it('cancelled while unknown is cancelled for good', () => {
    const rig = new PaperRig({ knobs: { unknownNext: 1 } });
    rig.quote(CALL.instrument, 1, 1.1);
    const intent = rig.intent([CALL], -1.1);
    rig.submit(intent);
    rig.pass();
    rig.cancel(intent.intentId);
    expect(kinds(rig.pass(5_000))).toEqual(['cancelled']);
  });
});

describe('a working order', () => {
  it('rests until the market comes to it', () => {
    const { rig } = bidFor(-1.05);
    expect(rig.quote(CALL.instrument, 0.96, 1.06)).toEqual([]);
    expect(fillsOf(rig.quote(CALL.instrument, 0.95, 1.05))).toMatchObject([{ price: 10_500 }]);
  });

  it('takes displayed size once: another leg moving does not show it anew', () => {
    const rig = new PaperRig();
    const legs = condorLegs([630, 635, 645, 650]);
    const quoteAll = () =>
      legs.flatMap(({ instrument, action }) =>
        action === 'buyToOpen'
          ? rig.quote(instrument, 0.1, 0.2, 2)
          : rig.quote(instrument, 0.6, 0.7, 2),
      );
    quoteAll();
    rig.accepted(rig.intent(legs, 0.8, 5));
    expect(fillsOf(quoteAll()).map((fill) => fill.quantity)).toEqual([2, 2, 2, 2]);
    expect(quoteAll()).toHaveLength(4);
    expect(quoteAll().map((event) => event.kind === 'fill' && event.fill.quantity)).toEqual([
      1, 1, 1, 1,
    ]);
    expect(rig.broker.snapshot(rig.at()).workingOrders).toEqual([]);
  });

  it('of several legs trades them at the end of the batch, on one moment of the market', () => {
    const { rig, close, spread } = heldSpread();
    rig.accepted(close);
    expect(rig.hears(spread.long, 6, 6.04)).toEqual([]);
    expect(rig.hears(spread.short, 2.9, 2.94)).toEqual([]);
    const fills = fillsOf(rig.batchEnd());
    expect(fills.map((fill) => fill.price)).toEqual([60_000, 29_400]);
  });

  it('of several legs waits for each of them where the feed began anew', () => {
    const { rig, close, spread } = heldSpread();
    rig.accepted(close);
    rig.pass(90_000);
    rig.broker.forgetQuotes();
    expect(rig.quote(spread.long, 6, 6.04)).toEqual([]);
    const fills = fillsOf(rig.quote(spread.short, 2.9, 2.94));
    expect(fills.map((fill) => fill.price)).toEqual([60_000, 29_400]);
  });

  it('of several legs trades on a leg whose quote stands, when another is quoted', () => {
    const { rig, close, spread } = heldSpread();
    rig.accepted(close);
    const fills = fillsOf(rig.quote(spread.long, 3.2, 3.22));
    expect(fills.map((fill) => fill.price)).toEqual([32_000, 15_200]);
  });

  it('fills in part by luck', () => {
    const { rig } = bidFor(-1.1, 10, { partialFillProbability: 1 });
    const [fill] = fillsOf(rig.quote(CALL.instrument, 1, 1.1, 50));
    expect(fill?.quantity).toBeGreaterThanOrEqual(1);
    expect(fill?.quantity).toBeLessThan(10);
  });

  it('is blind to a fill that a drill hides, but the account holds it', () => {
    const { rig, intent } = bidFor(-1.1, 1, { dropFillEvents: 1 });
    expect(rig.quote(CALL.instrument, 1, 1.1)).toEqual([]);
    expect(rig.broker.snapshot(rig.at()).positions).toHaveLength(1);
    rig.cancel(intent.intentId);
    expect(rig.pass()).toMatchObject([
      { kind: 'cancelRejected', reason: 'the order is already filled' },
    ]);
  });

  it('expires at last trade with what is left of it', () => {
    const { rig, intent } = bidFor(-1, 3);
    expect(rig.goTo(addMicros(rig.session.lastTrade, -1))).toEqual([]);
    expect(rig.goTo(rig.session.lastTrade)).toEqual([
      { kind: 'expired', intentId: intent.intentId, remaining: 3 },
    ]);
  });

  it('expires before what it bought is settled', () => {
    const { rig } = bidFor(-1.1, 3);
    rig.quote(CALL.instrument, 1, 1.1, 1);
    rig.now = rig.session.exerciseMark;
    rig.spot(639);
    const events = rig.goTo(rig.session.lastTrade);
    expect(kinds(events)).toEqual(['expired', 'settlement']);
  });
});

describe('a cancel', () => {
  it('takes effect after the latency, and a fill in between wins', () => {
    const { rig, intent } = bidFor(-1.05);
    expect(rig.cancel(intent.intentId)).toEqual([]);
    rig.now = addMicros(rig.now, 1_000);
    expect(kinds(rig.quote(CALL.instrument, 0.9, 1))).toEqual(['fill']);
    expect(rig.pass()).toMatchObject([{ kind: 'cancelRejected' }]);
  });

  it('of an order still on its way arrives after it', () => {
    const rig = new PaperRig();
    rig.quote(CALL.instrument, 1, 1.1);
    const intent = rig.intent([CALL], -1);
    rig.submit(intent);
    rig.cancel(intent.intentId);
    expect(kinds(rig.pass())).toEqual(['accepted', 'cancelled']);
  });
});

describe('a reprice', () => {
  it('fills only on a quote after it took effect', () => {
    const { rig, intent } = bidFor(-1);
    rig.reprice(intent, -1.1);
    expect(rig.quote(CALL.instrument, 1, 1.1)).toEqual([]);
    expect(rig.pass()).toMatchObject([{ kind: 'replaced', limit: -11_000 }]);
    expect(kinds(rig.quote(CALL.instrument, 1, 1.1))).toEqual(['fill']);
  });

  it('keeps the order of several, whatever their latencies', () => {
    const { rig, intent } = bidFor(-1);
    for (const limit of [-1.01, -1.02, -1.03, -1.04]) {
      rig.reprice(intent, limit);
      rig.now = addMicros(rig.now, 1_000);
    }
    rig.pass();
    expect(rig.broker.snapshot(rig.at()).workingOrders).toMatchObject([{ limit: -10_400 }]);
  });

  it('off the tick is refused, and the old limit stands', () => {
    const { rig, intent } = bidFor(-1);
    rig.reprice(intent, -1.005);
    expect(kinds(rig.pass())).toEqual(['cancelRejected']);
    expect(rig.broker.snapshot(rig.at()).workingOrders).toMatchObject([{ limit: -10_000 }]);
  });

  it('is refused as often as a drill has it, and the old limit stands', () => {
    const { rig, intent } = bidFor(-1, 1, { refuseLimitNext: 1 });
    rig.reprice(intent, -1.02);
    expect(kinds(rig.pass())).toEqual(['cancelRejected']);
    expect(rig.broker.snapshot(rig.at()).workingOrders).toMatchObject([{ limit: -10_000 }]);
    rig.reprice(intent, -1.02);
    expect(kinds(rig.pass())).toEqual(['replaced']);
  });

  it('beyond buying power is refused', () => {
    const rig = new PaperRig({ startingCashCents: cents(150_00) });
    rig.quote(CALL.instrument, 1, 1.1);
    const intent = rig.accepted(rig.intent([CALL], -1));
    rig.reprice(intent, -1.48);
    expect(kinds(rig.pass())).toEqual(['replaced']);
    rig.reprice(intent, -1.49);
    expect(kinds(rig.pass())).toEqual(['cancelRejected']);
  });
});

describe('shares after an assignment', () => {
  it('are sold at the bid of the next session, and not before it opens', () => {
    const put = optionLeg('sellToOpen', 'put', 640);
    const rig = new PaperRig();
    rig.quote(put.instrument, 1, 1.1);
    rig.accepted(rig.intent([put], 1));
    rig.quote(put.instrument, 1, 1.1);
    rig.now = rig.session.exerciseMark;
    rig.spot(630);
    expect(settlementsOf(rig.goTo(rig.session.lastTrade))).toMatchObject([{ shares: 100 }]);
    const rig2 = rig.restarted({ date: '2026-08-05', minutes: 9 * 60 + 30 });
    rig2.now = addMicros(rig2.session.open, -1_000_000);
    rig2.spot(631);
    const sale = rig2.intent([sharesLeg('sellToClose', 100)], 600, 1, 'shares-SPY');
    rig2.submit(sale);
    expect(kinds(rig2.pass())).toEqual(['rejected']);
    rig2.goTo(rig2.session.open);
    rig2.accepted(rig2.intent(sale.legs, 600, 1, 'shares-SPY'));
    expect(fillsOf(rig2.spot(631))).toMatchObject([{ quantity: 100, price: 6_309_900 }]);
    expect(rig2.broker.snapshot(rig2.at()).positions).toEqual([]);
  });
});

describe('a stop order', () => {
  /** A 640 call is held, and a stop at 0.60 rests for it. */
  function stopped(quantity = 1) {
    const rig = new PaperRig({ nativeStops: true });
    rig.quote(CALL.instrument, 1, 1.1);
    const opened = rig.accepted(rig.intent([CALL], -1.1, quantity));
    rig.quote(CALL.instrument, 1, 1.1);
    const legs = [optionLeg('sellToClose', 'call', 640)];
    const sale = rig.intent(legs, 0.01, quantity, opened.intentId);
    const intent = { ...sale, stopTrigger: price(6_000) };
    return { rig, intent: rig.accepted(intent) };
  }

  it('rests above its trigger, is set off at it, and trades at the bid from the next quote on', () => {
    const { rig, intent } = stopped();
    expect(rig.quote(CALL.instrument, 0.61, 0.7)).toEqual([]);
    expect(rig.broker.snapshot(rig.at()).workingOrders[0]?.intentId).toBe(intent.intentId);
    expect(rig.quote(CALL.instrument, 0.6, 0.7)).toEqual([]);
    expect(fillsOf(rig.quote(CALL.instrument, 0.55, 0.7))).toMatchObject([{ price: 5_500 }]);
    expect(rig.broker.snapshot(rig.at()).positions).toEqual([]);
  });

  it('trades even where the price came back, once it was set off', () => {
    const { rig } = stopped();
    rig.quote(CALL.instrument, 0.5, 0.7);
    expect(fillsOf(rig.quote(CALL.instrument, 0.9, 1))).toMatchObject([{ price: 9_000 }]);
  });

  it('that filled in part was set off: it trades on after a restart, above its trigger too', () => {
    const { rig } = stopped(2);
    rig.quote(CALL.instrument, 0.6, 0.7);
    expect(fillsOf(rig.quote(CALL.instrument, 0.55, 0.7, 1))).toHaveLength(1);
    const again = rig.restarted({ nativeStops: true });
    expect(fillsOf(again.quote(CALL.instrument, 0.62, 0.7))).toMatchObject([{ price: 6_200 }]);
  });

  it('can be called back while it rests, and rests on after a restart', () => {
    const { rig, intent } = stopped();
    const again = rig.restarted({ nativeStops: true });
    expect(again.quote(CALL.instrument, 0.9, 1)).toEqual([]);
    expect(again.broker.snapshot(again.at()).workingOrders).toHaveLength(1);
    rig.cancel(intent.intentId);
    expect(kinds(rig.pass())).toEqual(['cancelled']);
  });
});

describe('a task for an order that is gone', () => {
  it('says so to a cancel and a new limit, and nothing at the end of the day', () => {
    const history = { intents: [], brokerEvents: [] };
    const startingCashCents = cents(0);
    const world = newPaperWorld({
      seed: 1,
      maxLegs: 4,
      hours: underlyingOf('SPY'),
      history,
      startingCashCents,
      knobs: {},
    });
    endOfDay(world, 'x');
    expect(world.events).toEqual([]);
    cancelNow(world, 'x');
    replaceNow(world, 'x', price(100));
    const reason = 'the order is not working here';
    const refused = { kind: 'cancelRejected', intentId: 'x', reason };
    expect(world.events).toEqual([refused, refused]);
  });
});
