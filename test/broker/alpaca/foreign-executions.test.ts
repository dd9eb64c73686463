import { describe, expect, it } from 'vitest';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { orderJson } from '../../support/alpaca/stub-order.ts';
import { AlpacaRig, FOREIGN, fillsOf, kinds, nextDay } from './alpaca-rig.ts';

/** A rig whose account works an order that somebody else gave. */
function withForeign(qty: string) {
  const rig = new AlpacaRig();
  const order = rig.placeForeign(qty);
  return { rig, order, intentId: `external-${order.id}` };
}

/** What a book comes to that counts each execution by its id. */
function counted(fills: readonly Fill[]): number {
  const once = new Map(fills.map(({ fillId, quantity }) => [fillId, quantity]));
  return [...once.values()].reduce((sum, quantity) => sum + quantity, 0);
}

describe('an execution of an order that somebody else gave', () => {
  it('keeps over a restart the name by which the stream told it, and is not told again', () => {
    const { rig, order, intentId } = withForeign('3');
    rig.venue.fill(order, 2);
    const told = fillsOf(rig.pass());
    expect(told).toMatchObject([{ intentId, quantity: 2 }]);
    const again = rig.restarted();
    expect(fillsOf(again.events)).toEqual(told);
    expect(again.snapshot().fills).toEqual(told);
    again.venue.fill(order, 1);
    expect(fillsOf(again.pass())).toMatchObject([{ intentId, quantity: 1 }]);
    expect(counted(fillsOf(again.restarted().events))).toBe(3);
  });

  it('keeps the name by which a list told it, also where the stream tells it later', () => {
    const { rig, order, intentId } = withForeign('2');
    rig.wires.faults.onStream('late');
    rig.venue.fill(order, 1);
    const told = fillsOf(rig.pass(40));
    expect(told).toMatchObject([{ intentId, quantity: 1 }]);
    const again = rig.restarted();
    again.wires.faults.takeOver(rig.wires.faults);
    again.venue.fill(order, 1);
    const more = fillsOf(again.pass(40));
    expect(more).toMatchObject([{ intentId, quantity: 1 }]);
    expect(again.snapshot().fills).toEqual([...told, ...more]);
  });

  it('is not counted again where the stream tells of the order that stands in its place before any list', () => {
    const { rig, order, intentId } = withForeign('3');
    rig.venue.fill(order, 1);
    const heir = rig.venue.replace(order.id, { limit_price: '1.05' });
    rig.venue.fill(heir, 1);
    rig.pass();
    expect(counted(fillsOf(rig.events))).toBe(2);
    const again = rig.restarted(false);
    again.wires.faults.onRequest('GET /v2/orders', 'error500', 3);
    again.connect();
    again.venue.fill(heir, 1);
    again.pass(40);
    expect(counted(fillsOf(again.events))).toBe(3);
    expect(new Set(fillsOf(again.events).map((fill) => fill.intentId))).toEqual(
      new Set([intentId]),
    );
  });

  it('has the time at which it happened, however late it is heard', () => {
    const { rig, order } = withForeign('2');
    const other = rig.placeForeign('1');
    rig.pass(2);
    const happened = rig.now;
    rig.wires.faults.onStream('late');
    rig.venue.fill(order, 1);
    expect(fillsOf(rig.pass(0.4))).toEqual([]);
    rig.venue.fill(other, 1);
    const names = fillsOf(rig.pass(0.1)).map(({ intentId, marketAt }) => [intentId, marketAt]);
    expect(names).toEqual([
      [`external-${other.id}`, addMicros(happened, 400_000)],
      [`external-${order.id}`, happened],
    ]);
    // No clock of the broker's makes an execution one of the future.
    rig.venue.now = addMicros(rig.now, 5_000_000);
    rig.venue.fill(order, 1);
    rig.pass(0.1);
    expect(fillsOf(rig.events)).toHaveLength(3);
    expect(fillsOf(rig.events).at(-1)?.marketAt).toBeLessThanOrEqual(rig.now);
  });

  it('with a target and a stop under it is told once, and read no more after it', () => {
    const rig = new AlpacaRig();
    const { entry, exits } = rig.placeBracket();
    rig.venue.fill(entry, 1);
    const told = fillsOf(rig.pass(30));
    expect(told).toMatchObject([{ intentId: `external-${entry.id}`, quantity: 1 }]);
    expect(rig.sent(`GET /v2/orders/${entry.id}`)).toEqual([]);
    const working = rig.snapshot().workingOrders.map(({ intentId }) => intentId);
    expect(working).toEqual(exits.map(({ id }) => `external-${id}`));
  });

  it('whose total never shows in its legs is read ever more rarely, and holds up nothing of ours', () => {
    const rig = new AlpacaRig();
    const order = rig.venue.place({ ...FOREIGN, qty: '2' });
    const closing = { side: 'sell', intent: 'sell_to_close', filled: 1, notional: 100 };
    const [leg] = order.legs;
    const other = {
      id: 'leg-2',
      symbol: 'SPY260804C00665000',
      side: 'buy',
      intent: 'buy_to_close',
    };
    const legs = [
      { ...leg, id: 'leg-1', ...closing },
      { ...leg, ...other },
    ];
    Object.assign(order, { orderClass: 'mleg', status: 'filled', filled: 2, legs });
    rig.pass(120);
    const reads = rig.turnsOf(`GET /v2/orders/${order.id}`);
    expect(reads.length).toBeLessThan(14);
    expect(new Set(reads)).toEqual(new Set(['search']));
  });

  it('of an earlier day is not told again by a run that begins later, while its order works on', () => {
    const rig = new AlpacaRig({ minutes: 20 * 60 });
    const { position_intent: _none, ...shares } = { ...FOREIGN, symbol: 'SPY', qty: '100' };
    const order = rig.venue.place({ ...shares, limit_price: '600.00' });
    rig.pass();
    const noon = nextDay(rig);
    noon.connect();
    noon.venue.fill(order, 40);
    expect(fillsOf(noon.pass())).toMatchObject([{ quantity: 40 }]);
    const again = nextDay(noon);
    again.connect();
    again.pass(20);
    expect(counted(fillsOf(again.events))).toBe(40);
    expect(again.snapshot().workingOrders).toMatchObject([{ remaining: 60 }]);
  });

  it('is forgotten with its session, once a picture shows that its order does not work on', () => {
    const { rig, order } = withForeign('1');
    rig.venue.fill(order, 1);
    rig.pass();
    const again = nextDay(rig);
    const before = again.gateway.remembered;
    again.connect();
    expect(again.gateway.remembered).toBe(before - 1);
  });
});

