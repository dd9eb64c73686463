import { describe, expect, it } from 'vitest';
import { price } from '../../../src/engine/domain/units.ts';
import { AlpacaRig, fillsOf, kinds, LONG_CALL, witness } from './alpaca-rig.ts';

/** An order for ten calls of which as many executions at 1.20 were told as there are quantities. */
function bought(...quantities: readonly number[]) {
  const rig = new AlpacaRig();
  const order = witness(rig.intent([LONG_CALL], -1.2, 10));
  const { intentId } = order.intent;
  rig.place(order);
  const fills = quantities.flatMap((quantity) => fillsOf(rig.trade(intentId, quantity)));
  return { rig, intentId, order: rig.atVenue(intentId), fills };
}

/** What a book comes to that takes back what is busted, and counts each name once. */
function booked(rig: AlpacaRig) {
  const busted = new Set(rig.events.flatMap((e) => (e.kind === 'busted' ? [e.fillId] : [])));
  const names = new Map(fillsOf(rig.events).map((fill) => [fill.fillId, fill]));
  const standing = [...names.values()].filter(({ fillId }) => !busted.has(fillId));
  const quantity = standing.reduce((sum, fill) => sum + fill.quantity, 0);
  const paid = standing.reduce((sum, fill) => sum + fill.price * fill.quantity, 0);
  return [quantity, paid];
}

describe('an execution that the broker corrects', () => {
  it('is taken back and told as it stands, at the time at which it happened', () => {
    const { rig, order, fills } = bought(10);
    const [first] = fills;
    rig.venue.correct(order, { quantity: 10, price: 120 }, { quantity: 10, price: 102 });
    const events = rig.pass();
    expect(events).toMatchObject([
      { kind: 'busted', fillId: first?.fillId, reason: 'the broker reports a trade correction' },
      { kind: 'fill', fill: { quantity: 10, price: 10_200, marketAt: first?.marketAt } },
    ]);
    expect(rig.snapshot().fills).toEqual(fillsOf(events));
    expect(rig.pass(20)).toEqual([]);
  });

  it('may be another than the newest, may be of fewer, and may be corrected once more', () => {
    const { rig, order, fills } = bought(5, 3);
    const [id, last] = fills.map(({ fillId }) => fillId);
    const from = { quantity: 5, price: 120, ...(id !== undefined && { id }) };
    rig.venue.correct(order, from, { quantity: 5, price: 110 });
    expect(rig.pass()).toMatchObject([
      { kind: 'busted', fillId: id },
      { kind: 'fill', fill: { quantity: 5, price: 11_000 } },
    ]);
    rig.venue.correct(order, { quantity: 5, price: 110 }, { quantity: 4, price: 100 });
    rig.pass();
    expect(booked(rig)).toEqual([7, 4 * 10_000 + 3 * 12_000]);
    rig.venue.correct(order, { quantity: 4, price: 100 }, { quantity: 4, price: 90 });
    rig.pass();
    expect(booked(rig)).toEqual([7, 4 * 9_000 + 3 * 12_000]);
    expect(rig.snapshot()).toMatchObject({
      positions: [{ quantity: 7 }],
      workingOrders: [{ remaining: 3 }],
    });
    expect(last).toBeDefined();
    const again = rig.restarted();
    expect(fillsOf(again.pass(20))).toEqual([]);
    again.venue.correct(order, { quantity: 4, price: 90 }, { quantity: 4, price: 80 });
    again.pass();
    expect(booked(again)).toEqual([7, 4 * 8_000 + 3 * 12_000]);
  });

  it('of an order that was never heard of is told as it stands', () => {
    const { rig, order } = bought();
    const silent = new AlpacaRig({ isConnected: false, venue: rig.venue });
    silent.wires.faults.onRequest('GET /v2/orders', 'error500', 100);
    silent.wires.open();
    silent.pass(1);
    silent.venue.fill(order, 2);
    silent.venue.correct(order, { quantity: 2, price: 120 }, { quantity: 2, price: 100 });
    silent.pass(1);
    expect(booked(silent)).toEqual([2, 2 * price(10_000)]);
  });
});

describe('an execution that the broker takes back', () => {
  it('and that was told as part of a larger one leaves the rest of that', () => {
    const { rig, order, intentId } = bought();
    rig.wires.faults.onStream('lost', 'lost');
    rig.venue.fill(order, 4);
    rig.venue.fill(order, 3);
    const [whole] = fillsOf(rig.pass());
    expect(whole).toMatchObject({ quantity: 7 });
    rig.venue.bust(rig.atVenue(intentId), 'one-of-them', 3, 120);
    const events = rig.pass();
    expect(events.slice(0, 2)).toMatchObject([
      { kind: 'busted', fillId: whole?.fillId },
      { kind: 'fill', fill: { quantity: 4, price: 12_000, marketAt: whole?.marketAt } },
    ]);
    expect(kinds(events)).toEqual(['busted', 'fill', 'cancelled']);
    expect(booked(rig)).toEqual([4, 4 * 12_000]);
  });
});
