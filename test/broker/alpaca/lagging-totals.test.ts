import { describe, expect, it } from 'vitest';
import { orderJson } from '../../support/alpaca/stub-order.ts';
import { AlpacaRig, fillsOf, kinds, LONG_CALL, witness } from './alpaca-rig.ts';

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
