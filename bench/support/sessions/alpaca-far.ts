/** Alpaca behind bad wires: the production adapter, and the stub's venue in the time and market of a
 * session. What the service does differently from one day to another is drawn from the seed. */

import { ALPACA_PACE } from '../../../src/broker/alpaca/alpaca-pace.ts';
import { intentIdOf } from '../../../src/broker/alpaca/order-line.ts';
import type { HttpSend } from '../../../src/broker/wire-requests.ts';
import { EventQueue } from '../../../src/desk/simulation/event-queue.ts';
import type {
  AccountTruth,
  BehindWires,
  FarBrokerOptions,
} from '../../../src/desk/simulation/far-broker.ts';
import type { WireReply } from '../../../src/desk/simulation/lossy-wires.ts';
import type { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import type { OrderNews } from '../../../src/desk/simulation/stream-oracle.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { occSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Quote } from '../../../src/engine/domain/market.ts';
import type { EpochMicros, Price } from '../../../src/engine/domain/units.ts';
import { addMicros, cents, MICROS_PER_MILLI } from '../../../src/engine/domain/units.ts';
import { alpacaSymbolOf } from '../../../test/support/alpaca/stub-market.ts';
import type { StubOrder } from '../../../test/support/alpaca/stub-order.ts';
import { ENDED } from '../../../test/support/alpaca/stub-order.ts';
import { serve } from '../../../test/support/alpaca/stub-routes.ts';
import { StubVenue } from '../../../test/support/alpaca/stub-venue.ts';
import type { AccountScreen } from './other-screen.ts';
import type { Venue, VenueEvents } from './venue-link.ts';
import { VenueLink } from './venue-link.ts';

export const ALPACA: BehindWires = {
  name: 'alpaca',
  configOf: (config) => ({ ...config, broker: 'alpaca' }),
  open: (options) => new VenueLink(options, (asked, events) => new SessionAlpaca(asked, events)),
};

/** An order works this long after it was taken. */
const WORKS_AFTER_MILLIS = [5, 2_500] as const;
/** Alpaca liquidates what expires from 15:45 on, when the engine is flat, and earlier in a volatile
 * market: then the first short that is held from there on. */
const LIQUIDATES_AT_MINUTES = [10 * 60 + 15, 11 * 60, 12 * 60 + 30, 15 * 60 + 45];
/** The others are refused after they were answered. */
const AMENDMENT_TAKEN_CHANCE = 0.8;
/** Expiries are booked before the session ends, and not in the evening. */
const BOOKED_AT_MINUTES = 16 * 60 + 40;

/** An order, or one leg of it, as it is written in lists and messages. */
interface Row {
  readonly id: string;
  readonly status: StubOrder['status'];
  readonly filled_qty: string;
  readonly legs?: readonly Row[] | null;
}

class SessionAlpaca implements Venue {
  readonly pace = ALPACA_PACE;
  readonly refusal: WireReply = {
    status: 403,
    body: '{"code":40310000,"message":"refused by a drill"}',
  };
  readonly screen: AccountScreen;
  readonly #random: SeededRandom;
  readonly #events: VenueEvents;
  readonly #met: (what: string) => void;
  readonly #venue: StubVenue;
  /** Orders that the venue holds back for a moment. */
  readonly #held = new EventQueue<StubOrder>();
  readonly #isSlow: boolean;
  readonly #contracts: readonly OptionContract[];
  /** Quotes that the venue has not been given yet; undefined for those of the underlying. */
  readonly #news = new Map<OptionContract | undefined, Omit<Quote, 'at'>>();
  /** So many of the orders by their ids, and by those of their legs. */
  readonly #orderBy = new Map<string, StubOrder>();
  #indexed = 0;
  #isJoined = false;
  #isListening = false;

  constructor({ accountId, at, random, listing, door }: FarBrokerOptions, events: VenueEvents) {
    this.#met = door.met;
    this.#random = random;
    this.#events = events;
    const venue = new StubVenue(at.wall, accountId);
    venue.market.list(listing.contracts);
    this.#contracts = listing.contracts;
    venue.random = () => random.next();
    venue.onUpdate = (data) => {
      if (this.#isListening) events.tell(JSON.stringify({ stream: 'trade_updates', data }));
    };
    this.#isSlow = random.chance(0.5);
    Object.assign(venue.knobs, {
      partialProbability: random.pick([0, 0.1, 0.4]),
      mlegFills: random.pick(['parent', 'legs', 'both'] as const),
      refusesSpreadCloseAmends: random.chance(0.5),
      holdsNew: this.#isSlow,
      amendsLater: this.#isSlow,
      bookingMinutes: BOOKED_AT_MINUTES,
      liquidation: 'oneLeg',
      liquidationMinutes: random.pick(LIQUIDATES_AT_MINUTES),
    });
    this.#venue = venue;
    this.screen = this.#screenOf();
  }

  advance(at: At): void {
    if (this.hasWorkingOrders()) this.#bringNews();
    const before = this.#venue.liquidations;
    this.#venue.advance(at.wall);
    if (this.#venue.liquidations > before) this.#met('liquidated');
    for (let order = this.#held.take(at.wall); order; order = this.#held.take(at.wall)) {
      if (isAmendment(order)) this.#settle(order);
      else this.#venue.release(order);
    }
  }

  #settle(amendment: StubOrder): void {
    const isTaken = this.#random.chance(AMENDMENT_TAKEN_CHANCE);
    if (!isTaken) this.#met('amendment refused');
    this.#venue.settleAmend(amendment, isTaken);
  }

  next(): EpochMicros | undefined {
    return this.#held.next();
  }

  serve({ method, path, body }: HttpSend): WireReply {
    if (method !== 'GET') this.#bringNews();
    return this.#ask({ method, path, body });
  }

  #ask(request: Pick<HttpSend, 'method' | 'path' | 'body'>): WireReply {
    const before = this.#venue.orders.length;
    const reply = serve(this.#venue, request);
    for (const order of this.#venue.orders.slice(before)) this.#hold(order);
    return { status: reply.status, body: reply.body };
  }

  #hold(order: StubOrder): void {
    if (!this.#isSlow) return;
    const millis = this.#random.between(...WORKS_AFTER_MILLIS);
    this.#held.add(addMicros(this.#venue.now, Math.round(millis * MICROS_PER_MILLI)), order);
  }

  join(): void {
    this.#isJoined = true;
  }

  leave(): void {
    this.#isJoined = false;
    this.#isListening = false;
  }

  hear(text: string): void {
    if (!this.#isJoined) return;
    const { action, data } = JSON.parse(text) as { action: string; data?: unknown };
    if (action === 'auth') {
      this.#events.answer('{"stream":"authorization","data":{"status":"authorized"}}');
      return;
    }
    this.#isListening = true;
    this.#events.answer(JSON.stringify({ stream: 'listening', data }));
  }

  quote(contract: OptionContract | undefined, quote: Omit<Quote, 'at'>): void {
    this.#news.set(contract, quote);
  }

  /** Quotes go to the venue only when it has use for them: that is most of what they cost. */
  #bringNews(): void {
    for (const [contract, { bid, ask }] of this.#news) {
      const symbol = contract === undefined ? 'SPY' : alpacaSymbolOf(contract);
      this.#venue.quote(symbol, centsOf(bid), centsOf(ask));
    }
    this.#news.clear();
  }

  trade(): void {
    if (this.hasWorkingOrders()) this.#bringNews();
  }

  hasWorkingOrders(): boolean {
    return this.#venue.open.size > 0;
  }

  truth(): AccountTruth {
    const { account } = this.#venue;
    const positions = [...account.held()].map(([symbol, quantity]) => {
      const contract = parseOccSymbol(symbol);
      return { symbol: contract === undefined ? symbol : occSymbol(contract), quantity };
    });
    // A change that the venue refuses is made as another order, named after the same intent.
    const working = [...this.#venue.open].filter((order) => !isAmendment(order));
    const workingOrders = working.map((order) => ({ intentId: this.#intentOf(order) }));
    return { positions, workingOrders, cashCents: cents(account.cashCents), isBeforeFees: true };
  }

  nameOf({ method, path, body = '' }: HttpSend): string | undefined {
    if (method !== 'POST' || path !== '/v2/orders') return undefined;
    return /"client_order_id":"([^"]+)"/.exec(body)?.[1] ?? 'an order without a name';
  }

  tellsFill(text: string): boolean {
    return text.includes('"execution_id"');
  }

  begins(text: string): boolean {
    return text.startsWith('{"stream":"listening"');
  }

  listsOrders({ method, path, turn }: HttpSend): boolean {
    const isOfPicture = turn === 'picture' || turn === 'read';
    return method === 'GET' && isOfPicture && path.startsWith('/v2/orders?status=all');
  }

  newsIn(text: string): readonly OrderNews[] {
    const said = JSON.parse(text) as readonly Row[] | { readonly data?: { readonly order?: Row } };
    const rows = 'length' in said ? said : [said.data?.order ?? []].flat();
    return rows.flatMap((row) => this.#newsOf(row) ?? []);
  }

  #orderOf(id: string): StubOrder | undefined {
    const { orders } = this.#venue;
    for (const order of orders.slice(this.#indexed)) {
      for (const each of [order, ...order.legs]) this.#orderBy.set(each.id, order);
    }
    this.#indexed = orders.length;
    return this.#orderBy.get(id);
  }

  /** A leg that is told by itself says what it filled; a parent what all of them did. */
  #newsOf(row: Row): OrderNews | undefined {
    const order = this.#orderOf(row.id);
    if (order === undefined) return undefined;
    const isWhole = order.id === row.id;
    const filled = order.legs.map(({ id, symbol, ratio }): [string, number] => {
      const own = [row, ...(row.legs ?? [])].find((each) => each.id === id)?.filled_qty;
      return [symbol, Math.max(Number(own ?? 0), isWhole ? Number(row.filled_qty) * ratio : 0)];
    });
    const standing = isWhole ? standingOf(row.status) : 'working';
    const intentId = this.#intentOf(order);
    return { intentId, orderId: order.id, filled: new Map(filled), standing };
  }

  /** What somebody puts in the place of an order bears another name, and is of its intent all the same. */
  #intentOf({ replaces, clientOrderId }: StubOrder): string {
    const old = replaces === undefined ? undefined : this.#orderOf(replaces);
    return old === undefined ? intentIdOf(clientOrderId) : this.#intentOf(old);
  }

  #screenOf(): AccountScreen {
    const venue = this.#venue;
    /** A limit, and the name of the order that bears it. */
    const byHand = (cents: number) => ({
      limit_price: (cents / 100).toFixed(2),
      client_order_id: `by hand ${venue.orders.length}`,
    });
    return {
      held: () => [...venue.account.held()].filter(([symbol]) => parseOccSymbol(symbol)),
      working: () =>
        [...venue.open].flatMap(({ id, legs, status }) => {
          const isFixed = status === 'pending_replace';
          return isFixed ? [] : [{ id, symbols: legs.map(({ symbol }) => symbol) }];
        }),
      cancel: (id) => venue.cancel(id),
      move: (id, by) => {
        const { limit, legs, status } = venue.find(id);
        const isNet = legs.length > 1;
        if (limit === undefined || status !== 'new') return false;
        const moved = limit + (isNet || legs[0]?.side === 'buy' ? -by : by);
        if (!isNet && moved <= 0) return false;
        const body = JSON.stringify(byHand(moved));
        return this.#ask({ method: 'PATCH', path: `/v2/orders/${id}`, body }).status < 300;
      },
      quoted: () => {
        this.#bringNews();
        return this.#contracts.flatMap((contract) => {
          const symbol = alpacaSymbolOf(contract);
          const { bid = 0, ask = 0 } = venue.market.quote(symbol) ?? {};
          return bid > 0 && ask > 0 ? [[symbol, bid, ask] as const] : [];
        });
      },
      open: (symbol, quantity, price) => {
        const buys = { symbol, qty: String(quantity), side: 'buy', position_intent: 'buy_to_open' };
        const terms = { type: 'limit', time_in_force: 'day', ...byHand(price) };
        const body = JSON.stringify({ ...buys, ...terms });
        return this.#ask({ method: 'POST', path: '/v2/orders', body }).status < 300;
      },
      close: (symbol, quantity) => {
        this.#bringNews();
        return venue.closeElsewhere(symbol, quantity);
      },
    };
  }
}

function standingOf(status: StubOrder['status']): OrderNews['standing'] {
  if (status === 'replaced') return status;
  if (status === 'canceled' || status === 'rejected') return 'ended';
  return ENDED.has(status) ? 'done' : 'working';
}

/** True of an order that the venue has not taken in place of another yet. */
function isAmendment({ status }: StubOrder): boolean {
  return status === 'pending_new';
}

function centsOf(price: Price | undefined): number | undefined {
  return price === undefined ? undefined : price / 100;
}
