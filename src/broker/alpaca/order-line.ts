/**
 * The life of one intent at Alpaca. Changing a limit makes a new order there, so an intent is a line
 * of orders, oldest first; what each of them filled counts for the intent. Core thread only.
 */

import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { sessionTimes } from '../../engine/domain/session-calendar.ts';
import { countedUnits, shareQuantity } from '../../engine/domain/share-quantity.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';
import type { ApprovedOrder } from '../approved-order.ts';
import { fillFees } from '../fees.ts';
import { dateOfIntent } from '../intent-date.ts';
import type { OrderStanding } from '../order-gateway.ts';
import { unitsPerUnit } from './order-body.ts';
import type { WireOrder } from './wire-order.ts';
import { hasEnded, hasWorked } from './wire-order.ts';

/** What a leg has filled, by the broker's own running totals. */
interface Filled {
  quantity: number;
  /** Price times quantity. */
  notional: number;
}

/** One order of a line. */
export interface LineOrder {
  readonly clientId: string;
  /** Absent until the broker has told it. */
  id: string | undefined;
  /** The broker's own units. */
  units: number;
  /** Signed net of one unit of the intent. */
  limit: Price;
  /** The broker's word, or `posting` while nothing is known. */
  status: string;
  filledUnits: number;
  readonly filled: Map<string, Filled>;
  /** The broker's id of the order in whose place this one was asked for. */
  replaces: string | undefined;
  replacedBy: string | undefined;
  submittedAt: string | undefined;
  /** Wall time at which an execution of it was last taken back. */
  bustedAt: EpochMicros | undefined;
  /** How many cancels of it the broker refused, or failed at, since it took one. */
  vainCancels: number;
}

/** A change that is under way. `amend`: one request makes a new order of the old one. `move`: the old
 * one is cancelled, and once that is proven a new one is sent for what is left. */
export type Change =
  | { readonly kind: 'cancel'; tries: number; orderId: string | undefined }
  | {
      readonly kind: 'amend';
      readonly order: ApprovedOrder;
      sentAs: string | undefined;
      /** Wall time at which its request was answered, or given up. */
      answeredAt: EpochMicros | undefined;
    }
  | {
      readonly kind: 'move';
      order: ApprovedOrder;
      phase: 'cancelling' | 'posting';
      /** Cancels that were sent for it. */
      tries: number;
    };

export interface OrderLine {
  readonly intentId: string;
  readonly intent: OrderIntent;
  /** Not given by this engine. */
  readonly isForeign: boolean;
  /** When options last trade in the session that an intent of this engine is of. */
  readonly lastTrade: EpochMicros | undefined;
  readonly orders: LineOrder[];
  /** Executions that were told, in that order. */
  readonly fills: Fill[];
  isAccepted: boolean;
  /** The limit that was last told of it; absent while it is the intent's. */
  told: Price | undefined;
  /** Units of a foreign line that were last told; absent while they are the intent's, 0 where an earlier run
   * told a limit and units that this one does not know. */
  toldUnits: number | undefined;
  /** How many executions of it the broker took back. */
  takenBack: number;
  /** How it ended, once that was told. */
  end: Exclude<OrderStanding, 'working'> | undefined;
  endReason: string | undefined;
  change: Change | undefined;
  /** A limit that came while another change was under way. */
  next: ApprovedOrder | undefined;
  /** A cancel that came before there was an order to cancel. */
  wantsCancel: boolean;
  /** How often an order of it was read that still lacked fills, since it has its newest one. */
  vainReads: number;
}

/** A line of which nothing has happened yet. */
export function newLine(intent: OrderIntent, isForeign = false): OrderLine {
  const { intentId } = intent;
  const date = dateOfIntent(intentId);
  return {
    intentId,
    intent,
    isForeign,
    lastTrade: date === undefined ? undefined : sessionTimes(date)?.lastTrade,
    orders: [],
    fills: [],
    isAccepted: false,
    told: undefined,
    toldUnits: undefined,
    takenBack: 0,
    end: undefined,
    endReason: undefined,
    change: undefined,
    next: undefined,
    wantsCancel: false,
    vainReads: 0,
  };
}

/** An order that is about to be sent. */
export function newOrder(clientId: string, units: number, limit: Price): LineOrder {
  return {
    clientId,
    id: undefined,
    units,
    limit,
    status: 'posting',
    filledUnits: 0,
    filled: new Map(),
    replaces: undefined,
    replacedBy: undefined,
    submittedAt: undefined,
    bustedAt: undefined,
    vainCancels: 0,
  };
}

/** A line has an order more. */
export function addOrder(line: OrderLine, order: LineOrder, index = line.orders.length): void {
  line.orders.splice(index, 0, order);
  line.vainReads = 0;
}

/** The client id of the next order of a line: the intent's own, then numbered. */
export function nextClientId({ intentId, orders }: OrderLine): string {
  return orders.length === 0 ? intentId : `${intentId}.${orders.length}`;
}

/** The intent that a client id of this engine's making belongs to. */
export function intentIdOf(clientId: string): string {
  return clientId.replace(/\.\d+$/, '');
}

