import { describe, expect, it } from 'vitest';
import type {
  Reading,
  ReadResult,
  ReadStep,
  StepOutcome,
} from '../../../src/broker/account-reader.ts';
import { failed } from '../../../src/broker/account-reader.ts';
import { tastytradeReader } from '../../../src/broker/tastytrade/tastytrade-reader.ts';
import type { AskOf, ReadKind, ValueOf } from '../../../src/engine/domain/account-facts.ts';
import { epochMicrosFromMillis, sessionDate } from '../../../src/engine/domain/units.ts';
import { accountReaderContract, type ReaderRig } from '../../contract/account-reader-contract.ts';
import { ACCOUNT, SPREAD, TASTY_DATE, TastyRig } from './tasty-rig.ts';

/** The reader before the stub's account, which has traded a spread and left an order resting. */
class TastyReaderRig implements ReaderRig {
  readonly reader = tastytradeReader({ accountId: ACCOUNT, today: () => sessionDate(TASTY_DATE) });
  readonly ticker = 'SPY';
  readonly lacks = {};
  readonly rig = new TastyRig();
  readonly #cached: string[] = [];
  #answers: 'true' | 'none' | 'nonsense' = 'true';

  constructor() {
    this.rig.connect();
    const opened = this.rig.intent(SPREAD, 1, 2);
    this.rig.place(opened);
    this.rig.venue.orders.fill(this.rig.head(opened.intentId), 2);
    this.rig.place(this.rig.intent(SPREAD, 1.2));
    this.rig.pass(2_000);
  }

  run<K extends ReadKind>(what: K, ask: AskOf<K>): ReadResult<ValueOf<K>> {
    const reading: Reading<ValueOf<K>> = this.reader[what](ask);
    let turn = reading.next();
    while (turn.done !== true) turn = reading.next(this.#perform(turn.value));
    return turn.value;
  }

  breakOff(): void {
    this.#answers = 'none';
  }

  answerNonsense(): void {
    this.#answers = 'nonsense';
  }

  cachedPaths(): readonly string[] {
    return this.#cached;
  }

  #perform(step: ReadStep): StepOutcome {
    if (step.kind !== 'http') throw new Error(`this reader has no use for ${step.kind}`);
    if (step.cacheMillis !== undefined) this.#cached.push(step.path);
    if (this.#answers === 'none') return failed('nothing was answered', true);
    const { venue } = this.rig;
    venue.clock.advance(1_000);
    const wall = epochMicrosFromMillis(venue.clock.millis);
    if (this.#answers === 'nonsense') return { kind: 'answer', status: 200, body: '<html>', wall };
    const { method, path, body = '' } = step;
    const headers = { 'user-agent': 'test/1', authorization: `Bearer ${this.rig.wire.token()}` };
    const reply = venue.handle({ method, url: path, headers, body });
    return { kind: 'answer', status: reply.status, body: JSON.stringify(reply.body), wall };
  }
}

accountReaderContract('tastytrade', () => new TastyReaderRig());

describe("tastytrade's account", () => {
  it('tells what stands in the way of trading, and the level of options', () => {
    const rig = new TastyReaderRig();
    rig.rig.venue.knobs.isClosingOnly = true;
    expect(rig.run('accounts', {})).toMatchObject({
      value: {
        accounts: [{ accountId: ACCOUNT, optionsLevel: 'No Restrictions', status: 'closing-only' }],
      },
    });
  });

  it('tells the working order beside the filled one, each by our own id', () => {
    const rig = new TastyReaderRig();
    expect(rig.run('liveOrders', {})).toMatchObject({
      value: { orders: [{ clientOrderId: '20260804-000002', status: 'working', limitPrice: 1.2 }] },
    });
    expect(rig.run('orderHistory', { limit: 1 })).toMatchObject({
      value: { orders: [{ status: 'working' }] },
    });
    const all = rig.run('orderHistory', { limit: 10 });
    expect(all).toMatchObject({
      value: { orders: [{}, { status: 'filled', filledQuantity: 2, averageFillPrice: 1 }] },
    });
  });

  it('tells the hours, the steps and the last trade of a day, each part for itself', () => {
    const rig = new TastyReaderRig();
    const ask = { underlying: 'SPY', date: TASTY_DATE, contract: 'SPY   260804P00640000' };
    const rules = {
      session: 'full',
      opensAt: '2026-08-04T13:30:00.000Z',
      closesAt: '2026-08-04T20:00:00.000Z',
      stopsTradingAt: '2026-08-04T20:15:00.000Z',
      ticks: [{ below: null, step: 0.01 }],
      isClosingOnly: false,
    };
    expect(rig.run('marketRules', ask)).toMatchObject({ kind: 'read', value: rules });
    rig.rig.venue.market.otherwise.ticks = [{ value: '0.1' }, { value: 0.05, threshold: '3.0' }];
    rig.rig.venue.market.otherwise.halfDays = ['2026-08-05'];
    const other = { underlying: 'SPY', date: '2026-08-05' };
    expect(rig.run('marketRules', other)).toMatchObject({
      value: {
        session: 'half',
        opensAt: null,
        closesAt: null,
        stopsTradingAt: null,
        ticks: [
          { below: 3, step: 0.05 },
          { below: null, step: 0.1 },
        ],
      },
    });
    const unknown = { ...ask, contract: 'SPY   260804P00940000', underlying: 'NONE' };
    expect(rig.run('marketRules', unknown)).toMatchObject({
      value: { session: 'full', stopsTradingAt: null, ticks: null, isClosingOnly: null },
    });
  });

  it('may only close where one of its parts says so, and is as old as the oldest of them', () => {
    const rig = new TastyReaderRig();
    const { venue } = rig.rig;
    const handle = venue.handle.bind(venue);
    const ask = { underlying: 'SPY', date: TASTY_DATE, contract: 'SPY   260804P00640000' };
    for (const part of ['/instruments/equities/', '/instruments/equity-options/']) {
      venue.handle = (request) => {
        const reply = handle(request);
        if (!request.url.startsWith(part)) return reply;
        const flags = { 'is-options-closing-only': true, 'is-closing-only': true };
        return { ...reply, body: { data: { ...(reply.body as { data: object }).data, ...flags } } };
      };
      const first = epochMicrosFromMillis(venue.clock.millis + 1_000);
      const read = rig.run('marketRules', ask);
      expect(read).toMatchObject({ value: { isClosingOnly: true }, wall: first });
    }
  });

  it('tells what was lost today as a loss', () => {
    const rig = new TastyReaderRig();
    const { venue } = rig.rig;
    const handle = venue.handle.bind(venue);
    const signed = (effect: string) => {
      venue.handle = (request) => {
        const reply = handle(request);
        const { items = [] } = (reply.body as { data?: { items?: object[] } }).data ?? {};
        const today = { 'realized-today': '12.5', 'realized-today-effect': effect };
        for (const item of items) Object.assign(item, today);
        return reply;
      };
      const read = rig.run('positions', {});
      return read.kind === 'read' ? read.value.positions[0]?.realizedTodayCents : undefined;
    };
    expect([signed('Debit'), signed('Credit')]).toEqual([-1_250, 1_250]);
  });

  it('asks once for symbols of every kind', () => {
    const rig = new TastyReaderRig();
    const before = rig.rig.venue.seen.length;
    rig.run('quotes', { symbols: ['SPY', 'SPX', 'SPY   260804P00640000'] });
    expect(rig.rig.venue.seen.slice(before)).toEqual([
      'GET /market-data/by-type?equity=SPY&index=SPX&equity-option=SPY%20%20%20260804P00640000',
    ]);
  });
});
