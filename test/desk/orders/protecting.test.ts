import { describe, expect, it } from 'vitest';
import type { AccountSnapshot } from '../../../src/broker/order-gateway.ts';
import type { OrderView, PnlView, TradeCard } from '../../../src/desk/engine-api.ts';
import { isoNewYork } from '../../../src/desk/iso-time.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { cents, type Price, price } from '../../../src/engine/domain/units.ts';
import { breakoutOf, breakoutRig, openBreakout } from '../../support/breakout-rig.ts';
import { CONSOLE, DeskRig, valueIn } from '../../support/desk-rig.ts';

const STOPS = { exits: { paperNativeStops: true } };
const WIDE = {
  maxTradeLossCents: cents(500_000),
  maxOpenRiskCents: cents(900_000),
  maxDailyLossCents: cents(900_000),
  portfolioDeltaCap: 500,
};

/** A long call, or several, whose stop rests at the broker. */
function protectedCall(quantity = 1) {
  const rig = breakoutRig({ ...STOPS, limits: WIDE });
  const position = openBreakout(rig, quantity);
  rig.advance(2);
  return { rig, position, stop: stops(rig)[0] };
}

/** The same at a broker that goes on while the engine is down. */
function protectedAbroad() {
  const call = protectedCall();
  call.rig.gateway.otherwise = { outlivesEngine: true };
  return call;
}

/** Somebody else sells some of what is held, and the broker's list says so. */
function soldElsewhere(rig: DeskRig, quantity: number): void {
  const leg = rig.positions()[0]!.legs[0]!;
  const symbol = instrumentSymbol(leg.instrument);
  rig.gateway.editSnapshot = (snapshot) => ({
    ...snapshot,
    positions: snapshot.positions.flatMap((held) => {
      const left = held.symbol === symbol ? held.quantity - quantity : held.quantity;
      return left === 0 ? [] : [{ ...held, quantity: left }];
    }),
  });
  rig.brokerSays({
    kind: 'fill',
    fill: {
      fillId: 'theirs',
      intentId: 'external-9',
      instrument: leg.instrument,
      action: 'sellToClose',
      quantity,
      price: price(10_000),
      feesCents: cents(0),
      marketAt: rig.at.market,
    },
  });
}

function stops(rig: DeskRig) {
  return rig.orders().filter(({ intent }) => intent.purpose === 'protective');
}

/** What was told of stops whose end the broker does not tell. */
function notReleased({ effects }: DeskRig): readonly string[] {
  return effects.flatMap((effect) => {
    const isOurs = effect.kind === 'alert' && effect.code === 'STOP_NOT_RELEASED';
    return isOurs ? [`${effect.action} ${effect.subject}`] : [];
  });
}

function shown(rig: DeskRig) {
  const [position] = rig.query<PnlView>({ kind: 'pnl' }).positions;
  return position;
}

/** Everything is bid and offered at so many times its worth. */
function worth(rig: DeskRig, factor: number): void {
  const cents = (dollars: number | undefined) =>
    Math.max(0.01, Math.round((dollars ?? 0) * factor * 100) / 100);
  rig.edit = ({ bid, ask }) => ({ bid: cents(bid), ask: cents(ask) + 0.01 });
}

function net(rig: DeskRig): number {
  return rig.gateway.snapshot(rig.at)?.positions.length ?? 0;
}

