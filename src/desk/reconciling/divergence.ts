/**
 * Where the broker's picture of one moment and this book differ. Fills are looked at first: what they
 * explain of the positions is no difference of its own, and what no fill explains is a residual.
 */

import type {
  AccountSnapshot,
  EndedOrder,
  OrderStanding,
  WorkingOrder,
} from '../../broker/order-gateway.ts';
import { brokerId } from '../../engine/domain/broker-text.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import { newYorkDate } from '../../engine/domain/session-calendar.ts';
import { shareQuantity } from '../../engine/domain/share-quantity.ts';
import type { DeskContext } from '../desk-context.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { filledUnits, isExternal, isFinal } from '../orders/order-book.ts';

export type Divergence =
  | { readonly kind: 'noSnapshot'; readonly why: string }
  /** An execution that the broker has and the stream never told. */
  | { readonly kind: 'missedFill'; readonly fill: Fill }
  /** An execution that was told and that the broker has not any more. */
  | { readonly kind: 'bustedFill'; readonly fill: Fill }
  /** Contracts or shares that no fill explains. */
  | {
      readonly kind: 'residual';
      readonly symbol: string;
      readonly broker: number;
      readonly book: number;
    }
  | { readonly kind: 'foreignOrder'; readonly order: WorkingOrder }
  /** It works at the broker and has not been told to. */
  | { readonly kind: 'worksThere'; readonly order: WorkingOrder; readonly here: string }
  /** It works here; at the broker it has ended, or is not listed at all: where it is somebody else's, and of
   * an earlier day, it was over with that, for brokers list of those days what still works. */
  | {
      readonly kind: 'endedThere';
      readonly intentId: string;
      readonly standing: Exclude<OrderStanding, 'working'> | 'notListed' | 'overWithItsDay';
      readonly remaining: number;
    }
  | {
      readonly kind: 'remaining';
      readonly intentId: string;
      readonly broker: number;
      readonly book: number;
    };

/** What a symbol of the account stands for. */
export function instrumentOf(symbol: string): Instrument {
  return parseOccSymbol(symbol) ?? { kind: 'shares', symbol };
}

/** Differences that are told one by one: a page is to be read, and a record has an end. */
export const MOST_TOLD = 20;

/** Differences in plain words, the first of them where there are many. */
export function toldOf(divergences: readonly Divergence[]): readonly string[] {
  const told = divergences.slice(0, MOST_TOLD).map(divergenceWords);
  const left = divergences.length - told.length;
  return left === 0 ? told : [...told, `and ${left} more`];
}

/** A difference in plain words. Two with the same words are the same. */
export function divergenceWords(divergence: Divergence): string {
  switch (divergence.kind) {
    case 'noSnapshot':
      return divergence.why;
    case 'missedFill':
      return `fill ${brokerId(divergence.fill.fillId)} of order ${divergence.fill.intentId} was never told`;
    case 'bustedFill':
      return `fill ${brokerId(divergence.fill.fillId)} of order ${divergence.fill.intentId} does not stand at the broker`;
    case 'residual': {
      const { symbol, broker, book } = divergence;
      return `${brokerId(symbol)}: the broker holds ${broker}, this book ${book}`;
    }
    case 'foreignOrder':
      return `order ${brokerId(divergence.order.brokerOrderId)} works at the broker, not here`;
    case 'worksThere': {
      const what = divergence.here === 'waiting' ? 'its outcome is open here' : 'ended here';
      return `order ${divergence.order.intentId} works at the broker, ${what}`;
    }
    case 'endedThere': {
      const { standing, intentId } = divergence;
      const isListed = standing !== 'notListed' && standing !== 'overWithItsDay';
      const how = isListed ? `is ${standing} there` : 'is not listed at the broker';
      return `order ${intentId} works here and ${how}`;
    }
    case 'remaining': {
      const { intentId, broker, book } = divergence;
      return `order ${intentId}: ${broker} units are left at the broker, ${book} here`;
    }
  }
}

/** True for what no picture of the account mends: it waits until somebody takes it over. */
export function isForOperator(divergence: Divergence): boolean {
  const { kind } = divergence;
  if (kind === 'bustedFill') return isOpening(divergence.fill.action);
  return kind === 'residual' || kind === 'remaining';
}

/** False for what is put right and is nothing to call anybody for, or to hold openings for: orders of somebody
 * else's that were over with a day that is past. */
export function isToBeTold(divergence: Divergence): boolean {
  return divergence.kind !== 'endedThere' || divergence.standing !== 'overWithItsDay';
}

/** Everything that differs, in a fixed order. */
export function divergences(
  desk: DeskContext,
  snapshot: AccountSnapshot | undefined,
): readonly Divergence[] {
  const { stream } = desk.day;
  if (stream.connected === false) {
    return [{ kind: 'noSnapshot', why: `the broker's stream is down: ${stream.detail}` }];
  }
  if (snapshot === undefined) {
    return [{ kind: 'noSnapshot', why: 'the broker gives no account snapshot now' }];
  }
  if (snapshot.asOf.wall < stream.since.wall) {
    return [{ kind: 'noSnapshot', why: 'no account snapshot since the stream came back' }];
  }
  const missed = snapshot.fills.filter(({ fillId }) => !desk.book.knows(fillId));
  const { busted, early } = unlistedFills(desk, snapshot);
  return [
    ...missed.map((fill) => ({ kind: 'missedFill', fill }) as const),
    ...busted.map((fill) => ({ kind: 'bustedFill', fill }) as const),
    ...residuals(desk, snapshot, { missed, unlisted: [...busted, ...early] }),
    ...workingThere(desk, snapshot, missed),
    ...workingHere(desk, snapshot),
  ];
}

