/** The adapter against each fault of wires and broker that the reference lists. */

import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../../src/broker/alpaca/alpaca-gateway.ts';
import { ALPACA_PACE } from '../../../src/broker/alpaca/alpaca-pace.ts';
import type { GatewayEffect, OrderGateway } from '../../../src/broker/order-gateway.ts';
import { createPaceMemory, RequestPacer } from '../../../src/broker/request-pacer.ts';
import { TurnQueue } from '../../../src/desk/threads/turn-queue.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import {
  newYorkInstant,
  nextSessionDate,
  sessionTimes,
} from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { orderJson } from '../../support/alpaca/stub-order.ts';
import { unprocessable } from '../../support/alpaca/stub-refusal.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';
import {
  AlpacaRig,
  closingLegs,
  FOREIGN,
  fillsOf,
  kinds,
  LONG_CALL,
  LONG_PUT,
  nextDay,
  SHORT_PUT,
  witness,
} from './alpaca-rig.ts';

const SPREAD = [SHORT_PUT, LONG_PUT];

function spread(rig: AlpacaRig, units = 1, limit = 1) {
  return witness(rig.intent(SPREAD, limit, units));
}

/** A spread that is held, and the order that takes it off. */
function heldSpread(units = 1, underlying = 'SPY') {
  const rig = new AlpacaRig({ underlying });
  const opened = spread(rig, units);
  rig.place(opened);
  rig.trade(opened.intent.intentId, units);
  const legs = closingLegs(SPREAD);
  const closing = witness(rig.intent(legs, -0.3, units, opened.intent.intentId));
  return { rig, closing, intentId: closing.intent.intentId };
}

/** A call that is held, and the order that sells it. */
function heldCall(units = 1) {
  const rig = new AlpacaRig();
  const opened = witness(rig.intent([LONG_CALL], -2, units));
  rig.place(opened);
  rig.trade(opened.intent.intentId, units);
  const legs = closingLegs([LONG_CALL]);
  const closing = witness(rig.intent(legs, 1.9, units, opened.intent.intentId));
  return { rig, closing, intentId: closing.intent.intentId };
}

/** Asks for another limit, of which nothing is on its way yet. */
function ask(rig: AlpacaRig, order: ReturnType<typeof witness>, dollars: number): void {
  const moved = witness({ ...order.intent, limit: priceFromDollars(dollars) });
  rig.call((gateway, at) => gateway.reprice(moved, at));
}

function placedUnits(rig: AlpacaRig): number[] {
  return rig.venue.orders.map(({ units }) => units);
}

describe('an order of several legs', () => {
  it('is sent once, without symbol and side of its own, at a signed net limit', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2, 1.25);
    rig.place(order);
    const [sent, ...others] = rig.sent('POST /v2/orders');
    expect(others).toEqual([]);
    expect(JSON.parse(sent?.slice('POST /v2/orders '.length) ?? '')).toEqual({
      client_order_id: order.intent.intentId,
      order_class: 'mleg',
      qty: '2',
      type: 'limit',
      limit_price: '-1.25',
      time_in_force: 'day',
      legs: [
        {
          symbol: 'SPY260804P00640000',
          ratio_qty: '1',
          side: 'sell',
          position_intent: 'sell_to_open',
        },
        {
          symbol: 'SPY260804P00635000',
          ratio_qty: '1',
          side: 'buy',
          position_intent: 'buy_to_open',
        },
      ],
    });
  });

  it.each(['parent', 'legs', 'both'] as const)(
    'fills leg by leg where the stream tells of %s',
    (told) => {
      const rig = new AlpacaRig();
      rig.venue.knobs.mlegFills = told;
      const order = spread(rig, 3);
      rig.place(order);
      const events = [
        ...rig.trade(order.intent.intentId, 1),
        ...rig.trade(order.intent.intentId, 2),
      ];
      const fills = fillsOf(events);
      expect(fills.map(({ action, quantity }) => `${action} ${quantity}`).toSorted()).toEqual([
        'buyToOpen 1',
        'buyToOpen 2',
        'sellToOpen 1',
        'sellToOpen 2',
      ]);
      expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(4);
      expect(rig.snapshot().fills).toHaveLength(4);
    },
  );
});

describe('a leg that is told before its parent', () => {
  it("waits for it, and is nobody else's order", () => {
    const rig = new AlpacaRig();
    rig.venue.knobs.mlegFills = 'legs';
    rig.wires.isStreamFirst = true;
    rig.wires.faults.onStream('lost', 'lost');
    rig.venue.quote('SPY260804P00640000', 150, 160);
    rig.venue.quote('SPY260804P00635000', 40, 50);
    const events = rig.place(spread(rig));
    expect(kinds(events)).toEqual(['accepted', 'fill', 'fill']);
    expect(fillsOf(events).map(({ price }) => price)).toEqual([15_000, 5_000]);
    expect(rig.snapshot()).toMatchObject({ workingOrders: [], endedOrders: [{ remaining: 0 }] });
  });
});

describe('a leg of a replacement that is told before its parent', () => {
  it('counts once, with its parent', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2, 2);
    rig.venue.quote('SPY260804P00640000', 150, 160);
    rig.venue.quote('SPY260804P00635000', 40, 50);
    rig.place(order);
    rig.venue.knobs.mlegFills = 'both';
    rig.wires.isStreamFirst = true;
    // Nothing of the old order's end and of the new order's beginning is told.
    rig.wires.faults.onStream('lost', 'lost');
    const fills = fillsOf(rig.reprice(order, 1, 20));
    expect(fills.map(({ action, quantity }) => `${action} ${quantity}`).toSorted()).toEqual([
      'buyToOpen 2',
      'sellToOpen 2',
    ]);
    expect(rig.snapshot().fills).toHaveLength(2);
  });
});

describe('the evening, when the next session has begun', () => {
  it("takes nothing of the day that is over for somebody else's", () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.trade(order.intent.intentId, 1);
    const next = sessionTimes(nextSessionDate(rig.session.date));
    if (next === undefined) throw new Error('the next session has times');
    rig.session = next;
    const events = [...rig.goTo(17 * 60 + 30), ...rig.connect(), ...rig.pass(30)];
    expect(kinds(events).filter((kind) => kind !== 'connection')).toEqual([]);
    expect(rig.snapshot().endedOrders).toEqual([]);
  });

  it('takes nothing of it either from a list that was asked for before', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.trade(order.intent.intentId, 1);
    const { date } = rig.session;
    const next = sessionTimes(nextSessionDate(date));
    if (next === undefined) throw new Error('the next session has times');
    rig.goTo(17 * 60 + 29.8);
    rig.wires.onServed = (target) => {
      if (!target.startsWith('GET /v2/orders?') || rig.session === next) return;
      rig.session = next;
      rig.now = newYorkInstant(date, 17 * 60 + 30);
      rig.call((gateway, at) => gateway.onClock(at, next));
    };
    expect(kinds(rig.pass(120))).toEqual([]);
    expect(rig.session).toBe(next);
    expect(rig.snapshot().fills).toEqual([]);
  });
});

