/** Orders and other objects of Alpaca's JSON, read as far as they are understood. Parents of several
 * legs carry empty texts where one symbol would stand, and decimals come as texts. Pure. */

import type { Instrument } from '../../engine/domain/instrument.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { LegAction } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { priceFromDollars } from '../../engine/domain/units.ts';
import { remembered } from '../remembered-reading.ts';
import { numberOnWire } from '../wire-number.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A body's JSON; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text that says something; undefined for an empty one and for anything else. */
export function textIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A decimal, which comes as a text or as a number. */
export function numberIn(fields: Fields, name: string): number | undefined {
  return numberOnWire(fields[name]);
}

/** Dollars per share, signed as Alpaca signs them. */
export function priceIn(fields: Fields, name: string): Price | undefined {
  const dollars = numberIn(fields, name);
  return dollars === undefined ? undefined : priceFromDollars(dollars);
}

/** What a symbol of Alpaca's names: an OCC symbol without spaces, or a ticker. */
export function instrumentOf(symbol: string): Instrument {
  return parseOccSymbol(symbol) ?? { kind: 'shares', symbol };
}

/** Statuses after which an order changes no more. `done_for_day` is one for orders of the day. */
const ENDED: ReadonlySet<string> = new Set([
  'filled',
  'canceled',
  'expired',
  'replaced',
  'rejected',
  'done_for_day',
]);

export function hasEnded(status: string): boolean {
  return ENDED.has(status);
}

/** Statuses of an order that no venue has worked, so far or ever. */
const UNWORKED: ReadonlySet<string> = new Set([
  'pending_new',
  'accepted',
  'accepted_for_bidding',
  'held',
  'pending_cancel',
  'canceled',
  'rejected',
]);

/** True where an order shows that it has been at work. */
export function hasWorked({
  status,
  filledUnits,
}: Pick<WireOrder, 'status' | 'filledUnits'>): boolean {
  return filledUnits > 0 || !UNWORKED.has(status);
}

export interface WireLeg {
  readonly orderId: string;
  readonly instrument: Instrument;
  readonly action: LegAction;
  readonly ratio: number;
  /** Contracts or shares. */
  readonly filled: number;
  /** Dollars per share. */
  readonly averagePrice: number | undefined;
}

export interface WireOrder {
  readonly id: string;
  readonly clientId: string;
  /** As Alpaca spells it; unknown ones turn up and count as alive. */
  readonly status: string;
  /** Units of the strategy, contracts or shares. */
  readonly units: number;
  readonly filledUnits: number;
  /** The limit per unit as this engine signs it: a credit is positive. Absent of a market order. */
  readonly limit: Price | undefined;
  readonly legs: readonly WireLeg[];
  /** True of a parent that came without its legs: what they filled is not in here. */
  readonly lacksLegs: boolean;
  /** True of one leg of a parent, told by itself. */
  readonly isLeg: boolean;
  readonly replaces: string | undefined;
  readonly replacedBy: string | undefined;
  readonly submittedAt: string | undefined;
}

const ACTIONS: Readonly<Record<string, LegAction>> = {
  buy_to_open: 'buyToOpen',
  buy_to_close: 'buyToClose',
  sell_to_open: 'sellToOpen',
  sell_to_close: 'sellToClose',
};

/** Shares carry no intent: who sells is taken to close, who buys to open. */
function actionOf(fields: Fields): LegAction | undefined {
  const stated = ACTIONS[textIn(fields, 'position_intent') ?? ''];
  if (stated !== undefined) return stated;
  const side = textIn(fields, 'side');
  if (side === undefined) return undefined;
  return side.startsWith('sell') ? 'sellToClose' : 'buyToOpen';
}

function legIn(value: unknown): WireLeg | undefined {
  if (!isFields(value)) return undefined;
  const orderId = textIn(value, 'id');
  const symbol = textIn(value, 'symbol');
  const action = actionOf(value);
  if (orderId === undefined || symbol === undefined || action === undefined) return undefined;
  return {
    orderId,
    instrument: instrumentOf(symbol),
    action,
    ratio: numberIn(value, 'ratio_qty') ?? 1,
    filled: numberIn(value, 'filled_qty') ?? 0,
    averagePrice: numberIn(value, 'filled_avg_price'),
  };
}

