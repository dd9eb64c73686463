import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../src/audit/order-evidence.ts';
import type { PnlView } from '../../src/desk/engine-api.ts';
import type { OrderRecord } from '../../src/desk/orders/order-book.ts';
import { instrumentSymbol } from '../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { putBar } from '../support/breakout-rig.ts';
import { CONDOR, CONSOLE, valueIn } from '../support/desk-rig.ts';
import { DAY, DayRig } from '../support/tastytrade/day-rig.ts';

const ORB = {
  strategy: 'orb_long_call',
  strikeDelta: 30,
  rangeMinutes: 15,
  quantity: 2,
} as const;

/** Six moments a minute, up to a time of the day. */
function goThrough(rig: DayRig, minutes: number): void {
  const now = () => (rig.at.market - rig.session.open) / 60_000_000 + 570;
  while (now() < minutes) rig.goTo(Math.min(minutes, now() + 1 / 6));
}

/** A morning in which the market has broken out. */
function breakingOut(): DayRig {
  const rig = DayRig.start(10 * 60 + 30);
  rig.begin();
  for (let minute = 0; minute < 60; minute += 1) putBar(rig, minute, minute < 15 ? 599 : 599.8);
  return rig;
}

/** A long call that nobody buys back is exercised into a hundred shares; transactions are not shown
 * before `postedAt`. Minutes of that day. */
function exercised(settledAt: number, postedAt: number): DayRig {
  const rig = breakingOut();
  rig.openPosition({ ...ORB, quantity: 1 });
  rig.venueSize = 0;
  rig.goTo(16 * 60 + 14);
  rig.quotes(rig.spot + 5);
  const handle = rig.venue.handle.bind(rig.venue);
  const isPosted = () => rig.at.market >= newYorkInstant(sessionDate(DAY), postedAt);
  rig.venue.handle = (request) => {
    if (isPosted() || !request.url.includes('/transactions')) return handle(request);
    return { status: 200, body: { data: { items: [] } } };
  };
  goThrough(rig, 16 * 60 + 16);
  rig.goTo(settledAt);
  rig.advance(10);
  rig.venue.endSession(rig.spot);
  rig.advance(30);
  return rig;
}

/** A condor whose close works at the broker, and fills nowhere, so many seconds after its confirm. */
function closing(seconds: number, options: Parameters<typeof DayRig.start>[1] = {}) {
  const rig = DayRig.start(10 * 60 + 30, options);
  rig.begin();
  const { positionId } = rig.openPosition(CONDOR);
  rig.venueSize = 0;
  rig.quotes();
  const orderId = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256)).orderId ?? '';
  rig.advance(seconds);
  return { rig, order: rig.order(orderId) };
}

/** One that hurries. */
function hurrying(): { readonly rig: DayRig; readonly order: OrderRecord } {
  const { rig, order } = closing(8, { exits: { exitLadder: 'fast' } });
  expect(order).toMatchObject({ status: 'working', limitRefusals: undefined });
  return { rig, order };
}

/** Requests of a method that the venue is asked from now on. */
function asked(rig: DayRig, method: string): () => number {
  let count = 0;
  const perform = rig.wire.perform.bind(rig.wire);
  rig.wire.perform = (effect) => {
    if (effect.kind === 'httpSend' && effect.method === method) count += 1;
    perform(effect);
  };
  return () => count;
}

/** What was told under a code, by what it did to the incident. */
function told(rig: DayRig, code: string): readonly string[] {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === code ? [effect.action] : [],
  );
}

/** The limit at which an order rests at the venue. */
function venueLimit(rig: DayRig, { intent }: OrderRecord): number {
  return Math.round((rig.venue.orders.headOf(intent.intentId)?.limit ?? 0) * 10_000);
}

/** The next order is taken, with a warning that it is something else. */
function mistakeNext(rig: DayRig): void {
  const handle = rig.venue.handle.bind(rig.venue);
  rig.venue.handle = (request) => {
    const reply = handle(request);
    if (request.method !== 'POST' || !request.url.endsWith('/orders')) return reply;
    rig.venue.handle = handle;
    const { data } = reply.body as { data: object };
    const warning = { code: 'closing_with_no_position', message: 'You have no position to close' };
    return { ...reply, body: { data: { ...data, warnings: [warning] } } };
  };
}

