/** An order as tastytrade writes it, read into the engine's own words. Pure. */

import { z } from 'zod';
import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { LegAction } from '../../engine/domain/order.ts';
import { LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import { quantityOf, shareQuantity } from '../../engine/domain/share-quantity.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { epochMicrosFromMillis, priceFromDollars } from '../../engine/domain/units.ts';
import type { OrderStanding } from '../order-gateway.ts';
import { numberOnWire } from '../wire-number.ts';

export interface TastyFill {
  readonly fillId: string;
  readonly quantity: number;
  readonly price: Price;
  /** Absent where the broker did not say when. */
  readonly at: EpochMicros | undefined;
}

export interface TastyLeg {
  readonly instrument: Instrument;
  readonly action: LegAction;
  readonly quantity: number;
  readonly remaining: number;
  readonly fills: readonly TastyFill[];
}

export interface TastyOrder {
  readonly id: string;
  /** The broker's own word, kept as it came. */
  readonly status: string;
  readonly standing: OrderStanding;
  /** True while it waits for another order's end, as a replacement does. */
  readonly isContingent: boolean;
  /** True while it is not at the exchange yet: nothing replaces it before that. */
  readonly isOnItsWay: boolean;
  /** True where it is told as filled and executions of it are still to come: a multi-leg order is told as
   * `Filled` before the fills of all its legs are. */
  readonly awaitsFills: boolean;
  /** What the engine wrote into the order: the intent's id, or somebody else's text. */
  readonly externalId: string | undefined;
  readonly replacesId: string | undefined;
  readonly replacingId: string | undefined;
  /** Credit positive; 0 for an order without a price. */
  readonly limit: Price;
  /** Absent of what is no stop. */
  readonly stopTrigger: Price | undefined;
  /** Milliseconds; 0 where it was not told. */
  readonly updatedAtMillis: number;
  readonly legs: readonly TastyLeg[];
  readonly rejectReason: string | undefined;
}

/** A number as this broker writes it: text, number, or nothing. */
export const wireNumber = z.union([z.string(), z.number()]).nullish().transform(numberOnWire);

/** An id: a number on one day and text on another. */
export const wireId = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? undefined : String(value)));

const fillShape = z.object({
  'fill-id': wireId,
  quantity: wireNumber,
  'fill-price': wireNumber,
  'filled-at': z.string().nullish(),
});

const legShape = z.object({
  'instrument-type': z.string().nullish(),
  symbol: z.string(),
  quantity: wireNumber,
  'remaining-quantity': wireNumber,
  action: z.string(),
  fills: z.array(fillShape).nullish(),
});

const orderShape = z.object({
  id: wireId,
  status: z.string(),
  'external-identifier': z.string().nullish(),
  'contingent-status': z.string().nullish(),
  'replaces-order-id': wireId,
  'replacing-order-id': wireId,
  price: wireNumber,
  'price-effect': z.string().nullish(),
  'stop-trigger': wireNumber,
  'updated-at': z.union([z.number(), z.string()]).nullish(),
  'terminal-at': z.union([z.number(), z.string()]).nullish(),
  'reject-reason': z.string().nullish(),
  legs: z.array(legShape).nullish(),
});

/** Words for an end. A word nobody knows, with a `terminal-at`, is an end as well. */
const ENDS: Readonly<Record<string, Exclude<OrderStanding, 'working'>>> = {
  Filled: 'filled',
  Cancelled: 'cancelled',
  Removed: 'cancelled',
  'Partially Removed': 'cancelled',
  Expired: 'expired',
  Rejected: 'rejected',
};

const ACTIONS = new Map<string, LegAction>(
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the words are the actions
  (Object.entries(LEG_ACTION_WORDS) as [LegAction, string][]).map(([key, word]) => [word, key]),
);
const TICKER = /^[A-Z][A-Z0-9./]{0,9}$/;

function instrumentIn({ symbol }: z.infer<typeof legShape>): Instrument | undefined {
  const contract = parseOccSymbol(symbol);
  if (contract !== undefined) return contract;
  return TICKER.test(symbol) ? { kind: 'shares', symbol } : undefined;
}

function fillIn(
  fill: z.infer<typeof fillShape>,
  order: string,
  place: string,
): TastyFill | undefined {
  const { quantity, 'fill-price': dollars, 'filled-at': at } = fill;
  if (quantity === undefined || quantity <= 0 || dollars === undefined) return undefined;
  const millis = at === null || at === undefined ? Number.NaN : Date.parse(at);
  return {
    fillId: fill['fill-id'] ?? `${order}-${place}`,
    quantity,
    price: priceFromDollars(dollars),
    at: Number.isFinite(millis) ? epochMicrosFromMillis(millis) : undefined,
  };
}

