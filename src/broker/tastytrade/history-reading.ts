/** Readings of what happened in a tastytrade account: transactions and orders, page by page. Pure. */
import { z } from 'zod';
import type {
  AskOf,
  DateRange,
  OrderRow,
  TransactionRow,
  ValueOf,
} from '../../engine/domain/account-facts.ts';
import { dateOfDayNumber, dayNumberOfDate } from '../../engine/domain/civil-date.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { LEG_ACTION_WORDS, legSign } from '../../engine/domain/order.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { Reading, ReadResult, ReadStep, StepOutcome } from '../account-reader.ts';
import { failed, http, read } from '../account-reader.ts';
import { signedCents } from './account-reading.ts';
import { pageIn } from './envelope.ts';
import { decimal, refusedBy } from './market-reading.ts';
import { unitsOf } from './order-chain.ts';
import type { TastyOrder } from './tasty-order.ts';
import { parseTastyOrder, wireId } from './tasty-order.ts';

const PER_PAGE = 200;
/** A list that never ends is not a list: ten thousand rows of one account. */
const MOST_PAGES = 50;
/** Where no beginning is named. */
const DAYS_BACK = 30;
const text = z.string().nullish();

/** Whose history is read, and the date in New York at the moment. */
export interface ReadFor {
  readonly accountId: string;
  readonly today: () => SessionDate;
}

interface Listed {
  readonly kind: 'listed';
  readonly items: readonly unknown[];
  readonly wall: EpochMicros;
}

type Unlisted = Exclude<ReadResult<never>, { kind: 'read' | 'unsupported' }>;

function pageQuery(page: number, isPaged: boolean): string {
  if (isPaged) return `&per-page=${PER_PAGE}&page-offset=${page}`;
  return page === 0 ? '' : `?page-offset=${page}`;
}

/** Rows of a list until there are enough, or no more; a part of it does not pass for the whole. A path
 * without a query is one page, unless the list says otherwise. */
function* rowsOf(
  path: string,
  enough: number,
  what: string,
): Generator<ReadStep, Listed | Unlisted, StepOutcome> {
  const isPaged = path.includes('?');
  const perPage = isPaged ? PER_PAGE : Number.POSITIVE_INFINITY;
  const items: unknown[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = yield* http({ method: 'GET', path: path + pageQuery(page, isPaged) });
    if (answer.kind === 'failed') return answer;
    if (answer.status !== 200) return refusedBy(answer, what);
    const rows = pageIn(answer.body, perPage);
    if (rows === undefined) return failed(`${what} was answered with what cannot be read`, true);
    items.push(...rows.items);
    if (rows.isLast || items.length >= enough) return { kind: 'listed', items, wall: answer.wall };
    if (rows.items.length === 0) break;
  }
  return failed(`${what} was answered with pages that have no end`, true);
}

const transactionShape = z.object({
  id: wireId,
  'transaction-type': text,
  'transaction-sub-type': text,
  symbol: text,
  action: text,
  quantity: decimal,
  price: decimal,
  'net-value': decimal,
  'net-value-effect': text,
  value: decimal,
  'value-effect': text,
  commission: decimal,
  'clearing-fees': decimal,
  'regulatory-fees': decimal,
  'proprietary-index-option-fees': decimal,
  'order-id': wireId,
  'executed-at': text,
  'transaction-date': text,
});

const TYPES: Readonly<Record<string, TransactionRow['type']>> = {
  Trade: 'trade',
  'Receive Deliver': 'settlement',
  'Money Movement': 'money',
};

function transactionRow(item: unknown): readonly TransactionRow[] {
  const row = transactionShape.safeParse(item).data;
  if (row?.id === undefined) return [];
  const fees = [
    row.commission,
    row['clearing-fees'],
    row['regulatory-fees'],
    row['proprietary-index-option-fees'],
  ].filter((fee) => fee !== null);
  const total = fees.reduce((sum, fee) => sum + Math.abs(fee), 0);
  return [
    {
      id: row.id,
      at: row['executed-at'] ?? row['transaction-date'] ?? '',
      type: TYPES[row['transaction-type'] ?? ''] ?? 'other',
      detail: row['transaction-sub-type'] ?? null,
      symbol: row.symbol ?? null,
      action: row.action ?? null,
      quantity: row.quantity,
      price: row.price,
      feesCents: fees.length === 0 ? null : Math.round(total * 100),
      netCents: signedCents(row['net-value'], row['net-value-effect']),
      orderId: row['order-id'] ?? null,
    },
  ];
}