describe('an order of one leg', () => {
  it.each([
    { what: 'a call bought', legs: [LONG_CALL], limit: -1.25, units: 1, sent: ['1.25', '1'] },
    {
      what: 'shares sold between two cents',
      legs: [sharesLeg('sellToClose', 100)],
      limit: 60_000.5,
      units: 1,
      sent: ['600.01', '100'],
    },
    {
      what: 'shares bought between two cents',
      legs: [sharesLeg('buyToClose', 100)],
      limit: -60_000.5,
      units: 1,
      sent: ['600.00', '100'],
    },
    {
      what: 'shares sold in hundreds',
      legs: [sharesLeg('sellToClose', 100)],
      limit: 60_000,
      units: 2,
      sent: ['600.00', '200'],
    },
  ])('states the price of $what without a sign', ({ legs, limit, units, sent }) => {
    const rig = new AlpacaRig();
    rig.place(witness(rig.intent(legs, limit, units)), 0.1);
    const body = rig.sent('POST /v2/orders')[0]?.slice('POST /v2/orders '.length) ?? '';
    const [limit_price, qty] = sent;
    expect(JSON.parse(body)).toMatchObject({ limit_price, qty });
  });

  it('takes its fill by the id of the execution', () => {
    const rig = new AlpacaRig();
    const order = witness(rig.intent([LONG_CALL], -1.25, 2));
    rig.place(order);
    const [fill] = fillsOf(rig.trade(order.intent.intentId, 2));
    const [activity] = rig.venue.account.activities;
    expect(activity?.id.endsWith(fill?.fillId ?? 'none')).toBe(true);
  });
});

describe('an outcome that nobody told', () => {
  it.each([
    'dropAnswer',

    'error503After',
    'nonsense',
    'dropRequest',
    'html502',
    'tooMany',
  ] as const)('after %s is unknown, never rejected, and the order is sent once', (fault) => {
    const rig = new AlpacaRig();
    // The stream is deaf for a moment as well: only the answer could tell.
    rig.wires.faults.onStream('lost', 'lost');
    rig.wires.faults.onRequest('POST /v2/orders', fault);
    const order = spread(rig);
    const events = [...rig.submit(order), ...rig.pass(0.2)];
    expect(kinds(events)[0]).toBe('unknown');
    const arrived = rig.venue.orders.length;
    const found = rig.find(order.intent.intentId).find(({ kind }) => kind === 'searched');
    expect(found).toMatchObject({ search: { outcome: arrived === 1 ? 'found' : 'absent' } });
    expect(rig.sent('POST')).toHaveLength(1);
    expect(rig.venue.orders).toHaveLength(arrived);
  });

  it('is told by the next list of the account where no answer ever came', () => {
    const rig = new AlpacaRig();
    rig.wires.faults.onStream('lost', 'lost');
    rig.wires.faults.onRequest('POST /v2/orders', 'hang');
    expect(kinds(rig.place(spread(rig), 7))).toEqual(['accepted']);
  });

  it('is told by the next list of the account, too', () => {
    const rig = new AlpacaRig();
    rig.wires.faults.onStream('lost', 'lost');
    rig.wires.faults.onRequest('POST /v2/orders', 'dropAnswer');
    expect(kinds(rig.place(spread(rig)))).toEqual(['unknown', 'accepted']);
  });

  it('stays incomplete while the history cannot be read', () => {
    const rig = new AlpacaRig();
    rig.wires.faults.onRequest('GET /v2/orders', 'error500', 9);
    const [event] = rig.find('20260804-000042');
    expect(event).toMatchObject({ kind: 'searched', search: { outcome: 'incomplete' } });
  });

  it.each([
    ['SPY260804C00655000', '1'],
    ['SPY260804C00660000', '2'],
  ])("is not taken from another order of the intent's client id: %s, %s", (symbol, qty) => {
    const rig = new AlpacaRig();
    const order = witness(rig.intent([LONG_CALL], -1, 1));
    rig.venue.place({
      symbol,
      qty,
      side: 'buy',
      type: 'limit',
      limit_price: '1.00',
      time_in_force: 'day',
      position_intent: 'buy_to_open',
      client_order_id: order.intent.intentId,
    });
    expect(kinds(rig.place(order))).toEqual(['unknown']);
    const events = rig.find(order.intent.intentId);
    expect(kinds(events)).toEqual(['rejected', 'searched']);
    expect(rig.snapshot().workingOrders[0]?.intentId).toMatch(/^external-/);
  });
});

describe('the stream', () => {
  it('may tell each thing twice', () => {
    const rig = new AlpacaRig();
    const order = witness(rig.intent([LONG_CALL], -1.25, 2));
    rig.wires.faults.onStream('twice', 'twice', 'twice', 'twice');
    const events = [...rig.place(order), ...rig.trade(order.intent.intentId, 2)];
    expect(kinds(events)).toEqual(['accepted', 'fill']);
  });

  it('may tell the second fill before the first', () => {
    const rig = new AlpacaRig();
    const order = witness(rig.intent([LONG_CALL], -1.25, 3));
    rig.place(order);
    const placed = rig.atVenue(order.intent.intentId);
    rig.wires.faults.onStream('late');
    rig.venue.fill(placed, 1, [120]);
    rig.venue.fill(placed, 2, [110]);
    const fills = fillsOf(rig.pass());
    expect(fills.map(({ quantity, price }) => [quantity, price])).toEqual([
      [1, 12_000],
      [2, 11_000],
    ]);
    expect(rig.snapshot().fills).toEqual(fills);
  });

  it('may come before the answer that it belongs to', () => {
    const rig = new AlpacaRig();
    rig.wires.isStreamFirst = true;
    const order = spread(rig);
    const events = [...rig.place(order), ...rig.reprice(order, 1.1)];
    expect(kinds(events)).toEqual(['accepted', 'replaced']);
  });

  it('that was cut is followed by a reading of all that it missed', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2);
    rig.place(order);
    expect(kinds(rig.disconnect())).toEqual(['connection']);
    const placed = rig.atVenue(order.intent.intentId);
    rig.venue.fill(placed, 1);
    rig.venue.fill(placed, 1);
    const events = rig.connect();
    expect(kinds(events)).toEqual(['connection', 'fill', 'fill']);
    expect(fillsOf(events).map(({ quantity }) => quantity)).toEqual([2, 2]);
    expect(rig.snapshot().endedOrders).toMatchObject([{ standing: 'filled', remaining: 0 }]);
  });

  it('that went silent is given up after two answers that did not come', () => {
    const rig = new AlpacaRig();
    rig.pass(60);
    expect(rig.wires.isStreamUp).toBe(true);
    expect(kinds(rig.events).filter((kind) => kind === 'connection')).toHaveLength(1);
    const deaf = new AlpacaRig({ isConnected: false });
    const effects = deaf.gateway.onWire({ kind: 'socketOpen' }, deaf.at());
    expect(effects.map(({ kind }) => kind)).toEqual(['socketSend']);
    deaf.now = addMicros(deaf.now, 46_000_000);
    const late = deaf.gateway.onClock(deaf.at(), deaf.session).map(({ kind }) => kind);
    expect(late).toContain('socketReset');
  });

  it('is asked to listen once the broker has taken the keys, and reset where it does not', () => {
    const rig = new AlpacaRig({ isConnected: false });
    const history = { intents: [], brokerEvents: [] };
    const gateway = new AlpacaGateway({
      accountId: 'PA3',
      underlying: 'SPY',
      history,
      at: rig.at(),
    });
    const [greeting] = gateway.onWire({ kind: 'socketOpen' }, rig.at());
    expect(greeting).toEqual({
      kind: 'socketSend',
      text: '{"action":"auth","key":"{{key-id}}","secret":"{{secret-key}}"}',
    });
    const refused = '{"stream":"authorization","data":{"status":"unauthorized"}}';
    const effects = gateway.onWire({ kind: 'socketFrame', text: refused }, rig.at());
    expect(effects.map(({ kind }) => kind)).toEqual(['socketReset', 'event']);
  });
});