describe('a broker that holds stops', () => {
  it('is given one behind the stop of the engine, once the opening has filled', () => {
    const { rig, position, stop } = protectedCall();
    const planned = position.exitPlan?.stop?.price ?? 0;
    expect(stop).toMatchObject({ status: 'working', intent: { principal: 'engine', quantity: 1 } });
    expect(stop?.intent.stopTrigger).toBe(Math.floor(planned / 150) * 100);
    expect(shown(rig)).toMatchObject({ protectedBy: 'broker' });
    expect(shown(rig)?.protectedSince).toContain('2026-11-20T10:3');
  });

  it('is given none before its own list shows what the stop would sell', () => {
    const rig = breakoutRig(STOPS);
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, positions: [] });
    openBreakout(rig);
    rig.advance(3);
    expect(stops(rig)).toEqual([]);
    rig.gateway.editSnapshot = (snapshot) => snapshot;
    rig.advance(2);
    expect(stops(rig).map(({ status }) => status)).toEqual(['working']);
  });

  it('is given none while the opening still works, and one for all of it once that has ended', () => {
    const rig = breakoutRig({ ...STOPS, limits: WIDE });
    rig.size = 1;
    rig.quotes();
    const { tokenSha256 } = rig.preview(breakoutOf(3));
    rig.confirm(tokenSha256);
    for (let second = 0; second < 30 && rig.positions().length === 0; second += 1) rig.advance(1);
    rig.size = 0;
    rig.advance(8);
    expect(rig.orders()[0]?.status).toBe('working');
    expect(rig.positions()).toHaveLength(1);
    expect(stops(rig)).toEqual([]);
    rig.size = 50;
    rig.advance(60);
    expect(rig.orders()[0]?.status).toBe('filled');
    expect(stops(rig).map(({ intent }) => intent.quantity)).toEqual([3]);
  });

  it('is given none any more once the day is being closed', () => {
    const { rig, stop } = protectedCall();
    rig.gateway.refuse = ({ purpose }) =>
      purpose === 'protective' ? undefined : { reason: 'try later' };
    rig.spot = 602;
    rig.goTo(15 * 60 + 40);
    rig.advance(40);
    expect(rig.positions()).toHaveLength(1);
    expect(rig.gateway.refused.length).toBeGreaterThan(0);
    expect(stop?.status).toBe('cancelled');
    expect(stops(rig)).toHaveLength(1);
  });

  it('that lists it with another trigger has had it moved by somebody: that is told once', () => {
    const { rig, stop } = protectedCall();
    const lists = (stopTrigger: Price | undefined) => {
      rig.gateway.editSnapshot = (snapshot) => ({
        ...snapshot,
        workingOrders: snapshot.workingOrders.map((order) => ({ ...order, stopTrigger })),
      });
      rig.advance(40);
    };
    const moved = () =>
      rig.effects.flatMap((e) => (e.kind === 'alert' && e.code === 'ORDER_MOVED' ? [e.text] : []));
    lists(undefined);
    lists(stop?.intent.stopTrigger);
    expect(moved()).toEqual([]);
    lists(price(100));
    lists(price(100));
    expect(moved()).toHaveLength(1);
    expect(moved()[0]).toContain('was given the trigger 0.01 at another screen, instead of 0.');
    lists(price(200));
    expect(moved()).toHaveLength(2);
    expect(shown(rig)).toMatchObject({ protectedBy: 'broker' });
  });

  it('is asked about it again at most every thirty seconds', () => {
    const { rig } = protectedCall();
    let oldest = 0;
    for (let second = 0; second < 90; second += 1) {
      rig.advance(1);
      oldest = Math.max(oldest, shown(rig)?.verifiedAgoMs ?? Number.POSITIVE_INFINITY);
    }
    expect(oldest).toBeLessThanOrEqual(30_000);
    expect(stops(rig)).toHaveLength(1);
  });

  it('that does not hold stops is given none, and the engine says that it alone protects', () => {
    const rig = breakoutRig();
    openBreakout(rig);
    rig.advance(5);
    expect(stops(rig)).toEqual([]);
    expect(shown(rig)).toMatchObject({ protectedBy: 'engine', protectedSince: null });
  });

  it('closes the position by itself when nobody else does, and the engine sells nothing more', () => {
    const { rig, stop } = protectedCall();
    worth(rig, 0.1);
    rig.desk.context.day.reserveExhausted = true;
    rig.advance(3);
    expect(stop?.status).toBe('filled');
    rig.desk.context.day.reserveExhausted = false;
    rig.advance(5);
    expect([rig.positions(), net(rig)]).toEqual([[], 0]);
  });
});

