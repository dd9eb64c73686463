/**
 * The account reader of Alpaca: what the trading host says of the account, quotes of the data host,
 * and what Alpaca lacks, with what to use instead. Pure: generators of the port. Lives on the I/O
 * worker.
 */
import type {
  AskOf,
  BalancesRow,
  DateRange,
  NetLiqPoint,
  OrderRow,
  TimeBack,
  ValueOf,
  WatchlistRow,
} from '../../engine/domain/account-facts.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type {
  AccountReader,
  ReadFailure,
  Reading,
  ReadStep,
  StepOutcome,
} from '../account-reader.ts';
import { failed, http, read, unsupported, withoutAsking } from '../account-reader.ts';
import {
  accountRow,
  balancesRow,
  orderRow,
  positionRow,
  quoteRow,
  transactionRow,
} from './account-rows.ts';
import { readMarketRules } from './rules-reading.ts';
import type { Fields } from './wire-order.ts';
import { hasEnded, isFields, parseJson, textIn } from './wire-order.ts';

const ORDERS_PAGE = 500;
const ACTIVITIES_PAGE = 100;
const MOST_PAGES = 20;
const LISTS_CACHE_MILLIS = 5_000;

type Request = Omit<Extract<ReadStep, { kind: 'http' }>, 'kind'>;

interface Got {
  readonly kind: 'got';
  readonly value: unknown;
  readonly wall: EpochMicros;
}

/** What a status other than success means. Texts of the broker stay out of reasons. */
function refusalOf(status: number): ReadFailure {
  if (status === 401 || status === 403) return failed('Alpaca does not take these keys', false);
  if (status === 429) return failed("the broker's limit of requests is reached", true);
  return failed(`Alpaca answered ${status}`, status >= 500);
}

/** One answer of JSON. */
function* get(
  path: string,
  more: Partial<Request> = {},
): Generator<ReadStep, Got | ReadFailure | 'none', StepOutcome> {
  const answer = yield* http({ method: 'GET', path, ...more });
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404) return 'none';
  if (answer.status < 200 || answer.status >= 300) return refusalOf(answer.status);
  const value = answer.body === '' ? {} : parseJson(answer.body);
  if (value === undefined) return failed('Alpaca answered what is no JSON', true);
  return { kind: 'got', value, wall: answer.wall };
}

/** A reading of one answer, made into a value. */
function* one<T>(
  path: string,
  make: (value: unknown) => T | undefined,
  more: Partial<Request> = {},
): Reading<T> {
  const got = yield* get(path, more);
  if (got === 'none') return { kind: 'notFound', what: path };
  if (got.kind === 'failed') return got;
  const value = make(got.value);
  if (value === undefined) return failed('Alpaca answered in a shape that is not known', false);
  return read(value, 'alpaca', got.wall);
}

function rowsOf<T>(
  value: unknown,
  row: (fields: Fields) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((each) => {
    const made = isFields(each) ? row(each) : undefined;
    return made === undefined ? [] : [made];
  });
}

function listed<K extends string, T>(name: K, row: (fields: Fields) => T | undefined) {
  return (value: unknown): Record<K, readonly T[]> | undefined => {
    const rows = rowsOf(value, row);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one key is the one asked for
    return rows === undefined ? undefined : ({ [name]: rows } as Record<K, readonly T[]>);
  };
}

/** The day after, for limits that leave their own day out. */
function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
}

interface Pages {
  readonly kind: 'pages';
  readonly rows: readonly Fields[];
  readonly wall: EpochMicros;
}

/** How a list is read page after page: what the next page is asked for with, from the last row. */
interface Paging {
  readonly path: string;
  readonly size: number;
  readonly enough: number;
  /** What the first page is asked for with, in place of what `after` gives for the others. */
  readonly first: string;
  after(last: Fields): string | undefined;
}

