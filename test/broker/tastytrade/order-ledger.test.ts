import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountSnapshot, BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { OrderLedger } from '../../../src/broker/tastytrade/order-ledger.ts';
import { snapshotOf } from '../../../src/broker/tastytrade/snapshot-of.ts';
import type { TastyOrder } from '../../../src/broker/tastytrade/tasty-order.ts';
import { parseTastyOrder } from '../../../src/broker/tastytrade/tasty-order.ts';
import {
  countedUnits,
  quantityOf,
  shareQuantity,
} from '../../../src/engine/domain/share-quantity.ts';
import { cents, epochMicros, price } from '../../../src/engine/domain/units.ts';
import { SPREAD, TastyRig } from './tasty-rig.ts';

const WALL = epochMicros(1);

/** Everything the venue told of one intent: placed, filled in part, replaced, filled whole. */
function toldFrames(): { readonly frames: readonly unknown[]; readonly rig: TastyRig } {
  const rig = new TastyRig();
  rig.connect();
  const frames: unknown[] = [];
  const tell = rig.venue.stream.tell.bind(rig.venue.stream);
  rig.venue.stream.tell = (frame) => {
    const { type, data } = frame as { type: string; data: unknown };
    if (type === 'Order') frames.push(data);
    tell(frame);
  };
  const intent = rig.intent(SPREAD, 1, 3, 'close');
  rig.place(intent);
  rig.venue.orders.fill(rig.head(intent.intentId), 1);
  const limit = { price: '0.9', 'price-effect': 'Credit' };
  rig.venue.orders.replace('', rig.head(intent.intentId), limit);
  rig.pass(200);
  rig.venue.orders.fill(rig.head(intent.intentId), 2);
  rig.pass(200);
  return { frames, rig };
}

function hear(frames: readonly unknown[]): BrokerEvent[] {
  const ledger = new OrderLedger([new TastyRig().intent(SPREAD, 1, 3, 'close')]);
  return frames.flatMap((frame) => {
    const order = parseTastyOrder(frame);
    return order === undefined ? [] : [...ledger.take(order, WALL)];
  });
}

