/** The REST surface of the Alpaca stub: one request in, status, headers and body out. */

import { MICROS_PER_MILLI } from '../../../src/engine/domain/units.ts';
import type { StubAccount } from './stub-account.ts';
import { calendarJson, clockJson } from './stub-market.ts';
import type { StubOrder } from './stub-order.ts';
import { isOpen, moneyText, orderJson } from './stub-order.ts';
import { notFound, Refusal, unprocessable } from './stub-refusal.ts';
import type { StubVenue } from './stub-venue.ts';

export interface StubRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string | undefined;
}

export interface StubAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;
type Answer = (call: Call) => StubAnswer;
type Route = readonly [pattern: string, answer: Answer];

interface Call {
  readonly venue: StubVenue;
  readonly account: StubAccount;
  /** With its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Fields;
  /** What the pattern's star stood for. */
  readonly name: string;
}

function json(value: unknown, status = 200): StubAnswer {
  return { status, body: JSON.stringify(value) };
}

const NO_CONTENT: StubAnswer = { status: 204, body: '' };

/** Serves one request of an authorized client. */
export function serve(venue: StubVenue, request: StubRequest): StubAnswer {
  const { method, path } = request;
  const [place = '', asked] = path.split('?', 2);
  try {
    const { answer, name } = routeOf(`${method} ${place}`);
    const query = new URLSearchParams(asked);
    const body = bodyOf(request.body);
    return answer({ venue, account: venue.account, path, query, body, name });
  } catch (error) {
    if (error instanceof Refusal) return json(error.body, error.status);
    throw error;
  }
}

function bodyOf(text: string | undefined): Fields {
  if (text === undefined || text === '') return {};
  try {
    return JSON.parse(text) as Fields;
  } catch {
    throw new Refusal(400, 40_010_000, 'request body format is invalid');
  }
}

function routeOf(target: string): { answer: Answer; name: string } {
  const exact = EXACT_ROUTES.get(target);
  if (exact !== undefined) return { answer: exact, name: '' };
  for (const [pattern, answer] of NAMING_ROUTES) {
    const [start = '', end = ''] = pattern.split('*');
    if (!target.startsWith(start) || !target.endsWith(end)) continue;
    const name = decodeURIComponent(target.slice(start.length, target.length - end.length));
    if (!name.includes('/')) return { answer, name };
  }
  throw new Refusal(404, 40_410_000, 'endpoint not found');
}

/** Open, closed or all orders, newest first unless asked otherwise. */
function listOrders(call: Call): StubAnswer {
  const body = call.venue.listed(call.path, () => JSON.stringify(listedOrders(call)));
  return { status: 200, body };
}

function listedOrders({ venue, query }: Call): readonly object[] {
  const status = query.get('status') ?? 'open';
  const [after, until] = ['after', 'until'].map((name) => millisIn(query.get(name)));
  const chosen = venue.orders.filter((order) => {
    if (status === 'open' && !isOpen(order)) return false;
    if (status === 'closed' && isOpen(order)) return false;
    const at = Math.floor(order.submittedAt / MICROS_PER_MILLI);
    return (after === undefined || at > after) && (until === undefined || at < until);
  });
  const ordered = query.get('direction') === 'asc' ? chosen : chosen.toReversed();
  const limit = Math.min(500, Number(query.get('limit') ?? 50));
  return ordered.slice(0, limit).map((order) => shown(order, query));
}

function millisIn(text: string | null): number | undefined {
  return text === null ? undefined : Date.parse(text);
}

/** Without `nested` a parent comes without its legs. */
function shown(order: StubOrder, query: URLSearchParams): object {
  const whole = orderJson(order);
  return query.get('nested') === 'true' ? whole : { ...whole, legs: null };
}

/** A leg is found by its own id as well. */
function oneOrder({ venue, query, name }: Call): StubAnswer {
  return json(shown(venue.find(name), query));
}

function listActivities({ account, query, name }: Call): StubAnswer {
  const types = name === '' ? (query.get('activity_types')?.split(',') ?? []) : [name];
  const size = Number(query.get('page_size') ?? 100);
  const token = query.get('page_token');
  const day = query.get('date');
  const after = query.get('after');
  const chosen = account.activities.filter((activity) => {
    const date = String(activity['date'] ?? activity['transaction_time']).slice(0, 10);
    const isKind = types.length === 0 || types.includes(activity.activity_type);
    return (
      isKind && (day === null || date === day) && (after === null || date > after.slice(0, 10))
    );
  });
  const ordered = query.get('direction') === 'asc' ? chosen : chosen.toReversed();
  const from = token === null ? 0 : ordered.findIndex(({ id }) => id === token) + 1;
  return json(ordered.slice(from, from + size));
}