function* readPages(paging: Paging): Generator<ReadStep, Pages | ReadFailure, StepOutcome> {
  const { path, size, enough } = paging;
  const rows: Fields[] = [];
  let next = paging.first;
  let wall: EpochMicros | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const got = yield* get(path + next);
    if (got === 'none') return refusalOf(404);
    if (got.kind === 'failed') return got;
    wall ??= got.wall;
    const found = Array.isArray(got.value) ? got.value.filter(isFields) : [];
    rows.push(...found);
    const last = found.at(-1);
    const after = last === undefined ? undefined : paging.after(last);
    if (found.length < size || rows.length >= enough || after === undefined) {
      return { kind: 'pages', rows, wall };
    }
    next = after;
  }
  return failed('the list has more pages than are read: ask for fewer days', false);
}

/** Newest first. A page ends where the next begins, so an order may come twice. */
function* readOrders(status: 'open' | 'all', range: DateRange): Reading<ValueOf<'orderHistory'>> {
  const from = range.from === undefined ? '' : `&after=${range.from}T04:00:00Z`;
  const to = range.to === undefined ? '' : `&until=${dayAfter(range.to)}T05:00:00Z`;
  const pages = yield* readPages({
    path: `/v2/orders?status=${status}&nested=true&direction=desc&limit=${ORDERS_PAGE}${from}`,
    size: ORDERS_PAGE,
    enough: range.limit,
    after: (last) => {
      const oldest = textIn(last, 'submitted_at');
      return oldest === undefined ? undefined : `&until=${encodeURIComponent(oldest)}`;
    },
    first: to,
  });
  if (pages.kind === 'failed') return pages;
  const orders = new Map<string, OrderRow>();
  for (const row of rowsOf(pages.rows, orderRow) ?? []) orders.set(row.orderId, row);
  return read({ orders: [...orders.values()].slice(0, range.limit) }, 'alpaca', pages.wall);
}

function* readTransactions(range: DateRange): Reading<ValueOf<'transactions'>> {
  const after = range.from === undefined ? '' : `&after=${dayBefore(range.from)}`;
  const until = range.to === undefined ? '' : `&until=${dayAfter(range.to)}`;
  const pages = yield* readPages({
    path: `/v2/account/activities?direction=desc&page_size=${ACTIVITIES_PAGE}${after}${until}`,
    size: ACTIVITIES_PAGE,
    enough: range.limit,
    first: '',
    after: (last) => {
      const id = textIn(last, 'id');
      return id === undefined ? undefined : `&page_token=${encodeURIComponent(id)}`;
    },
  });
  if (pages.kind === 'failed') return pages;
  const transactions = (rowsOf(pages.rows, transactionRow) ?? []).slice(0, range.limit);
  const note = 'Alpaca books regulatory fees later, as entries of their own';
  return read({ transactions }, 'alpaca', pages.wall, note);
}

const PERIODS: Readonly<Record<TimeBack, string>> = {
  '1d': 'period=1D&timeframe=5Min',
  '1w': 'period=1W&timeframe=1D',
  '1m': 'period=1M&timeframe=1D',
  '3m': 'period=3M&timeframe=1D',
  '6m': 'period=6M&timeframe=1D',
  '1y': 'period=1A&timeframe=1D',
  all: 'period=all&timeframe=1D',
};

function historyIn(value: unknown): ValueOf<'netLiqHistory'> | undefined {
  const times = isFields(value) ? value['timestamp'] : undefined;
  const equities = isFields(value) ? value['equity'] : undefined;
  if (!Array.isArray(times) || !Array.isArray(equities)) return undefined;
  const points = times.flatMap((seconds: unknown, index): readonly NetLiqPoint[] => {
    const equity: unknown = equities[index];
    if (typeof seconds !== 'number' || typeof equity !== 'number') return [];
    const at = new Date(seconds * 1_000).toISOString();
    return [{ at, netLiquidatingValueCents: Math.round(equity * 100) }];
  });
  return { points };
}

