/**
 * The account reader of the paper broker. Its facts are the paper broker's and the engine's own, asked
 * of the core at each question; metrics and symbols come from the service behind the feed; private
 * watchlists are a file in the home folder. Lives on the I/O worker.
 */
import { z } from 'zod';
import type {
  AskOf,
  DateRange,
  OrderRow,
  PositionRow,
  TimeBack,
  TransactionRow,
  ValueOf,
  WatchlistRow,
} from '../../engine/domain/account-facts.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { dollarsFromPrice, MICROS_PER_DAY, MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { AccountReader, Asking, Reading } from '../account-reader.ts';
import {
  failed,
  homeText,
  read,
  statementNow,
  unsupported,
  withoutAsking,
} from '../account-reader.ts';
import { readMetrics, readSymbols } from '../tastytrade/market-reading.ts';
import { readMarketRules } from '../tastytrade/rules-reading.ts';
import type { LedgerEntry, PaperStatement, StatedPosition } from './paper-statement.ts';
import { cashOf, flatMoments, momentOf, netLiquidatingValue } from './paper-statement.ts';

/** What the paper account reads besides itself. */
export interface PaperReaderOptions {
  /** Whose market service the feed has; undefined where the feed has none. */
  readonly marketSource: 'simulator' | 'tastytrade' | undefined;
}

const WATCHLISTS_FILE = 'watchlists.json';
const MOST_WATCHLISTS = 100;
const watchlistsShape = z.record(z.string(), z.array(z.string()));

const NO_SERVICE = 'the feed has no market service beside it (DELTARING_FEED=dxlink)';
const DAYS_BACK: Readonly<Record<Exclude<TimeBack, 'all'>, number>> = {
  '1d': 1,
  '1w': 7,
  '1m': 31,
  '3m': 92,
  '6m': 183,
  '1y': 366,
};

function iso(at: EpochMicros): string {
  return new Date(at / MICROS_PER_MILLI).toISOString();
}

/** True for an ISO time whose date lies in a range. */
function isWithin(at: string, { from, to }: DateRange): boolean {
  const day = at.slice(0, 'YYYY-MM-DD'.length);
  return (from === undefined || day >= from) && (to === undefined || day <= to);
}

function positionRow(held: StatedPosition): PositionRow {
  const { symbol, underlying, kind, quantity, averagePrice, mark, multiplier } = held;
  const markPrice = mark === undefined ? null : dollarsFromPrice(mark);
  return {
    symbol,
    kind,
    underlying,
    quantity,
    averagePrice: dollarsFromPrice(averagePrice),
    markPrice,
    marketValueCents:
      markPrice === null ? null : Math.round(markPrice * quantity * multiplier * 100),
    realizedTodayCents: null,
  };
}

function transactionRow(entry: LedgerEntry): TransactionRow {
  const at = iso(momentOf(entry));
  const netCents = cashOf(entry);
  if (entry.kind === 'fill') {
    const { fillId, instrument, action, quantity, price, feesCents, intentId } = entry.fill;
    return {
      id: fillId,
      at,
      type: 'trade',
      detail: null,
      symbol: instrumentSymbol(instrument),
      action: LEG_ACTION_WORDS[action],
      quantity,
      price: dollarsFromPrice(price),
      feesCents,
      netCents,
      orderId: intentId,
    };
  }
  const { settlementId, outcome, instrument, quantity, shares, sharePrice, feesCents } =
    entry.settlement;
  return {
    id: settlementId,
    at,
    type: 'settlement',
    detail: shares === 0 ? outcome : `${outcome}: ${shares} shares`,
    symbol: instrumentSymbol(instrument),
    action: null,
    quantity,
    price: shares === 0 ? null : dollarsFromPrice(sharePrice),
    feesCents,
    netCents,
    orderId: null,
  };
}

/** A reading of the statement alone. */
function* ofStatement<T extends object>(
  make: (statement: PaperStatement) => T,
  note?: string,
): Reading<T> {
  const said = yield* statementNow();
  if (said.kind === 'failed') return said;
  return read(make(said.statement), 'paper', said.wall, note);
}

function newestOrders(orders: readonly OrderRow[], range: DateRange): readonly OrderRow[] {
  return orders
    .filter(({ createdAt }) => createdAt === null || isWithin(createdAt, range))
    .toReversed()
    .slice(0, range.limit);
}

const ENDED: ReadonlySet<OrderRow['status']> = new Set([
  'filled',
  'cancelled',
  'rejected',
  'expired',
]);

function history(statement: PaperStatement, back: TimeBack): ValueOf<'netLiqHistory'> {
  const { asOf } = statement;
  const since = back === 'all' ? 0 : asOf.market - DAYS_BACK[back] * MICROS_PER_DAY;
  const now = netLiquidatingValue(statement);
  const points = flatMoments(statement)
    .filter(({ at }) => at >= since)
    .map(({ at, cents }) => ({ at: iso(at), netLiquidatingValueCents: Number(cents) }));
  if (now !== undefined) points.push({ at: iso(asOf.market), netLiquidatingValueCents: now });
  return { points };
}

interface Kept {
  readonly kind: 'kept';
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly wall: EpochMicros;
}

