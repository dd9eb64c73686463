/** How soon a difference that the stream does not tell is told, before the real adapters. */

import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../../src/broker/alpaca/alpaca-gateway.ts';
import type { GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { StubVenue } from '../../support/alpaca/stub-venue.ts';
import { StubWires } from '../../support/alpaca/stub-wires.ts';
import { CONDOR, DeskRig, valueIn } from '../../support/desk-rig.ts';
import { DayRig } from '../../support/tastytrade/day-rig.ts';

const DATE = sessionDate('2026-11-20');
const START = 10 * 60 + 30;
const ACCOUNT = 'PA3TESTSTUB1';
/** One way of a request or its answer. */
const LATENCY_MILLIS = 100;
const BEATS_A_SECOND = 10;
/** By then an opening's limit stays where it is: each move of it disturbs a picture. */
const UNTIL_WALKED_SECONDS = 20;
const SYMBOL = occSymbol({
  kind: 'option',
  root: 'SPY',
  expiry: DATE,
  right: 'put',
  strike: 5_900_000 as never,
});

/** An account at a broker that an opening of this engine works at, and whose stream has gone dumb. */
interface Account {
  readonly rig: DeskRig;
  /** Everybody's time passes by a tenth of a second. */
  beat(): void;
  foreignOrder(): void;
  shares(): void;
  fill(): void;
  cancel(): void;
  /** The stream ends, and another tells from then on. */
  reconnect(): void;
  /** Positions are not told of what fills from now on. */
  keepPositions(): void;
}

function atTastytrade(): Account {
  const rig = DayRig.start(START);
  rig.venue.orders.knobs.fillsByQuote = false;
  rig.begin();
  const { tokenSha256 } = rig.preview(CONDOR);
  const { orderId } = valueIn(rig.confirm(tokenSha256));
  rig.advance(UNTIL_WALKED_SECONDS);
  rig.wire.latencyMillis = LATENCY_MILLIS;
  rig.venue.stream.isHalfOpen = true;
  const { orders, account } = rig.venue;
  const order = () => {
    const found = orders.headOf(orderId ?? '');
    if (found === undefined) throw new Error('the order is not at the broker');
    return found;
  };
  let minutes = (rig.at.market - newYorkInstant(DATE, 0)) / 60_000_000;
  return {
    rig,
    beat: () => {
      minutes += 1 / 60 / BEATS_A_SECOND;
      rig.goTo(minutes);
    },
    foreignOrder: () => {
      orders.foreign([{ symbol: SYMBOL, action: 'Buy to Open', quantity: 1 }], -1);
    },
    shares: () => {
      account.lots.set('SPY', { quantity: 100, average: 600 });
      account.showPositions();
    },
    fill: () => {
      orders.fill(order().id, 1);
    },
    cancel: () => {
      orders.end(order(), 'Cancelled');
    },
    reconnect: () => {
      rig.venue.stream.isHalfOpen = false;
      rig.wire.cut();
      rig.wire.open();
    },
    keepPositions: () => {
      account.positionLagMillis = 600_000;
    },
  };
}

function atAlpaca(): Account {
  const venue = new StubVenue(newYorkInstant(DATE, START), ACCOUNT);
  const wires = new StubWires(venue);
  let underWay: Exclude<GatewayEffect, { kind: 'event' }>[] = [];
  const rig = new DeskRig({
    date: DATE,
    minutes: START,
    broker: (history, at) =>
      new AlpacaGateway({ accountId: ACCOUNT, underlying: 'SPY', history, at }),
    onWire: (effect) => underWay.push(effect),
  });
  venue.market.list(rig.listing().contracts);
  let minutes = START;
  const beat = (seconds = 1 / BEATS_A_SECOND) => {
    minutes += seconds / 60;
    for (const effect of underWay) wires.perform(effect);
    underWay = [];
    venue.advance(newYorkInstant(DATE, minutes));
    for (let input = wires.next(); input; input = wires.next()) {
      rig.step({ kind: 'wire', at: rig.at, wire: input });
    }
    rig.goTo(minutes);
  };
  const pass = (seconds: number) => {
    for (let done = 0; done < seconds; done += 0.5) beat(0.5);
  };
  wires.open();
  pass(5);
  const { tokenSha256 } = rig.preview(CONDOR);
  rig.send({ kind: 'confirm', tokenSha256 });
  pass(UNTIL_WALKED_SECONDS);
  wires.isStreamUp = false;
  const order = () => {
    const found = venue.orders.at(-1);
    if (found === undefined) throw new Error('the order is not at the broker');
    return found;
  };
  return {
    rig,
    beat,
    foreignOrder: () => {
      venue.place({
        symbol: SYMBOL.replaceAll(' ', ''),
        qty: '1',
        side: 'buy',
        type: 'limit',
        limit_price: '0.01',
        time_in_force: 'day',
        position_intent: 'buy_to_open',
      });
    },
    shares: () => {
      venue.account.apply({ executionId: 'transfer', symbol: 'SPY', quantity: 100, price: 600 });
    },
    fill: () => {
      venue.fill(order(), 1);
    },
    cancel: () => {
      venue.cancel(order().id);
    },
    reconnect: () => {
      wires.cut();
      wires.open();
    },
    keepPositions: () => {
      const kept = venue.account.positionsJson();
      venue.account.positionsJson = () => kept;
    },
  };
}

const BROKERS = { tastytrade: atTastytrade, alpaca: atAlpaca };

type Event = 'foreignOrder' | 'shares' | 'fill' | 'cancel';

/** What happened at the broker is in the books here, or somebody was told that it is not. */
const NOTICED: Readonly<Record<Event, (rig: DeskRig) => boolean>> = {
  foreignOrder: (rig) => rig.orders().length === 2,
  shares: (rig) => rig.alerts().includes('RECONCILE_DIFFERS') && !rig.day.reconciled,
  fill: (rig) => rig.positions().length === 1,
  cancel: (rig) => rig.orders()[0]?.status === 'cancelled',
};

/** Beats until something holds. */
function beatsUntil(account: Account, holds: (rig: DeskRig) => boolean): number {
  let beats = 0;
  while (beats < 20 * BEATS_A_SECOND && !holds(account.rig)) {
    account.beat();
    beats += 1;
  }
  return beats;
}

function pass(account: Account, seconds: number): void {
  for (let beats = 0; beats < seconds * BEATS_A_SECOND; beats += 1) account.beat();
}

/** Beats until it is noticed that this happened, so many beats after the account was set up. */
function delayOf(account: Account, event: Event, beatsBefore: number): number {
  const { rig } = account;
  for (let beat = 0; beat < beatsBefore; beat += 1) account.beat();
  expect(rig.orders().map(({ status }) => status)).toEqual(['working']);
  expect(rig.day.reconciled).toBe(true);
  account[event]();
  expect(NOTICED[event](rig)).toBe(false);
  return beatsUntil(account, NOTICED[event]);
}

/** What was told of the stream, of which order and how. */
function missed(rig: DeskRig): readonly (readonly [string, string | undefined])[] {
  const own = rig.bodies('alert').filter(({ code }) => code === 'STREAM_MISSED');
  return own.map(({ severity, action, subject }) => [action ?? severity, subject] as const);
}

/** Where executions and ends were learnt. */
function sources(rig: DeskRig): readonly unknown[] {
  const events = rig.bodies('brokerEvent').map(({ event }) => event);
  return events.flatMap(({ kind, source }) => {
    return kind === 'fill' || kind === 'cancelled' ? [source] : [];
  });
}

const BEFORE = [0, 8, 16, 24];

describe.each(['tastytrade', 'alpaca'] as const)('at %s, where the stream is silent,', (name) => {
  it.each(['foreignOrder', 'shares', 'fill', 'cancel'] as const)(
    '%s is booked or told within five seconds, wherever it happens between two pictures',
    (event) => {
      const delays = BEFORE.map((before) => delayOf(BROKERS[name](), event, before));
      expect(Math.max(...delays)).toBeLessThanOrEqual(5 * BEATS_A_SECOND);
      expect(new Set(delays).size).toBeGreaterThan(1);
    },
  );

  it.each(['fill', 'cancel'] as const)(
    '%s is recorded as learnt from a list, and that the stream lacks it is told within five seconds of that, once',
    (event) => {
      for (const before of BEFORE) {
        const account = BROKERS[name]();
        const { rig } = account;
        delayOf(account, event, before);
        expect(new Set(sources(rig))).toEqual(new Set(['snapshot']));
        expect(missed(rig)).toEqual([]);
        const beats = beatsUntil(account, () => missed(rig).length > 0);
        expect(beats).toBeLessThanOrEqual(5 * BEATS_A_SECOND);
        pass(account, 10);
        const intentId = rig.orders()[0]?.intent.intentId;
        expect(missed(rig)).toEqual([['warning', intentId]]);
        expect(rig.day.reconciled).toBe(true);
      }
    },
  );

  it.each(['fill', 'cancel'] as const)(
    'what was told of %s is over once the stream begins anew, which need not tell it',
    (event) => {
      const account = BROKERS[name]();
      const { rig } = account;
      delayOf(account, event, 0);
      pass(account, 5);
      account.reconnect();
      pass(account, 15);
      const intentId = rig.orders()[0]?.intent.intentId;
      expect(missed(rig)).toEqual([
        ['warning', intentId],
        ['resolve', intentId],
      ]);
    },
  );

  it('a fill that the positions of the account contradict is believed, and that they do is told with the second look', () => {
    for (const before of BEFORE) {
      const account = BROKERS[name]();
      const { rig } = account;
      account.keepPositions();
      delayOf(account, 'fill', before);
      const picture = () => rig.desk.context.gateway.snapshot(rig.at);
      const looks = new Set([picture()]);
      const beats = beatsUntil(account, () => looks.add(picture()).size === 3);
      expect(beats).toBeLessThanOrEqual(5 * BEATS_A_SECOND);
      expect(rig.day.reconciled).toBe(false);
      expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
      expect(rig.positions()).toHaveLength(1);
    }
  });
});

describe.each(['tastytrade', 'alpaca'] as const)('at %s, where the stream is well,', (name) => {
  it.each(['fill', 'cancel'] as const)(
    '%s is no difference, and no list is its source',
    (event) => {
      const account = BROKERS[name]();
      const { rig } = account;
      account.reconnect();
      pass(account, 15);
      account[event]();
      pass(account, 15);
      expect(NOTICED[event](rig)).toBe(true);
      expect(new Set(sources(rig))).toEqual(new Set([undefined]));
      expect(missed(rig)).toEqual([]);
    },
  );
});