/** The picture was asked for before this order was last heard of: it cannot be held against that. */
function isOlder({ asOf }: AccountSnapshot, { updatedAt }: OrderRecord): boolean {
  return asOf.wall < updatedAt.wall;
}

/** Ids taken before, by the list of executions: it never changes, and one picture is compared again and again. */
const IDS = new WeakMap<readonly Fill[], ReadonlySet<string>>();

function idsOf(fills: readonly Fill[]): ReadonlySet<string> {
  let ids = IDS.get(fills);
  if (ids === undefined) {
    ids = new Set(fills.map(({ fillId }) => fillId));
    IDS.set(fills, ids);
  }
  return ids;
}

/** Executions that the picture lacks: taken back, or too early for it. */
function unlistedFills({ orders, day }: DeskContext, snapshot: AccountSnapshot) {
  const standing = idsOf(snapshot.fills);
  const busted: Fill[] = [];
  const early: Fill[] = [];
  const look = (fill: Fill, isEarly: boolean): void => {
    if (fill.marketAt < snapshot.fillsSince || standing.has(fill.fillId)) return;
    (isEarly ? early : busted).push(fill);
  };
  for (const order of orders.all()) {
    const isEarly = isOlder(snapshot, order);
    for (const fill of order.fills) look(fill, isEarly);
  }
  for (const { fill, heardAt } of day.othersFills.values()) {
    look(fill, snapshot.asOf.wall < heardAt);
  }
  return { busted, early };
}

function residuals(
  desk: DeskContext,
  snapshot: AccountSnapshot,
  unbooked: { readonly missed: readonly Fill[]; readonly unlisted: readonly Fill[] },
): readonly Divergence[] {
  const theirs = new Map(snapshot.positions.map((p) => [p.symbol, p.quantity]));
  const ours = new Map(desk.book.held());
  const move = ({ instrument, action, quantity }: Fill, direction: 1 | -1): void => {
    const symbol = instrumentSymbol(instrument);
    const moved = direction * legSign(action) * quantity;
    ours.set(symbol, shareQuantity((ours.get(symbol) ?? 0) + moved));
  };
  for (const fill of unbooked.missed) move(fill, 1);
  for (const fill of unbooked.unlisted) move(fill, -1);
  const found: Divergence[] = [];
  const compare = (symbol: string, broker: number, book: number): void => {
    if (broker !== book) found.push({ kind: 'residual', symbol, broker, book });
  };
  for (const [symbol, broker] of theirs) compare(symbol, broker, ours.get(symbol) ?? 0);
  for (const [symbol, book] of ours) if (!theirs.has(symbol)) compare(symbol, 0, book);
  return found;
}

/** Units of an order left by what is booked and what was found unbooked. */
function unitsLeft(order: OrderRecord, missed: readonly Fill[]): number {
  const own = missed.filter(({ intentId }) => intentId === order.intent.intentId);
  const filled = filledUnits({ ...order, fills: [...order.fills, ...own] });
  return shareQuantity(order.intent.quantity - filled);
}

function workingThere(
  desk: DeskContext,
  snapshot: AccountSnapshot,
  missed: readonly Fill[],
): readonly Divergence[] {
  return snapshot.workingOrders.flatMap((order): readonly Divergence[] => {
    const { intentId, remaining: broker } = order;
    const own = desk.orders.get(intentId);
    if (own === undefined) return [{ kind: 'foreignOrder', order }];
    if (isOlder(snapshot, own)) return [];
    if (own.status !== 'working') {
      return [{ kind: 'worksThere', order, here: isFinal(own) ? 'ended' : 'waiting' }];
    }
    const book = unitsLeft(own, missed);
    return broker === book ? [] : [{ kind: 'remaining', intentId, broker, book }];
  });
}

/** True for somebody else's order that was there before this session's day. */
function isOfPastDay({ day }: DeskContext, order: OrderRecord): boolean {
  return isExternal(order) && newYorkDate(order.createdAt.market) < day.session.date;
}

/** Orders that are on their way or UNKNOWN may be missing there: that is not a difference yet. */
function workingHere(desk: DeskContext, snapshot: AccountSnapshot): readonly Divergence[] {
  const { workingOrders, endedOrders } = snapshot;
  return desk.orders.live().flatMap((order): readonly Divergence[] => {
    const { intentId } = order.intent;
    const isOfThis = (listed: EndedOrder | WorkingOrder): boolean => listed.intentId === intentId;
    const end = endedOrders.findLast(isOfThis);
    const isOpenHere = order.status === 'working' || (order.sentAt !== undefined && end);
    if (isOpenHere === undefined || isOpenHere === false || workingOrders.some(isOfThis)) return [];
    if (isOlder(snapshot, order)) return [];
    const unlisted = isOfPastDay(desk, order) ? 'overWithItsDay' : 'notListed';
    const { standing = unlisted, remaining = 0 } = end ?? {};
    return [{ kind: 'endedThere', intentId, standing, remaining }];
  });
}
