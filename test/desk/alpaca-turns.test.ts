/** The desk before the Alpaca stub under the account's turns, in virtual time: what faces look up, and what
 * the engine reads itself, beside closes that hurry and are moved by a cancel. */

import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../src/broker/alpaca/alpaca-gateway.ts';
import { ALPACA_PACE } from '../../src/broker/alpaca/alpaca-pace.ts';
import type { GatewayEffect } from '../../src/broker/order-gateway.ts';
import { createPaceMemory, RequestPacer } from '../../src/broker/request-pacer.ts';
import type { TurnRequest } from '../../src/desk/threads/turn-queue.ts';
import { TurnQueue } from '../../src/desk/threads/turn-queue.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { centsFromDollars, sessionDate } from '../../src/engine/domain/units.ts';
import { StubVenue } from '../support/alpaca/stub-venue.ts';
import { StubWires } from '../support/alpaca/stub-wires.ts';
import { CONDOR, CONSOLE, DeskRig } from '../support/desk-rig.ts';

const DATE = sessionDate('2026-11-20');
const START = 10 * 60 + 30;
const ACCOUNT = 'PA3TESTSTUB1';
const BEATS_A_SECOND = 10;
const MICROS_A_BEAT = 1_000_000 / BEATS_A_SECOND;
const LOOK: TurnRequest = {
  turn: 'look',
  method: 'GET',
  path: '/v2/positions',
  patienceMillis: 5_000,
};
/** Longer than the window of the broker's ceiling. */
const FULL_SECONDS = 65;
const WIDE_LIMITS = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
  portfolioGammaCap: 5_000,
  portfolioVegaCapCents: centsFromDollars(5_000),
};

type Wired = Exclude<GatewayEffect, { kind: 'event' }>;

/** How faces look: so many at once, every so many seconds. */
interface Looks {
  readonly count: number;
  readonly everySeconds: number;
}

/** The desk, its wires and faces, each on a thread of its own before one account. */
class PacedAccount {
  readonly venue = new StubVenue(newYorkInstant(DATE, START), ACCOUNT);
  readonly wires = new StubWires(this.venue);
  readonly rig: DeskRig;
  /** Of looks: how many left, and when those that were refused are to ask again. */
  looked = 0;
  readonly refusedMicros: number[] = [];
  /** The market is never still. */
  isShaken = false;
  looks: Looks | undefined;
  readonly #memory = createPaceMemory(ALPACA_PACE);
  readonly #core = new TurnQueue<Extract<Wired, { kind: 'httpSend' }> & TurnRequest>(
    new RequestPacer(ALPACA_PACE, this.#memory),
  );
  readonly #faces = new TurnQueue(new RequestPacer(ALPACA_PACE, this.#memory));
  #underWay: Wired[] = [];
  #beats = 0;

  constructor() {
    this.rig = new DeskRig({
      date: DATE,
      minutes: START,
      limits: WIDE_LIMITS,
      broker: (history, at) =>
        new AlpacaGateway({ accountId: ACCOUNT, underlying: 'SPY', history, at }),
      onWire: (effect) => this.#ask(effect),
    });
    this.venue.market.list(this.rig.listing().contracts);
    this.wires.open();
    this.pass(5);
  }

  get seconds(): number {
    return this.#beats / BEATS_A_SECOND;
  }

  get #now(): number {
    return (this.#beats + 1) * MICROS_A_BEAT;
  }

  pass(seconds: number, afterBeat = (): void => undefined): void {
    for (let beat = 0; beat < seconds * BEATS_A_SECOND; beat += 1) {
      this.#beat();
      afterBeat();
    }
  }

  /** Opens condors. The venue has no market: nothing fills by itself. */
  hold(count: number): void {
    for (let width = 5; width < 5 + count; width += 1) {
      const { tokenSha256 } = this.rig.preview({ ...CONDOR, width });
      this.rig.send({ kind: 'confirm', tokenSha256 });
      this.pass(1);
      const order = this.venue.orders.at(-1);
      if (order !== undefined) this.venue.fill(order, 1);
      this.pass(10);
    }
    expect(this.rig.positions()).toHaveLength(count);
  }