function* keptWatchlists(): Asking<Kept> {
  const file = yield* homeText({ kind: 'loadText', name: WATCHLISTS_FILE });
  if (file.kind === 'failed') return file;
  try {
    const lists = watchlistsShape.parse(JSON.parse(file.text ?? '{}'));
    return { kind: 'kept', lists: new Map(Object.entries(lists)), wall: file.wall };
  } catch {
    return failed(`${WATCHLISTS_FILE} in the home folder cannot be read: mend or remove it`, false);
  }
}

function* keep(lists: ReadonlyMap<string, readonly string[]>) {
  const written = JSON.stringify(Object.fromEntries(lists), null, 2);
  return yield* homeText({ kind: 'saveText', name: WATCHLISTS_FILE, text: `${written}\n` });
}

function watchlist([name, symbols]: readonly [string, readonly string[]]): WatchlistRow {
  return { name, kind: 'private', symbols };
}

function* readWatchlists({ kind, name }: AskOf<'watchlists'>): Reading<ValueOf<'watchlists'>> {
  if (kind === 'public') {
    return unsupported('public watchlists', 'the private ones: the paper account has no others');
  }
  const kept = yield* keptWatchlists();
  if (kept.kind === 'failed') return kept;
  const chosen = [...kept.lists].filter(([each]) => name === undefined || each === name);
  if (name !== undefined && chosen.length === 0) return { kind: 'notFound', what: 'watchlist' };
  return read({ watchlists: chosen.map(watchlist) }, 'home', kept.wall);
}

function* writeWatchlist({
  name,
  symbols,
}: AskOf<'writeWatchlist'>): Reading<ValueOf<'writeWatchlist'>> {
  const kept = yield* keptWatchlists();
  if (kept.kind === 'failed') return kept;
  if (!kept.lists.has(name) && kept.lists.size >= MOST_WATCHLISTS) {
    return failed(`there are ${MOST_WATCHLISTS} watchlists: delete one first`, false);
  }
  const written = yield* keep(new Map([...kept.lists, [name, symbols]]));
  if (written.kind === 'failed') return written;
  return read({ watchlist: watchlist([name, symbols]) }, 'home', written.wall);
}

function* deleteWatchlist({ name }: AskOf<'deleteWatchlist'>): Reading<ValueOf<'deleteWatchlist'>> {
  const kept = yield* keptWatchlists();
  if (kept.kind === 'failed') return kept;
  if (!kept.lists.has(name)) return { kind: 'notFound', what: 'watchlist' };
  const written = yield* keep(new Map([...kept.lists].filter(([each]) => each !== name)));
  if (written.kind === 'failed') return written;
  return read({ deleted: name }, 'home', written.wall);
}

function balances(statement: PaperStatement): ValueOf<'balances'> {
  const { cashCents, buyingPowerCents, marginCents } = statement;
  return {
    netLiquidatingValueCents: netLiquidatingValue(statement) ?? null,
    cashCents,
    optionBuyingPowerCents: buyingPowerCents,
    equityBuyingPowerCents: buyingPowerCents,
    maintenanceMarginCents: marginCents,
    startOfDayCents: null,
    pendingCashCents: null,
  };
}

function accounts({ accountId }: PaperStatement): ValueOf<'accounts'> {
  const row = { nickname: null, type: 'Paper', optionsLevel: 'defined risk', status: 'active' };
  return { accounts: [{ accountId, ...row, isTraded: true }] };
}

/** Makes the reader. */
export function paperReader({ marketSource }: PaperReaderOptions): AccountReader {
  const noQuotes = unsupported(
    'quotes of other symbols',
    'get_quotes for the underlying and its same-day options, which come from the live chain',
  );
  return {
    accounts: () => ofStatement(accounts),
    balances: () => ofStatement(balances),
    positions: () => ofStatement(({ positions }) => ({ positions: positions.map(positionRow) })),
    transactions: (range) =>
      ofStatement(({ ledger }) => ({
        transactions: ledger
          .map(transactionRow)
          .filter(({ at }) => isWithin(at, range))
          .toReversed()
          .slice(0, range.limit),
      })),
    netLiqHistory: ({ back }) =>
      ofStatement(
        (statement) => history(statement, back),
        'the paper account states its worth where it held nothing, and now',
      ),
    orderHistory: (range) =>
      ofStatement(
        ({ orders }) => ({ orders: newestOrders(orders, range) }),
        'orders of the last sessions; the journal keeps all: deltaring audit show',
      ),
    liveOrders: () =>
      ofStatement(({ orders }) => ({
        orders: orders.filter(({ status }) => !ENDED.has(status)).toReversed(),
      })),
    quotes: () => withoutAsking(noQuotes),
    *metrics({ symbols }) {
      if (marketSource === undefined) return unsupported('market metrics', NO_SERVICE);
      return yield* readMetrics(symbols, marketSource);
    },
    *symbols(ask) {
      if (marketSource === undefined) return unsupported('symbol search', NO_SERVICE);
      return yield* readSymbols(ask, marketSource);
    },
    *marketRules(ask) {
      if (marketSource === 'tastytrade') return yield* readMarketRules(ask, marketSource);
      return unsupported('rules of the day', "market_status: the day is the engine's own");
    },
    watchlists: readWatchlists,
    writeWatchlist,
    deleteWatchlist,
  };
}