function isOfSeveral(fields: Fields): boolean {
  return textIn(fields, 'order_class') === 'mleg';
}

/** What is rolled up under an order: its legs where it is one of several, or else the exits of a bracket,
 * OCO or OTO, which are orders of their own. */
function rolledUp({ legs }: Fields): readonly unknown[] {
  return Array.isArray(legs) ? legs : [];
}

/** The legs of a parent, or the order itself where it is one of a single instrument. */
function legsIn(fields: Fields): readonly WireLeg[] | undefined {
  const legs = isOfSeveral(fields) ? rolledUp(fields) : [];
  const read = (legs.length > 0 ? legs : [fields]).map(legIn);
  return read.every((leg) => leg !== undefined) ? read : undefined;
}

/** Alpaca states a net as a debit, and the price of one leg without a sign. */
function limitOf(fields: Fields, isParent: boolean, legs: readonly WireLeg[]): Price | undefined {
  const stated = numberIn(fields, 'limit_price');
  if (stated === undefined) return undefined;
  const isSale = !isParent && (legs[0]?.action.startsWith('sell') ?? false);
  return priceFromDollars(isSale ? stated : -stated);
}

/** Reads an order; undefined for what is none. */
export function readOrder(value: unknown): WireOrder | undefined {
  if (!isFields(value)) return undefined;
  const id = textIn(value, 'id');
  const clientId = textIn(value, 'client_order_id');
  const status = textIn(value, 'status');
  if (id === undefined || clientId === undefined || status === undefined) return undefined;
  const isParent = isOfSeveral(value) && textIn(value, 'symbol') === undefined;
  const read = legsIn(value);
  if (!isParent && read === undefined) return undefined;
  const legs = read ?? [];
  return {
    id,
    clientId,
    status,
    units: numberIn(value, 'qty') ?? 0,
    filledUnits: numberIn(value, 'filled_qty') ?? 0,
    limit: limitOf(value, isParent, legs),
    legs,
    lacksLegs: isParent && read === undefined,
    isLeg: isOfSeveral(value) && !isParent,
    replaces: textIn(value, 'replaces'),
    replacedBy: textIn(value, 'replaced_by'),
    submittedAt: textIn(value, 'submitted_at'),
  };
}

/** One page of a list of orders. */
export interface OrderPage {
  /** Each row's order, and behind it the exits that are rolled up under it. */
  readonly orders: readonly WireOrder[];
  readonly rows: number;
  /** Of the last row. */
  readonly lastSubmittedAt: string | undefined;
}

function exitsUnder(row: unknown): readonly unknown[] {
  return isFields(row) && !isOfSeveral(row) ? rolledUp(row) : [];
}

/** Reads a page; undefined where it is none, or where an order in it cannot be read. */
export const readPage = remembered(pageIn);

function pageIn(body: string): OrderPage | undefined {
  const rows: unknown = parseJson(body);
  if (!Array.isArray(rows)) return undefined;
  const orders = rows.flatMap((row: unknown) => [row, ...exitsUnder(row)]).map(readOrder);
  if (!orders.every((order) => order !== undefined)) return undefined;
  const lastSubmittedAt = readOrder(rows.at(-1))?.submittedAt;
  return { orders, rows: rows.length, lastSubmittedAt };
}

/** What a refusal says, with its code, for a person. */
export function refusalText(status: number, body: string): string {
  const fields = parseJson(body);
  const message = isFields(fields) ? textIn(fields, 'message') : undefined;
  const code = isFields(fields) ? numberIn(fields, 'code') : undefined;
  const words = message ?? 'no reason given';
  return `${status}${code === undefined ? '' : ` (${code})`}: ${words.slice(0, MOST_REASON)}`;
}

const MOST_REASON = 200;

/** True of the refusal of an order whose client id is taken. */
export function isDuplicate(status: number, body: string): boolean {
  return status === 422 && /client_order_id must be unique/i.test(body);
}