describe('a day at tastytrade', () => {
  it('opens, fills in part, loses its stream and its token, meets the risk desk, and ends flat to the cent', () => {
    const rig = DayRig.start(10 * 60 + 30, {
      limits: { maxOpenRiskCents: 500_000 as never, portfolioDeltaCap: 500 },
    });
    rig.begin();
    expect(rig.day.reconciled).toBe(true);
    for (let minute = 0; minute < 60; minute += 1) putBar(rig, minute, minute < 15 ? 599 : 599.8);

    // A breakout, filled one contract at a time by a book that shows no more.
    rig.venueSize = 1;
    const breakout = rig.openPosition(ORB);
    expect(breakout.legs.map(({ quantity }) => quantity)).toEqual([2]);
    const first = rig.orders()[0];
    expect(first?.fills.map(({ quantity }) => quantity)).toEqual([1, 1]);
    rig.venueSize = 50;
    expect(rig.execute(rig.previewClose(breakout.positionId)).status).toBe('filled');

    // A condor, while the stream is down: what it missed is read from the lists.
    const preview = rig.preview(CONDOR);
    const { orderId } = valueIn(rig.confirm(preview.tokenSha256));
    rig.wire.cut();
    const condor = rig.ended(orderId ?? '');
    expect(condor.status).toBe('filled');
    rig.advance(30);
    expect(rig.day.stream.connected).toBe(true);

    // Every access token dies at once, in the middle of the day; the login goes on.
    rig.venue.login.revoke();
    goThrough(rig, 10 * 60 + 38);
    expect(rig.day.reconciled).toBe(true);
    expect(rig.venue.login.logins).toBeGreaterThan(1);
    const midday = rig.query<PnlView>({ kind: 'pnl' });
    expect(midday.cashCents).toBe(rig.venue.account.cashCents);

    // Nothing opens any more after the cut-off.
    rig.goTo(15 * 60 + 26);
    const late = { kind: 'previewStrategy', request: CONDOR, tokenSha256: rig.newToken() } as const;
    expect(rig.ask(late)).toHaveProperty('denied');
    rig.goTo(15 * 60 + 38);
    rig.advance(15);

    // The broker's risk desk takes one short leg out before the engine's own flattening begins.
    const short = rig.positions()[0]?.legs.find(({ quantity }) => quantity < 0);
    if (short === undefined) throw new Error('the condor is gone');
    const symbol = instrumentSymbol(short.instrument);
    const { ask = 0 } = rig.venue.market.quotes.get(symbol) ?? {};
    const leg = { symbol, action: 'Buy to Close', quantity: 1 };
    const foreign = rig.venue.orders.foreign([leg], -ask - 0.05);
    rig.venue.orders.match();
    rig.advance(10);
    expect(foreign.status).toBe('Filled');
    expect(rig.alerts()).toContain('EXTERNAL_FILL');

    goThrough(rig, 15 * 60 + 52);
    expect(rig.positions()).toEqual([]);
    expect([...rig.venue.account.lots]).toEqual([]);

    // 16:15: what still works expires, and the books agree with the account to the cent.
    rig.goTo(16 * 60 + 14);
    rig.advance(10);
    rig.venue.endSession(rig.spot);
    rig.advance(30);
    const { dayPnlCents, feesCents } = rig.query<PnlView>({ kind: 'pnl' });
    expect(dayPnlCents).toBe(rig.cashChange);
    expect(feesCents).toBe(rig.venue.account.feesCents);
    expect(valueIn(rig.ask({ kind: 'reconcile' }, CONSOLE))).toMatchObject({
      clean: true,
      differences: [],
    });
    expect(rig.orders().filter(({ status }) => status === 'unknown')).toEqual([]);
    expect(rig.venue.orders.posts).toBe(rig.submitted.length);
  });

  it('opens nothing before the first picture of the account, and calls for help only after a while', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.open();
    rig.advance(20);
    expect(rig.day.reconciled).toBe(false);
    const early = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    expect(rig.ask(early)).toHaveProperty('denied');
    expect(rig.alerts()).not.toContain('RECONCILE_DIFFERS');
    rig.advance(30);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    rig.wire.open();
    rig.advance(30);
    expect(rig.day.reconciled).toBe(true);
  });

  it('goes on after a crash: what works and what filled meanwhile is known again, and nothing is sent twice', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    const opened = rig.openPosition(CONDOR);
    rig.venueSize = 0;
    const close = rig.previewClose(opened.positionId);
    const orderId = valueIn(rig.confirm(close.tokenSha256)).orderId ?? '';
    rig.advance(3);
    expect(rig.order(orderId).status).toBe('working');
    const next = rig.crash();
    const sent = next.venue.orders.posts;
    expect(next.positions().map(({ positionId }) => positionId)).toEqual([opened.positionId]);
    next.venueSize = 50;
    next.begin();
    next.advance(20);
    expect(next.order(orderId).status).toBe('filled');
    expect(next.positions()).toEqual([]);
    expect(next.venue.orders.posts).toBe(sent);
    expect(next.day.reconciled).toBe(true);
    const { dayPnlCents } = next.query<PnlView>({ kind: 'pnl' });
    expect(dayPnlCents).toBe(next.cashChange);
  });

  it('asks again for a close whose new limit the exchange refused, and tells of a refusal', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    const { positionId } = rig.openPosition(CONDOR);
    rig.venueSize = 0;
    rig.venue.orders.knobs.refusesReplacement = 'Order could not be routed';
    const orderId = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256)).orderId ?? '';
    rig.advance(30);
    expect(rig.order(orderId)).toMatchObject({ status: 'rejected' });
    rig.venue.orders.knobs.refusesReplacement = undefined;
    rig.venueSize = 50;
    rig.advance(60);
    expect(rig.positions()).toEqual([]);
    expect(rig.alerts()).toContain('CLOSE_REJECTED');
    expect(rig.alerts()).not.toContain('CLOSE_CANCELLED');
  });

  it('calls a close back after a crash whose cancel went down with the engine, and concedes nothing', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    const { positionId } = rig.openPosition(CONDOR);
    rig.venueSize = 0;
    const orderId = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256)).orderId ?? '';
    rig.advance(3);
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'cancel', orderId, tokenSha256 });
    rig.wire.latencyMillis = 60_000;
    rig.confirm(tokenSha256);
    const { status, limit } = rig.order(orderId);
    expect(status).toBe('working');
    const next = rig.crash();
    next.begin();
    next.advance(20);
    expect(next.order(orderId)).toMatchObject({ status: 'cancelled', limit });
    expect(next.positions()).toHaveLength(1);
  });

  it('calls back what the broker took as something else until it has ended, and tells where that takes long', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    const { positionId } = rig.openPosition(CONDOR);
    rig.venueSize = 0;
    mistakeNext(rig);
    rig.venue.faults.add(/^DELETE/, 'throttled', 20);
    const orderId = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256)).orderId ?? '';
    rig.advance(2);
    const { limit } = rig.order(orderId);
    expect(rig.alerts()).not.toContain('CHANGE_UNANSWERED');
    rig.advance(20);
    expect(rig.order(orderId)).toMatchObject({ status: 'working', limit });
    expect(rig.alerts()).toContain('CHANGE_UNANSWERED');
    rig.advance(20);
    expect(rig.order(orderId)).toMatchObject({ status: 'rejected' });
    rig.venueSize = 50;
    rig.advance(30);
    expect(rig.positions()).toEqual([]);
  });

  it('calls it back after a crash too', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    const { positionId } = rig.openPosition(CONDOR);
    rig.venueSize = 0;
    mistakeNext(rig);
    rig.venue.faults.add(/^DELETE/, 'lost');
    const orderId = valueIn(rig.confirm(rig.previewClose(positionId).tokenSha256)).orderId ?? '';
    rig.advance(1);
    expect(rig.order(orderId).status).toBe('working');
    const next = rig.crash();
    next.begin();
    next.advance(5);
    expect(next.order(orderId).status).toBe('rejected');
  });

  it('protects a long call at the broker, through a crash, and what fired meanwhile is known after', () => {
    const rig = breakingOut();
    const { positionId, legs } = rig.openPosition({ ...ORB, quantity: 1 });
    rig.advance(25);
    const [shown] = rig.query<PnlView>({ kind: 'pnl' }).positions;
    expect(shown).toMatchObject({ positionId, protectedBy: 'broker' });
    const stop = rig.orders().find(({ intent }) => intent.purpose === 'protective');
    const { intentId = '', stopTrigger = 0 } = stop?.intent ?? {};
    const symbol = instrumentSymbol(legs[0]?.instrument ?? { kind: 'shares', symbol: '' });

    // The engine is gone; the call falls through its stop, which sells it at the market.
    rig.wire.die();
    const dollars = stopTrigger / 10_000 - 0.05;
    rig.venue.quote(symbol, dollars, dollars + 0.05, 50);
    rig.venue.orders.match();
    expect(rig.venue.account.held(symbol)).toBe(0);
    const next = rig.crash();
    next.begin();
    next.advance(20);
    expect(next.order(intentId).status).toBe('filled');
    expect(next.positions()).toEqual([]);
    expect(next.day.reconciled).toBe(true);
    const { dayPnlCents } = next.query<PnlView>({ kind: 'pnl' });
    expect(dayPnlCents).toBe(next.cashChange);
  });

  it('calls the stop back before a close goes out, so that the two never sell the same contracts', () => {
    const rig = breakingOut();
    const { positionId } = rig.openPosition({ ...ORB, quantity: 1 });
    rig.advance(25);
    expect(rig.execute(rig.previewClose(positionId)).status).toBe('filled');
    const stop = rig.orders().find(({ intent }) => intent.purpose === 'protective');
    expect(stop?.status).toBe('cancelled');
    const written = rig.venue.orders.byExternalId(stop?.intent.intentId ?? '');
    expect(written).toMatchObject({ orderType: 'Stop Limit', status: 'Cancelled' });
    rig.advance(10);
    expect([...rig.venue.account.lots]).toEqual([]);
  });

  it('leaves a position to the engine alone after the broker has refused its stop twice', () => {
    const rig = breakingOut();
    rig.openPosition({ ...ORB, quantity: 1 });
    rig.venue.orders.knobs.refusesStops = true;
    rig.advance(60);
    const stops = rig.orders().filter(({ intent }) => intent.purpose === 'protective');
    expect(stops.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(rig.alerts().filter((code) => code === 'PROTECTION_REFUSED')).toHaveLength(1);
    expect(rig.query<PnlView>({ kind: 'pnl' }).positions[0]?.protectedBy).toBe('engine');
  });

  it('places a stop that the broker took as something else anew, and not at once', () => {
    const rig = breakingOut();
    rig.openPosition({ ...ORB, quantity: 1 });
    mistakeNext(rig);
    const stops = () =>
      rig
        .orders()
        .filter(({ intent }) => intent.purpose === 'protective')
        .map(({ status }) => status);
    for (let second = 0; second < 30 && stops()[0] !== 'rejected'; second += 1) rig.advance(1);
    rig.advance(3);
    expect(stops()).toEqual(['rejected']);
    rig.advance(7);
    expect(stops()).toEqual(['rejected', 'working']);
  });

  it('counts what the risk desk traded once over a restart, and its journal proves that', () => {
    const rig = DayRig.start(10 * 60 + 30);
    rig.begin();
    const [short] = rig.openPosition(CONDOR).legs.filter(({ quantity }) => quantity < 0);
    if (short === undefined) throw new Error('a condor has a short leg');
    const symbol = instrumentSymbol(short.instrument);
    const { ask = 0 } = rig.venue.market.quotes.get(symbol) ?? {};
    rig.venue.orders.foreign([{ symbol, action: 'Buy to Close', quantity: 1 }], -ask - 0.05);
    rig.venue.orders.match();
    rig.advance(10);
    rig.venue.orders.foreign([{ symbol, action: 'Buy to Open', quantity: 1 }], -0.01);
    rig.advance(10);
    const held = rig.positions().map(({ legs }) => legs);
    expect(held).toMatchObject([{ length: 3 }]);

    const again = rig.crash();
    again.begin();
    again.advance(30);
    expect(again.day.reconciled).toBe(true);
    expect(again.positions().map(({ legs }) => legs)).toEqual(held);
    for (const each of [rig, again]) {
      const evidence = new OrderEvidence();
      for (const record of each.records()) evidence.see(record);
      expect(evidence.faults()).toEqual([]);
    }
  });

  it('knows of shares in the evening before anybody is called because the books differ', () => {
    const rig = exercised(17 * 60 + 40, 16 * 60);
    expect(rig.desk.context.book.sharesHeld()).toBe(100);
    expect(rig.day.reconciled).toBe(true);
    expect(rig.alerts()).not.toContain('RECONCILE_DIFFERS');
  });

  it('holds shares once that the operator took over before their exercise was posted', () => {
    const rig = exercised(16 * 60 + 17, 16 * 60 + 30);
    expect(rig.alerts()).toContain('RECONCILE_DIFFERS');
    valueIn(rig.ask({ kind: 'adopt' }, CONSOLE));
    rig.goTo(16 * 60 + 31);
    rig.advance(130);
    expect(rig.brokerEvents.filter(({ kind }) => kind === 'settlement')).toHaveLength(1);
    expect(rig.desk.context.book.sharesHeld()).toBe(100);
    expect(rig.alerts()).not.toContain('SETTLEMENT_DIFFERS');
    const again = rig.crash();
    again.begin();
    expect(again.desk.context.book.sharesHeld()).toBe(100);
  });
});