/** The snapshots of some symbols, by symbol. */
function* snapshots(
  path: string,
  symbols: readonly string[],
): Generator<
  ReadStep,
  { readonly rows: Fields; readonly wall?: EpochMicros } | ReadFailure,
  StepOutcome
> {
  if (symbols.length === 0) return { rows: {} };
  const list = encodeURIComponent(symbols.join(','));
  const got = yield* get(`${path}?symbols=${list}`, { service: 'data' });
  if (got === 'none') return { rows: {} };
  if (got.kind === 'failed') return got;
  const body = isFields(got.value) ? got.value : {};
  return { rows: isFields(body['snapshots']) ? body['snapshots'] : body, wall: got.wall };
}

/** Options and shares are asked of two services; what neither knows is left out. */
function* readQuotes({ symbols }: AskOf<'quotes'>): Reading<ValueOf<'quotes'>> {
  const named = symbols.map((symbol) => symbol.replaceAll(' ', ''));
  const isOption = (symbol: string) => parseOccSymbol(symbol) !== undefined;
  const options = yield* snapshots('/v1beta1/options/snapshots', named.filter(isOption));
  if ('kind' in options) return options;
  const stocks = named.filter((symbol) => !isOption(symbol));
  const shares = yield* snapshots('/v2/stocks/snapshots', stocks);
  if ('kind' in shares) return shares;
  const wall = options.wall ?? shares.wall;
  if (wall === undefined) return { kind: 'notFound', what: 'quote' };
  const rows: Fields = { ...options.rows, ...shares.rows };
  const quotes = named.flatMap((symbol) => {
    const row = rows[symbol];
    return isFields(row) ? [quoteRow(symbol, row)] : [];
  });
  const note = "Alpaca's free option quotes are delayed and altered: no decision reads them";
  return read({ quotes }, 'alpaca', wall, note);
}

interface Named {
  readonly id: string;
  readonly name: string;
}

function namedIn(fields: Fields): Named | undefined {
  const id = textIn(fields, 'id');
  const name = textIn(fields, 'name');
  return id === undefined || name === undefined ? undefined : { id, name };
}

function watchlistIn(value: unknown): WatchlistRow | undefined {
  const name = isFields(value) ? textIn(value, 'name') : undefined;
  const assets = isFields(value) ? rowsOf(value['assets'], (row) => textIn(row, 'symbol')) : [];
  return name === undefined ? undefined : { name, kind: 'private', symbols: assets ?? [] };
}

function* namedLists(): Generator<ReadStep, readonly Named[] | ReadFailure, StepOutcome> {
  const got = yield* get('/v2/watchlists', { cacheMillis: LISTS_CACHE_MILLIS });
  if (got === 'none') return [];
  return got.kind === 'failed' ? got : (rowsOf(got.value, namedIn) ?? []);
}

/** The list of the lists names none of their symbols: each is read by itself. */
function* readWatchlists({ kind, name }: AskOf<'watchlists'>): Reading<ValueOf<'watchlists'>> {
  if (kind === 'public') {
    return unsupported('public watchlists', 'the private ones: Alpaca has no others');
  }
  const lists = yield* namedLists();
  if ('kind' in lists) return lists;
  const chosen = lists.filter((each) => name === undefined || each.name === name);
  if (name !== undefined && chosen.length === 0) return { kind: 'notFound', what: 'watchlist' };
  const watchlists: WatchlistRow[] = [];
  let wall: EpochMicros | undefined;
  for (const { id } of chosen) {
    const got = yield* get(`/v2/watchlists/${id}`);
    if (got === 'none') continue;
    if (got.kind === 'failed') return got;
    wall ??= got.wall;
    const row = watchlistIn(got.value);
    if (row !== undefined) watchlists.push(row);
  }
  const got = wall === undefined ? yield* get('/v2/clock') : undefined;
  if (got !== undefined && got !== 'none' && got.kind === 'got') wall = got.wall;
  return wall === undefined
    ? failed('the watchlists could not be read', true)
    : read({ watchlists }, 'alpaca', wall);
}

