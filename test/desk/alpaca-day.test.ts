/** A whole same-day-expiry session of the production desk against the Alpaca stub, in virtual time. */

import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../src/broker/alpaca/alpaca-gateway.ts';
import { quoteOf } from '../../src/desk/desk-context.ts';
import type { ConfirmResult } from '../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import type { OrderRecord } from '../../src/desk/orders/order-book.ts';
import { occSymbol } from '../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import type { Price } from '../../src/engine/domain/units.ts';
import { centsFromDollars, sessionDate } from '../../src/engine/domain/units.ts';
import { alpacaSymbolOf } from '../support/alpaca/stub-market.ts';
import type { StubOrder } from '../support/alpaca/stub-order.ts';
import { unprocessable } from '../support/alpaca/stub-refusal.ts';
import { StubVenue } from '../support/alpaca/stub-venue.ts';
import { StubWires } from '../support/alpaca/stub-wires.ts';
import { putBar } from '../support/breakout-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, valueIn } from '../support/desk-rig.ts';

const DATE = sessionDate('2026-11-20');
const ACCOUNT = 'PA3TESTSTUB1';
const ORB: StrategyRequest = {
  strategy: 'orb_long_call',
  strikeDelta: 45,
  rangeMinutes: 15,
  quantity: 2,
};

/** Wide enough that no limit stands in the way of the day. */
const WIDE_LIMITS = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
  portfolioGammaCap: 5_000,
  portfolioVegaCapCents: centsFromDollars(5_000),
};

/** The desk, its broker behind wires, and one market for both. */
class AlpacaDay {
  readonly venue: StubVenue;
  readonly wires: StubWires;
  readonly rig: DeskRig;
  /** False: the venue has no market, and nothing fills by itself. */
  hasMarket: boolean;
  /** The engine hears nothing any more. */
  isDead = false;
  readonly #contracts;