describe('a close at tastytrade whose new limits get no word', () => {
  const lives = (rig: DayRig) =>
    rig.orders().filter(({ intent, status }) => intent.purpose !== 'open' && status === 'working');

  it('because it asks too often stays where it is, and moves once it is heard', () => {
    const { rig, order } = hurrying();
    const [puts, deletes] = [asked(rig, 'PUT'), asked(rig, 'DELETE')];
    rig.venue.faults.add(/^PUT/, 'throttled', 5);
    rig.atmVol = 0.2;
    rig.advance(12);
    expect(puts()).toBeGreaterThan(5);
    expect([deletes(), lives(rig)]).toEqual([0, [order]]);
    expect(order.brokerLimit).toBe(venueLimit(rig, order));
    expect(order.limitRefusals).toBeUndefined();
    expect(told(rig, 'LIMIT_REFUSED')).toEqual([]);
    expect(told(rig, 'CHANGE_UNANSWERED')).toEqual([]);
  });

  it.each(['throttled', 'lost'] as const)(
    'for long pages, and no more once it is heard (%s)',
    (fault) => {
      const { rig, order } = hurrying();
      const deletes = asked(rig, 'DELETE');
      const before = venueLimit(rig, order);
      rig.venue.faults.add(/^PUT/, fault, 100);
      rig.atmVol = 0.2;
      rig.advance(12);
      expect(told(rig, 'CHANGE_UNANSWERED')).toEqual([]);
      rig.advance(18);
      expect(told(rig, 'CHANGE_UNANSWERED')).toEqual(['trigger']);
      expect([deletes(), venueLimit(rig, order)]).toEqual([0, before]);
      while (rig.venue.faults.take('PUT', '') !== undefined);
      rig.advance(12);
      expect(told(rig, 'CHANGE_UNANSWERED')).toEqual(['trigger', 'resolve']);
      expect(order.brokerLimit).toBe(venueLimit(rig, order));
      expect(venueLimit(rig, order)).not.toBe(before);
      expect([deletes(), told(rig, 'LIMIT_REFUSED')]).toEqual([0, []]);
    },
  );

  it.each([
    [422, 'cancelled', 1],
    [401, 'working', 0],
  ] as const)(
    'is called back where they are refused, and not where its login is (%i)',
    (status, became, pages) => {
      const { rig, order } = hurrying();
      const handle = rig.venue.handle.bind(rig.venue);
      let left = 3;
      rig.venue.handle = (request) => {
        if (request.method !== 'PUT' || left === 0) return handle(request);
        left -= 1;
        return { status, body: { error: { code: 'refused', message: 'not so' } } };
      };
      rig.atmVol = 0.2;
      rig.advance(12);
      expect([left, order.status]).toEqual([0, became]);
      expect(told(rig, 'LIMIT_REFUSED').filter((action) => action === 'trigger')).toHaveLength(
        pages,
      );
      const [live] = lives(rig);
      expect(live?.limit).toBe(venueLimit(rig, live!));
    },
  );

  it('are asked for after a start once a list has told of it, and it is not called back', () => {
    const { rig, order } = hurrying();
    const { intentId } = order.intent;
    const next = rig.crash();
    const [puts, deletes] = [asked(next, 'PUT'), asked(next, 'DELETE')];
    next.venueSize = 0;
    next.atmVol = 0.2;
    next.venue.faults.add(/^GET/, 'lost', 200);
    next.begin();
    next.advance(12);
    const known = next.order(intentId);
    expect([known.status, puts(), deletes()]).toEqual(['unknown', 0, 0]);
    while (next.venue.faults.take('GET', '') !== undefined);
    next.advance(40);
    expect(known).toMatchObject({ status: 'working', brokerLimit: venueLimit(next, known) });
    expect([puts() > 0, deletes(), told(next, 'LIMIT_REFUSED')]).toEqual([true, 0, []]);
  });

  it('is told of nowhere where the stream tells what an answer would have, in a quiet market too', () => {
    const { rig, order } = hurrying();
    const before = order.brokerLimit;
    rig.venue.faults.add(/^PUT/, 'mute');
    rig.atmVol = 0.2;
    rig.advance(2);
    expect(order.brokerLimit).toBe(venueLimit(rig, order));
    expect(order.brokerLimit).not.toBe(before);
    rig.freeze(1);
    for (let second = 0; second < 40; second += 1) {
      rig.venue.clock.advance(1_000);
      rig.freeze(1);
    }
    expect(told(rig, 'CHANGE_UNANSWERED')).toEqual([]);
  });

  it('ends at the newest limit where answers come late, behind another one', () => {
    const { rig, order } = hurrying();
    const deletes = asked(rig, 'DELETE');
    rig.wire.latencyMillis = 2_500;
    for (const atmVol of [0.19, 0.2, 0.21, 0.22, 0.23]) {
      rig.atmVol = atmVol;
      rig.advance(2);
    }
    rig.advance(30);
    expect(order).toMatchObject({ status: 'working', brokerLimit: venueLimit(rig, order) });
    expect([order.limit, deletes()]).toEqual([order.brokerLimit, 0]);
    expect(told(rig, 'CHANGE_UNANSWERED')).toEqual([]);
    expect(told(rig, 'LIMIT_REFUSED')).toEqual([]);
  });
});