describe('the picture of the account', () => {
  it('is of one moment: what changes while it is read makes it none', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2);
    rig.place(order);
    rig.wires.onServed = (target) => {
      if (target !== 'GET /v2/positions') return;
      rig.wires.onServed = () => undefined;
      rig.wires.faults.onStream('lost');
      rig.venue.fill(rig.atVenue(order.intent.intentId), 1);
    };
    let seen = 0;
    for (let look = 0; look < 80; look += 1) {
      rig.pass(0.1);
      const { positions, fills } = rig.snapshot();
      expect(positions).toHaveLength(fills.length);
      seen = Math.max(seen, fills.length);
    }
    expect(seen).toBe(2);
  });

  it('is none where the stream tells meanwhile of what the lists do not show yet', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const placed = orderJson(rig.atVenue(order.intent.intentId));
    const legs = (placed['legs'] as object[]).map((leg) => {
      return { ...leg, filled_qty: '1', filled_avg_price: '0.90' };
    });
    const told = { ...placed, status: 'filled', filled_qty: '1', legs };
    const text = JSON.stringify({ stream: 'trade_updates', data: { event: 'fill', order: told } });
    const before = rig.snapshot();
    let isTold = false;
    rig.wires.onServed = (target) => {
      if (isTold || !target.includes('/v2/account')) return;
      isTold = true;
      rig.call((gateway, at) => gateway.onWire({ kind: 'socketFrame', text }, at));
    };
    while (!isTold) rig.pass(0.1);
    rig.pass(0.2);
    expect(rig.snapshot()).toBe(before);
  });

  it('is of the moment at which its reads began, however late they are answered', () => {
    const rig = new AlpacaRig();
    let begunAt: number | undefined;
    rig.wires.onServed = (target) => {
      if (target.startsWith('GET /v2/orders')) begunAt ??= rig.at().wall;
      if (target === 'GET /v2/positions') rig.now = addMicros(rig.now, 2_000_000);
    };
    const before = rig.snapshot();
    while (rig.snapshot() === before) rig.pass(0.1);
    expect(rig.snapshot().asOf.wall).toBe(begunAt);
  });

  it('is taken anew after an answer that was nonsense', () => {
    const rig = new AlpacaRig();
    rig.wires.faults.onRequest('GET /v2/account', 'nonsense', 1);
    const { asOf } = rig.snapshot();
    rig.pass(45);
    expect(rig.snapshot().asOf.wall).toBeGreaterThan(asOf.wall);
  });

  it('is taken every three seconds in the session, and at once where it is wanted', () => {
    const rig = new AlpacaRig();
    const readsIn = (seconds: number): number => {
      const before = rig.wires.requests.length;
      rig.pass(seconds);
      return rig.wires.requests.slice(before).filter((line) => line === 'GET /v2/positions').length;
    };
    expect(readsIn(60)).toBe(20);
    const tenth = () => {
      rig.gateway.lookAgain(rig.at());
      return readsIn(0.1);
    };
    const reads = Array.from({ length: 40 }, tenth).reduce((sum, read) => sum + read, 0);
    expect(reads).toBe(4);
  });

  it('is none once its reads have failed for half a minute, and there again with the next', () => {
    const rig = new AlpacaRig();
    rig.wires.faults.onRequest('GET /v2/positions', 'html502', 12);
    rig.pass(29);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
    rig.pass(5);
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
    rig.pass(20);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
  });

  it('is none once something moved in every round of half a minute', () => {
    const rig = new AlpacaRig();
    rig.wires.onServed = (target) => {
      if (target === 'GET /v2/positions') rig.venue.place({ ...FOREIGN });
    };
    rig.pass(29);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
    rig.pass(6);
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
    rig.wires.onServed = () => undefined;
    rig.pass(6);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
  });

  it('waits for the fills of an order whose parent says more than its legs', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const placed = rig.atVenue(order.intent.intentId);
    const early = { ...orderJson(placed), status: 'filled', filled_qty: '1' };
    rig.wires.faults.onStream('lost');
    rig.venue.fill(placed, 1);
    const data = { event: 'fill', timestamp: '', price: '-1.00', qty: '1', order: early };
    const text = JSON.stringify({ stream: 'trade_updates', data });
    expect(rig.call((gateway, at) => gateway.onWire({ kind: 'socketFrame', text }, at))).toEqual(
      [],
    );
    expect(kinds(rig.pass(1))).toEqual(['fill', 'fill']);
  });
});