/** The broker wants to know where a list begins. */
function rangeQuery({ from, to }: DateRange, today: SessionDate): string {
  const since = from ?? dateOfDayNumber(dayNumberOfDate(today) - DAYS_BACK);
  return `start-date=${since}${to === undefined ? '' : `&end-date=${to}`}&sort=Desc`;
}

export function* readTransactions(
  { accountId, today }: ReadFor,
  range: AskOf<'transactions'>,
): Reading<ValueOf<'transactions'>> {
  const path = `/accounts/${accountId}/transactions?${rangeQuery(range, today())}`;
  const rows = yield* rowsOf(path, range.limit, 'the transactions request');
  if (rows.kind !== 'listed') return rows;
  const transactions = rows.items.flatMap(transactionRow).slice(0, range.limit);
  return read({ transactions }, 'tastytrade', rows.wall);
}

const PENDING: ReadonlySet<string> = new Set(['Received', 'Routed', 'In Flight', 'Contingent']);

function statusOf(order: TastyOrder, filled: number): OrderRow['status'] {
  if (order.standing !== 'working') return order.standing;
  if (filled > 0) return 'partiallyFilled';
  return PENDING.has(order.status) ? 'pending' : 'working';
}

const timesShape = z.object({ 'received-at': text, price: decimal });

function orderRow(item: unknown): readonly OrderRow[] {
  const order = parseTastyOrder(item);
  const times = timesShape.safeParse(item).data;
  if (order === undefined) return [];
  const quantity = unitsOf(order);
  const legs = order.legs.map((leg) => ({
    symbol: instrumentSymbol(leg.instrument),
    action: LEG_ACTION_WORDS[leg.action],
    quantity: leg.quantity,
    filledQuantity: leg.fills.reduce((sum, fill) => sum + fill.quantity, 0),
  }));
  const filled = Math.min(
    ...legs.map((leg) => Math.floor((leg.filledQuantity * quantity) / leg.quantity)),
  );
  const net = order.legs.reduce((sum, { action, fills }) => {
    return sum - legSign(action) * fills.reduce((leg, fill) => leg + fill.price * fill.quantity, 0);
  }, 0);
  const isPriced = times?.price !== null && times !== undefined;
  return [
    {
      orderId: order.id,
      clientOrderId: order.externalId ?? null,
      status: statusOf(order, filled),
      legs,
      quantity,
      filledQuantity: filled,
      limitPrice: isPriced ? dollarsFromPrice(order.limit) : null,
      averageFillPrice: filled === 0 ? null : Math.round(net / filled) / 10_000,
      createdAt: times?.['received-at'] ?? null,
      updatedAt: order.updatedAtMillis === 0 ? null : new Date(order.updatedAtMillis).toISOString(),
      reason: order.rejectReason ?? null,
    },
  ];
}

export function* readOrderHistory(
  { accountId, today }: ReadFor,
  range: AskOf<'orderHistory'>,
): Reading<ValueOf<'orderHistory'>> {
  const path = `/accounts/${accountId}/orders?${rangeQuery(range, today())}`;
  const rows = yield* rowsOf(path, range.limit, 'the order history');
  if (rows.kind !== 'listed') return rows;
  const orders = rows.items.flatMap(orderRow).slice(0, range.limit);
  return read({ orders }, 'tastytrade', rows.wall);
}

/** The broker's list is of the whole session: what has ended is left out. */
export function* readLiveOrders(accountId: string): Reading<ValueOf<'liveOrders'>> {
  const path = `/accounts/${accountId}/orders/live`;
  const rows = yield* rowsOf(path, Number.POSITIVE_INFINITY, 'the live orders request');
  if (rows.kind !== 'listed') return rows;
  const LIVE: ReadonlySet<OrderRow['status']> = new Set(['pending', 'working', 'partiallyFilled']);
  const orders = rows.items.flatMap(orderRow).filter(({ status }) => LIVE.has(status));
  return read({ orders }, 'tastytrade', rows.wall);
}