  #ask(effect: Wired): void {
    if (effect.kind !== 'httpSend') this.#underWay.push(effect);
    else {
      const became = this.#core.take(
        { ...effect, patienceMillis: effect.timeoutMillis },
        this.#now,
      );
      if (became === 'go') this.#underWay.push(effect);
      else if (became === 'refused') this.wires.refuse(effect.requestId);
    }
  }

  #look(): void {
    const { count, everySeconds } = this.looks ?? { count: 0, everySeconds: 1 };
    if (this.#beats % (everySeconds * BEATS_A_SECOND) === 0) {
      for (let look = 0; look < count; look += 1) {
        if (this.#faces.take(LOOK, this.#now) === 'go') this.looked += 1;
      }
    }
    const { go, refused } = this.#faces.due(this.#now);
    this.looked += go.length;
    this.refusedMicros.push(...refused.map(({ waitMicros }) => waitMicros));
  }

  /** What left a beat ago arrives and is answered. */
  #beat(): void {
    this.#beats += 1;
    const { go, refused } = this.#core.due(this.#now);
    this.#underWay.push(...go);
    for (const { request } of refused) this.wires.refuse(request.requestId);
    this.#look();
    for (const effect of this.#underWay) this.wires.perform(effect);
    this.#underWay = [];
    const minutes = START + this.seconds / 60;
    this.venue.advance(newYorkInstant(DATE, minutes));
    for (let input = this.wires.next(); input; input = this.wires.next()) {
      this.rig.step({ kind: 'wire', at: this.rig.at, wire: input });
    }
    if (this.isShaken) this.rig.atmVol = this.rig.atmVol === 0.18 ? 0.2 : 0.18;
    this.rig.goTo(minutes);
  }
}

const CALM: Looks | undefined = undefined;
const SPREAD: Looks = { count: 2, everySeconds: 3 };
const IN_BURSTS: Looks = { count: 40, everySeconds: 60 };

/** The longest that something stood still, by the clock of the account. */
class Stand {
  longest = 0;
  #since: number;
  #last: unknown;
  readonly #account: PacedAccount;

  constructor(account: PacedAccount) {
    this.#account = account;
    this.#since = account.seconds;
  }

  see(what: unknown): void {
    const { seconds } = this.#account;
    this.longest = Math.max(this.longest, seconds - this.#since);
    if (what !== this.#last) this.#since = seconds;
    this.#last = what;
  }
}

/** So many condors are flattened for a minute and a half in a market that is never still and in which nothing fills:
 * how long the limit of one stood still at most, and the picture of the account. */
function flattened(count: number, looks: Looks | undefined) {
  const account = new PacedAccount();
  const { rig, venue } = account;
  account.hold(count);
  account.looks = looks;
  account.pass(FULL_SECONDS);
  account.isShaken = true;
  rig.ask({ kind: 'flattenNow' }, CONSOLE);
  account.pass(2);
  const closes = rig.desk.context.orders.live().map(({ intent }) => intent.intentId);
  expect(closes).toHaveLength(count);
  const stands = closes.map(() => new Stand(account));
  const picture = new Stand(account);
  account.pass(90, () => {
    for (const [index, intentId] of closes.entries()) {
      const own = venue.orders.filter((order) => order.clientOrderId.startsWith(intentId));
      stands[index]?.see(own.length);
    }
    picture.see(rig.desk.context.gateway.snapshot(rig.at));
  });
  const longest = Math.max(...stands.map((stand) => stand.longest));
  return { account, longest, picture: picture.longest };
}

/** Seconds until it is told that shares came into the account from elsewhere. */
function toldAfter(account: PacedAccount): number {
  const { rig, venue } = account;
  const since = account.seconds;
  venue.account.apply({ executionId: 'transfer', symbol: 'SPY', quantity: 100, price: 600 });
  while (!rig.alerts().includes('RECONCILE_DIFFERS') && account.seconds < since + 60) {
    account.pass(1 / BEATS_A_SECOND);
  }
  return account.seconds - since;
}

describe('closes that hurry and are moved by a cancel', () => {
  it.each([
    { count: 1, looks: CALM },
    { count: 1, looks: SPREAD },
    { count: 1, looks: IN_BURSTS },
    { count: 3, looks: CALM },
    { count: 3, looks: SPREAD },
  ])(
    'stand no longer than two seconds each, whatever faces look up, and the account is read on: %j',
    ({ count, looks }) => {
      const { account, longest, picture } = flattened(count, looks);
      expect(longest).toBeLessThanOrEqual(2 * count + 0.5);
      expect(picture).toBeLessThanOrEqual(20);
      expect(account.rig.alerts()).not.toContain('RECONCILE_DIFFERS');
      expect(account.refusedMicros.length > 0).toBe(looks !== CALM);
      for (const wait of account.refusedMicros) {
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(62_000_000);
      }
      expect(toldAfter(account)).toBeLessThanOrEqual(20);
    },
  );
});

describe('faces that look up more than there is', () => {
  it.each([SPREAD, IN_BURSTS])(
    'have twenty looks a minute, and a difference of the account is told within five seconds: %j',
    (looks) => {
      const account = new PacedAccount();
      account.looks = looks;
      account.pass(FULL_SECONDS);
      account.looked = 0;
      account.pass(60);
      expect(account.looked).toBeGreaterThanOrEqual(20);
      expect(toldAfter(account)).toBeLessThanOrEqual(5);
    },
  );
});
