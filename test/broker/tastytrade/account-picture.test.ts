import { describe, expect, it } from 'vitest';
import type { BrokerEvent, GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { TastytradeGateway } from '../../../src/broker/tastytrade/tastytrade-gateway.ts';
import { instrumentSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { newYorkInstant, sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, cents, price } from '../../../src/engine/domain/units.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';
import {
  ACCOUNT,
  kindsOf,
  LONG_PUT,
  newVenue,
  SHORT_PUT,
  SPREAD,
  TASTY_DATE,
  TastyRig,
} from './tasty-rig.ts';

function fillsIn(events: readonly BrokerEvent[]): readonly Fill[] {
  return events.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
}

function connected(): TastyRig {
  const rig = new TastyRig();
  rig.connect();
  return rig;
}

function cashCents(rig: TastyRig): number | undefined {
  return rig.gateway.snapshot(rig.at())?.cashCents;
}

/** The operator took this contract over. */
function adopted(symbol: string, rig: TastyRig): BrokerEvent {
  const instrument = parseOccSymbol(symbol);
  if (instrument === undefined) throw new Error('the symbol is one of an option');
  const facts = { fillId: 'adopted-1', intentId: 'external', instrument, quantity: 1 };
  const money = { price: price(30_000), feesCents: cents(0), marketAt: rig.at().market };
  return { kind: 'fill', fill: { ...facts, action: 'buyToOpen', ...money } };
}

function settledIn(events: readonly BrokerEvent[]): string[] {
  return events.flatMap((event) => {
    return event.kind === 'settlement' ? [instrumentSymbol(event.settlement.instrument)] : [];
  });
}

/** Each list of orders holds this row too. */
function putInLists(rig: TastyRig, row: object): void {
  const handle = rig.venue.handle.bind(rig.venue);
  rig.venue.handle = (request) => {
    const reply = handle(request);
    const { data } = reply.body as { data?: { items?: object[] } };
    if (request.method === 'GET' && request.url.includes('/orders')) data?.items?.push(row);
    return reply;
  };
}

/** An order in a future, of which this engine knows nothing. */
function rowOf(tag: string): object {
  const leg = { symbol: './ESZ6 E3DX6 261120P5900', action: 'Buy to Open', quantity: 1 };
  return { id: 9, status: 'Live', 'external-identifier': tag, legs: [leg] };
}

function search(rig: TastyRig, intentId: string): unknown {
  const events = rig.call((gateway, at) => gateway.findByIntent(intentId, at));
  const last = [...events, ...rig.pass(3_000)].at(-1);
  return last?.kind === 'searched' ? last.search : undefined;
}

describe('the picture of an account at tastytrade', () => {
  it('is the same whether balances come as one object or as rows', () => {
    const rig = connected();
    expect(cashCents(rig)).toBe(10_000_000);
    rig.venue.account.balancesAsItems = false;
    rig.venue.account.cashCents = 5_000_001;
    rig.pass(12_000);
    expect(cashCents(rig)).toBe(5_000_001);
  });

  it('waits for positions that trail their fills', () => {
    const rig = connected();
    rig.venue.account.positionLagMillis = 3_000;
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.fill(rig.head(intent.intentId), 1);
    for (let second = 0; second < 20; second += 1) {
      rig.pass(1_000);
      const { fills = [], positions = [] } = rig.gateway.snapshot(rig.at()) ?? {};
      expect(positions.length).toBe(fills.length);
    }
    expect(rig.gateway.snapshot(rig.at())?.positions).toHaveLength(2);
  });

  it('is of one moment: a change between its first and last request throws it away', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 2);
    rig.place(intent);
    rig.pass(6_000);
    const before = rig.gateway.snapshot(rig.at());
    let isChanged = false;
    const handle = rig.venue.handle.bind(rig.venue);
    rig.venue.handle = (request) => {
      const reply = handle(request);
      if (!isChanged && request.url.endsWith('/balances')) {
        isChanged = true;
        rig.venue.orders.fill(rig.head(intent.intentId), 1);
      }
      return reply;
    };
    while (!isChanged) rig.pass(50);
    rig.pass(100);
    expect(rig.gateway.snapshot(rig.at())).toBe(before);
    rig.pass(12_000);
    expect(rig.gateway.snapshot(rig.at())).toMatchObject({ workingOrders: [{ remaining: 1 }] });
  });

  it('is of the moment at which its reads began, however slow they are', () => {
    const rig = connected();
    const handle = rig.venue.handle.bind(rig.venue);
    const seenAt: number[] = [];
    rig.venue.handle = (request) => {
      if (request.url.endsWith('/positions')) seenAt.push(rig.at().wall);
      return handle(request);
    };
    rig.wire.latencyMillis = 600;
    const before = rig.gateway.snapshot(rig.at());
    rig.pass(9_000);
    const after = rig.gateway.snapshot(rig.at());
    expect(after).not.toBe(before);
    expect(after?.asOf.wall).toBeLessThanOrEqual(seenAt.at(-1) ?? 0);
    expect(seenAt).toContain((after?.asOf.wall ?? 0) + 600_000);
  });

  it('is thrown away where the stream told of a position while it was read, and of no order', () => {
    const rig = connected();
    const handle = rig.venue.handle.bind(rig.venue);
    let isTold = false;
    rig.venue.handle = (request) => {
      const reply = handle(request);
      if (!isTold && request.url.endsWith('/balances')) {
        isTold = true;
        rig.venue.stream.tell({ type: 'CurrentPosition', data: { symbol: 'SPY' } });
      }
      return reply;
    };
    const before = rig.gateway.snapshot(rig.at());
    while (!isTold) rig.pass(50);
    rig.pass(200);
    expect(rig.gateway.snapshot(rig.at())).toBe(before);
    rig.pass(6_000);
    expect(rig.gateway.snapshot(rig.at())).not.toBe(before);
  });

  it('waits for the fills of every leg of an order that is told as filled', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    const order = rig.venue.orders.all.get(rig.head(intent.intentId));
    const [, last] = order?.legs ?? [];
    const tell = rig.venue.stream.tell.bind(rig.venue.stream);
    rig.venue.stream.tell = () => undefined;
    rig.venue.orders.fill(rig.head(intent.intentId), 1);
    rig.venue.stream.tell = tell;
    // The last leg's own execution comes later, and in the lists alone.
    const late = last?.fills.splice(0) ?? [];
    rig.venue.orders.changes += 1;
    rig.venue.account.lots.delete(last?.symbol ?? '');
    rig.venue.account.showPositions();
    const before = rig.gateway.snapshot(rig.at());
    rig.pass(12_000);
    expect(rig.gateway.snapshot(rig.at())).toBe(before);
    last?.fills.push(...late);
    rig.venue.orders.changes += 1;
    rig.venue.account.lots.set(last?.symbol ?? '', { quantity: 1, average: 0.85 });
    rig.venue.account.showPositions();
    rig.pass(12_000);
    const { fills = [], positions = [] } = rig.gateway.snapshot(rig.at()) ?? {};
    expect([fills.length, positions.length]).toEqual([2, 2]);
  });

  it('is begun anew where answers never came', () => {
    const gateway = new TastytradeGateway({
      accountId: ACCOUNT,
      source: 'deltaring/test',
      history: { intents: [], brokerEvents: [] },
    });
    const start = newYorkInstant(TASTY_DATE, 10 * 60);
    const session = sessionTimes(TASTY_DATE);
    if (session === undefined) throw new Error('it is a day of trading');
    const listsAsked = (effects: readonly GatewayEffect[]) =>
      effects.filter((each) => each.kind === 'httpSend' && each.path.endsWith('/live')).length;
    const atSecond = (second: number) => {
      const now = addMicros(start, second * 1_000_000);
      return { market: now, wall: now };
    };
    const ack = '{"status":"ok","action":"connect","request-id":1}';
    gateway.onWire({ kind: 'socketOpen' }, atSecond(0));
    gateway.onWire({ kind: 'socketFrame', text: ack }, atSecond(0));
    let lists = 0;
    for (let second = 1; second <= 100; second += 1) {
      const heard = { kind: 'socketFrame', text: '{}' } as const;
      gateway.onWire(heard, atSecond(second));
      lists += listsAsked(gateway.onClock(atSecond(second), session));
    }
    expect(lists).toBe(2);
    expect(gateway.snapshot(atSecond(100))).toBeUndefined();
  });

  it('shows an order of the risk desk and its fills under a name of their own', () => {
    const rig = connected();
    const opened = rig.intent(SPREAD, 1);
    rig.place(opened);
    rig.venue.orders.fill(rig.head(opened.intentId), 1);
    rig.pass(6_000);
    const symbol = instrumentSymbol(SHORT_PUT.instrument);
    const { id } = rig.venue.orders.foreign([{ symbol, action: 'Buy to Close', quantity: 1 }], -2);
    rig.venue.orders.fill(id, 1);
    const events = rig.pass(12_000);
    expect(kindsOf(events, `external-${id}`)).toEqual(['accepted', 'fill']);
    const { positions } = rig.gateway.snapshot(rig.at()) ?? {};
    expect(positions?.map((position) => position.symbol)).toEqual([
      instrumentSymbol(LONG_PUT.instrument),
    ]);
  });

  it('tells an execution of such an order once, on whatever later day a run begins while it works', () => {
    const before = connected();
    const leg = { symbol: instrumentSymbol(SHORT_PUT.instrument), action: 'Buy to Open' };
    const { id } = before.venue.orders.foreign([{ ...leg, quantity: 5 }], -2);
    before.venue.orders.fill(id, 2);
    const brokerEvents = before.pass(6_000);
    expect(kindsOf(brokerEvents, `external-${id}`)).toEqual(['accepted', 'fill']);
    before.wire.die();
    for (const days of [0, 2]) {
      before.venue.clock.advance(days * 86_400_000);
      const rig = new TastyRig({ venue: before.venue, history: { intents: [], brokerEvents } });
      const events = rig.connect();
      rig.venue.orders.fill(id, 1);
      events.push(...rig.pass(6_000));
      expect(kindsOf(events, `external-${id}`)).toEqual(['accepted', 'fill']);
      brokerEvents.push(...events);
      if (days === 0) {
        expect(rig.gateway.snapshot(rig.at())?.fills).toEqual(fillsIn(brokerEvents));
      }
      rig.wire.die();
    }
  });

  it('reads every page of a long day', () => {
    const rig = connected();
    for (let order = 0; order < 450; order += 1) {
      rig.venue.orders.foreign(
        [{ symbol: 'SPY   260804P00640000', action: 'Buy to Open', quantity: 1 }],
        -1,
      );
    }
    rig.pass(20_000);
    expect(rig.gateway.snapshot(rig.at())?.workingOrders).toHaveLength(450);
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    const found = rig.call((gateway, at) => gateway.findByIntent(intent.intentId, at));
    expect([...found, ...rig.pass(5_000)].at(-1)).toMatchObject({ search: { outcome: 'found' } });
  });

  it('says that a search is incomplete where a list does not come to its end', () => {
    const rig = connected();
    rig.venue.faults.add(/^GET .*start-date/, 'gateway');
    const events = rig.call((gateway, at) => gateway.findByIntent('20260804-000077', at));
    expect([...events, ...rig.pass(3_000)]).toMatchObject([
      { kind: 'searched', search: { outcome: 'incomplete', evidence: 'status 502' } },
    ]);
  });

  it.each([
    ['that is none at all', () => ({ note: 'maintenance' })],
    ['of ours with legs that have no word here', (id: string) => rowOf(id)],
  ])('says that a search is incomplete where a list holds an order %s', (_, row) => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.venue.faults.add(/^POST .*orders$/, 'lost');
    rig.place(intent, 9_000);
    putInLists(rig, row(intent.intentId));
    expect(search(rig, intent.intentId)).toMatchObject({
      outcome: 'incomplete',
      evidence: 'an order in it cannot be read',
    });
  });

  it('leaves out what somebody else ordered and this engine has no word for', () => {
    const rig = connected();
    putInLists(rig, rowOf('their own tag'));
    expect(search(rig, '20260804-000077')).toMatchObject({ outcome: 'absent' });
  });

  it('rests its reads after a 429 and comes back', () => {
    const rig = connected();
    rig.venue.faults.add(/^GET .*live/, 'throttled', 2);
    const first = rig.gateway.snapshot(rig.at())?.asOf.wall ?? 0;
    rig.pass(30_000);
    expect(rig.gateway.snapshot(rig.at())?.asOf.wall).toBeGreaterThan(first);
    const answered = rig.venue.seen.filter((line) => line.includes('/positions')).length;
    expect(answered).toBeGreaterThan(1);
  });

  it('is taken more rarely once the broker has said that it is asked too often', () => {
    const rig = connected();
    const readsIn = (millis: number): number => {
      const before = rig.venue.seen.length;
      rig.pass(millis);
      return rig.venue.seen.slice(before).filter((line) => line.includes('/positions')).length;
    };
    expect(readsIn(60_000)).toBe(20);
    rig.venue.faults.add(/^GET .*live/, 'throttled', 1);
    rig.pass(30_000);
    expect(readsIn(60_000)).toBe(6);
    rig.pass(600_000, 1_000);
    expect(readsIn(60_000)).toBe(20);
  });

  it('is none once its reads have failed for half a minute, and there again with the next', () => {
    const rig = connected();
    rig.venue.faults.add(/^GET .*positions/, 'gateway', 40);
    rig.pass(29_000);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
    rig.pass(5_000);
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
    rig.pass(30_000);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
  });

  it('is none once something moved in every round of half a minute', () => {
    const rig = connected();
    const handle = rig.venue.handle.bind(rig.venue);
    let moves = true;
    rig.venue.handle = (request) => {
      const reply = handle(request);
      if (moves && request.url.endsWith('/balances')) {
        const leg = { symbol: 'SPY   260804P00640000', action: 'Buy to Open', quantity: 1 };
        rig.venue.orders.foreign([leg], -1);
      }
      return reply;
    };
    rig.pass(29_000);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
    rig.pass(6_000);
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
    moves = false;
    rig.pass(6_000);
    expect(rig.gateway.snapshot(rig.at())).toBeDefined();
  });

  it('goes on after an execution of a filled order was taken back, and lacks it', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.fill(rig.head(intent.intentId), 1);
    rig.pass(8_000);
    expect(rig.gateway.snapshot(rig.at())?.fills).toHaveLength(2);
    const [leg] = [...rig.venue.orders.all.values()][0]?.legs ?? [];
    const [busted] = leg?.fills.splice(0, 1) ?? [];
    rig.venue.orders.changes += 1;
    if (leg === undefined || busted === undefined) throw new Error('a leg has filled');
    rig.venue.account.bust(leg.symbol);
    const from = rig.at().wall;
    rig.pass(8_000);
    const { asOf, fills, positions } = rig.gateway.snapshot(rig.at()) ?? {};
    expect(asOf?.wall).toBeGreaterThan(from);
    expect([fills?.length, positions?.length]).toEqual([1, 1]);
  });

  it('of a run that saw less of a filled order than was ordered is there all the same, and so is its end', () => {
    const before = connected();
    const intent = before.intent(SPREAD, 1);
    const brokerEvents = before.place(intent);
    before.venue.orders.fill(before.head(intent.intentId), 1);
    brokerEvents.push(...before.pass(8_000));
    before.wire.die();
    const { venue } = before;
    const [leg] = [...venue.orders.all.values()][0]?.legs ?? [];
    leg?.fills.splice(0, 1);
    venue.orders.changes += 1;
    venue.account.bust(leg?.symbol ?? '');
    const rig = new TastyRig({ venue, history: { intents: [intent], brokerEvents } });
    rig.connect();
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
    rig.pass(20_000);
    const { fills, positions, endedOrders } = rig.gateway.snapshot(rig.at()) ?? {};
    expect([fills?.length, positions?.length]).toEqual([1, 1]);
    const { intentId } = intent;
    expect(endedOrders).toEqual([{ intentId, standing: 'filled', remaining: 1 }]);
    expect(search(rig, intentId)).toMatchObject({ outcome: 'found', standing: 'filled' });
  });

  it('is taken again at once where it is wanted, and not oftener than positions may be read', () => {
    const rig = connected();
    const first = rig.gateway.snapshot(rig.at());
    for (let beat = 0; beat < 22; beat += 1) {
      rig.gateway.lookAgain(rig.at());
      rig.pass(50);
    }
    const second = rig.gateway.snapshot(rig.at());
    expect((second?.asOf.wall ?? 0) - (first?.asOf.wall ?? 0)).toBeGreaterThanOrEqual(1_100_000);
    expect((second?.asOf.wall ?? 0) - (first?.asOf.wall ?? 0)).toBeLessThan(3_000_000);
  });

  it.each([
    ['names no action, and so no sign', false],
    ['names its action', true],
  ])('tells assignment, exercise and expiry once, where an expiry %s', (_, isNamed) => {
    const rig = new TastyRig({ venue: newVenue(15 * 60 + 20) });
    rig.venue.account.namesExpiryAction = isNamed;
    rig.connect();
    const opened = rig.intent([...SPREAD, optionLeg('buyToOpen', 'call', 650)], 1);
    rig.place(opened);
    rig.venue.orders.fill(rig.head(opened.intentId), 1);
    rig.venue.account.lots.set('SPY   260804C00600000', { quantity: 1, average: 3 });
    rig.pass(60 * 60_000, 10_000);
    rig.venue.endSession(637.5);
    const events = rig.pass(600_000, 10_000);
    const settlements = events.flatMap((e) => (e.kind === 'settlement' ? [e.settlement] : []));
    const told = settlements.map(
      (each) => `${each.outcome} ${each.quantity}, ${each.shares} shares`,
    );
    expect(told.toSorted((a, b) => a.localeCompare(b))).toEqual([
      'assigned -1, 100 shares',
      'expired 1, 0 shares',
      'expired 1, 0 shares',
    ]);
    const unsigned = settlements.filter(({ isUnsigned }) => isUnsigned === true);
    expect(unsigned).toHaveLength(isNamed ? 0 : 2);
  });

  it.each([
    ['on the evening of their day', 4 * 60],
    ['on the morning after', 18 * 60],
  ])(
    'tells settlements that are posted %s before the second picture that shows them',
    (_, minutes) => {
      const rig = new TastyRig({ venue: newVenue(15 * 60 + 20) });
      rig.connect();
      const opened = rig.intent(SPREAD, 1);
      rig.place(opened);
      rig.venue.orders.fill(rig.head(opened.intentId), 1);
      rig.pass(minutes * 60_000, 30_000);
      rig.pass(30_000);
      for (const { instrument } of SPREAD) {
        rig.venue.account.settle(instrumentSymbol(instrument), 637.5);
      }
      const inPicture = () => rig.gateway.snapshot(rig.at())?.positions.length;
      const events: BrokerEvent[] = [];
      while (inPicture() === 2) events.push(...rig.pass(50));
      expect(settledIn([...events, ...rig.pass(500)])).toHaveLength(2);
    },
  );

  it('tells what becomes of contracts that somebody else brought into the account', () => {
    const rig = new TastyRig({ venue: newVenue(15 * 60 + 20) });
    const symbol = 'SPY   260804C00650000';
    rig.venue.account.lots.set(symbol, { quantity: 1, average: 3 });
    rig.venue.account.showPositions();
    rig.connect();
    const history = { intents: [], brokerEvents: [adopted(symbol, rig)] };
    rig.venue.endSession(637.5);
    expect(settledIn(rig.pass(60 * 60_000, 10_000))).toEqual([symbol]);
    const again = new TastyRig({ venue: rig.venue, history });
    expect(settledIn(again.connect())).toEqual([symbol]);
    expect(settledIn(new TastyRig({ venue: rig.venue }).connect())).toEqual([]);
  });

  it('knows its own orders by the journal and the lists, through a chain of replacements', () => {
    const first = connected();
    const intent = first.intent(SPREAD, 1, 2);
    const placed = first.place(intent);
    first.venue.orders.replace('', first.head(intent.intentId), {
      price: '0.9',
      'price-effect': 'Credit',
    });
    first.pass(300);
    const history = { intents: [intent], brokerEvents: placed };
    const second = new TastyRig({ venue: first.venue, history });
    first.wire.cut();
    second.connect();
    expect(second.gateway.snapshot(second.at())?.workingOrders).toMatchObject([
      { intentId: intent.intentId, remaining: 2, limit: 9_000 },
    ]);
  });

  it('takes an order with a tag of ours that its journal does not know for somebody else’s', () => {
    const venue = newVenue();
    const first = new TastyRig({ venue });
    first.connect();
    const intent = first.intent(SPREAD, 1);
    first.place(intent);
    const id = first.head(intent.intentId);
    const second = new TastyRig({ venue });
    second.connect();
    expect(second.gateway.snapshot(second.at())?.workingOrders).toMatchObject([
      { intentId: `external-${id}` },
    ]);
  });

  it('closes shares that an assignment left', () => {
    const rig = connected();
    rig.venue.account.lots.set('SPY', { quantity: 100, average: 640 });
    const close = rig.intent([sharesLeg('sellToClose', 1)], 637, 100, 'close');
    const events = rig.place(close);
    expect(kindsOf(events, close.intentId)).toEqual(['accepted']);
    rig.venue.orders.fill(rig.head(close.intentId), 100);
    const [fill] = rig.pass(300).flatMap((e) => (e.kind === 'fill' ? [e.fill] : []));
    expect(fill).toMatchObject({ quantity: 100, feesCents: 0, instrument: { kind: 'shares' } });
  });
});