describe('a change of the limit', () => {
  it('of an opening is one request, and the new order keeps the intent', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2);
    rig.place(order);
    expect(kinds(rig.reprice(order, 1.1))).toEqual(['replaced']);
    expect(kinds(rig.reprice(order, 1.05))).toEqual(['replaced']);
    expect(rig.sent('PATCH')).toHaveLength(2);
    expect(fillsOf(rig.trade(order.intent.intentId, 2))).toHaveLength(2);
    expect(rig.snapshot().endedOrders).toMatchObject([
      { intentId: order.intent.intentId, standing: 'filled', remaining: 0 },
    ]);
  });

  it('of a spread that closes is a proven cancel and a new order for what is left', () => {
    const { rig, closing, intentId } = heldSpread(3);
    rig.place(closing);
    rig.trade(intentId, 1);
    const events = rig.reprice(closing, -0.4);
    expect(kinds(events)).toEqual(['replaced']);
    expect(rig.sent('PATCH')).toEqual([]);
    expect(placedUnits(rig)).toEqual([3, 3, 2]);
    rig.trade(intentId, 2);
    expect(rig.snapshot()).toMatchObject({ positions: [], workingOrders: [] });
  });

  it('of a spread is one cancel and one order, however many were before', () => {
    const { rig, closing } = heldSpread();
    rig.place(closing);
    for (const dollars of [-0.4, -0.41, -0.42, -0.43, -0.44]) rig.reprice(closing, dollars, 0.4);
    const reads = rig.sent('GET /v2/orders/').length;
    rig.pass();
    expect(rig.sent('DELETE')).toHaveLength(5);
    expect(rig.sent('POST')).toHaveLength(7);
    expect(rig.sent('GET /v2/orders/').length - reads).toBeLessThanOrEqual(1);
  });

  it('of a close that fills while it is being cancelled sends nothing more', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    rig.wires.faults.onRequest('DELETE', 'dropRequest');
    rig.call((gateway, at) => gateway.reprice(closing, at));
    rig.venue.fill(rig.atVenue(intentId), 1);
    const events = rig.pass();
    expect(kinds(events)).toEqual(['fill', 'fill']);
    expect(placedUnits(rig)).toEqual([1, 1]);
  });

  it('of a close of which one leg alone filled before it was cancelled sends nothing in its place', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    const moved = witness({ ...closing.intent, limit: priceFromDollars(-0.4) });
    rig.call((gateway, at) => gateway.reprice(moved, at));
    const whole = orderJson(rig.atVenue(intentId));
    const [first, ...rest] = whole['legs'] as object[];
    const legs = [{ ...first, filled_qty: '1', filled_avg_price: '0.90' }, ...rest];
    const order = { ...whole, status: 'canceled', legs };
    const text = JSON.stringify({ stream: 'trade_updates', data: { event: 'canceled', order } });
    const events = rig.call((gateway, at) => gateway.onWire({ kind: 'socketFrame', text }, at));
    expect(events).toMatchObject([{ kind: 'fill' }, { kind: 'cancelled', remaining: 1 }]);
    rig.pass(1);
    expect(rig.sent('POST')).toHaveLength(2);
  });

  it('heeds what a leg filled before its parent says so', () => {
    const rig = new AlpacaRig();
    rig.venue.knobs.mlegFills = 'legs';
    const order = spread(rig, 2);
    rig.place(order);
    rig.venue.fill(rig.atVenue(order.intent.intentId), 1);
    rig.pass(0.1);
    expect(kinds(rig.reprice(order, 1.1))).toEqual(['cancelRejected']);
    expect(rig.sent('PATCH')).toEqual([]);
  });

  it('whose answer was lost is found by reading the order', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.wires.faults.onRequest('PATCH', 'dropAnswer');
    rig.wires.faults.onStream('lost', 'lost');
    const events = rig.reprice(order, 1.1);
    expect(kinds(events)).toEqual(['replaced']);
  });

  it('that the broker refuses is told as its word, also where the order is read meanwhile', () => {
    const { rig, closing } = heldCall();
    rig.place(closing);
    rig.venue.replace = () => {
      throw unprocessable('not so');
    };
    ask(rig, closing, 1.88);
    const refused = rig.wires.next();
    if (refused === undefined) throw new Error('the first change is answered');
    rig.call((gateway, at) => gateway.onWire(refused, at));
    rig.call((gateway, at) => gateway.onClock(at, rig.session));
    ask(rig, closing, 1.87);
    rig.pass();
    const all = rig.events.filter(({ kind }) => kind === 'cancelRejected');
    expect(all).toHaveLength(2);
    for (const word of all) expect(word).not.toHaveProperty('refusal');
  });

  it('that meets a cancel never left', () => {
    const { rig, closing, intentId } = heldCall();
    rig.place(closing);
    rig.call((gateway, at) => gateway.cancel(intentId, at));
    ask(rig, closing, 1.88);
    expect(rig.events.at(-1)).toMatchObject({ kind: 'cancelRejected', refusal: 'unsent' });
  });

  it('that never arrived is refused once the order shows that it stayed', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.wires.faults.onRequest('PATCH', 'dropRequest');
    expect(kinds(rig.reprice(order, 1.1))).toEqual(['cancelRejected']);
    expect(rig.snapshot().workingOrders).toMatchObject([{ limit: order.intent.limit }]);
  });

  it('that never arrived is refused although the order could not be read at first', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const { id } = rig.atVenue(order.intent.intentId);
    rig.wires.faults.onRequest('PATCH', 'dropRequest');
    rig.wires.faults.onRequest(`GET /v2/orders/${id}`, 'error500', 2);
    expect(kinds(rig.reprice(order, 1.1))).toEqual(['cancelRejected']);
    expect(kinds(rig.reprice(order, 1.1))).toEqual(['replaced']);
  });

  it('waits until the venue has taken the order', () => {
    const rig = new AlpacaRig();
    rig.venue.knobs.holdsNew = true;
    const order = spread(rig);
    rig.place(order);
    expect(rig.reprice(order, 1.1)).toEqual([]);
    rig.venue.release(rig.atVenue(order.intent.intentId));
    expect(kinds(rig.pass())).toEqual(['replaced']);
  });

  it('that waits for the venue is refused where the opening fills in part first', () => {
    const rig = new AlpacaRig();
    rig.venue.knobs.holdsNew = true;
    const order = spread(rig, 2);
    rig.place(order);
    expect(rig.reprice(order, 1.1)).toEqual([]);
    rig.venue.fill(rig.atVenue(order.intent.intentId), 1);
    expect(kinds(rig.pass())).toEqual(['fill', 'fill', 'cancelRejected']);
    expect(rig.sent('PATCH')).toEqual([]);
  });

  it('of a close is not begun where its new order might come after the last that is taken', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    rig.goTo(15 * 60 + 29);
    rig.pass(48);
    expect(kinds(rig.reprice(closing, -0.35, 0.1))).toEqual(['replaced']);
    rig.pass(1);
    expect(kinds(rig.reprice(closing, -0.4))).toEqual(['cancelRejected']);
    expect(rig.atVenue(intentId)).toMatchObject({ status: 'new', limit: 35 });
  });

  it('of a close in an index is not begun in the last seconds before 15:15', () => {
    const { rig, closing, intentId } = heldSpread(1, 'XSP');
    rig.place(closing);
    rig.goTo(15 * 60 + 14);
    rig.pass(48);
    expect(kinds(rig.reprice(closing, -0.35, 0.1))).toEqual(['replaced']);
    rig.pass(1);
    expect(kinds(rig.reprice(closing, -0.4))).toEqual(['cancelRejected']);
    expect(rig.atVenue(intentId)).toMatchObject({ status: 'new', limit: 35 });
  });

  it('of a close whose cancel gets lost is given up before the last order that is taken', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    rig.goTo(15 * 60 + 29);
    rig.pass(48.5);
    rig.wires.faults.onRequest('DELETE', 'dropRequest', 2);
    expect(kinds(rig.reprice(closing, -0.35))).toEqual(['cancelRejected']);
    expect(rig.atVenue(intentId)).toMatchObject({ status: 'new', limit: 30 });
  });

  it('of a close that goes back while it is being moved is over with the new order', () => {
    const { rig, closing } = heldSpread();
    rig.place(closing);
    for (const dollars of [-0.35, -0.3]) ask(rig, closing, dollars);
    expect(rig.pass()).toMatchObject([{ kind: 'replaced', limit: -3_000 }]);
    expect(rig.reprice(closing, -0.6)).toMatchObject([{ kind: 'replaced', limit: -6_000 }]);
    expect(rig.atVenue(closing.intent.intentId).limit).toBe(60);
  });

  it('of a close whose new order was cancelled by somebody is told, and so is that', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    rig.wires.faults.onRequest('POST', 'hang');
    rig.wires.onServed = (target) => {
      if (target.startsWith('DELETE')) rig.wires.faults.onStream('lost', 'lost', 'lost');
      if (target === 'POST /v2/orders') rig.venue.cancel(rig.atVenue(intentId).id);
    };
    expect(rig.reprice(closing, -0.4, 20)).toEqual([
      { kind: 'replaced', intentId, limit: -4_000 },
      { kind: 'cancelled', intentId, remaining: 1 },
      { kind: 'unheard', intentId, what: 'end' },
    ]);
  });

  it('of a close whose new order was never sent says that the stream lost the end of the old one', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    rig.wires.faults.onRequest('POST', 'unsent');
    rig.wires.faults.onStream('lost', 'lost', 'lost');
    const events = rig.reprice(closing, -0.4, 20);
    expect(kinds(events)).toEqual(['rejected', 'unheard']);
    expect(events.at(-1)).toEqual({ kind: 'unheard', intentId, what: 'end' });
  });

  it('that asks for the limit which the order has is answered without a request', () => {
    const { rig, closing } = heldCall();
    rig.place(closing);
    for (const dollars of [1.88, 1.87]) ask(rig, closing, dollars);
    const [first] = [rig.wires.next()];
    if (first === undefined) throw new Error('the first change is answered');
    const told = rig.call((gateway, at) => gateway.onWire(first, at));
    expect(told).toMatchObject([{ kind: 'replaced', limit: 18_800 }]);
    // The desk takes the limit that was told for the one of the order, and asks again.
    ask(rig, closing, 1.87);
    const events = rig.pass();
    expect(new Set(kinds(events))).toEqual(new Set(['replaced']));
    expect(events.at(-1)).toMatchObject({ limit: 18_700 });
    expect(rig.sent('PATCH')).toHaveLength(2);
  });

  it('whose cancel was lost goes on after the order was read and had filled in part', () => {
    const { rig, closing, intentId } = heldSpread(3);
    rig.place(closing);
    rig.wires.faults.onRequest('DELETE', 'dropRequest');
    ask(rig, closing, -0.35);
    rig.pass(0.1);
    rig.wires.faults.onStream('lost');
    rig.venue.fill(rig.atVenue(intentId), 1);
    expect(kinds(rig.pass())).toEqual(['fill', 'fill', 'replaced']);
    expect(placedUnits(rig)).toEqual([3, 3, 2]);
  });

  it('that never arrived is refused although the order was read and had filled in part', () => {
    const { rig, closing, intentId } = heldCall(3);
    rig.place(closing);
    rig.wires.faults.onRequest('PATCH', 'dropRequest');
    rig.wires.faults.onStream('lost');
    ask(rig, closing, 1.87);
    rig.venue.fill(rig.atVenue(intentId), 1);
    expect(kinds(rig.pass())).toEqual(['fill', 'cancelRejected', 'unheard']);
  });

  it('is told once the venue has taken it, not when it is answered', () => {
    const { rig, closing, intentId } = heldCall();
    rig.place(closing);
    rig.venue.knobs.amendsLater = true;
    expect(rig.reprice(closing, 1.88)).toEqual([]);
    expect(rig.snapshot().workingOrders).toMatchObject([{ limit: 19_000 }]);
    rig.venue.settleAmend(rig.atVenue(intentId));
    expect(rig.pass()).toMatchObject([{ kind: 'replaced', limit: 18_800 }]);
    expect(rig.snapshot().workingOrders).toMatchObject([{ limit: 18_800 }]);
  });

  it.each([[[]], [['lost', 'lost']], [['late']]] as const)(
    'that was answered and then refused leaves the old order at work (stream %s)',
    (faults) => {
      const { rig, closing, intentId } = heldCall();
      rig.place(closing);
      rig.venue.knobs.amendsLater = true;
      rig.reprice(closing, 1.88);
      rig.wires.faults.onStream(...faults);
      rig.venue.settleAmend(rig.atVenue(intentId), false);
      expect(kinds(rig.pass())).toEqual(['cancelRejected']);
      expect(rig.snapshot()).toMatchObject({ workingOrders: [{ limit: 19_000 }] });
      expect(rig.restarted().snapshot()).toMatchObject({ workingOrders: [{ limit: 19_000 }] });
      rig.venue.knobs.amendsLater = false;
      expect(rig.reprice(closing, 1.87)).toMatchObject([{ kind: 'replaced', limit: 18_700 }]);
      // The stream is the other adapter's now.
      expect(kinds(rig.cancel(intentId))).toEqual(['cancelled', 'unheard']);
    },
  );

  it('that was refused before another was taken says nothing of how the order stands, after a restart either', () => {
    const { rig, closing, intentId } = heldCall();
    rig.place(closing);
    rig.venue.knobs.amendsLater = true;
    rig.reprice(closing, 1.88);
    rig.venue.settleAmend(rig.atVenue(intentId), false);
    rig.pass();
    rig.venue.knobs.amendsLater = false;
    rig.reprice(closing, 1.87);
    const again = rig.restarted();
    expect(kinds(again.events.slice(rig.events.length))).toEqual(['connection']);
    expect(again.snapshot()).toMatchObject({ workingOrders: [{ limit: 18_700 }] });
    rig.venue.fill(rig.atVenue(intentId), 1);
    const last = again.restarted();
    expect(kinds(last.events.slice(again.events.length))).toEqual(['connection', 'fill']);
  });

  it('that was refused because the old order filled ends with the fill', () => {
    const { rig, closing, intentId } = heldCall();
    rig.place(closing);
    rig.venue.knobs.amendsLater = true;
    rig.reprice(closing, 1.88);
    const [old, heir] = rig.venue.orders.slice(-2);
    if (old === undefined || heir === undefined) throw new Error('there are two orders');
    rig.venue.fill(old, 1);
    rig.venue.settleAmend(heir);
    expect(kinds(rig.pass())).toEqual(['fill']);
    expect(rig.snapshot().endedOrders.at(-1)).toMatchObject({ intentId, standing: 'filled' });
  });

  it('of an order that somebody else is moving already is refused, and theirs is told', () => {
    const { rig, closing, intentId } = heldCall();
    rig.place(closing);
    rig.venue.knobs.amendsLater = true;
    const theirs = rig.venue.replace(rig.atVenue(intentId).id, { limit_price: '1.85' });
    expect(kinds(rig.reprice(closing, 1.88))).toEqual(['cancelRejected']);
    rig.venue.settleAmend(theirs);
    expect(rig.pass()).toMatchObject([{ kind: 'replaced', limit: 18_500 }]);
    expect(rig.snapshot().workingOrders).toMatchObject([{ intentId, limit: 18_500 }]);
  });

  it('that somebody makes after one of ours is told, and so is the end of it', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    const { intentId } = order.intent;
    rig.place(order);
    rig.reprice(order, 0.95);
    rig.venue.replace(rig.atVenue(intentId).id, { limit_price: '-1.20' });
    expect(rig.pass()).toMatchObject([{ kind: 'replaced', limit: 12_000 }]);
    const again = rig.restarted();
    expect(kinds(again.events.slice(rig.events.length))).toEqual(['connection']);
    expect(again.reprice(order, 1.1)).toMatchObject([{ kind: 'replaced', limit: 11_000 }]);
    expect(kinds(again.restarted().cancel(intentId))).toEqual(['cancelled']);
  });

  it('that the broker makes larger than the intent is cancelled at once', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2);
    rig.place(order);
    const { id } = rig.atVenue(order.intent.intentId);
    rig.venue.fill(rig.venue.find(id), 1);
    rig.venue.replace(id, { qty: '2', limit_price: '-1.10' });
    const events = rig.pass();
    expect(kinds(events)).toContain('cancelled');
    expect(rig.snapshot().workingOrders).toEqual([]);
  });

  it('that a fill made larger than what is left is cancelled as the gateway’s own doing, found after a restart too', () => {
    const { rig, closing, intentId } = heldCall(5);
    rig.place(closing);
    rig.venue.knobs.amendsLater = true;
    rig.reprice(closing, 1.88, 0.5);
    const [old, heir] = rig.venue.orders.slice(-2);
    if (old === undefined || heir === undefined) throw new Error('there are two orders');
    rig.venue.fill(old, 2);
    const cut = rig.restarted(false);
    rig.venue.settleAmend(heir);
    const end = { kind: 'cancelled', intentId, remaining: 3, by: 'gateway' };
    expect(rig.pass().at(-1)).toEqual(end);
    expect(cut.connect()).toContainEqual(end);
    expect(cut.find(intentId)).toContainEqual(end);
  });
});

