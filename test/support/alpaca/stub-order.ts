/** Orders as the Alpaca stub holds them, and as its JSON shows them. Money in whole cents per share. */

import type { EpochMicros } from '../../../src/engine/domain/units.ts';

export type StubStatus =
  | 'accepted'
  | 'pending_new'
  | 'new'
  | 'partially_filled'
  | 'pending_cancel'
  | 'pending_replace'
  | 'filled'
  | 'canceled'
  | 'expired'
  | 'rejected'
  | 'replaced'
  | 'done_for_day';

export type StubSide = 'buy' | 'sell';
export type PositionIntent = 'buy_to_open' | 'buy_to_close' | 'sell_to_open' | 'sell_to_close';

export interface StubLeg {
  readonly id: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: StubSide;
  readonly intent: PositionIntent;
  readonly ratio: number;
  filled: number;
  /** Cents per share times contracts, over all executions. */
  notional: number;
}

export interface StubOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly orderClass: 'simple' | 'mleg' | 'bracket';
  readonly type: 'limit' | 'market';
  readonly legs: readonly StubLeg[];
  /** What a bracket order leaves its position by: orders of their own, listed under it. */
  readonly exits?: readonly StubOrder[];
  /** Units of the strategy, of contracts or of shares. */
  readonly units: number;
  /** A single leg's price; of several legs a signed net, positive for a debit. */
  readonly limit: number | undefined;
  readonly submittedAt: EpochMicros;
  readonly replaces: string | undefined;
  replacedBy: string | undefined;
  updatedAt: EpochMicros;
  status: StubStatus;
  filled: number;
}

export const ENDED: ReadonlySet<StubStatus> = new Set([
  'filled',
  'canceled',
  'expired',
  'rejected',
  'replaced',
  'done_for_day',
]);

export function isOpen({ status }: StubOrder): boolean {
  return !ENDED.has(status);
}

/** +1 where the leg buys. */
export function signOf({ side }: Pick<StubLeg, 'side'>): 1 | -1 {
  return side === 'buy' ? 1 : -1;
}

export function isShares(symbol: string): boolean {
  return /^[A-Z]{1,5}$/.test(symbol);
}

/** An id of a shape that clients check for. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** RFC 3339 with six digits, as orders carry it. */
export function timeText(at: EpochMicros): string {
  const micros = String(at % 1_000_000).padStart(6, '0');
  return `${secondText(Math.floor(at / 1_000_000))}.${micros}Z`;
}

/** Lists tell the same seconds again and again. */
const secondTexts = new Map<number, string>();
const MOST_SECOND_TEXTS = 10_000;

function secondText(second: number): string {
  const known = secondTexts.get(second);
  if (known !== undefined) return known;
  const text = new Date(second * 1_000).toISOString().slice(0, 19);
  if (secondTexts.size >= MOST_SECOND_TEXTS) secondTexts.clear();
  secondTexts.set(second, text);
  return text;
}

export function moneyText(cents: number): string {
  return (cents / 100).toFixed(2);
}

function averageText(leg: StubLeg): string | null {
  return leg.filled === 0 ? null : String(leg.notional / leg.filled / 100);
}

/** The net of what filled, per unit: positive for a debit. */
function netText({ legs, filled }: StubOrder): string | null {
  if (filled === 0) return null;
  const net = legs.reduce((sum, leg) => sum + signOf(leg) * leg.notional, 0);
  return String(net / filled / 100);
}

/** What an order and each of its legs have in common. */
function commonJson(order: StubOrder) {
  const { status, submittedAt, updatedAt } = order;
  const at = (is: boolean) => (is ? timeText(updatedAt) : null);
  return {
    created_at: timeText(submittedAt),
    updated_at: timeText(updatedAt),
    submitted_at: timeText(submittedAt),
    filled_at: at(status === 'filled'),
    expired_at: at(status === 'expired'),
    canceled_at: at(status === 'canceled'),
    failed_at: at(status === 'rejected'),
    replaced_at: at(status === 'replaced'),
    replaced_by: order.replacedBy ?? null,
    replaces: order.replaces ?? null,
    notional: null,
    order_class: order.orderClass,
    order_type: order.type,
    type: order.type,
    time_in_force: 'day',
    stop_price: null,
    status,
    extended_hours: false,
    trail_percent: null,
    trail_price: null,
    hwm: null,
    subtag: null,
    source: null,
  };
}

interface Asset {
  readonly asset_id: string;
  readonly symbol: string;
  readonly asset_class: string;
}

/** Lists name the same assets again and again. */
const assets = new Map<string, Asset>();
const MOST_ASSETS = 10_000;

function assetJson(symbol: string): Asset {
  const known = assets.get(symbol);
  if (known !== undefined) return known;
  const asset = {
    asset_id: uuid(Array.from(symbol).reduce((n, c) => (n * 31 + c.charCodeAt(0)) % 1e12, 7)),
    symbol,
    asset_class: isShares(symbol) ? 'us_equity' : 'us_option',
  };
  if (assets.size >= MOST_ASSETS) assets.clear();
  assets.set(symbol, asset);
  return asset;
}

export function legJson(order: StubOrder, leg: StubLeg) {
  const quantity = order.units * leg.ratio;
  return {
    ...commonJson(order),
    ...assetJson(leg.symbol),
    id: leg.id,
    client_order_id: leg.clientOrderId,
    qty: String(quantity),
    filled_qty: String(leg.filled),
    filled_avg_price: averageText(leg),
    side: leg.side,
    position_intent: leg.intent,
    ratio_qty: String(leg.ratio),
    limit_price: null,
    legs: null,
  };
}

/** The whole order. A parent of several legs has empty texts where one symbol would stand. */
export function orderJson(order: StubOrder) {
  const limit = order.limit === undefined ? null : String(order.limit / 100);
  const [single] = order.legs;
  if (order.orderClass !== 'mleg' && single !== undefined) {
    return {
      ...legJson(order, single),
      id: order.id,
      client_order_id: order.clientOrderId,
      limit_price: limit,
      ratio_qty: null,
      legs: order.exits?.map((exit): unknown => orderJson(exit)) ?? null,
    };
  }
  return {
    ...commonJson(order),
    asset_id: '',
    symbol: '',
    asset_class: '',
    id: order.id,
    client_order_id: order.clientOrderId,
    qty: String(order.units),
    filled_qty: String(order.filled),
    filled_avg_price: netText(order),
    side: '',
    position_intent: '',
    limit_price: limit,
    legs: order.legs.map((leg) => legJson(order, leg)),
  };
}