function closeAll({ venue, query }: Call): StubAnswer {
  if (query.get('cancel_orders') === 'true') venue.cancelAll();
  const rows = [...venue.account.held().keys()].map((symbol) => {
    try {
      return { symbol, status: 200, body: orderJson(venue.closePosition(symbol)) };
    } catch (error) {
      if (error instanceof Refusal) return { symbol, status: error.status, body: error.body };
      throw error;
    }
  });
  return json(rows, 207);
}

function onePosition({ account, name }: Call): StubAnswer {
  const found = account.positionsJson().find((row) => (row as Fields)['symbol'] === name);
  if (found === undefined) throw notFound('position');
  return json(found);
}

function configure({ account, body }: Call): StubAnswer {
  const { suspend_trade: suspended } = body;
  if (suspended !== undefined && typeof suspended !== 'boolean') {
    throw unprocessable('suspend_trade must be true or false');
  }
  if (suspended !== undefined) account.isSuspended = suspended;
  return configuration(account);
}

function configuration({ isSuspended }: StubAccount): StubAnswer {
  return json({
    suspend_trade: isSuspended,
    no_shorting: false,
    fractional_trading: true,
    max_margin_multiplier: '2',
    max_options_trading_level: null,
    trade_confirm_email: 'all',
    ptp_no_exception_entry: false,
  });
}

function history({ venue, account }: Call): StubAnswer {
  const { startingCents, cashCents } = account;
  return json({
    timestamp: [Math.floor(venue.now / 1_000_000)],
    equity: [cashCents / 100],
    profit_loss: [(cashCents - startingCents) / 100],
    profit_loss_pct: [(cashCents - startingCents) / startingCents],
    base_value: startingCents / 100,
    timeframe: '1D',
  });
}

function stockSnapshot({ venue, name }: Call): StubAnswer {
  return json(venue.market.stockJson(name, venue.now));
}

function stockSnapshots({ venue, query }: Call): StubAnswer {
  const symbols = (query.get('symbols') ?? '').split(',');
  const rows = symbols.map((symbol) => [symbol, venue.market.stockJson(symbol, venue.now)]);
  return json(Object.fromEntries(rows));
}

/** The list of the lists names no symbols. */
function watchlists({ account }: Call): StubAnswer {
  return json([...account.watchlists].map(([id, { name }]) => ({ id, name })));
}

function watchlist(id: string, { account }: Call): StubAnswer {
  const found = account.watchlists.get(id);
  if (found === undefined) throw notFound('watchlist');
  const assets = found.symbols.map((symbol) => ({ symbol, class: 'us_equity' }));
  return json({ id, name: found.name, account_id: account.number, assets });
}

function putWatchlist(id: string, call: Call): StubAnswer {
  const { name, symbols } = call.body;
  if (typeof name !== 'string' || !Array.isArray(symbols)) throw unprocessable('no such list');
  call.account.watchlists.set(id, { name, symbols });
  return watchlist(id, call);
}

function asset({ name }: Call): StubAnswer {
  if (name !== 'SPY') throw notFound('asset');
  const attributes = ['has_options', 'options_late_close'];
  return json({ symbol: name, name: 'SPDR S&P 500 ETF Trust', class: 'us_equity', attributes });
}

/** Snapshots of named contracts. */
function namedSnapshots({ venue, query }: Call): StubAnswer {
  const symbols = (query.get('symbols') ?? '').split(',');
  const known = symbols.filter((symbol) => venue.market.quote(symbol) !== undefined);
  const rows = known.map((symbol) => [symbol, venue.market.snapshotJson(symbol, venue.now)]);
  return json({ snapshots: Object.fromEntries(rows), next_page_token: null });
}