describe('a cancel', () => {
  it('of an order that the broker has lost is refused', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.venue.orders.splice(0);
    expect(kinds(rig.cancel(order.intent.intentId))).toEqual(['cancelRejected']);
    expect(rig.sent('DELETE')).toHaveLength(1);
    expect(rig.snapshot().workingOrders).toEqual([]);
  });

  it.each(['dropRequest', 'dropAnswer', 'error500', 'hang'] as const)(
    'that met %s is seen through',
    (fault) => {
      const rig = new AlpacaRig();
      const order = spread(rig);
      rig.place(order);
      rig.wires.faults.onRequest('DELETE', fault);
      expect(kinds(rig.cancel(order.intent.intentId))).toEqual(['cancelled']);
      expect(rig.snapshot().workingOrders).toEqual([]);
    },
  );

  it('that was lost is asked for again although the order was read and had filled in part', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 3);
    rig.place(order);
    rig.wires.faults.onRequest('DELETE', 'dropRequest');
    rig.call((gateway, at) => gateway.cancel(order.intent.intentId, at));
    rig.pass(0.1);
    rig.wires.faults.onStream('lost');
    rig.venue.fill(rig.atVenue(order.intent.intentId), 1);
    expect(kinds(rig.pass())).toEqual(['fill', 'fill', 'cancelled']);
    expect(rig.sent('DELETE')).toHaveLength(2);
  });

  it('that a fill overtook brings the fill', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.wires.faults.onStream('lost');
    rig.venue.fill(rig.atVenue(order.intent.intentId), 1);
    expect(kinds(rig.cancel(order.intent.intentId))).toEqual(['fill', 'fill', 'unheard']);
  });

  it('that comes before the answer to the send goes out after it', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.submit(order);
    expect(kinds(rig.cancel(order.intent.intentId))).toEqual(['accepted', 'cancelled']);
  });

  it('while a change is under way ends whichever order there is', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const moved = witness({ ...order.intent, limit: order.intent.limit });
    rig.call((gateway, at) => gateway.reprice(moved, at));
    const events = rig.cancel(order.intent.intentId);
    expect(kinds(events).at(-1)).toBe('cancelled');
    expect(rig.venue.orders.filter(({ status }) => status === 'new')).toEqual([]);
  });
});

