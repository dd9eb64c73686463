import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { witness } from '../paper/paper-rig.ts';
import { kindsOf, newVenue, TastyRig } from './tasty-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 650);
const SELL = optionLeg('sellToClose', 'call', 650);
const SYMBOL = instrumentSymbol(CALL.instrument);

/** A call that is held, at 2.00 bid. */
function holding(): TastyRig {
  const venue = newVenue();
  venue.quote(SYMBOL, 2, 2.1);
  venue.orders.knobs.fillsByQuote = true;
  const rig = new TastyRig({ venue });
  rig.connect();
  rig.place(rig.intent([CALL], -2.1));
  rig.pass(12_000);
  return rig;
}

function stopAt(rig: TastyRig, dollars: number): OrderIntent {
  const stopTrigger = priceFromDollars(dollars);
  return { ...rig.intent([SELL], 0.01, 1, 'protective'), stopTrigger };
}

describe('a stop at tastytrade', () => {
  it('rests as a stop limit for the day, is listed, and sells at the market once its trigger is bid', () => {
    const rig = holding();
    const stop = stopAt(rig, 1);
    expect(kindsOf(rig.place(stop), stop.intentId)).toEqual(['accepted']);
    expect(rig.venue.orders.headOf(stop.intentId)).toMatchObject({
      orderType: 'Stop Limit',
      timeInForce: 'Day',
      stop: 1,
      limit: 0.01,
    });
    rig.pass(12_000);
    expect(rig.gateway.snapshot(rig.at())?.workingOrders).toMatchObject([
      { intentId: stop.intentId, remaining: 1, stopTrigger: 10_000 },
    ]);
    rig.venue.quote(SYMBOL, 0.9, 1);
    rig.venue.orders.match();
    const events = rig.pass(300);
    expect(kindsOf(events, stop.intentId)).toEqual(['fill']);
    expect(events.find(({ kind }) => kind === 'fill')).toMatchObject({ fill: { price: 9_000 } });
  });

  it('is called back like any other order, and never moved', () => {
    const rig = holding();
    const stop = stopAt(rig, 1);
    rig.place(stop);
    const moved = witness({ ...stop, limit: price(200) });
    expect(rig.call((gateway, at) => gateway.reprice(moved, at))).toMatchObject([
      { kind: 'cancelRejected', reason: 'a stop is not moved' },
    ]);
    const events = rig.call((gateway, at) => gateway.cancel(stop.intentId, at));
    expect(kindsOf([...events, ...rig.pass(300)], stop.intentId)).toEqual(['cancelled']);
  });

  it('that would open something is refused by the strict instruction', () => {
    const rig = new TastyRig();
    rig.connect();
    const stop = stopAt(rig, 1);
    expect(rig.place(stop)).toMatchObject([
      { kind: 'rejected', reason: expect.stringContaining('closing_with_no_position') },
    ]);
  });

  it('is not written for several legs, for nothing, or off the cent', () => {
    const rig = holding();
    const stop = stopAt(rig, 1);
    const flawed = [
      { ...stop, legs: [SELL, optionLeg('buyToClose', 'call', 655)] },
      { ...stop, legs: [optionLeg('buyToClose', 'call', 650)] },
      { ...stop, limit: price(0) },
      { ...stop, stopTrigger: price(0) },
      { ...stop, stopTrigger: price(10_050) },
    ];
    const posts = rig.venue.orders.posts;
    const reasons = flawed.flatMap((intent) => rig.send(intent));
    expect(reasons.map((event) => 'reason' in event && event.reason.slice(0, 9))).toEqual(
      flawed.map(() => 'not sent:'),
    );
    expect(rig.venue.orders.posts).toBe(posts);
  });
});

describe('complex orders that somebody gave by hand', () => {
  const order = (type: string, action: string, more: object) => ({
    'order-type': type,
    'time-in-force': 'Day',
    ...more,
    legs: [{ 'instrument-type': 'Equity Option', symbol: SYMBOL, quantity: 1, action }],
  });
  const otoco = {
    type: 'OTOCO',
    'trigger-order': order('Limit', 'Buy to Open', { price: '2.1', 'price-effect': 'Debit' }),
    orders: [
      order('Limit', 'Sell to Close', { price: '4.0', 'price-effect': 'Credit' }),
      order('Stop', 'Sell to Close', { 'stop-trigger': '1.0' }),
    ],
  };

  /** Places it at the venue, past the adapter; the broker's ids in order, the trigger first, and the
   * order as the stream tells it. */
  function given(rig: TastyRig) {
    const { status, body } = rig.venue.complex.handle('POST', '/complex-orders', otoco);
    expect(status).toBe(201);
    const { data } = body as { readonly data: { readonly 'complex-order': object } };
    const frame = { type: 'ComplexOrder', data: data['complex-order'] };
    return { ids: [...rig.venue.orders.all.keys()], frame };
  }

  function standing(rig: TastyRig) {
    const { workingOrders = [], endedOrders = [] } = rig.gateway.snapshot(rig.at()) ?? {};
    return {
      working: workingOrders.map(({ intentId }) => intentId).toSorted(),
      ended: endedOrders.map((ended) => [ended.intentId, ended.standing]),
    };
  }

  function fillsIn(events: readonly BrokerEvent[]): readonly string[] {
    return events.flatMap((event) => (event.kind === 'fill' ? [event.fill.intentId] : []));
  }

  it('are each an order of somebody else, told by stream and lists alike, to the end of all', () => {
    const rig = new TastyRig();
    rig.venue.quote(SYMBOL, 2, 2.2);
    rig.connect();
    const [trigger = 0, target = 0, stop = 0] = given(rig).ids;
    const name = (id: number) => `external-${id}`;
    const soon = rig.pass(300);
    expect(soon.map((event) => ('intentId' in event ? event.intentId : '')).toSorted()).toEqual(
      [trigger, target, stop].map(name),
    );
    rig.pass(12_000);
    expect(standing(rig).working).toEqual([trigger, target, stop].map(name));
    rig.venue.orders.fill(trigger, 1);
    expect(fillsIn(rig.pass(12_000))).toEqual([name(trigger)]);
    expect(standing(rig).working).toEqual([target, stop].map(name));
    rig.venue.orders.fill(stop, 1);
    expect(fillsIn(rig.pass(12_000))).toEqual([name(stop)]);
    expect(standing(rig)).toEqual({
      working: [],
      ended: [
        [name(trigger), 'filled'],
        [name(target), 'cancelled'],
        [name(stop), 'filled'],
      ],
    });
    expect(rig.gateway.snapshot(rig.at())?.positions).toEqual([]);
  });

  it('are known from the one frame that tells of them together', () => {
    const rig = new TastyRig();
    rig.connect();
    const { ids, frame } = given(rig);
    const fresh = new TastyRig();
    const effects = fresh.gateway.onWire(
      { kind: 'socketFrame', text: JSON.stringify(frame) },
      rig.at(),
    );
    const told = effects.flatMap((effect) => (effect.kind === 'event' ? [effect.event] : []));
    expect(told.map((event) => 'intentId' in event && event.intentId)).toEqual(
      ids.map((id) => `external-${id}`),
    );
  });
});
