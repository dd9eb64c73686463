/** A close whose answer is lost while the account stream is down, through the real adapters. */

import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../../src/broker/alpaca/alpaca-gateway.ts';
import type { GatewayEffect } from '../../../src/broker/order-gateway.ts';
import { quoteOf } from '../../../src/desk/desk-context.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { alpacaSymbolOf } from '../../support/alpaca/stub-market.ts';
import { StubVenue } from '../../support/alpaca/stub-venue.ts';
import { StubWires } from '../../support/alpaca/stub-wires.ts';
import { CONDOR, CONSOLE, DeskRig } from '../../support/desk-rig.ts';
import { DayRig } from '../../support/tastytrade/day-rig.ts';

const DATE = sessionDate('2026-11-20');
const START = 10 * 60 + 30;
/** More than are asked for in three quarters of a minute, and few enough to be over soon after. */
const LISTS_THAT_FAIL = 30;
const ACCOUNT = 'PA3TESTSTUB1';

/** A condor held at a broker whose stream is down for good. */
interface Held {
  readonly rig: DeskRig;
  pass(seconds: number): void;
  /** The next order is taken, or never arrives; either way nothing is answered. */
  loseNext(isTaken: boolean): void;
  /** So many lists from now on cannot be read. */
  failLists(times: number): void;
  /** Turns that were asked for a look at the orders since the stream went down. */
  readonly looks: string[];
}

/** Turns of what reads the account for the books, and not for one order. */
const OF_THE_BOOKS: ReadonlySet<string> = new Set(['read', 'picture']);

function isLook(effect: Exclude<GatewayEffect, { kind: 'event' }>): boolean {
  return effect.kind === 'httpSend' && effect.method === 'GET' && !OF_THE_BOOKS.has(effect.turn);
}

function noteLook(looks: string[], effect: Exclude<GatewayEffect, { kind: 'event' }>): void {
  if (isLook(effect) && effect.kind === 'httpSend') looks.push(effect.turn);
}

function atTastytrade(): Held {
  const rig = DayRig.start(START);
  const looks: string[] = [];
  const perform = rig.wire.perform.bind(rig.wire);
  rig.wire.perform = (effect) => {
    noteLook(looks, effect);
    perform(effect);
  };
  rig.begin();
  rig.openPosition(CONDOR);
  rig.advance(10);
  rig.wire.open = () => undefined;
  rig.wire.cut();
  rig.advance(1);
  looks.length = 0;
  const { faults } = rig.venue;
  return {
    rig,
    looks,
    pass: (seconds) => rig.advance(seconds),
    loseNext: (isTaken) => faults.add(/^POST .*\/orders$/, isTaken ? 'mute' : 'lost'),
    failLists: (times) => faults.add(/^GET .*\/orders/, 'gateway', times),
  };
}

function atAlpaca(): Held {
  const venue = new StubVenue(newYorkInstant(DATE, START), ACCOUNT);
  const wires = new StubWires(venue);
  const looks: string[] = [];
  const rig: DeskRig = new DeskRig({
    date: DATE,
    minutes: START,
    broker: (history, at) =>
      new AlpacaGateway({ accountId: ACCOUNT, underlying: 'SPY', history, at }),
    onWire: (effect) => {
      noteLook(looks, effect);
      wires.perform(effect);
    },
  });
  const { contracts } = rig.listing();
  venue.market.list(contracts);
  let minutes = START;
  const cents = (price: number | undefined) => (price === undefined ? undefined : price / 100);
  const pass = (seconds: number) => {
    for (let done = 0; done < seconds; done += 1) {
      minutes += 1 / 60;
      rig.goTo(minutes, DATE);
      venue.advance(rig.at.market);
      for (const contract of contracts) {
        const quote = quoteOf(rig.desk.context, occSymbol(contract));
        venue.quote(alpacaSymbolOf(contract), cents(quote?.bid), cents(quote?.ask));
      }
      for (let input = wires.next(); input; input = wires.next()) {
        rig.step({ kind: 'wire', at: rig.at, wire: input });
      }
    }
  };
  wires.open();
  pass(5);
  const { tokenSha256 } = rig.preview(CONDOR);
  rig.send({ kind: 'confirm', tokenSha256 });
  pass(20);
  wires.cut();
  pass(1);
  looks.length = 0;
  return {
    rig,
    looks,
    pass,
    loseNext: (isTaken) =>
      wires.faults.onRequest('POST /v2/orders', isTaken ? 'dropAnswer' : 'dropRequest'),
    failLists: (times) => wires.faults.onRequest('GET /v2/orders', 'html502', times),
  };
}

const BROKERS = { tastytrade: atTastytrade, alpaca: atAlpaca };

/** Seconds until this holds; at most so many. */
function secondsUntil(held: Held, most: number, holds: () => boolean): number {
  let seconds = 0;
  while (seconds < most && !holds()) {
    held.pass(1);
    seconds += 1;
  }
  return seconds;
}

function unproven({ rig }: Held) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'CLOSE_UNPROVEN' ? [effect] : [],
  );
}

describe.each(['tastytrade', 'alpaca'] as const)('at %s, a close without an answer', (name) => {
  /** The condor is being flattened by an order of which nothing is heard. */
  function flattening(isTaken: boolean): Held {
    const held = BROKERS[name]();
    const { rig } = held;
    expect(rig.positions()).toHaveLength(1);
    expect(rig.day.stream.connected).toBe(false);
    held.loseNext(isTaken);
    rig.send({ kind: 'flattenNow' }, CONSOLE);
    return held;
  }

  it('that was taken is found by asking, in seconds', () => {
    const held = flattening(true);
    const { rig } = held;
    const isFlat = () => rig.positions().length === 0;
    expect(secondsUntil(held, 60, isFlat)).toBeLessThanOrEqual(20);
    expect(rig.submitted).toHaveLength(2);
  });

  it('that was not taken is proven absent by lists alone, and the next one closes', () => {
    const held = flattening(false);
    const { rig } = held;
    const isFlat = () => rig.positions().length === 0;
    expect(secondsUntil(held, 120, isFlat)).toBeLessThanOrEqual(60);
    expect(rig.submitted).toHaveLength(3);
    expect(rig.bodies('orderResolved')).toMatchObject([
      { outcome: 'absentPresumed', evidence: expect.stringContaining('no stream had to be heard') },
    ]);
    expect(rig.day.stream.connected).toBe(false);
  });

  it('is paged with what to do while no list can be read, and goes on once one can', () => {
    const held = flattening(true);
    const { rig } = held;
    held.failLists(LISTS_THAT_FAIL);
    held.pass(45);
    expect(new Set(held.looks)).toEqual(new Set(['exit']));
    expect(held.looks.length).toBeGreaterThanOrEqual(7);
    const [page, ...more] = unproven(held);
    expect(more).toEqual([]);
    expect(page).toMatchObject({ severity: 'critical', subject: rig.submitted[1] });
    expect(page?.text).toMatch(/Look there by hand: .* close the position there/);
    expect(rig.positions()).toHaveLength(1);
    expect(secondsUntil(held, 60, () => rig.positions().length === 0)).toBeLessThan(60);
    expect(unproven(held).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
    expect(rig.submitted).toHaveLength(2);
  });
});