describe('a cancel that the broker does not carry out', () => {
  it('is asked for a few times, told as refused, and may be asked for anew', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    rig.wires.faults.onRequest('DELETE', 'dropRequest', 4);
    expect(kinds(rig.cancel(order.intent.intentId))).toEqual(['cancelRejected']);
    expect(rig.sent('DELETE')).toHaveLength(4);
    expect(kinds(rig.cancel(order.intent.intentId))).toEqual(['cancelled']);
  });
});

describe('a cancel that meets a change', () => {
  it('of a close that is being moved leaves nothing in its place', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    const moved = witness({ ...closing.intent, limit: priceFromDollars(-0.4) });
    rig.call((gateway, at) => gateway.reprice(moved, at));
    expect(kinds(rig.cancel(intentId))).toEqual(['cancelled']);
    expect(placedUnits(rig)).toEqual([1, 1]);
    expect(rig.snapshot().workingOrders).toEqual([]);
  });

  it.each([true, false])(
    'that was answered ends whichever order there is (taken: %s)',
    (isTaken) => {
      const { rig, closing, intentId } = heldCall();
      rig.place(closing);
      rig.venue.knobs.amendsLater = true;
      rig.reprice(closing, 1.88);
      const heir = rig.atVenue(intentId);
      rig.wires.faults.onRequest('DELETE', 'dropRequest');
      rig.call((gateway, at) => gateway.cancel(intentId, at));
      rig.pass(0.1);
      rig.venue.settleAmend(heir, isTaken);
      expect(kinds(rig.pass()).at(-1)).toBe('cancelled');
      expect(rig.snapshot().workingOrders).toEqual([]);
    },
  );

  it('that nobody answered ends the order that stands in place of the one it named', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    const { intentId } = order.intent;
    rig.place(order);
    rig.wires.faults.onRequest('PATCH', 'hang');
    rig.wires.faults.onStream('lost', 'lost');
    const moved = witness({ ...order.intent, limit: priceFromDollars(1.1) });
    rig.call((gateway, at) => gateway.reprice(moved, at));
    const events = rig.cancel(intentId);
    expect(kinds(events)).toEqual(['replaced', 'cancelled']);
    expect(rig.venue.orders.map(({ status }) => status)).toEqual(['replaced', 'canceled']);
  });
});