describe('an order of somebody else’s for an amount of dollars', () => {
  /** Shares of SPY for a hundred dollars: no quantity is named, or none is told. */
  function forDollars(named: object) {
    const rig = new AlpacaRig();
    const { position_intent: _none, ...shares } = { ...FOREIGN, symbol: 'SPY' };
    const order = rig.venue.place(shares);
    const intentId = `external-${order.id}`;
    const hear = (event: string, status: string, filled: number, more: object = {}) => {
      const average = filled === 0 ? null : '653.1';
      const told = { status, filled_qty: String(filled), filled_avg_price: average };
      const { qty: _qty, ...rest } = orderJson(order);
      const json = { ...rest, ...named, notional: '100', limit_price: null, ...told, ...more };
      const text = JSON.stringify({ stream: 'trade_updates', data: { event, order: json } });
      return rig.call((gateway, at) => gateway.onWire({ kind: 'socketFrame', text }, at));
    };
    rig.wires.faults.onRequest('GET /v2/orders', 'error500', 1_000);
    return { rig, intentId, hear };
  }

  it.each([{ qty: null }, {}])('has no units left, and ends as filled: %j', (named) => {
    const { rig, intentId, hear } = forDollars(named);
    hear('new', 'new', 0);
    expect(fillsOf(hear('partial_fill', 'partially_filled', 0.1))).toMatchObject([
      { intentId, quantity: 0.1 },
    ]);
    const moved = hear('replaced', 'partially_filled', 0.1, { limit_price: '650' });
    expect(moved).toMatchObject([{ kind: 'replaced', remaining: 0 }]);
    expect(fillsOf(hear('fill', 'filled', 0.153))).toMatchObject([{ quantity: 0.053 }]);
    expect(kinds(rig.events)).not.toContain('cancelled');
  });

  it('stands with nothing left in the picture of the account, and ends there as filled', () => {
    const rig = new AlpacaRig();
    const { position_intent: _none, ...shares } = { ...FOREIGN, symbol: 'SPY' };
    const order = Object.assign(rig.venue.place(shares), { units: Number.NaN });
    const intentId = `external-${order.id}`;
    rig.venue.fill(order, 0.1);
    rig.pass(8);
    expect(rig.snapshot().workingOrders).toMatchObject([{ intentId, remaining: 0 }]);
    order.status = 'filled';
    rig.venue.fill(rig.venue.place(FOREIGN), 1);
    rig.pass(30);
    const ended = rig.snapshot().endedOrders.filter((each) => each.intentId === intentId);
    expect(ended).toEqual([{ intentId, standing: 'filled', remaining: 0 }]);
    expect(kinds(rig.events)).not.toContain('cancelled');
  });
});