function legIn(leg: z.infer<typeof legShape>, order: string, index: number): TastyLeg | undefined {
  const instrument = instrumentIn(leg);
  const action = ACTIONS.get(leg.action);
  const { quantity = 0 } = leg;
  if (instrument === undefined || action === undefined || quantity <= 0) return undefined;
  const fills = (leg.fills ?? []).flatMap((fill, place) => {
    const read = fillIn(fill, order, `${index}-${place}`);
    return read === undefined ? [] : [read];
  });
  const filled = quantityOf(fills);
  return {
    instrument,
    action,
    quantity,
    remaining: leg['remaining-quantity'] ?? shareQuantity(quantity - filled),
    fills,
  };
}

/** Signed: a debit is negative. */
export function signedPrice(dollars: number | undefined, effect: string | null | undefined): Price {
  const size = Math.abs(dollars ?? 0);
  return priceFromDollars(effect === 'Debit' ? -size : size);
}

function millisOf(value: string | number | null | undefined): number {
  if (value === null || value === undefined) return 0;
  const millis = typeof value === 'number' ? value : Date.parse(value);
  return Number.isFinite(millis) ? millis : 0;
}

/** Words for an order that works, whatever is still written of what it once waited for. */
const AT_WORK: ReadonlySet<string> = new Set(['Live', 'Cancel Requested', 'Replace Requested']);

/** Words for an order that was taken and is not at the exchange yet. */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['Received', 'Routed', 'In Flight']);

/** What has ended waits for nothing, whatever is still written of it: nothing documented takes that away. */
function isWaiting(order: z.infer<typeof orderShape>, standing: OrderStanding): boolean {
  if (standing !== 'working') return false;
  const isHeldBack = typeof order['contingent-status'] === 'string' && !AT_WORK.has(order.status);
  return order.status === 'Contingent' || isHeldBack;
}

/** Reads one order. Undefined where it has no id (a dry run has none), no legs, or legs of a kind that this
 * engine has no word for, as futures, or of no quantity, as of an order for an amount of dollars. */
export function parseTastyOrder(value: unknown): TastyOrder | undefined {
  const parsed = orderShape.safeParse(value);
  const id = parsed.data?.id;
  if (parsed.data === undefined || id === undefined) return undefined;
  const order = parsed.data;
  const { 'stop-trigger': trigger } = order;
  const legs = (order.legs ?? []).map((leg, index) => legIn(leg, id, index));
  const readable = legs.filter((leg) => leg !== undefined);
  if (legs.length === 0 || readable.length < legs.length) return undefined;
  const isOver = order['terminal-at'] !== null && order['terminal-at'] !== undefined;
  const standing = ENDS[order.status] ?? (isOver ? 'cancelled' : 'working');
  return {
    id,
    status: order.status,
    standing,
    isContingent: isWaiting(order, standing),
    isOnItsWay: standing === 'working' && ON_ITS_WAY.has(order.status),
    awaitsFills: standing === 'filled' && !isWhole(readable),
    externalId: order['external-identifier'] ?? undefined,
    replacesId: order['replaces-order-id'],
    replacingId: order['replacing-order-id'],
    limit: signedPrice(order.price, order['price-effect']),
    stopTrigger: trigger === undefined ? undefined : priceFromDollars(trigger),
    updatedAtMillis: millisOf(order['updated-at']),
    legs: readable,
    rejectReason: order['reject-reason'] ?? undefined,
  };
}

const rowShape = z.object({ id: wireId, 'external-identifier': z.string().nullish() });

/** Whose order a row of a list is, where that much can be read of it: its id and the tag it carries. */
export function rowIn(
  value: unknown,
): { readonly id: string; readonly tag: string | undefined } | undefined {
  const { id, 'external-identifier': tag } = rowShape.safeParse(value).data ?? {};
  return id === undefined ? undefined : { id, tag: tag ?? undefined };
}

/** The leg of an order in the same instrument as this one: messages need not name legs in one order, and
 * no order has two in one instrument. */
export function legLike({ legs }: TastyOrder, { instrument }: TastyLeg): TastyLeg | undefined {
  const symbol = instrumentSymbol(instrument);
  return legs.find((leg) => instrumentSymbol(leg.instrument) === symbol);
}

/** True once every leg has the executions that it was ordered with. */
export function isWhole(legs: readonly TastyLeg[]): boolean {
  return legs.every(({ fills, quantity }) => quantityOf(fills) >= quantity);
}