describe('the ledger of orders', () => {
  const { frames } = toldFrames();

  it('tells a chain once, in order', () => {
    expect(hear(frames).map(({ kind }) => kind)).toEqual([
      'accepted',
      'fill',
      'fill',
      'replaced',
      'fill',
      'fill',
    ]);
  });

  it('tells the limit of a replacement that is heard of before what it replaced, as after a start', () => {
    const isLater = (frame: unknown) => (frame as { price: string }).price !== '1.0';
    const later = frames.filter(isLater);
    const [accepted, replaced] = hear([...later, ...frames]);
    expect([accepted?.kind, replaced]).toMatchObject(['accepted', { limit: 9_000 }]);
  });

  it('comes to the same executions whatever order the frames come in, and however often', () => {
    const some = fc.shuffledSubarray([...frames, ...frames], {
      minLength: frames.length,
      maxLength: frames.length * 2,
    });
    fc.assert(
      fc.property(some, (order) => {
        const events = [...hear([...order, ...frames])];
        const fills = events.flatMap((e) => (e.kind === 'fill' ? [e.fill] : []));
        const sizes = fills.map(({ quantity }) => quantity).toSorted((a, b) => a - b);
        expect(sizes).toEqual([1, 1, 2, 2]);
        expect(new Set(fills.map(({ fillId }) => fillId)).size).toBe(4);
        const ends = events.filter(({ kind }) => kind === 'cancelled' || kind === 'rejected');
        expect(ends).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('gives an order of nobody here a name of its own, and its replacement the same', () => {
    const ledger = new OrderLedger([]);
    const events = frames.flatMap((frame) => {
      const order = parseTastyOrder(frame);
      return order === undefined ? [] : [...ledger.take(order, WALL)];
    });
    const names = events.flatMap((e) => ('intentId' in e ? [e.intentId] : []));
    expect(new Set(names)).toEqual(new Set(['external-301000']));
  });
});

it('forgets an execution that an earlier run told, and whose order is not heard of for two sessions', () => {
  const ledger = new OrderLedger([]);
  const [leg] = SPREAD;
  if (leg === undefined) throw new Error('a spread has legs');
  const ids = { fillId: '1', intentId: 'external-301' };
  const money = { price: price(10_000), feesCents: cents(0), marketAt: WALL };
  const { instrument, action } = leg;
  ledger.addFill({ ...ids, ...money, instrument, action, quantity: 1 });
  ledger.beginSession('');
  expect(ledger.size).toBe(2);
  ledger.beginSession('');
  expect(ledger.size).toBe(0);
});

/** An order of three units of whose legs so many contracts have filled: of the second leg two a unit. */
function filledBy(first: number, second: number, id = 301, rest: object = {}): TastyOrder {
  const legs = [
    { symbol: 'SPY   260804P00640000', action: 'Sell to Open', quantity: 3, filled: first },
    { symbol: 'SPY   260804P00635000', action: 'Buy to Open', quantity: 6, filled: second },
  ].map(({ filled, ...leg }) => {
    const fill = { 'fill-id': `${id} ${leg.symbol}`, quantity: filled, 'fill-price': '1.0' };
    const left = { 'remaining-quantity': leg.quantity - filled };
    return { ...leg, ...left, fills: filled === 0 ? [] : [fill] };
  });
  const limit = { price: '1.0', 'price-effect': 'Credit', 'updated-at': 1_785_852_000_000 };
  const order = parseTastyOrder({ id, status: 'Live', ...limit, ...rest, legs });
  if (order === undefined) throw new Error('it can be read');
  return order;
}

function pictureOf(ledger: OrderLedger, listed: readonly TastyOrder[]): AccountSnapshot {
  const asOf = { market: WALL, wall: WALL };
  const money = { cashCents: cents(0), buyingPowerCents: cents(0), marginCents: cents(0) };
  const rest = { asOf, accountId: 'A', positions: [], fillsSince: WALL, ...money };
  return snapshotOf(ledger, listed, rest);
}

describe('an order whose legs have filled unevenly', () => {
  it.each([
    [2, 2, 2],
    [2, 1, 3],
    [1, 6, 2],
    [0, 5, 3],
  ])('%i of the one and %i of the other leave %i units', (first, second, remaining) => {
    const order = filledBy(first, second);
    const ledger = new OrderLedger([]);
    ledger.take(order, WALL);
    expect(pictureOf(ledger, [order]).workingOrders).toMatchObject([{ remaining }]);
    expect(ledger.chain('external-301')?.remaining).toBe(remaining);
  });
});

/** An order of shares of which these parts have filled. */
function ofShares(quantity: number, parts: readonly number[], status: string): TastyOrder {
  const left = (quantity - parts.reduce((sum, part) => sum + part, 0)).toFixed(6);
  const order = parseTastyOrder({
    id: 301,
    status,
    price: '650',
    'price-effect': 'Debit',
    legs: [
      {
        symbol: 'SPY',
        'instrument-type': 'Equity',
        quantity: String(quantity),
        'remaining-quantity': left,
        action: 'Buy to Open',
        fills: parts.map((part, index) => {
          return { 'fill-id': `${index}`, quantity: String(part), 'fill-price': '650' };
        }),
      },
    ],
  });
  if (order === undefined) throw new Error('it can be read');
  return order;
}

describe('an order of somebody else’s for parts of shares', () => {
  it.each([
    [10.5, [], 10.5],
    [10.5, [4.2], 6.3],
    [10.5, [4], 6.5],
    [0.8, [0.1, 0.2], 0.5],
    [10, [4], 6],
  ])(
    'of %d shares has, with %j filled, %d left in the picture, as the desk counts',
    (quantity, parts, left) => {
      const ledger = new OrderLedger([]);
      const order = ofShares(quantity, parts, 'Live');
      const told = ledger.take(order, WALL);
      const picture = pictureOf(ledger, [order]);
      expect(picture.workingOrders).toMatchObject([{ remaining: left }]);
      expect(ledger.chain('external-301')?.remaining).toBe(left);
      const fills = told.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
      const { legs = [] } = picture.workingOrders[0] ?? {};
      expect(shareQuantity(quantity - countedUnits({ legs }, quantityOf(fills)))).toBe(left);
    },
  );

  it('ends with the parts that are left of it', () => {
    const ledger = new OrderLedger([]);
    const events = ledger.take(ofShares(10.5, [4.2], 'Cancelled'), WALL);
    expect(events.at(-1)).toMatchObject({ kind: 'cancelled', remaining: 6.3 });
    const filled = new OrderLedger([]);
    const order = ofShares(0.8, [0.3, 0.5], 'Filled');
    filled.take(order, WALL);
    const { endedOrders } = pictureOf(filled, [order]);
    expect(endedOrders).toMatchObject([{ standing: 'filled', remaining: 0 }]);
  });
});

describe('a chain of orders', () => {
  it('goes by the numbers of its orders, whatever number of digits they have', () => {
    const ledger = new OrderLedger([]);
    const replaced = { status: 'Cancelled', 'replacing-order-id': 10 };
    ledger.take(filledBy(0, 0, 10, { 'replaces-order-id': '9' }), WALL);
    ledger.take(filledBy(0, 0, 9, replaced), WALL);
    const chain = ledger.chain('external-9');
    expect(chain?.orders.map(({ id }) => id)).toEqual(['9', '10']);
    expect(chain?.standing).toBe('working');
  });

  it('counts by instrument what has filled, in whatever order its orders name their legs', () => {
    const ledger = new OrderLedger([]);
    ledger.take(filledBy(1, 2, 9, { status: 'Cancelled', 'replacing-order-id': 10 }), WALL);
    const next = filledBy(1, 2, 10, { 'replaces-order-id': '9' });
    ledger.take({ ...next, legs: next.legs.toReversed() }, WALL);
    expect(ledger.chain('external-9')?.remaining).toBe(1);
  });

  it('shows what is left of them by instrument too', () => {
    const ledger = new OrderLedger([]);
    const first = filledBy(0, 0, 9, { status: 'Cancelled', 'replacing-order-id': 10 });
    const next = filledBy(0, 0, 10, { 'replaces-order-id': '9' });
    const listed = [first, { ...next, legs: next.legs.toReversed() }];
    for (const order of listed) ledger.take(order, WALL);
    expect(pictureOf(ledger, listed).workingOrders).toMatchObject([{ remaining: 3 }]);
  });

  /** 9 was replaced by 10, which the exchange refused; each of them ended at its time. */
  function refused(cancelledAt: number, rejectedAt: number): BrokerEvent[] {
    const ledger = new OrderLedger([]);
    const next = { 'replacing-order-id': 10 };
    const rejected = { status: 'Rejected', 'reject-reason': 'margin_check_failed' };
    return [
      filledBy(0, 0, 9, { status: 'Replace Requested', ...next }),
      filledBy(0, 0, 10, { status: 'Contingent', 'replaces-order-id': '9' }),
      filledBy(0, 0, 9, { status: 'Cancelled', ...next, 'updated-at': cancelledAt }),
      filledBy(0, 0, 10, { ...rejected, 'replaces-order-id': '9', 'updated-at': rejectedAt }),
    ].flatMap((order) => [...ledger.take(order, WALL)]);
  }

  it('is rejected where its last order is, for that reason', () => {
    const reason = 'margin_check_failed';
    const end = { kind: 'rejected', intentId: 'external-9', reason, refusal: 'combination' };
    for (const later of [0, 5]) {
      const at = 1_785_852_000_100;
      expect(refused(at, at + later).at(-1)).toEqual(end);
    }
  });

  it('is cancelled where the order that was to be replaced worked on and was cancelled later', () => {
    const at = 1_785_852_000_100;
    expect(refused(at + 5, at).at(-1)).toMatchObject({ kind: 'cancelled', remaining: 3 });
  });
});
