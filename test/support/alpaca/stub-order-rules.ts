/** What the Alpaca stub takes for an order, and with which refusal it answers everything else. */

import { parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkDate } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import type { StubAccount } from './stub-account.ts';
import { worstLossCents } from './stub-account.ts';
import type { StubMarket } from './stub-market.ts';
import { fullDayMinutes } from './stub-market.ts';
import type { PositionIntent, StubOrder, StubSide } from './stub-order.ts';
import { isOpen, isShares, signOf } from './stub-order.ts';
import { forbidden, unprocessable } from './stub-refusal.ts';

/** From here on no order in a broad fund's contract of the day is taken, closes included. */
export const ORDER_CUTOFF_MINUTES = 15 * 60 + 30;

type Body = Readonly<Record<string, unknown>>;

export interface LegRequest {
  readonly symbol: string;
  readonly side: StubSide;
  readonly intent: PositionIntent;
  readonly ratio: number;
}

export interface OrderRequest {
  readonly clientOrderId: string;
  readonly orderClass: StubOrder['orderClass'];
  readonly type: StubOrder['type'];
  readonly units: number;
  /** Cents per share; signed where there are several legs. */
  readonly limit: number | undefined;
  readonly legs: readonly LegRequest[];
}

const INTENTS: ReadonlySet<unknown> = new Set([
  'buy_to_open',
  'buy_to_close',
  'sell_to_open',
  'sell_to_close',
]);

function wholeNumber(value: unknown, name: string): number {
  const number =
    typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (Number.isInteger(number) && number > 0) return number;
  throw unprocessable(`${name} must be a whole number above 0`);
}

/** Dollars with at most two decimals. */
export function centsOf(value: unknown, name: string): number {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^-?\d+(?:\.\d{1,2})?$/.test(text)) {
    throw unprocessable(`${name} must be in whole cents`);
  }
  return Math.round(Number(text) * 100);
}