describe('what else closes a protected position', () => {
  it('calls the stop back first, and goes out only then', () => {
    const { rig, stop } = protectedCall();
    worth(rig, 0.45);
    for (let second = 0; second < 20 && rig.positions().length > 0; second += 1) rig.advance(1);
    expect(stop?.status).toBe('cancelled');
    const exit = rig.orders().at(-1);
    expect(exit).toMatchObject({ status: 'filled', intent: { purpose: 'exit' } });
    expect(rig.bodies('brokerEvent').filter(({ event }) => event.kind === 'rejected')).toEqual([]);
    expect([rig.positions(), net(rig)]).toEqual([[], 0]);
  });

  it('is a close of the trader or a flatten as well', () => {
    const first = protectedCall();
    first.rig.execute(first.rig.previewClose(first.position.positionId));
    expect([first.stop?.status, net(first.rig)]).toEqual(['cancelled', 0]);
    const second = protectedCall();
    second.rig.ask({ kind: 'flattenNow' }, CONSOLE);
    second.rig.advance(5);
    expect([second.stop?.status, net(second.rig)]).toEqual(['cancelled', 0]);
  });

  it('rests for a second where the broker refuses to call the stop back, and asks again', () => {
    const { rig, stop } = protectedCall();
    const intentId = stop?.intent.intentId ?? '';
    rig.gateway.refuseCancel = 'asked too often';
    rig.journal = 'held';
    rig.send({ kind: 'flattenNow' }, CONSOLE);
    const asked = () => rig.bodies('cancelRequested').filter((body) => body.intentId === intentId);
    for (let word = 0; word < 50; word += 1) rig.makeDurable();
    expect(asked()).toHaveLength(1);
    rig.journal = 'atOnce';
    rig.advance(3);
    expect(asked()).toHaveLength(4);
    rig.gateway.refuseCancel = undefined;
    rig.advance(4);
    expect([stop?.status, net(rig)]).toEqual(['cancelled', 0]);
  });

  it.each([
    ['the stop', 'the stop at the broker closed the position first'],
    ['somebody else', 'what it closes is not held any more'],
  ])('is dead where a stream tells that %s sold first, and says so', (who, reason) => {
    const { rig, stop } = protectedCall();
    const { intentId, legs } = stop!.intent;
    rig.gateway.isMute = true;
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    const { instrument } = legs[0]!;
    const sold = { fillId: 'sold', instrument, action: 'sellToClose', quantity: 1 } as const;
    const worth = { price: price(10_000), feesCents: cents(0), marketAt: rig.at.market };
    const by = who === 'the stop' ? intentId : 'external-9';
    rig.brokerSays({ kind: 'fill', fill: { ...sold, ...worth, intentId: by } });
    expect(rig.positions()).toEqual([]);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'denied', reason });
  });

  it('is dead where the stop filled first', () => {
    const { rig, stop } = protectedCall();
    rig.paper.setKnobs({ leastLatencyMillis: 3_000, mostLatencyMillis: 3_000 });
    worth(rig, 0.3);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(8);
    expect(stop?.status).toBe('filled');
    const dead = rig.orders().filter(({ status }) => status === 'denied');
    expect(dead[0]?.reason).toContain('the stop at the broker closed the position first');
    expect([rig.positions(), net(rig)]).toEqual([[], 0]);
  });
});

describe('a straddle of which others sell a leg', () => {
  /** Of the call that was sold, and of the put that is left. */
  const soldCall = () => {
    const rig = new DeskRig({ minutes: 11 * 60, ...STOPS, limits: WIDE });
    const { legs } = rig.openPosition({ strategy: 'straddle_scan', strike: 600, quantity: 1 });
    rig.edit = (_symbol, right) =>
      right === 'call' ? { bid: 0.2, ask: 0.22 } : { bid: 2.2, ask: 2.22 };
    rig.advance(10);
    const theirs: Fill[] = [];
    const lists = (snapshot: AccountSnapshot): AccountSnapshot => ({
      ...snapshot,
      fills: [...snapshot.fills, ...theirs],
    });
    rig.gateway.editSnapshot = lists;
    const sell = (fillId: string, { instrument }: (typeof legs)[number], at: number): void => {
      const intentId = 'external-77';
      const marketAt = rig.at.market;
      const sold = { instrument, action: 'sellToClose', quantity: 1, price: price(at) } as const;
      const fill = { fillId, intentId, ...sold, feesCents: cents(0), marketAt };
      theirs.push(fill);
      rig.brokerSays({ kind: 'fill', fill });
    };
    const [call, put] = legs;
    sell('t1', call!, 2_000);
    return { rig, lists, sellPut: () => sell('t2', put!, 22_000) };
  };

  it('is given no stop while the other may be told as sold too', () => {
    const { rig, sellPut } = soldCall();
    rig.advance(2);
    sellPut();
    rig.advance(10);
    expect([rig.positions(), stops(rig)]).toEqual([[], []]);
  });

  it('is given one for what is left, once a picture of after that shows it', () => {
    const { rig, lists } = soldCall();
    const old = rig.gateway.snapshot(rig.at)!.asOf;
    rig.gateway.editSnapshot = (snapshot) => ({ ...lists(snapshot), asOf: old });
    rig.advance(8);
    expect(stops(rig)).toEqual([]);
    rig.gateway.editSnapshot = lists;
    rig.advance(1);
    expect(stops(rig).map(({ intent }) => intent.quantity)).toEqual([1]);
  });
});