describe('an order at tastytrade that somebody moves at another screen', () => {
  function moveThere(rig: DayRig, { intent }: OrderRecord): void {
    const head = rig.venue.orders.headOf(intent.intentId);
    const terms = { 'order-type': 'Limit', 'time-in-force': 'Day', 'price-effect': 'Debit' };
    const body = { ...terms, price: (0.5 - (head?.limit ?? 0)).toFixed(2) };
    expect(rig.venue.orders.replace('', head?.id ?? 0, body).status).toBe(200);
  }

  it('is told once and goes on by its own ladder', () => {
    const { rig, order } = closing(3);
    rig.advance(30);
    expect(told(rig, 'ORDER_MOVED')).toEqual([]);
    const { limit } = order;
    moveThere(rig, order);
    rig.advance(1);
    expect(told(rig, 'ORDER_MOVED')).toEqual(['trigger']);
    rig.advance(10);
    expect(venueLimit(rig, order)).toBe(limit);
    expect(told(rig, 'ORDER_MOVED')).toHaveLength(1);
  });

  it('while the engine is down is told by the next one, and by no other', () => {
    const { rig, order } = closing(3);
    const before = rig.records();
    moveThere(rig, order);
    const next = rig.crash(before);
    next.begin();
    expect(told(next, 'ORDER_MOVED')).toEqual(['trigger']);
    const third = next.crash();
    third.begin();
    expect(told(third, 'ORDER_MOVED')).toEqual([]);
  });
});
