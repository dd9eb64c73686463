import { describe, expect, it } from 'vitest';
import { orderJson } from '../../support/alpaca/stub-order.ts';
import { AlpacaRig, closingLegs, fillsOf, kinds, LONG_CALL, witness } from './alpaca-rig.ts';

/** An order of two calls that the venue filled, and of which the stream has told nothing yet. */
function filledUnheard() {
  const rig = new AlpacaRig();
  const order = witness(rig.intent([LONG_CALL], -1.25, 2));
  const { intentId } = order.intent;
  rig.place(order);
  rig.wires.faults.onStream('lost');
  rig.venue.fill(rig.atVenue(intentId), 2);
  return { rig, intentId };
}

/** The stream says that the order filled, and so much of what. */
function hearFilled(rig: AlpacaRig, intentId: string, filled: string | undefined) {
  const order = { ...orderJson(rig.atVenue(intentId)), filled_qty: filled, filled_avg_price: null };
  const text = JSON.stringify({ stream: 'trade_updates', data: { event: 'fill', order } });
  return rig.call((gateway, at) => gateway.onWire({ kind: 'socketFrame', text }, at));
}

describe('an order that is told as filled before its total is', () => {
  it.each(['0', undefined])('has not ended: a total of %s is read again', (filled) => {
    const { rig, intentId } = filledUnheard();
    rig.wires.faults.onRequest('GET /v2/orders?', 'error500', 9);
    expect(kinds(hearFilled(rig, intentId, filled))).toEqual([]);
    const events = rig.pass(1);
    expect(rig.sent('GET /v2/orders/')).toHaveLength(1);
    expect(kinds(events)).toEqual(['fill']);
    expect(fillsOf(events)).toMatchObject([{ intentId, quantity: 2 }]);
    rig.wires.faults.clear();
    expect(kinds(rig.pass(30))).toEqual(['unheard']);
    expect(rig.snapshot().endedOrders).toMatchObject([{ intentId, standing: 'filled' }]);
  });
});

describe('an order that is told as filled, of which an execution was corrected while no stream was there', () => {
  it('has ended with what it has, so that another close can follow', () => {
    const rig = new AlpacaRig();
    const open = witness(rig.intent([LONG_CALL], -1.25, 10));
    rig.place(open);
    rig.trade(open.intent.intentId, 10);
    const legs = closingLegs([LONG_CALL]);
    const close = witness(rig.intent(legs, 1.2, 10, open.intent.intentId));
    const { intentId } = close.intent;
    rig.place(close);
    rig.trade(intentId, 5);
    rig.disconnect();
    const order = rig.atVenue(intentId);
    rig.venue.fill(order, 5);
    rig.venue.correct(order, { quantity: 5, price: 120 }, { quantity: 4, price: 120 });
    const events = [...rig.connect(), ...rig.pass(24)];
    expect(fillsOf(events)).toMatchObject([{ intentId, quantity: 4 }]);
    const ends = events.filter(({ kind }) => kind === 'cancelled');
    expect(ends).toMatchObject([{ intentId, remaining: 1 }]);
    const reads = rig.sent('GET /v2/orders/').length;
    rig.pass(120);
    expect(rig.sent('GET /v2/orders/')).toHaveLength(reads);
    expect(rig.find(intentId).at(-1)).toMatchObject({ search: { standing: 'cancelled' } });
    expect(rig.snapshot().workingOrders).toEqual([]);
  });

  it('has ended in the picture also where somebody else gave it', () => {
    const rig = new AlpacaRig();
    const order = rig.placeForeign('3');
    rig.disconnect();
    rig.venue.fill(order, 3);
    rig.venue.correct(order, { quantity: 3, price: 100 }, { quantity: 2, price: 100 });
    for (const each of [rig, rig.restarted(false)]) {
      each.connect();
      each.pass(30);
      const { workingOrders, endedOrders } = each.snapshot();
      expect(workingOrders).toEqual([]);
      const intentId = `external-${order.id}`;
      expect(endedOrders).toMatchObject([{ intentId, standing: 'cancelled', remaining: 1 }]);
      each.disconnect();
    }
  });

  it('is awaited for some seconds: a total that lags as long is all of it', () => {
    const { rig, intentId } = filledUnheard();
    const order = rig.atVenue(intentId);
    const [leg] = order.legs;
    if (leg === undefined) throw new Error('it has a leg');
    const lagging = { filled: 1, notional: leg.notional / 2 };
    const whole = { filled: leg.filled, notional: leg.notional };
    Object.assign(leg, lagging);
    expect(fillsOf(hearFilled(rig, intentId, '1'))).toEqual([]);
    expect(kinds(rig.pass(9))).not.toContain('cancelled');
    Object.assign(leg, whole);
    rig.pass(24);
    expect(fillsOf(rig.events).map(({ quantity }) => quantity)).toEqual([1, 1]);
    expect(kinds(rig.events)).not.toContain('cancelled');
    expect(rig.snapshot().endedOrders).toMatchObject([{ intentId, standing: 'filled' }]);
  });
});