describe('what the broker does by itself', () => {
  it('is told: a rejection after it was taken, an expiry, a bust', () => {
    const rig = new AlpacaRig();
    const [rejected, expiring] = [spread(rig), spread(rig)];
    rig.place(rejected);
    rig.venue.reject(rig.atVenue(rejected.intent.intentId), 'off tick');
    expect(kinds(rig.pass())).toEqual(['rejected']);
    const call = witness(rig.intent([LONG_CALL], -1.25, 1));
    rig.place(call);
    rig.trade(call.intent.intentId, 1);
    const [activity] = rig.venue.account.activities;
    const executionId = activity?.id.split('::')[1] ?? '';
    rig.venue.bust(rig.atVenue(call.intent.intentId), executionId, 1, 125);
    expect(rig.pass()).toMatchObject([{ kind: 'busted', fillId: executionId }]);
    expect(rig.snapshot()).toMatchObject({ positions: [], fills: [] });
    rig.place(expiring);
    expect(kinds(rig.goTo(16 * 60 + 20))).toContain('expired');
    const again = rig.find(expiring.intent.intentId);
    expect(kinds(again)).toEqual(['accepted', 'expired', 'searched']);
    expect(again.at(-1)).toMatchObject({ search: { outcome: 'found', standing: 'expired' } });
  });

  it.each([
    ['list', 'GET /v2/orders?status=all'],
    ['reading of the order', 'GET /v2/orders/0'],
  ])('takes an execution back for good, also where a %s was on its way', (_what, asked) => {
    const rig = new AlpacaRig();
    const call = witness(rig.intent([LONG_CALL], -1.25, 3));
    const { intentId } = call.intent;
    rig.place(call);
    const fills = [...fillsOf(rig.trade(intentId, 1)), ...fillsOf(rig.trade(intentId, 1))];
    rig.wires.onServed = (target) => {
      if (!target.startsWith(asked)) return;
      rig.wires.onServed = () => undefined;
      const toStream = rig.venue.onUpdate;
      rig.venue.onUpdate = (data) => {
        const text = JSON.stringify({ stream: 'trade_updates', data });
        rig.call((gateway, at) => gateway.onWire({ kind: 'socketFrame', text }, at));
      };
      rig.venue.bust(rig.atVenue(intentId), fills[1]?.fillId ?? '', 1, 125);
      rig.venue.onUpdate = toStream;
    };
    rig.wires.faults.onRequest('DELETE', 'dropRequest');
    rig.call((gateway, at) => gateway.cancel(intentId, at));
    expect(kinds(rig.pass(10))).toEqual(['busted', 'cancelled']);
    expect(rig.snapshot()).toMatchObject({ positions: [{ quantity: 1 }], fills: [fills[0]] });
  });

  it('shows in the snapshot: of several executions of a contract the one that does not stand any more', () => {
    const rig = new AlpacaRig();
    const call = witness(rig.intent([LONG_CALL], -1.25, 2));
    const { intentId } = call.intent;
    rig.place(call);
    const fills = [...fillsOf(rig.trade(intentId, 1)), ...fillsOf(rig.trade(intentId, 1))];
    expect(rig.snapshot().fills).toHaveLength(2);
    rig.wires.faults.onStream('lost');
    const [first, last] = fills;
    rig.venue.bust(rig.atVenue(intentId), last?.fillId ?? '', 1, 125);
    rig.pass();
    expect(rig.snapshot().fills).toEqual([first]);
  });

  it('shows in the snapshot: orders that it refused, of which no list tells', () => {
    const rig = new AlpacaRig();
    rig.venue.account.isSuspended = true;
    const order = spread(rig);
    expect(kinds(rig.place(order))).toEqual(['rejected']);
    const { intentId } = order.intent;
    expect(rig.snapshot().endedOrders).toMatchObject([{ intentId, standing: 'rejected' }]);
  });

  it('shows in the snapshot: orders that somebody else gave, and they can be cancelled', () => {
    const rig = new AlpacaRig();
    const { id } = rig.placeForeign('2');
    const intentId = `external-${id}`;
    expect(rig.snapshot().workingOrders).toMatchObject([
      { intentId, remaining: 2, limit: -10_000 },
    ]);
    expect(kinds(rig.cancel(intentId))).toEqual(['cancelled']);
  });

  it('is an external fill where its liquidation closes one leg of a spread', () => {
    const { rig } = heldSpread();
    rig.venue.knobs.liquidation = 'oneLeg';
    const fills = fillsOf(rig.goTo(15 * 60 + 45));
    expect(fills).toHaveLength(1);
    expect(fills[0]).toMatchObject({ action: 'buyToClose', quantity: 1 });
    expect(fills[0]?.intentId).toMatch(/^external-/);
    expect(rig.snapshot().positions).toHaveLength(1);
  });

  it('after 15:30 refuses every order of the day, closes included', () => {
    const { rig, closing } = heldSpread();
    rig.goTo(15 * 60 + 29);
    const early = spread(rig);
    expect(kinds(rig.place(early))).toEqual(['accepted']);
    rig.cancel(early.intent.intentId);
    rig.goTo(15 * 60 + 30);
    expect(kinds(rig.place(spread(rig)))).toEqual(['rejected']);
    expect(rig.place(closing)).toMatchObject([{ kind: 'rejected', refusal: 'hours' }]);
  });

  it('tells an account that may not trade from legs that are not covered, and from what may pass', () => {
    const { rig } = heldSpread();
    const refusals = (order: ReturnType<typeof witness>) =>
      rig.place(order).map((event) => event.kind === 'rejected' && event.refusal);
    const short = optionLeg('sellToOpen', 'call', 640);
    expect(refusals(witness(rig.intent([short], 1.25, 1)))).toEqual(['combination']);
    const unlisted = optionLeg('buyToOpen', 'call', 999);
    expect(refusals(witness(rig.intent([unlisted], -1.25, 1)))).toEqual([undefined]);
    rig.venue.account.isSuspended = true;
    expect(refusals(spread(rig))).toEqual(['account']);
  });

  it('is told once where options are exercised, assigned or expire', () => {
    const rig = new AlpacaRig();
    const long = witness(rig.intent([optionLeg('buyToOpen', 'call', 630)], -1.25, 1));
    const short = spread(rig);
    for (const order of [long, short]) {
      rig.place(order);
      rig.trade(order.intent.intentId, 1);
    }
    rig.venue.quote('SPY', 63_799, 63_801);
    const events = [...rig.goTo(18 * 60), ...rig.pass(301)];
    const settled = events.flatMap((event) =>
      event.kind === 'settlement' ? [event.settlement] : [],
    );
    expect(
      settled.map(({ outcome, quantity, shares, sharePrice }) => [
        outcome,
        quantity,
        shares,
        sharePrice,
      ]),
    ).toEqual([
      ['exercised', 1, 100, 6_300_000],
      ['assigned', -1, 100, 6_400_000],
      ['expired', 1, 0, 6_350_000],
    ]);
    expect(rig.snapshot().positions).toMatchObject([{ symbol: 'SPY', quantity: 200 }]);
    expect(rig.restarted().pass(301)).toEqual([]);
  });
});