function* writeWatchlist(ask: AskOf<'writeWatchlist'>): Reading<ValueOf<'writeWatchlist'>> {
  const lists = yield* namedLists();
  if ('kind' in lists) return lists;
  const known = lists.find((each) => each.name === ask.name);
  const body = JSON.stringify({ name: ask.name, symbols: ask.symbols });
  const isNew = known === undefined;
  const path = isNew ? '/v2/watchlists' : `/v2/watchlists/${known.id}`;
  const made = (value: unknown) => {
    const watchlist = watchlistIn(value);
    return watchlist === undefined ? undefined : { watchlist };
  };
  return yield* one(path, made, { method: isNew ? 'POST' : 'PUT', body });
}

function* deleteWatchlist({ name }: AskOf<'deleteWatchlist'>): Reading<ValueOf<'deleteWatchlist'>> {
  const lists = yield* namedLists();
  if ('kind' in lists) return lists;
  const known = lists.find((each) => each.name === name);
  if (known === undefined) return { kind: 'notFound', what: 'watchlist' };
  const deleted = () => ({ deleted: name });
  return yield* one(`/v2/watchlists/${known.id}`, deleted, { method: 'DELETE' });
}

/** Alpaca finds assets by their exact symbol only. */
function* readSymbols({ text }: AskOf<'symbols'>): Reading<ValueOf<'symbols'>> {
  const ticker = text.trim().toUpperCase();
  const got = yield* get(`/v2/assets/${encodeURIComponent(ticker)}`);
  if (got === 'none') return { kind: 'notFound', what: 'symbol' };
  if (got.kind === 'failed') return got;
  const fields = isFields(got.value) ? got.value : {};
  const { attributes } = fields;
  const row = {
    symbol: textIn(fields, 'symbol') ?? ticker,
    description: textIn(fields, 'name') ?? null,
    type: textIn(fields, 'class') ?? null,
    hasOptions: Array.isArray(attributes) ? attributes.includes('has_options') : null,
  };
  return read({ symbols: [row] }, 'alpaca', got.wall, 'Alpaca knows whole symbols only');
}

/** Makes the reader of one account. */
export function alpacaReader(accountId: string): AccountReader {
  const noMetrics = unsupported(
    'market metrics (IV rank, percentiles, beta)',
    'market_status and get_option_chain: volatilities of the live chain are computed here',
  );
  const asBalances = (value: unknown): BalancesRow | undefined =>
    isFields(value) ? balancesRow(value) : undefined;
  const asAccounts = (value: unknown): ValueOf<'accounts'> | undefined =>
    isFields(value) ? { accounts: [accountRow(value, accountId)] } : undefined;
  return {
    accounts: () => one('/v2/account', asAccounts),
    balances: () => one('/v2/account', asBalances),
    positions: () => one('/v2/positions', listed('positions', positionRow)),
    transactions: readTransactions,
    netLiqHistory: ({ back }) =>
      one(`/v2/account/portfolio/history?${PERIODS[back]}`, historyIn, {
        cacheMillis: LISTS_CACHE_MILLIS,
      }),
    orderHistory: (range) => readOrders('all', range),
    *liveOrders() {
      const result = yield* readOrders('open', { limit: ORDERS_PAGE });
      if (result.kind !== 'read') return result;
      const orders = result.value.orders.filter(({ status }) => !hasEnded(status));
      return { ...result, value: { orders } };
    },
    quotes: readQuotes,
    metrics: () => withoutAsking(noMetrics),
    symbols: readSymbols,
    marketRules: readMarketRules,
    watchlists: readWatchlists,
    writeWatchlist,
    deleteWatchlist,
  };
}