function legOf(body: Body, ratio: number): LegRequest {
  const { symbol, side, position_intent: intent } = body;
  if (typeof symbol !== 'string') throw unprocessable('symbol is required');
  if (side !== 'buy' && side !== 'sell') throw unprocessable('side must be buy or sell');
  const isStock = isShares(symbol);
  const stated = intent ?? (isStock ? `${side}_to_open` : undefined);
  if (typeof stated !== 'string' || !INTENTS.has(stated) || !stated.startsWith(side)) {
    throw unprocessable('position_intent does not fit the side');
  }
  return { symbol, side, intent: stated as PositionIntent, ratio };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function mlegOf(body: Body): readonly LegRequest[] {
  if (body['symbol'] !== undefined || body['side'] !== undefined) {
    throw unprocessable('an mleg order has no symbol and no side of its own');
  }
  const { legs } = body;
  if (!Array.isArray(legs) || legs.length < 2 || legs.length > 4) {
    throw unprocessable('an mleg order has two to four legs');
  }
  const parsed = legs.map((leg: Body) => legOf(leg, wholeNumber(leg['ratio_qty'], 'ratio_qty')));
  if (parsed.reduce((divisor, { ratio }) => commonDivisor(ratio, divisor), 0) !== 1) {
    throw unprocessable('leg ratios must be relatively prime');
  }
  const roots = new Set(parsed.map(({ symbol }) => parseOccSymbol(symbol)?.root));
  if (roots.size !== 1 || roots.has(undefined)) {
    throw unprocessable('all legs must be options of one underlying');
  }
  if (new Set(parsed.map(({ symbol }) => symbol)).size !== parsed.length) {
    throw unprocessable('a symbol may stand in one leg only');
  }
  return parsed;
}

/** Reads a body of POST /v2/orders. Throws the refusal that a malformed one gets. */
export function readOrder(body: Body): OrderRequest {
  const isMleg = body['order_class'] === 'mleg';
  const { type, client_order_id: id } = body;
  if (body['time_in_force'] !== 'day') throw unprocessable('options are good for the day only');
  if (body['notional'] !== undefined) throw unprocessable('options have no notional');
  if (type !== 'limit' && type !== 'market') throw unprocessable(`invalid order type`);
  if (type === 'limit' && body['limit_price'] === undefined) {
    throw unprocessable('limit orders require a limit price');
  }
  const limit = type === 'limit' ? centsOf(body['limit_price'], 'limit_price') : undefined;
  if (!isMleg && limit !== undefined && limit <= 0) {
    throw unprocessable('the limit price of one leg must be above 0');
  }
  if (typeof id === 'string' && id.length > 128) throw unprocessable('client_order_id too long');
  return {
    clientOrderId: typeof id === 'string' ? id : '',
    orderClass: isMleg ? 'mleg' : 'simple',
    type,
    units: wholeNumber(body['qty'], 'qty'),
    limit,
    legs: isMleg ? mlegOf(body) : [legOf(body, 1)],
  };
}

export interface RuleWorld {
  readonly market: StubMarket;
  readonly account: StubAccount;
  readonly orders: readonly StubOrder[];
  readonly now: EpochMicros;
}

/** Throws the refusal of an order that is well formed and still not taken. */
export function checkOrder(request: OrderRequest, world: RuleWorld): void {
  const { account, orders } = world;
  if (account.isSuspended) throw forbidden('new orders are rejected by user request');
  if (orders.some(({ clientOrderId }) => clientOrderId === request.clientOrderId)) {
    throw unprocessable('client_order_id must be unique');
  }
  checkContracts(request, world);
  checkHeld(request, world);
  checkCoverage(request, account);
  checkBuyingPower(request, world);
}

export function checkContracts({ legs }: Pick<OrderRequest, 'legs'>, world: RuleWorld): void {
  const today = newYorkDate(world.now);
  for (const { symbol } of legs) {
    if (isShares(symbol)) continue;
    const contract = world.market.contract(symbol);
    if (contract === undefined) throw unprocessable(`asset "${symbol}" not found`);
    const isLate = contract.expiry === today && fullDayMinutes(world.now) >= ORDER_CUTOFF_MINUTES;
    if (isLate) throw unprocessable('contracts that expire today take no order at this hour');
  }
}

/** What open orders already take from a position may not be closed twice. */
function checkHeld({ legs, units }: OrderRequest, { account, orders }: RuleWorld): void {
  for (const { symbol, side, intent, ratio } of legs) {
    const isClose = intent.endsWith('close');
    if (!isClose && !(isShares(symbol) && side === 'sell')) continue;
    const held = account.quantity(symbol) * (side === 'sell' ? 1 : -1);
    const taken = orders
      .filter(isOpen)
      .flatMap((order) => order.legs.map((leg) => ({ leg, left: order.units * leg.ratio })))
      .filter(({ leg }) => leg.symbol === symbol && leg.side === side)
      .reduce((sum, { leg, left }) => sum + left - leg.filled, 0);
    if (held - taken >= units * ratio) continue;
    throw forbidden(`insufficient qty available for order`, {
      existing_qty: String(held),
      held_for_orders: String(taken),
      symbol,
    });
  }
}

/** Every short contract needs a long of the same right, after the order as before it. */
function checkCoverage({ legs, units }: OrderRequest, account: StubAccount): void {
  const after = new Map(account.held());
  for (const leg of legs) {
    const change = signOf(leg) * leg.ratio * units;
    after.set(leg.symbol, (after.get(leg.symbol) ?? 0) + change);
  }
  for (const right of ['call', 'put'] as const) {
    let net = 0;
    for (const [symbol, quantity] of after) {
      if (parseOccSymbol(symbol)?.right === right) net += quantity;
    }
    if (net < 0) throw forbidden(`account not eligible to trade uncovered option contracts`);
  }
}

function checkBuyingPower(request: OrderRequest, { account, market }: RuleWorld): void {
  const { legs, units, limit } = request;
  if (legs.every(({ intent }) => intent.endsWith('close'))) return;
  const held = new Map(legs.map((leg) => [leg.symbol, signOf(leg) * leg.ratio * units]));
  const [single] = legs;
  const price = limit ?? (single === undefined ? 0 : (market.mid(single.symbol) ?? 0));
  const signed = legs.length === 1 && single !== undefined ? signOf(single) * price : price;
  const isStock = single !== undefined && isShares(single.symbol);
  const need = isStock ? signed * units : worstLossCents(held, signed * units * 100);
  const power = account.buyingPowerCents();
  if (need <= power) return;
  throw forbidden('insufficient options buying power', {
    buying_power: String(power / 100),
    cost_basis: String(need / 100),
  });
}