describe('an order that somebody else gave, and moves', () => {
  it('is told with its limit, and once more by the next run', () => {
    const { rig, order, intentId } = withForeign('3');
    const heir = rig.venue.replace(order.id, { limit_price: '30.00' });
    const moved = { kind: 'replaced', intentId, limit: -300_000, remaining: 3 };
    expect(rig.pass()).toEqual([moved]);
    const again = rig.restarted(false);
    again.venue.replace(heir.id, { limit_price: '1.00' });
    expect(again.connect()).toContainEqual({ ...moved, limit: -10_000 });
    expect(again.pass(30)).toEqual([]);
  });

  it('is told with the units that are left of it, which the picture shows as well', () => {
    const { rig, order, intentId } = withForeign('2');
    rig.venue.fill(order, 1);
    rig.pass();
    const heir = rig.venue.replace(order.id, { qty: '10' });
    expect(rig.pass()).toMatchObject([{ kind: 'replaced', intentId, remaining: 10 }]);
    rig.venue.fill(heir, 2);
    rig.pass();
    expect(rig.snapshot().workingOrders).toMatchObject([{ intentId, remaining: 8 }]);
    const again = rig.restarted(false);
    again.wires.faults.onStream('lost');
    const last = again.venue.replace(heir.id, { qty: '4' });
    again.venue.fill(last, 1);
    expect(kinds(again.connect())).toEqual(['connection', 'replaced', 'fill']);
    expect(again.events).toContainEqual({
      kind: 'replaced',
      intentId,
      limit: -10_000,
      remaining: 4,
    });
    expect(again.snapshot().workingOrders).toMatchObject([{ intentId, remaining: 3 }]);
    again.venue.cancel(last.id);
    again.pass();
    expect(again.snapshot().endedOrders).toMatchObject([
      { intentId, standing: 'cancelled', remaining: 3 },
    ]);
  });
});

it('asks for no order of what was adopted by hand', () => {
  const rig = new AlpacaRig();
  const order = rig.placeForeign('1');
  rig.venue.fill(order, 1);
  const [told] = fillsOf(rig.pass());
  if (told === undefined) throw new Error('the execution was told');
  const adopted: Fill = { ...told, fillId: 'adopted-7-SPY', intentId: 'external' };
  const history = { intents: [], brokerEvents: [{ kind: 'fill', fill: adopted } as const] };
  const again = new AlpacaRig({ venue: rig.venue, history });
  again.pass(60);
  expect(again.sent('GET /v2/orders/')).toEqual([]);
});