/** True while the newest order of a line was sent and never seen. */
export function hasPosting(line: OrderLine): boolean {
  return lastOrder(line)?.status === 'posting';
}

/** The newest order of a line. One that was to take the place of another, and never did, is none of it. */
export function lastOrder(line: OrderLine): LineOrder | undefined {
  return line.orders.findLast((order) => !hasEnded(order.status) || !isWaiting(line, order));
}

/** True of an order that was taken in place of another, and is not proven to stand in it: the broker may
 * refuse it yet. */
export function isWaiting({ orders }: OrderLine, order: LineOrder): boolean {
  const { replaces } = order;
  const old = replaces === undefined ? undefined : orders.find(({ id }) => id === replaces);
  return old !== undefined && old.status !== 'replaced' && !hasWorked(order);
}

/** The order of a line that is alive at the broker, or the one that is to take its place. */
export function liveOrder({ orders }: OrderLine): LineOrder | undefined {
  return orders.findLast(({ id, status }) => id !== undefined && !hasEnded(status));
}

/** The order of a line that works. */
export function workingOrder(line: OrderLine): LineOrder | undefined {
  return line.orders.findLast(
    (order) => order.id !== undefined && !hasEnded(order.status) && !isWaiting(line, order),
  );
}

/** Units that a line is for: of ours those of the intent. Whoever gave a foreign one may ask for more or fewer
 * by another order in its place, and then that one counts, and what those before it filled. */
export function lineUnits(line: OrderLine): number {
  const { intent, isForeign, orders } = line;
  const standing = isForeign ? (workingOrder(line) ?? lastOrder(line)) : undefined;
  if (standing === undefined) return intent.quantity;
  const units = orders.map((order) => (order === standing ? order.units : order.filledUnits));
  return shareQuantity(units.reduce((sum, each) => sum + each, 0));
}

/** Units of a line that have not filled: of somebody's single shares their parts too. An order for an amount of
 * dollars names no units, and none are left of it. */
export function remainingUnits(line: OrderLine): number {
  const filled = line.orders.reduce((sum, order) => sum + order.filledUnits, 0);
  return unitsLeft(line, filled / unitsPerUnit(line.intent));
}

/** The same by the executions that were told. */
export function untoldUnits(line: OrderLine): number {
  const units = line.intent.legs.map(({ instrument, ratio }) => {
    return toldOf(line, instrumentSymbol(instrument)).quantity / ratio;
  });
  return unitsLeft(line, Math.min(...units));
}

function unitsLeft(line: OrderLine, filled: number): number {
  return Math.max(0, shareQuantity(lineUnits(line) - countedUnits(line.intent, filled)));
}

/** The broker's units that no leg of any order has touched: what may be sent anew. */
export function untouchedUnits(line: OrderLine): number {
  const { intent, orders } = line;
  const touched = orders.reduce((sum, order) => sum + touchedUnits(line, order), 0);
  return intent.quantity * unitsPerUnit(intent) - touched;
}

/** Units of an order of which at least one leg has filled: legs may be told before their parent. */
export function touchedUnits({ intent }: OrderLine, order: LineOrder): number {
  const factor = unitsPerUnit(intent);
  const units = intent.legs.map(({ instrument, ratio }) => {
    const filled = order.filled.get(instrumentSymbol(instrument))?.quantity ?? 0;
    return Math.ceil(filled / (ratio / factor));
  });
  return Math.max(order.filledUnits, ...units);
}

/** True where more could fill than the intent asks for: a change must never grow an order. */
export function isOversized(line: OrderLine): boolean {
  return couldOverfill(line, (order) => {
    return order.id !== undefined && !hasEnded(order.status) && !isWaiting(line, order);
  });
}

/** True of a line that ended in an order which was oversized while it lived: such a one is called back here,
 * whatever else becomes of it. The broker's list shows it, so that a restart knows it too. */
export function hasEndedOversized(line: OrderLine): boolean {
  const last = lastOrder(line);
  return couldOverfill(line, (order) => order === last);
}

function couldOverfill(
  { intent, orders, isForeign }: OrderLine,
  couldFill: (order: LineOrder) => boolean,
): boolean {
  const possible = orders.reduce((sum, order) => {
    const { units, filledUnits } = order;
    return sum + (couldFill(order) ? Math.max(units, filledUnits) : filledUnits);
  }, 0);
  return !isForeign && possible > intent.quantity * unitsPerUnit(intent);
}

/** True where the broker says that more units filled than its legs show, or that an order filled of which its
 * total shows less. */
export function lacksFills(line: OrderLine): boolean {
  const { intent, orders } = line;
  const factor = unitsPerUnit(intent);
  return orders.some(
    (order) =>
      lacksUnits(line, order) ||
      intent.legs.some(({ instrument, ratio }) => {
        const shown = order.filled.get(instrumentSymbol(instrument))?.quantity ?? 0;
        return shown < order.filledUnits * (ratio / factor);
      }),
  );
}

/** Not where an execution was taken back: then it has less for good. What is missing after so many reads was
 * taken back while nothing was heard. */