describe('a stop at the broker', () => {
  it('is called back where somebody else sold all that it protects', () => {
    const { rig, stop } = protectedCall();
    soldElsewhere(rig, 1);
    expect(rig.positions()).toEqual([]);
    rig.advance(2);
    expect(stop).toMatchObject({ status: 'cancelled', cancelRequested: true });
    expect(stops(rig)).toHaveLength(1);
  });

  it('is replaced by a smaller one where somebody else sold a part', () => {
    const { rig, stop } = protectedCall(2);
    expect(stop?.intent.quantity).toBe(2);
    soldElsewhere(rig, 1);
    rig.advance(10);
    expect(stops(rig).map(({ intent, status }) => [intent.quantity, status])).toEqual([
      [2, 'cancelled'],
      [1, 'working'],
    ]);
  });

  it('stays where it has filled in part and its rest covers what is left', () => {
    const { rig, stop } = protectedCall(2);
    const { intentId, legs } = stop!.intent;
    rig.gateway.isMute = true;
    rig.brokerSays({
      kind: 'fill',
      fill: {
        fillId: 'part',
        intentId,
        instrument: legs[0]!.instrument,
        action: 'sellToClose',
        quantity: 1,
        price: price(10_000),
        feesCents: cents(0),
        marketAt: rig.at.market,
      },
    });
    rig.step({ kind: 'clock', at: rig.at });
    expect(rig.positions()[0]?.legs[0]?.quantity).toBe(1);
    expect(stop).toMatchObject({ status: 'working', cancelRequested: false });
  });
});