const ROUTES: readonly Route[] = [
  ['GET /v2/account', ({ account }) => json(account.accountJson())],
  ['GET /v2/account/configurations', ({ account }) => configuration(account)],
  ['PATCH /v2/account/configurations', configure],
  ['GET /v2/account/portfolio/history', history],
  ['GET /v2/account/activities', (call) => listActivities({ ...call, name: '' })],
  ['GET /v2/account/activities/*', listActivities],
  ['GET /v2/clock', ({ venue }) => json(clockJson(venue.now))],
  ['GET /v2/calendar', ({ venue, query }) => json(calendarJson(query, venue.now))],
  ['GET /v2/options/contracts', ({ venue, query }) => json(venue.market.contractsJson(query))],
  [
    'GET /v1beta1/options/snapshots/*',
    ({ venue, query, name }) => {
      query.set('underlying_symbol', name);
      return json(venue.market.snapshotsJson(query, venue.now));
    },
  ],
  ['GET /v2/stocks/snapshots', stockSnapshots],
  ['GET /v2/stocks/*/snapshot', stockSnapshot],
  ['GET /v2/orders', listOrders],
  ['POST /v2/orders', ({ venue, body }) => json(orderJson(venue.place(body)))],
  ['DELETE /v2/orders', ({ venue }) => json(venue.cancelAll(), 207)],
  [
    'GET /v2/orders:by_client_order_id',
    ({ venue, query }) => {
      const order = venue.byClientId(query.get('client_order_id') ?? '');
      return json({ ...orderJson(order), legs: null });
    },
  ],
  ['GET /v2/orders/*', oneOrder],
  ['PATCH /v2/orders/*', ({ venue, body, name }) => json(orderJson(venue.replace(name, body)))],
  [
    'DELETE /v2/orders/*',
    ({ venue, name }) => {
      venue.cancel(name);
      return NO_CONTENT;
    },
  ],
  ['GET /v2/positions', ({ account }) => json(account.positionsJson())],
  ['DELETE /v2/positions', closeAll],
  ['GET /v2/positions/*', onePosition],
  ['DELETE /v2/positions/*', ({ venue, name }) => json(orderJson(venue.closePosition(name)))],
  ['GET /v2/watchlists', watchlists],
  ['POST /v2/watchlists', (call) => putWatchlist(`list-${call.account.watchlists.size}`, call)],
  ['GET /v2/watchlists/*', (call) => watchlist(call.name, call)],
  ['PUT /v2/watchlists/*', (call) => putWatchlist(call.name, call)],
  [
    'DELETE /v2/watchlists/*',
    ({ account, name }) => {
      if (!account.watchlists.delete(name)) throw notFound('watchlist');
      return NO_CONTENT;
    },
  ],
  ['GET /v2/assets/*', asset],
  ['GET /v1beta1/options/snapshots', namedSnapshots],
];

const EXACT_ROUTES = new Map(ROUTES.filter(([pattern]) => !pattern.includes('*')));
const NAMING_ROUTES = ROUTES.filter(([pattern]) => pattern.includes('*'));

/** 200 requests in any minute; what comes beyond is answered 429. */
export class StubRateLimit {
  readonly #times: number[] = [];
  readonly perMinute: number;

  constructor(perMinute = 200) {
    this.perMinute = perMinute;
  }

  /** Counts a request; the headers that its answer carries, and whether it may be served. */
  take(nowMicros: number): { readonly isOver: boolean; readonly headers: Record<string, string> } {
    while ((this.#times[0] ?? nowMicros) <= nowMicros - 60_000_000) this.#times.shift();
    const isOver = this.#times.length >= this.perMinute;
    if (!isOver) this.#times.push(nowMicros);
    const first = this.#times[0] ?? nowMicros;
    const headers = {
      'X-RateLimit-Limit': String(this.perMinute),
      'X-RateLimit-Remaining': String(this.perMinute - this.#times.length),
      'X-RateLimit-Reset': String(Math.ceil((first + 60_000_000) / 1_000_000)),
    };
    return { isOver, headers };
  }
}

export const TOO_MANY: StubAnswer = {
  status: 429,
  body: JSON.stringify({ code: 42_910_000, message: 'rate limit exceeded' }),
};
export const UNAUTHORIZED: StubAnswer = {
  status: 401,
  body: JSON.stringify({ code: 40_110_000, message: 'request is not authorized' }),
};

/** The net of an account since its start in dollars, for tests that count to the cent. */
export function gainOf({ cashCents, startingCents }: StubAccount): string {
  return moneyText(cashCents - startingCents);
}