describe('an order that somebody else gave on the evening before', () => {
  /** A hundred shares to be bought, given at eight; and an adapter at ten of the next morning. */
  function ofTheEvening(isHeardOf: boolean) {
    const rig = new AlpacaRig({ minutes: 20 * 60, isConnected: isHeardOf });
    const { position_intent: _none, ...shares } = { ...FOREIGN, symbol: 'SPY', qty: '100' };
    const order = rig.venue.place({ ...shares, limit_price: '600.00' });
    rig.pass();
    const again = nextDay(rig);
    again.connect();
    return { rig: again, order, intentId: `external-${order.id}` };
  }

  it.each([true, false])('works in the picture of its day (heard of then: %s)', (isHeardOf) => {
    const { rig, intentId } = ofTheEvening(isHeardOf);
    const { workingOrders, endedOrders } = rig.snapshot();
    expect(workingOrders).toMatchObject([{ intentId, remaining: 100, limit: -6_000_000 }]);
    expect(endedOrders).toEqual([]);
    expect(kinds(rig.cancel(intentId))).toEqual(['cancelled']);
    expect(rig.snapshot()).toMatchObject({
      workingOrders: [],
      endedOrders: [{ intentId, standing: 'cancelled' }],
    });
  });

  it('stands there with what it filled, after its end and a restart as well', () => {
    const { rig, order, intentId } = ofTheEvening(false);
    rig.venue.fill(order, 40);
    const told = fillsOf(rig.pass());
    expect(told).toMatchObject([{ intentId, quantity: 40 }]);
    expect(rig.snapshot()).toMatchObject({ workingOrders: [{ remaining: 60 }], fills: told });
    rig.venue.fill(order, 60);
    const all = [...told, ...fillsOf(rig.pass())];
    for (const each of [rig, rig.restarted()]) {
      expect(each.snapshot().fills).toEqual(all);
      expect(counted(fillsOf(each.events))).toBe(100);
    }
  });

  /** The same, moved before the session as often as there are limits. */
  function movedBefore(isHeardOf: boolean, ...limits: readonly string[]) {
    const rig = new AlpacaRig({ minutes: 20 * 60, isConnected: isHeardOf });
    const { position_intent: _none, ...shares } = { ...FOREIGN, symbol: 'SPY', qty: '100' };
    const order = rig.venue.place({ ...shares, limit_price: '600.00' });
    rig.pass();
    let heir = order;
    for (const limit of limits) {
      heir = rig.venue.replace(heir.id, { limit_price: limit });
      rig.pass();
    }
    const again = nextDay(rig);
    return { rig: again, order, heir, intentId: `external-${order.id}` };
  }

  it.each([
    [true, ['600.05']],
    [false, ['600.05']],
    [false, ['600.05', '600.10', '600.15']],
  ])(
    'keeps the name of its first where it was moved before (heard of then: %s, to %j)',
    (isHeardOf, limits) => {
      const { rig, heir, intentId } = movedBefore(isHeardOf, ...limits);
      rig.connect();
      const limit = -Number(limits.at(-1)) * 10_000;
      expect(rig.snapshot().workingOrders).toMatchObject([
        { intentId, brokerOrderId: heir.id, limit },
      ]);
      rig.venue.fill(heir, 40);
      const told = fillsOf(rig.pass());
      expect(told).toMatchObject([{ intentId, quantity: 40 }]);
      const again = rig.restarted();
      again.pass(20);
      expect(fillsOf(again.events)).toEqual(told);
      expect(again.snapshot()).toMatchObject({
        fills: told,
        workingOrders: [{ intentId, remaining: 60 }],
      });
      expect(again.sent('GET /v2/orders/').length).toBeLessThan(4 * (limits.length + 1));
    },
  );

  it('is heard of by the stream where it was moved before, and filled before any list', () => {
    const { rig, heir, intentId } = movedBefore(false, '600.05');
    rig.wires.faults.onRequest('GET /v2/orders?', 'error500', 3);
    rig.wires.open();
    rig.pass(0.5);
    rig.venue.fill(heir, 100);
    rig.pass(20);
    expect(fillsOf(rig.events)).toMatchObject([{ intentId, quantity: 100 }]);
    expect(rig.snapshot().fills).toEqual(fillsOf(rig.events));
  });

  it('begins with what came in its place where the broker knows the first no more', () => {
    const { rig, heir } = movedBefore(true, '600.05');
    rig.connect();
    rig.venue.fill(heir, 40);
    rig.pass();
    rig.venue.orders.splice(0, 1);
    const other = new AlpacaRig({ venue: rig.venue, isConnected: false });
    other.session = rig.session;
    other.connect();
    other.pass(20);
    const intentId = `external-${heir.id}`;
    expect(other.snapshot().workingOrders).toMatchObject([{ intentId, remaining: 60 }]);
  });

  it('is read by itself where nobody told of its end', () => {
    const { rig, order, intentId } = ofTheEvening(false);
    rig.wires.faults.onStream('lost');
    rig.venue.cancel(order.id);
    expect(kinds(rig.pass())).toEqual(['cancelled']);
    expect(rig.snapshot().endedOrders).toMatchObject([{ intentId }]);
  });
});
