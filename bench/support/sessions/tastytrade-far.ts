/** tastytrade behind bad wires: the production adapter, and the stub's venue in the time and market of
 * a session. What the service does differently from one day to another is drawn from the seed. */

import { SECRET_MARKS } from '../../../src/broker/order-gateway.ts';
import { TASTYTRADE_PACE } from '../../../src/broker/tastytrade/tastytrade-pace.ts';
import type { HttpSend } from '../../../src/broker/wire-requests.ts';
import { exitSettingsOf } from '../../../src/desk/desk-config.ts';
import { EventQueue, soonest } from '../../../src/desk/simulation/event-queue.ts';
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
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Quote } from '../../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  cents,
  dollarsFromPrice,
  epochMicrosFromMillis,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
} from '../../../src/engine/domain/units.ts';
import { contractOf } from '../../../test/support/tastytrade/stub-market.ts';
import type { StubOrder } from '../../../test/support/tastytrade/stub-order.ts';
import { isWorking, TERMINAL } from '../../../test/support/tastytrade/stub-order.ts';
import type { StreamClient } from '../../../test/support/tastytrade/stub-stream.ts';
import type { StubReply } from '../../../test/support/tastytrade/stub-wire.ts';
import { failure } from '../../../test/support/tastytrade/stub-wire.ts';
import { TastytradeVenue } from '../../../test/support/tastytrade/tastytrade-venue.ts';
import type { AccountScreen } from './other-screen.ts';
import type { Venue, VenueEvents } from './venue-link.ts';
import { VenueLink } from './venue-link.ts';

export const TASTYTRADE: BehindWires = {
  name: 'tastytrade',
  configOf: (config) => {
    const exits = exitSettingsOf(config);
    const tastytradeNativeStops = exits.paperNativeStops === true;
    return { ...config, broker: 'tastytrade', exits: { ...exits, tastytradeNativeStops } };
  },
  open: (options) =>
    new VenueLink(options, (asked, events) => new SessionTastytrade(asked, events)),
};

const CASH_DOLLARS = 100_000;
const UNAUTHORIZED = 401;
/** The shell renews an access token this long before it ends. */
const RENEWS_EARLY_MICROS = 60_000_000;
/** Every access token dies this often, a day. */
const MOST_REVOCATIONS = 3;
/** An order to be cancelled fills first in so many cases; a cancel is taken and lost in so many. */
const FILL_WINS_CHANCE = 0.05;
const LOST_CANCEL_CHANCE = 0.03;
/** Exercise, assignment and expiry are booked this long after the last trade. */
const BOOKED_AFTER_MINUTES = [2, 40] as const;
/** An order as it is written in lists and messages. */
interface Row {
  readonly id: number | string;
  readonly status: StubOrder['status'];
  readonly legs: readonly {
    readonly symbol: string;
    readonly quantity: number | string;
    readonly fills: readonly { readonly quantity: number | string }[];
  }[];
}

interface Rows {
  readonly data?: Partial<Row> & { readonly items?: readonly Partial<Row>[] };
  readonly results?: readonly { readonly data?: Partial<Row> }[];
}

/** How the service begins what it says of the connection. */
const STATUS = '{"status"';
const USER_AGENT = 'deltaring/simulated';

class SessionTastytrade implements Venue {
  readonly pace = TASTYTRADE_PACE;
  readonly refusal = written(failure(422, 'preflight_check_failure', 'refused by a drill'));
  readonly screen: AccountScreen;
  readonly #random: SeededRandom;
  readonly #events: VenueEvents;
  readonly #venue: TastytradeVenue;
  readonly #revocations = new EventQueue<'revoke'>();
  readonly #bookedAfterMicros: number;
  /** Quotes that the venue has not been given yet. */
  readonly #news = new Map<OptionContract, Omit<Quote, 'at'>>();
  #client: StreamClient | undefined;
  #token = '';
  #renewAt = 0;
  #spotDollars = 0;
  #isBooked = false;