function lacksUnits({ takenBack, vainReads }: OrderLine, order: LineOrder): boolean {
  const { status, units, filledUnits, bustedAt } = order;
  const isAllOfIt = takenBack === 0 && bustedAt === undefined && vainReads < MOST_VAIN_READS;
  return status === 'filled' && filledUnits < units && isAllOfIt;
}

/** A total that lags behind is there within moments: by the pauses between them, so many reads take ten seconds
 * and the one behind them another ten. */
const MOST_VAIN_READS = 6;

/** Takes in what the broker says of one order. Totals only ever grow, and an end stands: answers and
 * the stream overtake each other. */
export function foldOrder(line: OrderLine, order: LineOrder, wire: WireOrder): void {
  order.id ??= wire.id;
  order.units = wire.units;
  order.submittedAt ??= wire.submittedAt;
  order.replaces ??= wire.replaces;
  order.replacedBy ??= wire.replacedBy;
  order.filledUnits = Math.max(order.filledUnits, wire.filledUnits);
  if (wire.limit !== undefined) order.limit = price(wire.limit * unitsPerUnit(line.intent));
  if (!hasEnded(order.status)) order.status = wire.status;
  for (const leg of wire.legs) foldLeg(order, leg);
}

export function foldLeg(order: LineOrder, leg: WireOrder['legs'][number]): void {
  const symbol = instrumentSymbol(leg.instrument);
  const known = order.filled.get(symbol)?.quantity ?? 0;
  if (leg.filled <= known || leg.averagePrice === undefined) return;
  const notional = leg.averagePrice * PRICE_UNITS * leg.filled;
  order.filled.set(symbol, { quantity: leg.filled, notional });
}

const PRICE_UNITS = 10_000;

/** True of what was asked of an order before it lost an execution, and may show that still. */
export function isOvertaken({ bustedAt }: LineOrder, askedAt: At): boolean {
  return bustedAt !== undefined && askedAt.wall <= bustedAt;
}

/** What the stream says of what an order filled. */
export interface Heard {
  /** The one execution that it tells of. */
  readonly execution?: Execution | undefined;
  /** Market time at which that was, by the broker's clock. */
  readonly at?: EpochMicros | undefined;
}

/** One execution, where the broker told it by itself. */
export interface Execution {
  readonly id: string;
  readonly symbol: string;
  readonly quantity: number;
  readonly price: Price;
}

/**
 * The executions behind the broker's totals that were not told yet, one a leg and, where an execution
 * is given, that one by its own id and price. What the totals show beyond it was missed: it is told
 * as one execution at the price that the averages leave for it.
 */
export function newFills(
  line: OrderLine,
  marketAt: Fill['marketAt'],
  execution: Execution | undefined,
): readonly Fill[] {
  return line.intent.legs.flatMap((leg) => legFills(line, leg, marketAt, execution));
}

function legFills(
  line: OrderLine,
  leg: OrderLeg,
  marketAt: Fill['marketAt'],
  execution: Execution | undefined,
): readonly Fill[] {
  const symbol = instrumentSymbol(leg.instrument);
  const total = totalOf(line, symbol);
  const told = toldOf(line, symbol);
  const missing = shareQuantity(total.quantity - told.quantity);
  if (missing <= 0) return [];
  const own = execution?.symbol === symbol && execution.quantity <= missing ? execution : undefined;
  const before = shareQuantity(missing - (own?.quantity ?? 0));
  const spent = told.notional + (own === undefined ? 0 : own.price * own.quantity);
  const fills: Fill[] = [];
  const add = (fillId: string, quantity: number, at: Price, filledBefore: number): void => {
    const feesCents = fillFees('alpaca', leg, quantity, filledBefore);
    const { intentId } = line;
    const { instrument, action } = leg;
    fills.push({ fillId, intentId, instrument, action, quantity, price: at, feesCents, marketAt });
  };
  if (before > 0) {
    const at = price(Math.max(0, Math.round((total.notional - spent) / before)));
    const name = `${line.intentId}-${symbol.replaceAll(' ', '')}-${shareQuantity(told.quantity + before)}`;
    // What the broker took back may have had that name, and no name counts twice.
    const id = line.takenBack === 0 ? name : `${name}-${line.takenBack}`;
    add(id, before, at, told.quantity);
  }
  if (own !== undefined) add(own.id, own.quantity, own.price, told.quantity + before);
  return fills;
}

/** What a leg filled in all orders of a line. */
export function totalOf({ orders }: OrderLine, symbol: string): Filled {
  const total = { quantity: 0, notional: 0 };
  for (const { filled } of orders) {
    total.quantity = shareQuantity(total.quantity + (filled.get(symbol)?.quantity ?? 0));
    total.notional += filled.get(symbol)?.notional ?? 0;
  }
  return total;
}

/** What was told of that. */
export function toldOf({ fills }: OrderLine, symbol: string): Filled {
  const told = { quantity: 0, notional: 0 };
  for (const fill of fills) {
    if (instrumentSymbol(fill.instrument) !== symbol) continue;
    told.quantity = shareQuantity(told.quantity + fill.quantity);
    told.notional += fill.price * fill.quantity;
  }
  return told;
}