describe('a request', () => {
  it('says what opens, what leaves and what looks for an order', () => {
    const { rig, closing } = heldSpread();
    const resting = spread(rig);
    rig.place(resting);
    const turns = (use: (gateway: OrderGateway, at: At) => readonly GatewayEffect[]) =>
      use(rig.gateway, rig.at()).flatMap((each) => (each.kind === 'httpSend' ? [each.turn] : []));
    const { intentId } = resting.intent;
    expect(turns((gateway, at) => gateway.submit(spread(rig), at))).toEqual(['entry']);
    expect(turns((gateway, at) => gateway.submit(closing, at))).toEqual(['exit']);
    const roll = [optionLeg('buyToClose', 'put', 640), optionLeg('sellToOpen', 'put', 639)];
    const rolled = witness(rig.intent(roll, 0.1));
    expect(turns((gateway, at) => gateway.submit(rolled, at))).toEqual(['entry']);
    expect(turns((gateway, at) => gateway.cancel(intentId, at))).toEqual(['exit']);
    expect(turns((gateway, at) => gateway.findByIntent(intentId, at))).toEqual(['search']);
    rig.now = addMicros(rig.now, 6_000_000);
    expect(turns((gateway, at) => gateway.onClock(at, rig.session))).toContain('picture');
    rig.pass(0.3);
    expect(rig.turnsOf('GET /v2/positions')).toContain('read');
  });

  it('that moves a close leaves the last turns to other ways out, and what finishes it leaves first', () => {
    const { rig, closing } = heldSpread();
    rig.place(closing);
    rig.reprice(closing, -0.4);
    expect(rig.turnsOf('DELETE')).toEqual(['move']);
    expect(rig.turnsOf('POST').at(-1)).toBe('finish');
    const call = heldCall();
    call.rig.place(call.closing);
    call.rig.reprice(call.closing, 1.88);
    expect(call.rig.turnsOf('PATCH')).toEqual(['move']);
    const opening = spread(rig);
    rig.place(opening);
    rig.reprice(opening, 1.1);
    expect(rig.turnsOf('PATCH')).toEqual(['entry']);
  });

  it('for which there is no turn moves nothing: the limit is refused, and the order works on', () => {
    for (const { rig, closing, intentId } of [heldSpread(), heldCall()]) {
      rig.place(closing);
      const moved = closing.intent.limit / 10_000 - 0.1;
      const reads = rig.sent('GET /v2/orders/').length;
      rig.wires.faults.onRequest('DELETE', 'unsent');
      rig.wires.faults.onRequest('PATCH', 'unsent');
      expect(rig.reprice(closing, moved)).toMatchObject([
        { kind: 'cancelRejected', refusal: 'unsent' },
      ]);
      expect(rig.atVenue(intentId).status).toBe('new');
      expect(rig.sent('GET /v2/orders/')).toHaveLength(reads);
      rig.wires.faults.clear();
      expect(kinds(rig.reprice(closing, moved))).toEqual(['replaced']);
    }
  });

  it('that moves a close has no turn: a cancel that came meanwhile goes out by itself', () => {
    const { rig, closing, intentId } = heldSpread();
    rig.place(closing);
    rig.wires.faults.onRequest('DELETE', 'unsent');
    ask(rig, closing, -0.4);
    expect(kinds(rig.cancel(intentId))).toEqual(['cancelled']);
    expect(rig.turnsOf('DELETE')).toEqual(['move', 'exit']);
  });

  it('is left for a stop and a cancel, and each move finished, however often a close is moved', () => {
    const { rig, closing, intentId } = heldSpread(1);
    const resting = spread(rig);
    rig.place(resting);
    rig.place(closing);
    rig.pace = new TurnQueue(new RequestPacer(ALPACA_PACE, createPaceMemory(ALPACA_PACE)));
    const stop = witness(rig.intent(closingLegs([LONG_CALL]), 1));
    let moves = 0;
    for (let moment = 0; moment < 200; moment += 1) {
      moves += kinds(rig.reprice(closing, moment % 2 === 0 ? -0.4 : -0.41, 0.4)).filter(
        (kind) => kind === 'replaced',
      ).length;
      expect(rig.atVenue(intentId).status).toBe('new');
      if (moment !== 120) continue;
      const before = rig.sent('POST').length;
      rig.submit(stop);
      rig.call((gateway, at) => gateway.cancel(resting.intent.intentId, at));
      rig.pass(0.1);
      expect(rig.sent('POST').length - before).toBe(1);
      expect(rig.atVenue(resting.intent.intentId).status).toBe('canceled');
    }
    expect(moves).toBeGreaterThan(50);
    expect(moves).toBeLessThan(200);
  });
});

describe('a restart', () => {
  it('finds its orders again and tells what it missed, each thing once', () => {
    const rig = new AlpacaRig();
    const [filling, cancelled, resting] = [spread(rig, 2), spread(rig), spread(rig)];
    for (const order of [filling, cancelled, resting]) rig.place(order);
    rig.reprice(resting, 1.1);
    rig.trade(filling.intent.intentId, 1);
    const again = rig.restarted(false);
    again.venue.fill(again.atVenue(filling.intent.intentId), 1);
    again.venue.cancel(again.atVenue(cancelled.intent.intentId).id);
    const events = again.connect();
    expect(kinds(events)).toEqual(['connection', 'fill', 'fill', 'cancelled']);
    expect(again.snapshot()).toMatchObject({
      workingOrders: [{ intentId: resting.intent.intentId, limit: 11_000 }],
    });
    expect(again.snapshot().fills).toHaveLength(4);
    expect(kinds(again.reprice(resting, 1.2))).toEqual(['replaced']);
    expect(kinds(again.restarted().events.slice(again.events.length))).toEqual(['connection']);
  });

  it('holds a cancel that comes before its first list until that shows the order', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const again = rig.restarted(false);
    const { intentId } = order.intent;
    expect(again.call((gateway, at) => gateway.cancel(intentId, at))).toEqual([]);
    expect(kinds(again.connect())).toEqual(['connection', 'cancelled']);
  });

  it('sends no limit before its first list shows the order, which is no refusal of the broker’s', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const again = rig.restarted(false);
    ask(again, order, 1.1);
    expect(again.events.at(-1)).toMatchObject({ kind: 'cancelRejected', refusal: 'unsent' });
    again.connect();
    expect(again.sent('PATCH')).toEqual([]);
    expect(kinds(again.reprice(order, 1.1))).toEqual(['replaced']);
  });

  it('counts once what a search told again', () => {
    const rig = new AlpacaRig();
    const order = spread(rig, 2);
    rig.place(order);
    rig.trade(order.intent.intentId, 1);
    expect(fillsOf(rig.find(order.intent.intentId))).toHaveLength(2);
    const again = rig.restarted();
    expect(again.snapshot().fills).toHaveLength(2);
    expect(fillsOf(again.trade(order.intent.intentId, 1)).map(({ quantity }) => quantity)).toEqual([
      1, 1,
    ]);
    expect(again.snapshot().fills).toHaveLength(4);
  });

  it('finds what an order of the day before filled', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const again = rig.restarted(false);
    again.venue.fill(again.atVenue(order.intent.intentId), 1);
    again.now = addMicros(again.now, 24 * 3_600_000_000);
    again.venue.advance(again.now);
    again.connect();
    const events = again.find(order.intent.intentId);
    expect(kinds(events)).toEqual(['accepted', 'fill', 'fill', 'searched']);
    expect(events.at(-1)).toMatchObject({ search: { outcome: 'found', standing: 'filled' } });
  });

  it('takes what it finds of the day before for no execution of its own day', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const again = nextDay(rig);
    again.venue.fill(again.atVenue(order.intent.intentId), 1);
    again.connect();
    const found = fillsOf(again.find(order.intent.intentId));
    again.pass(10);
    expect(found).toHaveLength(2);
    for (const { marketAt } of found) expect(marketAt).toBeLessThan(again.snapshot().fillsSince);
  });

  it('finds an order of the day before of which nobody told anything', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.wires.faults.onRequest('POST', 'dropAnswer');
    rig.wires.isStreamUp = false;
    rig.submit(order);
    rig.pass(0.2);
    const again = nextDay(rig);
    again.venue.fill(again.atVenue(order.intent.intentId), 1);
    again.connect();
    const events = again.find(order.intent.intentId);
    expect(kinds(events)).toEqual(['accepted', 'fill', 'fill', 'searched']);
    expect(events.at(-1)).toMatchObject({ search: { outcome: 'found', standing: 'filled' } });
  });

  it('of which the journal is lost proves no absence while its order is listed', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.place(order);
    const again = new AlpacaRig({ venue: rig.venue });
    expect(again.find(order.intent.intentId).at(-1)).toMatchObject({
      search: { outcome: 'incomplete' },
    });
  });

  it('of an order that was on its way finds it by its client id', () => {
    const rig = new AlpacaRig();
    const order = spread(rig);
    rig.submit(order);
    rig.wires.faults.onRequest('POST', 'dropAnswer');
    rig.wires.isStreamUp = false;
    rig.pass(0.1);
    const events = rig.restarted().events;
    expect(kinds(events)).toContain('accepted');
  });

  it('refuses a picture of another account', () => {
    const rig = new AlpacaRig({ accountId: 'PA3ANOTHER000' });
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
  });
});