  constructor(past?: AlpacaDay, hasMarket = true) {
    this.hasMarket = hasMarket;
    this.venue = past?.venue ?? new StubVenue(newYorkInstant(DATE, 570), ACCOUNT);
    this.wires = new StubWires(this.venue);
    if (past !== undefined) this.wires.faults.takeOver(past.wires.faults);
    this.venue.knobs.liquidation = 'oneLeg';
    this.venue.knobs.partialProbability = 1;
    this.rig = new DeskRig({
      date: DATE,
      minutes: 570,
      ...(past !== undefined && { market: past.rig.at.market, records: past.rig.records() }),
      limits: WIDE_LIMITS,
      broker: (history, at) =>
        new AlpacaGateway({ accountId: ACCOUNT, underlying: 'SPY', history, at }),
      onWire: (effect) => this.wires.perform(effect),
    });
    this.#contracts = this.rig.listing().contracts;
    this.venue.market.list(this.#contracts);
    this.wires.open();
    this.at(this.minutes + 0.1);
  }

  /** Moves everybody's clock, quotes both markets alike, and lets the wires do what is due. */
  at(minutes: number): void {
    this.rig.goTo(minutes, DATE);
    this.venue.advance(this.rig.at.market);
    for (const contract of this.#contracts) {
      const symbol = occSymbol(contract);
      const quote = this.hasMarket ? quoteOf(this.rig.desk.context, symbol) : undefined;
      this.venue.quote(alpacaSymbolOf(contract), cents(quote?.bid), cents(quote?.ask));
    }
    for (let input = this.wires.next(); input && !this.isDead; input = this.wires.next()) {
      this.rig.step({ kind: 'wire', at: this.rig.at, wire: input });
    }
  }

  /** Lets minutes pass in beats of some seconds. */
  pass(minutes: number, beatSeconds = 5): void {
    const start = this.minutes;
    for (let beat = 1; beat * beatSeconds <= minutes * 60; beat += 1) {
      this.at(start + (beat * beatSeconds) / 60);
    }
  }

  /** Leaves hours out: the stream goes silent over them, is given up and opened again. */
  jump(minutes: number): void {
    this.at(minutes);
    expect(this.rig.day.stream.connected).toBe(false);
    this.wires.open();
    this.pass(0.5);
    expect(this.rig.day).toMatchObject({ stream: { connected: true }, reconciled: true });
  }

  get minutes(): number {
    return (this.rig.at.market - newYorkInstant(DATE, 0)) / 60_000_000;
  }

  /** Previews and confirms; the order as it stands a moment later. */
  open(request: StrategyRequest): OrderRecord {
    const { tokenSha256 } = this.rig.preview(request);
    const id = this.rig.send({ kind: 'confirm', tokenSha256 });
    this.pass(0.1, 1);
    const reply = this.rig.reply<ConfirmResult>(id);
    return this.rig.order(reply === undefined ? '' : (valueIn(reply).orderId ?? ''));
  }

  /** A trader asks for all of a position to be closed, at a venue without a market. */
  close(positionId: string): OrderRecord {
    const { tokenSha256 } = this.rig.previewClose(positionId);
    this.hasMarket = false;
    this.rig.send({ kind: 'confirm', tokenSha256 });
    return this.rig.orders().at(-1)!;
  }

  /** The orders of an intent at the venue, newest last. */
  atVenue({ intent }: OrderRecord): StubOrder[] {
    const { intentId } = intent;
    return this.venue.orders.filter(({ clientOrderId }) => clientOrderId.startsWith(intentId));
  }

  /** Lets time pass until an order has ended. */
  ended(order: OrderRecord): void {
    const { orders } = this.rig.desk.context;
    for (let beat = 0; beat < 60 && orders.live().includes(order); beat += 1) this.pass(0.05, 3);
  }

  /** Orders sent so far. */
  get sent(): number {
    return this.wires.requests.filter((request) => request.startsWith('POST')).length;
  }

  held(): string[] {
    return [...this.rig.desk.context.book.held().keys()];
  }
}

function cents(price: Price | undefined): number | undefined {
  return price === undefined ? undefined : price / 100;
}

describe('a day at Alpaca', () => {
  it('ends flat by 15:20, before any liquidation, and reconciled to the cent', () => {
    const day = new AlpacaDay();
    const { rig, venue, wires } = day;
    day.pass(0.5);
    expect(rig.day.stream.connected).toBe(true);
    for (let minute = 0; minute <= 60; minute += 1) putBar(rig, minute, minute < 15 ? 599 : 599.8);
    day.jump(631);

    // An opening breakout, filled in two parts.
    const orb = day.open(ORB);
    day.ended(orb);
    expect(orb.fills.length).toBeGreaterThan(1);
    expect(orb.status).toBe('filled');

    // A condor whose answer is lost, and whose fills come while the stream is down.
    wires.faults.onRequest('POST /v2/orders', 'dropAnswer');
    wires.faults.onStream('lost', 'lost', 'lost', 'lost');
    const condor = day.open({ ...CONDOR, quantity: 2 });
    wires.cut();
    day.pass(0.5);
    wires.open();
    day.pass(0.5);
    day.ended(condor);
    expect(rig.alerts()).toContain('ORDER_UNKNOWN');
    expect(condor.status).toBe('filled');
    expect(day.held()).toHaveLength(5);

    // Another condor, called back before it fills.
    day.jump(13 * 60);
    const resting = { ...CONDOR, shortDelta: 15 };
    venue.knobs.holdsNew = true;
    const second = day.open(resting);
    rig.ask({ kind: 'cancel', orderId: second.intent.intentId, tokenSha256: rig.newToken() });
    day.pass(0.5);
    expect(second.status).toBe('cancelled');
    venue.knobs.holdsNew = false;

    // No opening after 15:00; flattening from 15:05, in part fills and moved limits.
    day.jump(15 * 60);
    expect(rig.day.schedule.openingCutoffAt).toBe(newYorkInstant(DATE, 15 * 60));
    const tokenSha256 = rig.newToken();
    const late = rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
    expect(denialIn(late).code).toMatch(/_window$/);
    day.pass(19.4, 10);
    expect(day.minutes).toBeLessThanOrEqual(15 * 60 + 20);
    expect(day.held()).toEqual([]);
    expect(venue.account.held().size).toBe(0);

    // Nothing more is sent, nothing is liquidated, and the session is sealed in order.
    const { sent } = day;
    day.jump(15 * 60 + 46);
    day.jump(16 * 60 + 16);
    day.pass(0.5);
    expect(day.sent).toBe(sent);
    expect(venue.liquidations).toBe(0);
    expect(rig.day).toMatchObject({ reconciled: true, sealed: true });
    const { realizedCents, feesCents } = rig.desk.context.book.day();
    expect(venue.account.cashCents - venue.account.startingCents).toBe(realizedCents);
    expect(feesCents).toBeGreaterThan(0);
    expect(rig.desk.context.orders.live()).toEqual([]);
  });
});

describe('a trader’s close whose order the adapter itself cancels', () => {
  const nothing = (day: AlpacaDay) => expect(day.rig.alerts()).not.toContain('CLOSE_CANCELLED');

  it('because an amendment met a fill is asked for again, for what is left', () => {
    const day = new AlpacaDay();
    day.pass(0.5);
    for (let minute = 0; minute <= 60; minute += 1) {
      putBar(day.rig, minute, minute < 15 ? 599 : 599.8);
    }
    day.jump(631);
    const orb = day.open(ORB);
    day.ended(orb);
    const { positionId } = orb.intent;
    day.venue.knobs.amendsLater = true;
    const close = day.close(positionId);
    for (let beat = 0; beat < 60 && day.atVenue(close).length < 2; beat += 1) day.pass(0.02, 1);
    const [old, heir] = day.atVenue(close);
    day.venue.fill(old!, 1);
    day.venue.settleAmend(heir!);
    day.pass(0.02, 1);
    expect(close.status).toBe('cancelled');
    expect(day.rig.brokerEvents).toContainEqual({
      kind: 'cancelled',
      intentId: close.intent.intentId,
      remaining: 1,
      by: 'gateway',
    });
    day.venue.knobs.amendsLater = false;
    day.hasMarket = true;
    day.pass(0.5);
    expect(day.held()).toEqual([]);
    nothing(day);
  });

  it('to move it, and is gone before the new order is sent, is asked for again after the restart', () => {
    const day = new AlpacaDay();
    day.pass(0.5);
    day.jump(631);
    const condor = day.open(CONDOR);
    day.ended(condor);
    const close = day.close(condor.intent.positionId);
    day.wires.onServed = (target) => {
      if (target.startsWith('DELETE')) day.isDead = true;
    };
    for (let beat = 0; beat < 60 && !day.isDead; beat += 1) day.pass(0.02, 1);
    expect(day.atVenue(close).map(({ status }) => status)).toEqual(['canceled']);
    const next = new AlpacaDay(day);
    next.pass(1);
    expect(next.rig.order(close.intent.intentId).status).toBe('cancelled');
    expect(next.held()).toEqual([]);
    nothing(next);
    expect(next.rig.restart().alerts()).not.toContain('CLOSE_CANCELLED');
  });
});

describe('a replacement at Alpaca whose cancel a crash came behind', () => {
  it.each(['never left', 'was served'])('is told as not sent where it %s', (where) => {
    const day = new AlpacaDay();
    day.pass(0.5);
    day.jump(631);
    day.venue.knobs.holdsNew = true;
    const old = day.open(CONDOR);
    expect(old.status).toBe('working');
    const { intentId: orderId, worst } = old.intent;
    const tokenSha256 = day.rig.newToken();
    const limit = worst / 10_000 + 0.01;
    valueIn(day.rig.ask({ kind: 'previewReplace', orderId, limit, tokenSha256 }));
    if (where === 'was served') {
      day.wires.onServed = (target) => {
        if (target.startsWith('DELETE')) day.isDead = true;
      };
    }
    day.rig.send({ kind: 'confirm', tokenSha256 });
    expect(day.rig.bodies('cancelRequested')).toMatchObject([{ intentId: orderId, tokenSha256 }]);
    if (where === 'was served') day.pass(0.1, 1);
    expect(day.isDead).toBe(where === 'was served');
    const next = new AlpacaDay(day);
    next.pass(1);
    expect(day.atVenue(old).map(({ status }) => status)).toEqual(['canceled']);
    expect(next.rig.order(orderId).status).toBe('cancelled');
    const result = valueIn(next.rig.confirm(tokenSha256));
    expect(result).toMatchObject({ status: 'denied', replayed: true, orders: [{ orderId }] });
    expect(result.reason).toContain('the engine stopped before the new order was recorded');
    expect([result.orderId === orderId, next.sent]).toEqual([false, 0]);
  });
});

/** A close that works at the venue, hurries, and fills nowhere: of one leg, which is amended, or of a condor,
 * which is moved by a cancel. */
function hurrying(of: 'amended' | 'moved'): {
  readonly day: AlpacaDay;
  readonly close: OrderRecord;
} {
  const day = new AlpacaDay();
  day.pass(0.5);
  for (let minute = 0; minute <= 60; minute += 1) {
    putBar(day.rig, minute, minute < 15 ? 599 : 599.8);
  }
  day.jump(631);
  const opened = day.open(of === 'amended' ? { ...ORB, quantity: 1 } : CONDOR);
  day.ended(opened);
  const close = day.close(opened.intent.positionId);
  day.pass(0.1, 1);
  valueIn(day.rig.ask({ kind: 'flattenNow' }, CONSOLE));
  day.pass(0.3, 1);
  expect(close).toMatchObject({ status: 'working', limitRefusals: undefined });
  return { day, close };
}

describe('a close at Alpaca whose new limits get no word', () => {
  const told = ({ rig }: AlpacaDay, code: string) =>
    rig.effects.flatMap((effect) =>
      effect.kind === 'alert' && effect.code === code ? [effect.action] : [],
    );
  const sent = ({ wires }: AlpacaDay, method: string) =>
    wires.requests.filter((request) => request.startsWith(method)).length;
  const venueLimit = (day: AlpacaDay, close: OrderRecord) =>
    Math.abs(Math.round((day.atVenue(close).at(-1)?.limit ?? 0) * 100));
  const closes = ({ rig }: AlpacaDay) =>
    rig.orders().filter(({ intent }) => intent.purpose !== 'open').length;
  const isThere = (day: AlpacaDay, close: OrderRecord) => {
    expect([close.limit, Math.abs(close.brokerLimit)]).toEqual([
      close.brokerLimit,
      venueLimit(day, close),
    ]);
  };

  it.each(['error500', 'tooMany', 'dropRequest'] as const)(
    'stays where it is, and moves once it is heard (%s)',
    (fault) => {
      const { day, close } = hurrying('amended');
      const [patches, deletes] = [sent(day, 'PATCH'), sent(day, 'DELETE')];
      day.wires.faults.onRequest('PATCH', fault, 5);
      day.rig.atmVol = 0.16;
      day.pass(0.25, 1);
      expect(sent(day, 'PATCH') - patches).toBeGreaterThan(5);
      isThere(day, close);
      expect([sent(day, 'DELETE'), closes(day), close.status]).toEqual([deletes, 1, 'working']);
      expect(told(day, 'LIMIT_REFUSED')).toEqual([]);
      expect(told(day, 'CHANGE_UNANSWERED')).toEqual([]);
    },
  );

  it.each(['error500', 'dropRequest'] as const)(
    'for long pages, and no more once it is heard (%s)',
    (fault) => {
      const { day, close } = hurrying('amended');
      const [deletes, before] = [sent(day, 'DELETE'), close.brokerLimit];
      day.wires.faults.onRequest('PATCH', fault, 100);
      day.rig.atmVol = 0.16;
      day.pass(0.2, 1);
      expect(told(day, 'CHANGE_UNANSWERED')).toEqual([]);
      day.pass(0.2, 1);
      expect(told(day, 'CHANGE_UNANSWERED')).toEqual(['trigger']);
      expect([close.brokerLimit, venueLimit(day, close)]).toEqual([before, before]);
      day.wires.faults.clear();
      day.pass(0.2, 1);
      expect(told(day, 'CHANGE_UNANSWERED')).toEqual(['trigger', 'resolve']);
      isThere(day, close);
      expect([sent(day, 'DELETE'), closes(day)]).toEqual([deletes, 1]);
      expect(told(day, 'LIMIT_REFUSED')).toEqual([]);
    },
  );

  it.each(['error503After', 'hang', 'dropAnswer'] as const)(
    'is found where it was moved to although the answer got lost, and nobody is called (%s)',
    (fault) => {
      const { day, close } = hurrying('amended');
      const before = close.brokerLimit;
      day.wires.faults.onRequest('PATCH', fault);
      day.rig.atmVol = 0.16;
      day.pass(0.1, 1);
      expect(close.brokerLimit).not.toBe(before);
      day.pass(0.5, 1);
      isThere(day, close);
      expect([closes(day), close.status]).toEqual([1, 'working']);
      expect(told(day, 'CHANGE_UNANSWERED')).toEqual([]);
    },
  );

  it('is called back and given anew where the broker itself refuses them', () => {
    const { day, close } = hurrying('amended');
    const { venue, rig } = day;
    const replace = venue.replace.bind(venue);
    let left = 3;
    venue.replace = (id, body) => {
      left -= 1;
      if (left >= 0) throw unprocessable('not so');
      return replace(id, body);
    };
    rig.atmVol = 0.16;
    day.pass(0.3, 1);
    const next = rig.orders().at(-1)!;
    expect([close.status, next.status, closes(day)]).toEqual(['cancelled', 'working', 2]);
    isThere(day, next);
    expect(told(day, 'LIMIT_REFUSED')[0]).toBe('trigger');
  });

  it('that moves by a cancel which gets lost stays one order, pages after a while, and moves', () => {
    const { day, close } = hurrying('moved');
    const orders = day.atVenue(close).length;
    day.wires.faults.onRequest('DELETE', 'error500', 100);
    day.rig.atmVol = 0.16;
    day.pass(0.2, 1);
    expect(told(day, 'CHANGE_UNANSWERED')).toEqual([]);
    day.pass(0.25, 1);
    expect(told(day, 'CHANGE_UNANSWERED')).toEqual(['trigger']);
    expect(day.atVenue(close)).toHaveLength(orders);
    day.wires.faults.clear();
    day.pass(0.25, 1);
    expect(told(day, 'CHANGE_UNANSWERED')).toEqual(['trigger', 'resolve']);
    isThere(day, close);
    expect([closes(day), close.status, told(day, 'LIMIT_REFUSED')]).toEqual([1, 'working', []]);
  });

  it('are asked for after a start once a list has told of it, and it is not called back', () => {
    const { day, close } = hurrying('amended');
    day.wires.faults.onRequest('GET', 'error500', 1_000);
    const next = new AlpacaDay(day, false);
    next.rig.atmVol = 0.16;
    next.pass(0.15, 1);
    next.pass(0.25, 1);
    const known = next.rig.order(close.intent.intentId);
    expect([known.status, sent(next, 'PATCH'), sent(next, 'DELETE')]).toEqual(['unknown', 0, 0]);
    next.wires.faults.clear();
    next.pass(0.5, 1);
    expect([known.status, sent(next, 'PATCH') > 0]).toEqual(['working', true]);
    isThere(next, known);
    expect([sent(next, 'DELETE'), told(next, 'LIMIT_REFUSED')]).toEqual([0, []]);
  });
});

describe('an order at Alpaca that somebody moves at another screen', () => {
  it('is told once and goes on by its own ladder', () => {
    const day = new AlpacaDay();
    day.pass(0.5);
    day.jump(631);
    day.hasMarket = false;
    const order = day.open(CONDOR);
    const told = () => day.rig.alerts().filter((code) => code === 'ORDER_MOVED');
    day.pass(0.2, 1);
    expect([order.status, told()]).toEqual(['working', []]);
    const there = day.atVenue(order).at(-1);
    day.venue.replace(there!.id, { limit_price: String((5_000 - order.limit) / 10_000) });
    day.pass(0.1, 1);
    expect(told()).toHaveLength(1);
    day.pass(0.5, 1);
    expect(told()).toHaveLength(1);
    expect(day.venue.orders.at(-1)?.limit).toBe((0 - order.limit) / 100);
  });
});
