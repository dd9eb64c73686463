/** What was: orders, transactions and the account's worth over time. Pure. */
import type {
  AskOf,
  DateRange,
  NetLiqPoint,
  OrderRow,
  TimeBack,
  ValueOf,
} from '../../engine/domain/account-facts.ts';
import type { Reading } from '../account-reader.ts';
import { read } from '../account-reader.ts';
import { LISTS_CACHE_MILLIS, one, readPages, rowsOf } from './account-answers.ts';
import { orderRow, transactionRow } from './account-rows.ts';
import { hasEnded, isFields, textIn } from './wire-order.ts';

const ORDERS_PAGE = 500;
const ACTIVITIES_PAGE = 100;

/** The day after, for limits that leave their own day out. */
function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

function dayBefore(day: string): string {
  return new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
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

export function* readTransactions(range: DateRange): Reading<ValueOf<'transactions'>> {
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

export function readHistory({ back }: AskOf<'netLiqHistory'>): Reading<ValueOf<'netLiqHistory'>> {
  const path = `/v2/account/portfolio/history?${PERIODS[back]}`;
  return one(path, historyIn, { cacheMillis: LISTS_CACHE_MILLIS });
}

export function readAllOrders(range: DateRange): Reading<ValueOf<'orderHistory'>> {
  return readOrders('all', range);
}

export function* readLiveOrders(): Reading<ValueOf<'liveOrders'>> {
  const result = yield* readOrders('open', { limit: ORDERS_PAGE });
  if (result.kind !== 'read') return result;
  const orders = result.value.orders.filter(({ status }) => !hasEnded(status));
  return { ...result, value: { orders } };
}