describe('a stop at the broker that is gone', () => {
  it('is paged and placed anew', () => {
    const { rig, stop } = protectedCall();
    const intentId = stop?.intent.intentId ?? '';
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    rig.paper.cancel(intentId, rig.at);
    rig.advance(8);
    expect(rig.alerts()).toContain('PROTECTION_LOST');
    expect(stops(rig).at(-1)?.status).toBe('working');
    expect(shown(rig)?.protectedBy).toBe('broker');
  });

  it('from its own list is paged, and counts as protection no more', () => {
    const { rig } = protectedCall();
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [] });
    rig.advance(11);
    expect(rig.alerts()).toContain('PROTECTION_MISSING');
    expect(shown(rig)?.protectedBy).toBe('engine');
  });

  it('from its own list is over where it is listed again, so that the next time pages too', () => {
    const { rig, position } = protectedCall();
    const told = (of: DeskRig) =>
      of.effects.flatMap((effect) => {
        const isOurs = effect.kind === 'alert' && effect.code === 'PROTECTION_MISSING';
        return isOurs ? [`${effect.action} ${effect.subject}`] : [];
      });
    for (const isListed of [false, true, false]) {
      rig.gateway.editSnapshot = (snapshot) =>
        isListed ? snapshot : { ...snapshot, workingOrders: [] };
      rig.advance(11);
    }
    const of = (action: string) => `${action} ${position.positionId}`;
    expect(told(rig)).toEqual([of('trigger'), of('resolve'), of('trigger')]);
    const again = rig.restart();
    again.advance(2);
    expect(told(again)).toEqual([of('resolve')]);
  });

  it('because the broker refused it holds up no exit, and is not told as a refused close', () => {
    const rig = breakoutRig(STOPS);
    const { tokenSha256 } = rig.preview({
      strategy: 'orb_long_call',
      strikeDelta: 30,
      rangeMinutes: 15,
      quantity: 1,
    });
    rig.confirm(tokenSha256);
    rig.paper.setKnobs({ rejectNext: 1 });
    for (let second = 0; second < 30 && stops(rig).length === 0; second += 1) rig.advance(1);
    rig.advance(1);
    expect(stops(rig)[0]?.status).toBe('rejected');
    expect(rig.alerts()).not.toContain('CLOSE_REJECTED');
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(3);
    expect(net(rig)).toBe(0);
  });

  it('because it never got there is placed anew until it does, and counts as no refusal', () => {
    const rig = breakoutRig(STOPS);
    const unsent = { reason: 'connect ECONNREFUSED', refusal: 'unsent' } as const;
    rig.gateway.refuse = ({ purpose }) => (purpose === 'protective' ? unsent : undefined);
    openBreakout(rig);
    rig.advance(13);
    expect(stops(rig).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    rig.gateway.refuse = () => undefined;
    rig.advance(8);
    expect(stops(rig).at(-1)?.status).toBe('working');
    expect(shown(rig)?.protectedBy).toBe('broker');
    expect(rig.alerts()).not.toContain('PROTECTION_REFUSED');
  });

  it('is told of where the broker had refused the call-back for a close that died', () => {
    const { rig, position, stop } = protectedCall();
    rig.gateway.refuseCancel = 'too many requests';
    const { tokenSha256 } = rig.previewClose(position.positionId);
    rig.send({ kind: 'confirm', tokenSha256 });
    const orderId = rig.orders().at(-1)?.intent.intentId ?? '';
    const cancelToken = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId, tokenSha256: cancelToken }));
    rig.confirm(cancelToken);
    expect(rig.order(orderId).status).toBe('denied');
    rig.advance(20);
    const intentId = stop?.intent.intentId ?? '';
    expect(stop).toMatchObject({ status: 'working', calledBackBy: 'engine' });
    rig.gateway.refuseCancel = undefined;
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    rig.paper.cancel(intentId, rig.at);
    rig.advance(8);
    expect(rig.alerts()).toContain('PROTECTION_LOST');
  });

  it('stays gone where a person called it back with a token', () => {
    const { rig, stop } = protectedCall();
    const tokenSha256 = rig.newToken();
    const orderId = stop?.intent.intentId ?? '';
    const command = { kind: 'cancel', orderId, tokenSha256 } as const;
    expect(valueIn(rig.ask<OrderView | TradeCard>(command))).toMatchObject({ purpose: 'cancel' });
    rig.confirm(tokenSha256);
    rig.advance(20);
    expect(stops(rig)).toHaveLength(1);
    expect(shown(rig)?.protectedBy).toBe('engine');
    const again = rig.restart();
    again.advance(20);
    expect(stops(again)).toHaveLength(1);
  });

  /** A person calls the stop back, and hears that the broker did not. */
  const refusedToPerson = () => {
    const { rig, stop } = protectedCall();
    const intentId = stop?.intent.intentId ?? '';
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId: intentId, tokenSha256 }));
    rig.gateway.refuseCancel = 'not proven: no answer in time';
    rig.confirm(tokenSha256);
    rig.gateway.refuseCancel = undefined;
    const ends = (): void => {
      rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
      rig.paper.cancel(intentId, rig.at);
    };
    return { rig, ends };
  };

  it('stays gone where a person called it back and the answer to that was lost', () => {
    const { rig, ends } = refusedToPerson();
    rig.advance(2);
    ends();
    rig.advance(20);
    expect(stops(rig).map(({ status }) => status)).toEqual(['cancelled']);
    expect(rig.alerts()).not.toContain('PROTECTION_LOST');
    const again = rig.restart();
    again.advance(20);
    expect(stops(again)).toHaveLength(1);
  });

  it('stays gone so where its end is told a minute after a restart', () => {
    const { rig } = refusedToPerson();
    const { intentId } = stops(rig)[0]!.intent;
    // What the broker is not known to have accepted its list lacks, as that of one which has cancelled it.
    const records = rig.records().filter(({ body }) => {
      const isOfStop = body.kind === 'brokerEvent' && body.event.intentId === intentId;
      return !isOfStop || body.event.kind !== 'accepted';
    });
    const again = rig.restart(records, { brokerName: 'tastytrade', isOpen: false });
    again.gateway.answerSearch = () => undefined;
    again.open();
    again.advance(60);
    expect(stops(again)).toMatchObject([{ status: 'unknown', calledBackBy: 'trader' }]);
    again.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    again.advance(60);
    expect(stops(again).map(({ status }) => status)).toEqual(['cancelled']);
    expect(again.alerts()).not.toContain('PROTECTION_LOST');
  });

  it('is called back again where the broker refused that to a person, and stays gone', () => {
    const { rig } = refusedToPerson();
    rig.advance(20);
    expect(stops(rig).map(({ status }) => status)).toEqual(['cancelled']);
    expect(rig.alerts()).not.toContain('PROTECTION_LOST');
  });

  it('is told of and placed anew where it ended by itself while the engine was away', () => {
    const { rig, stop } = protectedCall();
    const intentId = stop?.intent.intentId ?? '';
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    const again = rig.restart();
    again.advance(20);
    expect(stops(again).map(({ status }) => status)).toEqual(['cancelled', 'working']);
    expect(again.alerts()).toContain('PROTECTION_LOST');
  });

  it('comes back after a restart where the engine itself had called it back for a close that died', () => {
    const { rig, position } = protectedCall();
    rig.size = 0;
    rig.quotes();
    const { tokenSha256 } = rig.previewClose(position.positionId);
    const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    rig.advance(2);
    expect(stops(rig).map(({ status }) => status)).toEqual(['cancelled']);
    rig.brokerSays({ kind: 'cancelled', intentId: orderId, remaining: 1 });
    const again = rig.restart();
    again.advance(4);
    expect(stops(again).map(({ status }) => status)).toEqual(['cancelled', 'working']);
    expect(again.alerts()).not.toContain('PROTECTION_LOST');
  });
});

