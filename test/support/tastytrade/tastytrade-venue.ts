/**
 * A tastytrade of our own for tests: the account, orders, stream and login of one user, without any
 * socket and with a clock that stands until it is moved. `tastytrade-server.ts` puts it on loopback.
 */
import { StubAccount } from './stub-account.ts';
import { StubClock } from './stub-clock.ts';
import type { ComplexBody } from './stub-complex.ts';
import { StubComplex } from './stub-complex.ts';
import { StubFaults } from './stub-faults.ts';
import { StubLogin } from './stub-login.ts';
import { contractOf, StubMarket } from './stub-market.ts';
import { StubOrders } from './stub-orders.ts';
import { StubStream } from './stub-stream.ts';
import { failure, listed, type StubReply, type StubRequest, success } from './stub-wire.ts';

/** Which of the real service's behaviours are on. */
export interface VenueKnobs {
  /** The version of the service that requires a start date in order lists. */
  requiresStartDate: boolean;
  /** The sandbox answers 404 where a version is asked for. */
  refusesVersionHeader: boolean;
  /** Positions, balances and trading status: once a second at most. */
  limitsReads: boolean;
  isClosingOnly: boolean;
}

const MOST_LISTS = 4;
const KNOWN_VERSIONS = ['20250813', '20261012'];
const ONCE_A_SECOND = /^\/accounts\/[^/]+\/(?:positions|balances|trading-status)$|^\/customers/;

const PUBLIC_LIST = { name: 'Stub public', 'watchlist-entries': [{ symbol: 'SPY' }] };
const SPOT = { bid: 600, ask: 600.01, size: 5 };

/** Path and query of a request. */
interface Url {
  readonly pathname: string;
  readonly search: string;
  readonly searchParams: URLSearchParams;
}

function urlOf(url: string): Url {
  const end = url.indexOf('?');
  const pathname = end < 0 ? url : url.slice(0, end);
  const search = end < 0 ? '' : url.slice(end);
  return { pathname, search, searchParams: new URLSearchParams(search) };
}

/** True for a moment whose date lies between those of a query. */
function isWithin(at: unknown, query: URLSearchParams): boolean {
  const day = String(at).slice(0, 10);
  return day >= (query.get('start-date') ?? '') && day <= (query.get('end-date') ?? '9999');
}

export class TastytradeVenue {
  readonly clock: StubClock;
  readonly login: StubLogin;
  readonly market: StubMarket;
  readonly account: StubAccount;
  readonly orders: StubOrders;
  readonly complex: StubComplex;
  readonly stream: StubStream;
  readonly faults = new StubFaults();
  readonly knobs: VenueKnobs = {
    requiresStartDate: true,
    refusesVersionHeader: false,
    limitsReads: true,
    isClosingOnly: false,
  };
  /** Every request that arrived: "METHOD path?query". */
  readonly seen: string[] = [];
  dxlinkUrl = 'ws://127.0.0.1:1/realtime';
  readonly watchlists = new Map<string, object>();
  readonly #lastRead = new Map<string, number>();
  /** Lists of the session's orders as they were answered of late, by what they hang on. */
  readonly #lists = new Map<string, { readonly reply: StubReply; readonly quantities: number }>();

  constructor(startMillis: number, accountNumber = '5WT00001', cashDollars = 100_000) {
    this.clock = new StubClock(startMillis);
    this.login = new StubLogin(this.clock);
    this.market = new StubMarket(this.clock);
    this.account = new StubAccount(this.clock, accountNumber, cashDollars);
    this.stream = new StubStream(this.clock, this.login, accountNumber);
    const { clock, market, account } = this;
    this.orders = new StubOrders({
      clock,
      market,
      account,
      tell: (frame) => this.stream.tell(frame),
    });
    this.complex = new StubComplex(this.orders, (frame) => this.stream.tell(frame));
  }

  get root(): string {
    return `/accounts/${this.account.number}`;
  }

  /** Gives quotes to the market, and to the orders that wait for them. */
  quote(symbol: string, bid: number, ask: number, size = 10): void {
    this.market.quotes.set(symbol, { bid, ask, size });
  }

  /** The end of the day: orders expire, options settle by the close. */
  endSession(spot: number): void {
    this.orders.expire();
    for (const symbol of this.account.lots.keys()) {
      if (contractOf(symbol)?.date === this.market.today()) this.account.settle(symbol, spot);
    }
  }