  constructor({ accountId, at, random, session }: FarBrokerOptions, events: VenueEvents) {
    this.#random = random;
    this.#events = events;
    const venue = new TastytradeVenue(millisOf(at.wall), accountId, CASH_DOLLARS);
    Object.assign(venue.market, { lowest: 1, highest: 2_000 });
    Object.assign(venue.orders.knobs, knobsOf(random));
    venue.account.positionLagMillis = random.pick([0, 200, 1_500, 3_000]);
    venue.account.balancesAsItems = random.chance(0.5);
    this.#venue = venue;
    this.screen = this.#screenOf();
    const minutes = (session.lastTrade - session.open) / MICROS_PER_MINUTE;
    for (let left = random.whole(0, MOST_REVOCATIONS); left > 0; left -= 1) {
      const minute = Math.round(random.between(0, minutes));
      this.#revocations.add(addMicros(session.open, minute * MICROS_PER_MINUTE), 'revoke');
    }
    this.#bookedAfterMicros = Math.round(
      random.between(...BOOKED_AFTER_MINUTES) * MICROS_PER_MINUTE,
    );
  }

  advance(at: At): void {
    const { clock, login } = this.#venue;
    // An order on its way trades as soon as it works.
    if (this.#venue.orders.unended.size > 0) this.#bringNews();
    clock.advance(Math.max(0, millisOf(at.wall) - clock.millis));
    while (this.#revocations.take(at.wall) !== undefined) login.revoke();
  }

  next(): EpochMicros | undefined {
    const { clock } = this.#venue;
    const until = clock.untilNext();
    const due = until === undefined ? undefined : epochMicrosFromMillis(clock.millis + until);
    return soonest(due, this.#revocations.next());
  }

  /** As the shell sends it: under a token of the login, and once more where the broker takes that no
   * longer and a second time does no harm. */
  serve(send: HttpSend): WireReply {
    const { orders } = this.#venue;
    if (send.method !== 'GET') this.#bringNews();
    orders.knobs.fillWinsCancel = this.#random.chance(FILL_WINS_CHANCE);
    orders.knobs.losesCancels = this.#random.chance(LOST_CANCEL_CHANCE) ? 1 : 0;
    const reply = this.#serveOnce(send);
    if (reply.status !== UNAUTHORIZED) return reply;
    this.#token = '';
    const { method } = send;
    return method === 'GET' || method === 'DELETE' ? this.#serveOnce(send) : reply;
  }

  #serveOnce({ method, path: url, body = '' }: HttpSend): WireReply {
    const headers = { 'user-agent': USER_AGENT, authorization: `Bearer ${this.#login()}` };
    return written(this.#venue.handle({ method, url, headers, body }));
  }

  join(): void {
    const client: StreamClient = {
      send: (text) => {
        if (this.#client !== client) return;
        if (text.startsWith(STATUS)) this.#events.answer(text);
        else this.#events.tell(text);
      },
      close: () => {
        if (this.#client === client) this.#events.close('the broker closed the stream');
      },
    };
    this.#client = client;
    this.#venue.stream.join(client);
  }

  leave(): void {
    if (this.#client !== undefined) this.#venue.stream.leave(this.#client);
    this.#client = undefined;
  }

  hear(text: string): void {
    const client = this.#client;
    if (client === undefined) return;
    this.#venue.stream.onMessage(client, text.replaceAll(SECRET_MARKS.accessToken, this.#login()));
  }

  forgetLogin(): void {
    this.#token = '';
  }

  quote(contract: OptionContract | undefined, quote: Omit<Quote, 'at'>): void {
    const { bid, ask } = quote;
    if (contract !== undefined) this.#news.set(contract, quote);
    else if (bid !== undefined && ask !== undefined) {
      this.#spotDollars = (dollarsFromPrice(bid) + dollarsFromPrice(ask)) / 2;
    }
  }

  /** Quotes go to the venue only when it has use for them: that is most of what they cost. */
  #bringNews(): void {
    for (const [contract, { bid, ask, bidSize, askSize }] of this.#news) {
      const symbol = occSymbol(contract);
      // Nobody sells: nothing can be bought, whatever was last shown.
      if (ask === undefined) this.#venue.market.quotes.delete(symbol);
      else {
        const size = bid === undefined ? askSize : Math.min(bidSize, askSize);
        const low = bid === undefined ? 0 : dollarsFromPrice(bid);
        this.#venue.quote(symbol, low, dollarsFromPrice(ask), size);
      }
    }
    this.#news.clear();
  }

  trade({ market }: At, { lastTrade }: SessionTimes): void {
    const { orders } = this.#venue;
    if (market >= lastTrade) orders.expire();
    else if (this.hasWorkingOrders()) {
      this.#bringNews();
      orders.match();
    }
    if (this.#isBooked || market < lastTrade + this.#bookedAfterMicros) return;
    this.#isBooked = true;
    this.#venue.endSession(this.#spotDollars);
  }

  hasWorkingOrders(): boolean {
    for (const order of this.#venue.orders.unended) if (isWorking(order)) return true;
    return false;
  }

  truth(): AccountTruth {
    const { account, orders } = this.#venue;
    const { lots, cashCents } = account;
    const positions = [...lots].map(([symbol, { quantity }]) => ({ symbol, quantity }));
    const working = [...orders.unended].map(({ externalId = 'external' }) => externalId);
    const workingOrders = [...new Set(working)].map((intentId) => ({ intentId }));
    return { positions, workingOrders, cashCents: cents(cashCents) };
  }

  nameOf({ method, path, body = '' }: HttpSend): string | undefined {
    if (method !== 'POST' || !path.endsWith('/orders')) return undefined;
    return /"external-identifier":"([^"]+)"/.exec(body)?.[1] ?? 'an order without a name';
  }

  tellsFill(text: string): boolean {
    return text.includes('"fill-id"');
  }

  begins(text: string): boolean {
    return text.startsWith(STATUS) && text.includes('"connect"') && text.includes('"ok"');
  }

  listsOrders({ method, path, turn }: HttpSend): boolean {
    return method === 'GET' && turn === 'read' && path.includes('/orders/live');
  }

  newsIn(text: string): readonly OrderNews[] {
    const { data, results } = JSON.parse(text) as Rows;
    const rows = data?.items ?? results?.map((each) => each.data) ?? [data];
    return rows.flatMap((row) => this.#newsOf(row) ?? []);
  }

  /** A replacement bears the name of the first order of its chain. */
  #newsOf({ id, status, legs }: Partial<Row> = {}): OrderNews | undefined {
    const { all } = this.#venue.orders;
    const order = id === undefined ? undefined : all.get(Number(id));
    const intentId = order === undefined ? undefined : all.get(order.root)?.externalId;
    if (intentId === undefined || status === undefined || legs === undefined) return undefined;
    const filled = legs.map(({ symbol, quantity, fills }): [string, number] => {
      const told = fills.reduce((sum, fill) => sum + Number(fill.quantity), 0);
      return [symbol, status === 'Filled' ? Number(quantity) : told];
    });
    const isEnded = status === 'Cancelled' || status === 'Rejected';
    const standing = isEnded ? 'ended' : TERMINAL.has(status) ? 'done' : 'working';
    return { intentId, orderId: String(id), filled: new Map(filled), standing };
  }

  #screenOf(): AccountScreen {
    const { account, orders, market } = this.#venue;
    return {
      held: () => {
        const lots = [...account.lots].filter(([symbol]) => contractOf(symbol) !== undefined);
        return lots.map(([symbol, { quantity }]) => [symbol, quantity] as const);
      },
      working: () =>
        [...orders.unended].filter(isWorking).map(({ id, legs }) => {
          return { id: String(id), symbols: legs.map(({ symbol }) => symbol) };
        }),
      cancel: (id) => {
        const order = orders.all.get(Number(id));
        if (order !== undefined) orders.end(order, 'Cancelled');
      },
      move: (id, by) => {
        const { limit } = orders.all.get(Number(id)) ?? {};
        const moved = Math.round((limit ?? 0) * 100) + by;
        if (limit === undefined || moved === 0) return false;
        const body = {
          price: (Math.abs(moved) / 100).toFixed(2),
          'price-effect': moved > 0 ? 'Credit' : 'Debit',
        };
        return orders.replace('', Number(id), body).status < 300;
      },
      quoted: () => {
        this.#bringNews();
        const cents = (dollars: number): number => Math.round(dollars * 100);
        return [...market.quotes].flatMap(([symbol, { bid, ask }]) => {
          const isQuoted = contractOf(symbol) !== undefined && bid > 0 && ask > 0;
          return isQuoted ? [[symbol, cents(bid), cents(ask)] as const] : [];
        });
      },
      open: (symbol, quantity, price) => {
        orders.foreign([{ symbol, action: 'Buy to Open', quantity }], -price / 100);
        return true;
      },
      close: (symbol, quantity) => {
        this.#bringNews();
        const { bid = 0, ask = 0 } = market.quotes.get(symbol) ?? {};
        const isShort = account.held(symbol) < 0;
        const price = isShort ? -ask : bid;
        if (price === 0) return false;
        const action = isShort ? 'Buy to Close' : 'Sell to Close';
        orders.fill(orders.foreign([{ symbol, action, quantity }], price).id, quantity);
        return true;
      },
    };
  }

  #login(): string {
    const { login, clock } = this.#venue;
    const now = clock.millis * MICROS_PER_MILLI;
    if (this.#token !== '' && now < this.#renewAt) return this.#token;
    const grant = { grant_type: 'refresh_token', client_secret: login.clientSecret };
    const body = JSON.stringify({ ...grant, refresh_token: login.refreshToken });
    const answer = login.token(body, 'application/json').body as { access_token?: string };
    this.#token = answer.access_token ?? '';
    this.#renewAt = now + login.lifeSeconds * 1_000_000 - RENEWS_EARLY_MICROS;
    return this.#token;
  }
}

/** The service as it is on one day. */
function knobsOf(random: SeededRandom): Partial<TastytradeVenue['orders']['knobs']> {
  return {
    stepMillis: random.pick([5, 40, 400]),
    cancelMillis: random.pick([10, 150, 2_500]),
    replaceMillis: random.pick([10, 150, 1_500]),
    fillsByQuote: true,
    legByLeg: random.chance(0.5),
    repeats: random.chance(0.3),
    batches: random.chance(0.3),
    replacesWhole: random.chance(0.2),
    refusesStops: random.chance(0.1),
  };
}

function written({ status, body, text }: StubReply): WireReply {
  return { status, body: text ?? JSON.stringify(body) };
}

function millisOf(micros: EpochMicros): number {
  return Math.floor(micros / MICROS_PER_MILLI);
}