describe('a protected position', () => {
  it('is found again after a restart, with the same stop', () => {
    const { rig, stop } = protectedCall();
    const before = shown(rig)?.protectedSince;
    rig.advance(60);
    const again = rig.restart();
    again.advance(2);
    expect(stops(again).map(({ intent, status }) => [intent.intentId, status])).toEqual([
      [stop?.intent.intentId, 'working'],
    ]);
    expect(shown(again)).toMatchObject({ protectedBy: 'broker', protectedSince: before });
  });

  it('that the broker had ended, and works again there, is protected from then on', () => {
    const { rig, stop } = protectedCall();
    const { intentId } = stop!.intent;
    rig.advance(60);
    rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    expect(shown(rig)?.protectedSince).toBeNull();
    rig.brokerSays({ kind: 'reopened', intentId, brokerOrderId: 'B', reason: 'listed' });
    const since = isoNewYork(rig.at.market);
    rig.advance(2);
    expect(shown(rig)).toMatchObject({ protectedBy: 'broker', protectedSince: since });
  });

  it('keeps its stop while the chain of a restarted desk is not open yet', () => {
    const { rig } = protectedCall();
    const again = rig.restart(rig.records(), { isOpen: false });
    again.freeze(20);
    expect(stops(again).map(({ status, cancelRequested }) => [status, cancelRequested])).toEqual([
      ['working', false],
    ]);
  });

  it('that is closed right after a restart is closed once, its stop called back first', () => {
    const { rig } = protectedCall();
    const again = rig.restart(rig.records(), { isOpen: false });
    again.step({ kind: 'listing', at: again.at, listing: again.listing() });
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    again.quotes();
    again.ask({ kind: 'flattenNow' }, CONSOLE);
    again.advance(5);
    expect(net(again)).toBe(0);
    expect(again.alerts()).not.toContain('CLOSE_REJECTED');
  });

  it.each(['flatten', 'leave'] as const)(
    'is left to its stop by an orderly stop whose policy is to %s, which says so',
    (policy) => {
      const { rig, stop, position } = protectedAbroad();
      rig.ask({ kind: 'shutdown', policy }, CONSOLE);
      rig.advance(6);
      expect([net(rig), stop?.status]).toEqual([1, 'working']);
      expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([]);
      const told = rig.bodies('alert').filter(({ code }) => code === 'LEFT_TO_BROKER_STOP');
      expect(told.map(({ text }) => text.split(':')[0])).toEqual([position.positionId]);
    },
  );

  it('at a broker that ends with the engine is closed by an orderly stop that flattens', () => {
    const { rig } = protectedCall();
    rig.ask({ kind: 'shutdown', policy: 'flatten' }, CONSOLE);
    rig.advance(8);
    expect(net(rig)).toBe(0);
    expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([]);
  });

  it('at a broker that ends with the engine is named as unprotected by a stop that leaves it', () => {
    const { rig, position } = protectedCall();
    rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE);
    rig.advance(1);
    expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([position.positionId]);
    const [told] = rig.bodies('alert').filter(({ code }) => code === 'UNPROTECTED_AT_STOP');
    expect(told?.text).toMatch(/no broker-side stop while the engine is down$/);
    expect(rig.alerts()).not.toContain('LEFT_TO_BROKER_STOP');
  });

  it('whose stop the broker does not list is closed by an orderly stop that flattens', () => {
    const { rig } = protectedAbroad();
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [] });
    rig.advance(11);
    rig.ask({ kind: 'shutdown', policy: 'flatten' }, CONSOLE);
    rig.advance(6);
    expect(net(rig)).toBe(0);
    expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([]);
  });

  it('that is being closed when the engine stops is closed to the end', () => {
    const { rig, position } = protectedCall();
    rig.confirm(rig.previewClose(position.positionId).tokenSha256);
    rig.ask({ kind: 'shutdown', policy: 'flatten' }, CONSOLE);
    rig.advance(6);
    expect(net(rig)).toBe(0);
  });

  it('whose stop the broker does not end pages that nobody can close it', () => {
    const { rig, position } = protectedCall();
    rig.paper.setKnobs({ leastLatencyMillis: 60_000, mostLatencyMillis: 60_000 });
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(12);
    expect(rig.alerts().filter((code) => code === 'STOP_NOT_RELEASED')).toHaveLength(1);
    expect(rig.positions()[0]?.positionId).toBe(position.positionId);
  });

  it.each([false, true])(
    'whose stop ends late ends that page too (over a restart: %s)',
    (isRestarted) => {
      const { rig, stop, position } = protectedCall();
      rig.gateway.isMute = true;
      rig.ask({ kind: 'flattenNow' }, CONSOLE);
      rig.advance(12);
      const run = isRestarted ? rig.restart() : rig;
      run.gateway.isMute = true;
      run.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [] });
      run.brokerSays({ kind: 'cancelled', intentId: stop?.intent.intentId ?? '', remaining: 1 });
      run.advance(2);
      expect(run.positions()).toHaveLength(1);
      const told = [...new Set([rig, run])].flatMap(notReleased);
      expect(told.at(0)).toBe(`trigger ${position.positionId}`);
      expect(told.at(-1)).toBe(`resolve ${position.positionId}`);
    },
  );

  it('whose stop ends once no close waits for it ends that page, so that the next stop can wake somebody', () => {
    const { rig, position } = protectedCall();
    const { positionId } = position;
    rig.gateway.isMute = true;
    const { orderId } = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256));
    rig.advance(12);
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask({ kind: 'cancel', orderId: orderId ?? '', tokenSha256 }));
    rig.confirm(tokenSha256);
    expect(rig.order(orderId ?? '').status).toBe('denied');
    rig.gateway.isMute = false;
    rig.advance(20);
    expect(stops(rig).map(({ status }) => status)).toEqual(['cancelled', 'working']);
    rig.gateway.isMute = true;
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(12);
    const of = (action: string) => `${action} ${positionId}`;
    expect(notReleased(rig)).toEqual([of('trigger'), of('resolve'), of('trigger')]);
  });

  it.each(['flatten', 'leave'] as const)(
    'whose stop the broker could not be asked about for too long is kept, and named by a stop that is to %s',
    (policy) => {
      const { rig, stop, position } = protectedAbroad();
      rig.gateway.editSnapshot = () => undefined as never;
      rig.advance(30 - (shown(rig)?.verifiedAgoMs ?? 0) / 1_000);
      expect(shown(rig)).toMatchObject({ protectedBy: 'broker', verifiedAgoMs: 30_000 });
      rig.advance(1);
      expect(shown(rig)).toMatchObject({ protectedBy: 'engine', verifiedAgoMs: null });
      rig.ask({ kind: 'shutdown', policy }, CONSOLE);
      rig.advance(20);
      expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([position.positionId]);
      expect([rig.positions().length, stop?.status]).toEqual([1, 'working']);
      const told = rig.bodies('alert').filter(({ code }) => code === 'UNPROTECTED_AT_STOP');
      expect(told.at(-1)?.text).toMatch(/the broker last listed that of \S+ \d+ s ago/);
      expect(rig.alerts()).not.toContain('LEFT_TO_BROKER_STOP');
    },
  );

  it('is not named as unprotected when the engine stops and leaves it', () => {
    const { rig } = protectedAbroad();
    rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE);
    rig.advance(1);
    expect(rig.bodies('engineStopped').at(-1)?.unprotected).toEqual([]);
    expect(stops(rig)[0]?.status).toBe('working');
  });

  it('keeps its stop while the kill switch is engaged', () => {
    const { rig, stop } = protectedCall();
    rig.isKillWordUp = true;
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.advance(3);
    expect(stop?.status).toBe('working');
  });
});