  handle(request: StubRequest): StubReply {
    const { method, headers } = request;
    const url = urlOf(request.url);
    this.seen.push(`${method} ${request.url}`);
    const agent = headers['user-agent'] ?? '';
    if (agent === '' || agent === 'node')
      return failure(401, 'unauthorized', 'User-Agent is required');
    if (method === 'POST' && url.pathname === '/oauth/token') {
      return this.login.token(request.body, headers['content-type'] ?? '');
    }
    if (!this.login.isValid(headers['authorization'])) {
      return failure(401, 'unauthorized', 'Token has insufficient scopes or is not valid');
    }
    return (
      this.#version(headers['accept-version']) ??
      this.#paced(method, url) ??
      this.#route(request, url)
    );
  }

  #version(version: string | undefined): StubReply | undefined {
    if (version === undefined) return undefined;
    if (this.knobs.refusesVersionHeader) return failure(404, 'not_found', 'no such version here');
    if (KNOWN_VERSIONS.some((known) => known <= version)) return undefined;
    return failure(406, 406, `Version ${version} is not acceptable`);
  }

  #paced(method: string, { pathname }: Url): StubReply | undefined {
    if (!this.knobs.limitsReads || method !== 'GET' || !ONCE_A_SECOND.test(pathname))
      return undefined;
    const last = this.#lastRead.get(pathname) ?? Number.NEGATIVE_INFINITY;
    if (this.clock.millis - last < 1_000) return failure(429, 'too_many_requests', 'slow down');
    this.#lastRead.set(pathname, this.clock.millis);
    return undefined;
  }

  #route(request: StubRequest, url: Url): StubReply {
    const { method, body } = request;
    const path = url.pathname;
    const { root } = this;
    if (path.startsWith(`${root}/orders`)) return this.#orders(method, path, url, body);
    if (path.startsWith(`${root}/complex-orders`)) {
      return this.complex.handle(method, path, parsed(body) as unknown as ComplexBody);
    }
    if (path.startsWith('/watchlists')) return this.#watchlists(method, path, body);
    if (method !== 'GET') return failure(404, 'not_found', `${method} ${path}`);
    return this.#read(path, url) ?? failure(404, 'record_not_found', `${path} does not exist here`);
  }

  #read(path: string, url: Url): StubReply | undefined {
    const { root, account, market, clock } = this;
    const query = url.searchParams;
    switch (path) {
      case '/customers/me/accounts':
        return success(path, { items: [this.#owned()] });
      case `${root}/trading-status`:
        return success(path, this.#tradingStatus());
      case `${root}/balances`:
        return success(path, account.balances());
      case `${root}/positions`:
        return success(path, { items: account.positions(this.orders.odd) });
      case `${root}/transactions`:
        return listed(path, this.#transactions(query), query);
      case `${root}/net-liq/history`:
        return success(path, {
          items: [{ open: '100000.0', close: account.cashCents / 100, time: clock.iso() }],
        });
      case '/api-quote-tokens':
        return success(path, {
          token: 'stub-quote-token',
          'dxlink-url': this.dxlinkUrl,
          level: 'api',
        });
      case `/option-chains/${market.underlying}/nested`:
        return success(path, market.nestedChain());
      case `/instruments/equities/${market.underlying}`:
        return success(path, {
          symbol: market.underlying,
          'tick-sizes': [{ value: '0.01' }],
          'option-tick-sizes': market.otherwise.ticks ?? [{ value: '0.01' }],
          'is-options-closing-only': false,
        });
      case '/market-time/equities/sessions/current':
        return success(path, {
          state: market.isOpen() ? 'Open' : 'Closed',
          ...market.hours(),
          'instrument-collection': 'Equity',
        });
      case '/market-time/equities/holidays':
        return success(path, market.holidays());
      case '/market-metrics':
        return success(path, {
          items: [{ symbol: 'SPY', 'implied-volatility-index': '0.16', beta: '1.0' }],
        });
      case '/market-data/by-type':
        return success(path, { items: this.#marketData(query) });
      case '/public-watchlists':
        return success(path, { items: [PUBLIC_LIST] });
      default:
        return this.#search(path) ?? this.#option(path);
    }
  }

  #search(path: string): StubReply | undefined {
    if (!path.startsWith('/symbols/search/')) return undefined;
    const { underlying: symbol } = this.market;
    const found = { symbol, description: 'A fund', 'instrument-type': 'Equity', options: true };
    return success(path, { items: [found] });
  }

  #marketData(query: URLSearchParams): object[] {
    const symbols = [...query.values()].flatMap((list) => list.split(','));
    return symbols.flatMap((symbol) => {
      const quote = this.market.quotes.get(symbol) ?? (symbol === 'SPY' ? SPOT : undefined);
      if (quote === undefined) return [];
      const { bid, ask, size } = quote;
      const sizes = { 'bid-size': String(size), 'ask-size': size };
      const sides = { bid: String(bid), ask: String(ask), ...sizes };
      return [{ symbol, ...sides, 'prev-close': '599.5', 'updated-at': this.clock.iso() }];
    });
  }

  #option(path: string): StubReply | undefined {
    const symbol = /^\/instruments\/equity-options\/(.+)$/.exec(path)?.[1];
    const contract = symbol === undefined ? undefined : contractOf(decodeURIComponent(symbol));
    if (contract === undefined || !this.market.isListed(contract)) return undefined;
    return success(path, {
      symbol: contract.symbol,
      'instrument-type': 'Equity Option',
      'expiration-date': contract.date,
      'exercise-style': 'American',
      'settlement-type': 'PM',
      'is-closing-only': false,
      'stops-trading-at': this.market.stopsTradingAt(contract.date),
    });
  }

  #owned(): object {
    const account = {
      'account-number': this.account.number,
      nickname: 'Stub',
      'account-type-name': 'Individual',
      'margin-or-cash': 'Margin',
      'is-closed': false,
      'day-trader-status': false,
    };
    return { account, 'authority-level': 'owner' };
  }

  #tradingStatus(): object {
    return {
      'account-number': this.account.number,
      'is-frozen': false,
      'is-closed': false,
      'is-closing-only': this.knobs.isClosingOnly,
      'is-in-margin-call': false,
      'options-level': 'No Restrictions',
      'day-trade-count': 0,
    };
  }

  #transactions(query: URLSearchParams): readonly object[] {
    const type = query.get('type');
    const rows = this.account.transactions as Record<string, unknown>[];
    const wanted = rows.filter((row) => type === null || row['transaction-type'] === type);
    return wanted.filter((row) => isWithin(row['executed-at'], query)).toReversed();
  }

  #orders(method: string, path: string, url: Url, body: string): StubReply {
    const { orders, root } = this;
    const rest = path.slice(`${root}/orders`.length);
    if (method === 'POST' && rest === '') return orders.place(path, parsed(body), false);
    if (method === 'POST' && rest === '/dry-run') return orders.place(path, parsed(body), true);
    if (method === 'GET' && rest === '/live') {
      return this.#live(path, url);
    }
    if (method === 'GET' && rest === '') {
      const isDated = url.searchParams.has('start-date') || url.searchParams.has('start-at');
      if (this.knobs.requiresStartDate && !isDated) {
        return failure(400, 'invalid_params', 'start-date or start-at is required');
      }
      const rows = (orders.list() as Record<string, unknown>[]).filter((row) => {
        return isWithin(row['received-at'], url.searchParams);
      });
      const isAscending = url.searchParams.get('sort') === 'Asc';
      return listed(path, isAscending ? rows : rows.toReversed(), url.searchParams);
    }
    const id = Number(/^\/(\d+)$/.exec(rest)?.[1] ?? Number.NaN);
    if (method === 'GET') return orders.one(path, id);
    if (method === 'DELETE') return orders.cancel(path, id);
    if (method === 'PUT' || method === 'PATCH') return orders.replace(path, id, parsed(body));
    return failure(404, 'not_found', `${method} ${path}`);
  }

  /** Nearly every list says what the last one said: while nothing changes it is not written anew. */
  #live(path: string, { search, searchParams }: Url): StubReply {
    const { changes, odd } = this.orders;
    const today = this.market.today();
    const of = `${today} ${changes} ${odd.isTextNext} ${search}`;
    const known = this.#lists.get(of);
    if (known !== undefined) {
      odd.again(known.quantities);
      return known.reply;
    }
    const before = odd.written;
    if (!searchParams.has('per-page')) searchParams.set('per-page', '100');
    const rows = this.orders.list() as Record<string, unknown>[];
    const ofToday = rows.filter((row) => String(row['received-at']).slice(0, 10) === today);
    const reply = listed(path, ofToday, searchParams);
    const whole = { ...reply, text: JSON.stringify(reply.body) };
    if (this.#lists.size >= MOST_LISTS) this.#lists.clear();
    this.#lists.set(of, { reply: whole, quantities: odd.written - before });
    return whole;
  }

  #watchlists(method: string, path: string, body: string): StubReply {
    const name = decodeURIComponent(path.slice('/watchlists/'.length));
    if (method === 'GET' && name === '')
      return success(path, { items: [...this.watchlists.values()] });
    if (method === 'POST' || method === 'PUT') {
      const list = parsed(body);
      this.watchlists.set(typeof list['name'] === 'string' ? list['name'] : name, list);
      return success(path, list, method === 'POST' ? 201 : 200);
    }
    const found = this.watchlists.get(name);
    if (found === undefined) return failure(404, 'record_not_found', 'no such watchlist');
    if (method === 'DELETE') this.watchlists.delete(name);
    return success(path, found);
  }
}

function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}
