import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { witness } from '../paper/paper-rig.ts';
import { kindsOf, SPREAD, TastyRig } from './tasty-rig.ts';

function connected(): TastyRig {
  const rig = new TastyRig();
  rig.connect();
  return rig;
}

function cancel(rig: TastyRig, { intentId }: OrderIntent): BrokerEvent[] {
  return rig.call((gateway, at) => gateway.cancel(intentId, at));
}

function move(rig: TastyRig, intent: OrderIntent, dollars: number): BrokerEvent[] {
  const moved = witness({ ...intent, limit: priceFromDollars(dollars) });
  return rig.call((gateway, at) => gateway.reprice(moved, at));
}

function deletes(rig: TastyRig): number {
  return rig.venue.seen.filter((line) => line.startsWith('DELETE')).length;
}

function puts(rig: TastyRig): number {
  return rig.venue.seen.filter((line) => line.startsWith('PUT')).length;
}

describe('a cancel at tastytrade', () => {
  it('that loses against a fill is refused, and the fill counts', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.knobs.fillWinsCancel = true;
    const events = [...cancel(rig, intent), ...rig.pass(300)];
    expect(kindsOf(events, intent.intentId).toSorted()).toEqual(['cancelRejected', 'fill', 'fill']);
  });

  it('of an order whose POST is unanswered follows it as soon as there is something to cancel', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.send(intent);
    expect(cancel(rig, intent)).toEqual([]);
    expect(deletes(rig)).toBe(0);
    const events = rig.pass(500);
    expect(kindsOf(events, intent.intentId)).toEqual(['accepted', 'cancelled']);
    expect(deletes(rig)).toBe(1);
  });

  it('of an order that a restart knows from the journal alone leaves with the first list', () => {
    const before = connected();
    const intent = before.intent(SPREAD, 1);
    const brokerEvents = before.place(intent);
    const rig = new TastyRig({
      venue: before.venue,
      history: { intents: [intent], brokerEvents },
    });
    expect(cancel(rig, intent)).toEqual([]);
    const events = [...rig.connect(), ...rig.pass(1_000)];
    expect(kindsOf(events, intent.intentId)).toContain('cancelled');
    expect(deletes(rig)).toBe(1);
  });

  it('whose answer is lost is not proven, and its effect is told all the same', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.faults.add(/^DELETE/, 'gateway');
    const events = [...cancel(rig, intent), ...rig.pass(500)];
    expect(kindsOf(events, intent.intentId).toSorted()).toEqual(['cancelRejected', 'cancelled']);
  });

  it('during a replace ends the replacement too', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    move(rig, intent, 0.95);
    rig.pass(5, 5);
    const events = [...cancel(rig, intent), ...rig.pass(2_000)];
    expect(kindsOf(events, intent.intentId).at(-1)).toBe('cancelled');
    expect(rig.venue.orders.headOf(intent.intentId)).toBeUndefined();
  });

  it('that comes behind a replacement nobody has told of ends that too, and is not refused', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    const { stream } = rig.venue;
    const tell = stream.tell.bind(stream);
    stream.tell = () => undefined;
    rig.venue.faults.add(/^PUT/, 'mute');
    move(rig, intent, 0.95);
    rig.pass(100);
    const events = [...cancel(rig, intent), ...rig.pass(20)];
    stream.tell = tell;
    events.push(...rig.pass(12_000));
    expect(rig.venue.orders.headOf(intent.intentId)).toBeUndefined();
    expect(kindsOf(events, intent.intentId)).not.toContain('cancelRejected');
    expect(kindsOf(events, intent.intentId).at(-1)).toBe('cancelled');
  });

  it('of an order that was replaced meanwhile is not refused while the replacement is called back', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.knobs.cancelMillis = 500;
    rig.wire.latencyMillis = 200;
    move(rig, intent, 0.95);
    rig.pass(300);
    const events = [...cancel(rig, intent), ...rig.pass(3_000)];
    expect(kindsOf(events, intent.intentId)).toEqual(['replaced', 'cancelled']);
    expect(deletes(rig)).toBe(2);
  });

  it('that was taken and lost is asked again once a later list shows the order at work', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.knobs.losesCancels = 2;
    const soon = [...cancel(rig, intent), ...rig.pass(9_000)];
    expect(kindsOf(soon, intent.intentId)).toEqual([]);
    expect(deletes(rig)).toBe(1);
    const events = rig.pass(41_000);
    expect(kindsOf(events, intent.intentId)).toEqual(['cancelled']);
    expect(deletes(rig)).toBe(3);
  });

  it('that is lost again and again is given up and told as refused, so that it can be asked anew', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.knobs.losesCancels = 3;
    const events = [...cancel(rig, intent), ...rig.pass(90_000)];
    expect(events).toEqual([
      {
        kind: 'cancelRejected',
        intentId: intent.intentId,
        reason: 'taken 3 times by the broker, and the order works on',
      },
    ]);
    expect(deletes(rig)).toBe(3);
    expect([...cancel(rig, intent), ...rig.pass(300)]).toMatchObject([{ kind: 'cancelled' }]);
  });

  it('that is slow and known to the broker is not asked again', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.orders.knobs.cancelMillis = 40_000;
    cancel(rig, intent);
    const events = rig.pass(60_000);
    expect(kindsOf(events, intent.intentId)).toEqual(['cancelled']);
    expect(deletes(rig)).toBe(1);
  });

  it('reaches an order of somebody else by its name', () => {
    const rig = connected();
    const leg = { symbol: 'SPY   260804P00640000', action: 'Buy to Open', quantity: 1 };
    const { id } = rig.venue.orders.foreign([leg], -1);
    rig.pass(12_000);
    const [found] = rig.gateway.snapshot(rig.at())?.workingOrders ?? [];
    expect(found).toMatchObject({ intentId: `external-${id}`, brokerOrderId: String(id) });
    rig.call((gateway, at) => gateway.cancel(`external-${id}`, at));
    rig.pass(500);
    expect(rig.venue.orders.all.get(id)?.status).toBe('Cancelled');
  });
});

