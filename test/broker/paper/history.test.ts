import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { replayHistory } from '../../../src/broker/paper/history.ts';
import { remainingUnits } from '../../../src/broker/paper/paper-order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { fillsOf, kinds, PaperRig } from './paper-rig.ts';

const SHORT_PUT = optionLeg('sellToOpen', 'put', 640);
const LONG_PUT = optionLeg('buyToOpen', 'put', 635);
const CASH = cents(100_000_00);

function quoteSpread(rig: PaperRig, size: number): BrokerEvent[] {
  return [
    ...rig.quote(LONG_PUT.instrument, 0.8, 0.9, size),
    ...rig.quote(SHORT_PUT.instrument, 1.5, 1.6, size),
  ];
}

/** Three put spreads ordered, one filled; then a new limit that rests. */
function partlyFilled(): PaperRig {
  const rig = new PaperRig();
  quoteSpread(rig, 1);
  const intent = rig.accepted(rig.intent([SHORT_PUT, LONG_PUT], 0.6, 3));
  rig.quote(LONG_PUT.instrument, 0.8, 0.9, 1);
  rig.reprice(intent, 0.7);
  rig.pass();
  return rig;
}

/** What outlives a restart. */
function lasting(rig: PaperRig) {
  const { asOf: _asOf, ...rest } = rig.broker.snapshot(rig.at());
  return rest;
}

describe('a restart', () => {
  it('finds cash, positions, the working order, its limit and what is left of it', () => {
    const rig = partlyFilled();
    const again = rig.restarted();
    expect(lasting(again)).toEqual(lasting(rig));
    expect(lasting(again).workingOrders).toMatchObject([{ remaining: 2, limit: 7_000 }]);
  });

  it('knows nothing of an execution that was taken back since', () => {
    const rig = partlyFilled();
    const fills = fillsOf(rig.events);
    const [busted] = fills;
    if (busted === undefined) throw new Error('the rig has a fill');
    const { intentId, fillId } = busted;
    const bust = { kind: 'busted', intentId, fillId, reason: 'a bust' } as const;
    const { intents, events } = rig;
    const brokerEvents = [...events, bust];
    const replayed = replayHistory({ intents, brokerEvents }, CASH);
    expect(replayed.executions).toEqual(fills.slice(1));
    const bought = replayHistory({ intents, brokerEvents: events }, CASH);
    expect(replayed.account.cashCents).not.toBe(bought.account.cashCents);
  });

  it('goes on to fill what is left, under new ids', () => {
    const again = partlyFilled().restarted();
    const intent = again.intents[0];
    if (intent === undefined) throw new Error('the rig has an intent');
    again.reprice(intent, 0.6);
    again.pass();
    quoteSpread(again, 5);
    expect(lasting(again).workingOrders).toEqual([]);
    const ids = fillsOf(again.events).map((fill) => fill.fillId);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
  });

  it('lets the day order end at its last trade', () => {
    const again = partlyFilled().restarted();
    expect(again.broker.nextWake()).toBe(again.session.lastTrade);
    again.spot(700);
    expect(kinds(again.goTo(again.session.lastTrade))[0]).toBe('expired');
  });

  it('knows nothing of an intent that was never accepted', () => {
    const rig = new PaperRig();
    quoteSpread(rig, 1);
    const intent = rig.intent([SHORT_PUT, LONG_PUT], 0.6, 1);
    rig.submit(intent);
    const again = rig.restarted();
    again.pass(10_000);
    expect(again.broker.snapshot(again.at()).workingOrders).toEqual([]);
    again.cancel(intent.intentId);
    expect(kinds(again.pass())).toEqual(['cancelRejected']);
  });

  it('knows what ended', () => {
    const rig = partlyFilled();
    rig.cancel(rig.intents[0]?.intentId ?? '');
    rig.pass();
    const again = rig.restarted();
    expect(lasting(again)).toEqual(lasting(rig));
    again.cancel(rig.intents[0]?.intentId ?? '');
    expect(again.pass()).toMatchObject([{ reason: 'the order is already cancelled' }]);
  });

  it('settles what had been held', () => {
    const again = partlyFilled().restarted();
    again.now = again.session.exerciseMark;
    again.spot(700);
    again.goTo(again.session.lastTrade);
    expect(lasting(again).positions).toEqual([]);
  });
});

describe('a journal cut in the middle of an execution', () => {
  it('leaves a lagging leg, which the next quotes complete before anything else', () => {
    const rig = partlyFilled();
    const whole = rig.events.findIndex((event) => event.kind === 'fill');
    const cut = rig.events.slice(0, whole + 1);
    const again = new PaperRig({ history: { intents: rig.intents, brokerEvents: cut } });
    again.now = rig.now;
    expect(again.broker.snapshot(again.at()).positions).toHaveLength(1);
    expect(fillsOf(again.quote(LONG_PUT.instrument, 1.8, 1.9, 1))).toMatchObject([
      { action: 'buyToOpen', quantity: 1, price: 19_000 },
    ]);
    expect(lasting(again)).toMatchObject({ workingOrders: [{ remaining: 2 }] });
    const signed = fillsOf(again.events).map((fill) => legSign(fill.action) * fill.quantity);
    expect(signed).toEqual([-1, 1]);
  });
});

describe('the replay of a history', () => {
  it('counts a fill once, passes over strangers, and restated acceptances', () => {
    const rig = partlyFilled();
    const fill = rig.events.find((event) => event.kind === 'fill');
    const accepted = rig.events.find((event) => event.kind === 'accepted');
    if (fill?.kind !== 'fill' || accepted === undefined) throw new Error('the rig traded');
    const stranger: BrokerEvent = {
      kind: 'fill',
      fill: { ...fill.fill, fillId: 'x', intentId: 'stranger' },
    };
    const connection: BrokerEvent = { kind: 'connection', connected: true, detail: '' };
    const brokerEvents = [...rig.events, fill, stranger, accepted, connection];
    const once = replayHistory({ intents: rig.intents, brokerEvents: rig.events }, CASH);
    const twice = replayHistory({ intents: rig.intents, brokerEvents }, CASH);
    expect(twice.account.cashCents).toBe(once.account.cashCents);
    expect([...twice.orders.values()].map(remainingUnits)).toEqual([2]);
  });
});