/** Legs of which one trades twice for each of the other. */
const RATIO = [optionLeg('sellToClose', 'put', 640), optionLeg('buyToClose', 'put', 635, 2)];

describe('a new limit at tastytrade', () => {
  it.each([
    ['an exit', 'close', 'exit'],
    ['an opening', 'open', 'entry'],
  ] as const)('of %s takes the turn of one', (_, purpose, turn) => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 1, purpose);
    rig.place(intent);
    const moved = witness({ ...intent, limit: priceFromDollars(0.95) });
    expect(rig.gateway.reprice(moved, rig.at())).toMatchObject([{ method: 'PUT', turn }]);
  });

  it('moves legs of different ratios, which is no more than is left', () => {
    const rig = connected();
    rig.venue.account.lots.set('SPY   260804P00640000', { quantity: 3, average: 1 });
    rig.venue.account.lots.set('SPY   260804P00635000', { quantity: -6, average: 1 });
    const intent = rig.intent(RATIO, 0.1, 3, 'close');
    expect(kindsOf(rig.place(intent), intent.intentId)).toEqual(['accepted']);
    const events = [...move(rig, intent, 0.05), ...rig.pass(1_000)];
    expect(kindsOf(events, intent.intentId)).toEqual(['replaced']);
    expect(deletes(rig)).toBe(0);
    expect(rig.venue.orders.headOf(intent.intentId)?.limit).toBe(0.05);
  });

  it('makes another order there, and the intent keeps its identity over the chain', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 2);
    rig.place(intent);
    const first = rig.head(intent.intentId);
    const moved = [...move(rig, intent, 0.95), ...rig.pass(500)];
    const again = [...move(rig, intent, 0.9), ...rig.pass(500)];
    expect([...moved, ...again].map(({ kind }) => kind)).toEqual(['replaced', 'replaced']);
    expect(rig.head(intent.intentId)).not.toBe(first);
    rig.venue.orders.fill(rig.head(intent.intentId), 2);
    const events = rig.pass(12_000);
    expect(kindsOf(events, intent.intentId)).toEqual(['fill', 'fill']);
    expect(rig.gateway.snapshot(rig.at())?.endedOrders).toEqual([
      { intentId: intent.intentId, standing: 'filled', remaining: 0 },
    ]);
  });

  it('is dropped by a fill of the order it was to replace, and the old one works on', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 3, 'close');
    rig.place(intent);
    const first = rig.head(intent.intentId);
    move(rig, intent, 0.95);
    rig.pass(5, 5);
    rig.venue.orders.fill(first, 1);
    const events = rig.pass(12_000);
    expect(kindsOf(events, intent.intentId)).toEqual(['fill', 'fill', 'cancelRejected']);
    expect(rig.gateway.snapshot(rig.at())?.workingOrders).toMatchObject([
      { brokerOrderId: String(first), remaining: 2, limit: intent.limit },
    ]);
    const moved = [...move(rig, intent, 0.9), ...rig.pass(500)];
    expect(kindsOf(moved, intent.intentId)).toEqual(['replaced']);
  });

  it('that is asked for again when the one before it is told is sent once', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 1, 'close');
    rig.place(intent);
    move(rig, intent, 0.95);
    move(rig, intent, 0.9);
    while (rig.pass(5, 5).length === 0);
    expect(move(rig, intent, 0.9)).toEqual([]);
    expect(rig.pass(1_000)).toMatchObject([{ kind: 'replaced', limit: 9_000 }]);
    expect(rig.venue.seen.filter((line) => line.startsWith('PUT'))).toHaveLength(2);
  });

  it('never moves an opening that filled in part, and always the newest wish of a close', () => {
    const rig = connected();
    const opening = rig.intent(SPREAD, 1, 2);
    rig.place(opening);
    rig.venue.orders.fill(rig.head(opening.intentId), 1);
    rig.pass(300);
    expect(move(rig, opening, 0.9)).toMatchObject([{ kind: 'cancelRejected' }]);
    const close = rig.intent(SPREAD, 1, 2, 'close');
    rig.place(close);
    move(rig, close, 0.95);
    move(rig, close, 0.9);
    expect(move(rig, close, 0.85)).toEqual([]);
    const limits = rig.pass(1_000).flatMap((e) => (e.kind === 'replaced' ? [e.limit] : []));
    expect(limits).toEqual([priceFromDollars(0.95), priceFromDollars(0.85)]);
  });

  it('whose order the exchange refuses ends the intent as rejected, for that reason', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 2, 'close');
    rig.place(intent);
    rig.venue.orders.knobs.refusesReplacement = 'margin_check_failed';
    const events = [...move(rig, intent, 0.95), ...rig.pass(12_000)];
    const { intentId } = intent;
    const reason = 'margin_check_failed';
    expect(events.at(-1)).toEqual({ kind: 'rejected', intentId, reason, refusal: 'combination' });
    expect(kindsOf(events, intentId)).not.toContain('cancelled');
  });

  it('whose answer is lost is not proven, and is told once the stream shows it', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    rig.venue.faults.add(/^PUT/, 'mute');
    const events = [...move(rig, intent, 0.95), ...rig.pass(9_000)];
    expect(kindsOf(events, intent.intentId).toSorted()).toEqual(['cancelRejected', 'replaced']);
  });

  it.each([
    ['came back to the first one', 1, [1]],
    ['went on from the one before', 0.9, [0.9]],
    ['stayed where it was', undefined, []],
  ] as const)('that %s while the engine was away is told where it differs', (_, last, told) => {
    const before = connected();
    const intent = before.intent(SPREAD, 1, 1, 'close');
    const { intentId } = intent;
    const events = before.place(intent);
    const first = before.head(intentId);
    const replace = (dollars: number): void => {
      const limit = { price: String(dollars), 'price-effect': 'Credit' };
      before.venue.orders.replace('', before.head(intentId), limit);
    };
    replace(0.95);
    events.push(...before.pass(500));
    expect(kindsOf(events, intentId)).toEqual(['accepted', 'replaced']);
    if (last !== undefined) replace(last);
    before.pass(500);
    before.wire.cut();
    const ours = { name: intentId, intents: [intent] };
    for (const { name, intents } of [ours, { name: `external-${first}`, intents: [] }]) {
      const brokerEvents = events.map((e) => ('intentId' in e ? { ...e, intentId: name } : e));
      const again = new TastyRig({ venue: before.venue, history: { intents, brokerEvents } });
      const limits = [...again.connect(), ...again.pass(1_000)].flatMap((event) =>
        event.kind === 'replaced' ? [{ name: event.intentId, limit: event.limit }] : [],
      );
      again.wire.cut();
      expect(limits).toEqual(told.map((dollars) => ({ name, limit: priceFromDollars(dollars) })));
    }
  });

  it.each([
    ['a close', 'close'],
    ['an opening', 'open'],
  ] as const)(
    'of %s that is not at the exchange yet waits until it is, and is the newest',
    (_, purpose) => {
      const rig = connected();
      rig.venue.orders.knobs.stepMillis = 400;
      const intent = rig.intent(SPREAD, 1, 1, purpose);
      rig.place(intent, 100);
      expect([...move(rig, intent, 0.95), ...move(rig, intent, 0.9), ...rig.pass(200)]).toEqual([]);
      expect(puts(rig)).toBe(0);
      const events = rig.pass(2_000);
      expect(events).toMatchObject([{ kind: 'replaced', limit: priceFromDollars(0.9) }]);
      expect(puts(rig)).toBe(1);
    },
  );

  it('that came back before its order was at the exchange is told, and not sent', () => {
    const rig = connected();
    rig.venue.orders.knobs.stepMillis = 400;
    const intent = rig.intent(SPREAD, 1, 1, 'close');
    rig.place(intent, 100);
    expect([...move(rig, intent, 0.95), ...move(rig, intent, 1)]).toEqual([]);
    expect(rig.pass(2_000)).toMatchObject([{ kind: 'replaced', limit: intent.limit }]);
    expect(puts(rig)).toBe(0);
  });

  it.each(['its cancel', 'its end'])('that waits for the exchange is dropped by %s', (by) => {
    const rig = connected();
    rig.venue.orders.knobs.stepMillis = 400;
    const intent = rig.intent(SPREAD, 1, 1, 'close');
    rig.place(intent, 100);
    move(rig, intent, 0.95);
    if (by === 'its cancel') cancel(rig, intent);
    else rig.venue.orders.end([...rig.venue.orders.all.values()].at(-1)!, 'Cancelled');
    expect(kindsOf(rig.pass(2_000), intent.intentId)).toEqual(['cancelled']);
    expect(puts(rig)).toBe(0);
  });

  it('of an order that a restart knows from the journal alone never leaves', () => {
    const before = connected();
    const intent = before.intent(SPREAD, 1, 1, 'close');
    const brokerEvents = before.place(intent);
    const history = { intents: [intent], brokerEvents };
    const rig = new TastyRig({ venue: before.venue, history });
    const sent = puts(rig);
    expect(move(rig, intent, 0.9)).toMatchObject([{ kind: 'cancelRejected', refusal: 'unsent' }]);
    rig.connect();
    rig.pass(1_000);
    expect(puts(rig)).toBe(sent);
    expect(kindsOf([...move(rig, intent, 0.9), ...rig.pass(1_000)], intent.intentId)).toEqual([
      'replaced',
    ]);
  });

  it('of an order that is being cancelled is refused', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1);
    rig.place(intent);
    cancel(rig, intent);
    expect(move(rig, intent, 0.9)).toMatchObject([
      { reason: 'it is being cancelled', refusal: 'unsent' },
    ]);
  });

  it('that would trade more than is left is called back before it works, and the old one stays', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 3, 'close');
    rig.place(intent);
    const first = rig.head(intent.intentId);
    rig.venue.orders.fill(first, 1);
    rig.pass(300);
    rig.venue.orders.knobs.replaceMillis = 500;
    rig.venue.orders.knobs.replacesWhole = true;
    const events = [...move(rig, intent, 0.9), ...rig.pass(2_000)];
    const made = [...rig.venue.orders.all.values()].at(-1);
    expect([made?.legs[0]?.quantity, made?.status]).toEqual([3, 'Cancelled']);
    expect(made?.legs.flatMap(({ fills }) => fills)).toEqual([]);
    expect(kindsOf(events, intent.intentId)).toContain('cancelRejected');
    expect(rig.venue.orders.all.get(first)?.legs[0]?.fills).toHaveLength(1);
  });

  it('that would trade more than is left and works already ends as the gateway’s own doing, found after a restart too', () => {
    const rig = connected();
    const intent = rig.intent(SPREAD, 1, 3, 'close');
    const { intentId } = intent;
    const brokerEvents = rig.place(intent);
    rig.venue.orders.fill(rig.head(intentId), 1);
    rig.pass(300);
    rig.venue.orders.knobs.cancelMillis = 500;
    rig.venue.orders.knobs.replacesWhole = true;
    const end = { kind: 'cancelled', intentId, remaining: 2, by: 'gateway' };
    expect([...move(rig, intent, 0.9), ...rig.pass(2_000)]).toContainEqual(end);
    const history = { intents: [intent], brokerEvents };
    const again = new TastyRig({ venue: rig.venue, history });
    expect([...again.connect(), ...again.pass(1_000)]).toContainEqual(end);
  });

  it('that somebody gives an order of theirs is theirs, also where it orders the whole again', () => {
    const rig = connected();
    const leg = { symbol: 'SPY   260804P00640000', action: 'Buy to Open', quantity: 5 };
    const { id } = rig.venue.orders.foreign([leg], -0.8);
    rig.pass(3_000);
    rig.venue.orders.fill(id, 2);
    rig.pass(6_000);
    rig.venue.orders.knobs.replacesWhole = true;
    rig.venue.orders.replace('', id, { price: '0.85', 'price-effect': 'Debit' });
    expect(kindsOf(rig.pass(8_000), `external-${id}`)).toEqual(['replaced']);
    expect(deletes(rig)).toBe(0);
    const made = [...rig.venue.orders.all.values()].at(-1);
    expect(made).toMatchObject({ replaces: id, status: 'Live' });
    rig.venue.orders.end(made!, 'Cancelled');
    const [end] = rig.pass(1_000);
    expect(end).toMatchObject({ kind: 'cancelled' });
    expect(end).not.toHaveProperty('by');
  });
});
