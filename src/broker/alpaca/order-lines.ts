/** Every order of an account that the adapter knows, by each of its names. Core thread only. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { newYorkDate } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';
import type { BrokerEvent } from '../order-gateway.ts';
import { externalName } from '../order-gateway.ts';
import { unitsPerUnit } from './order-body.ts';
import type { LineOrder, OrderLine } from './order-line.ts';
import { addOrder, intentIdOf, newLine, newOrder } from './order-line.ts';
import type { WireOrder } from './wire-order.ts';

/** What the journal holds of an account. */
export interface OrderHistory {
  /** Every intent that was recorded, sent or not. */
  readonly intents: readonly OrderIntent[];
  readonly brokerEvents: readonly BrokerEvent[];
}

/** Where an order of the broker belongs. */
export interface Place {
  readonly line: OrderLine;
  readonly order: LineOrder;
}

type OrderEvent = Exclude<BrokerEvent, { kind: 'settlement' | 'connection' | 'marked' }>;

/** What an earlier run told of an order of somebody else's. */
interface ToldOfForeign {
  readonly fills: Fill[];
  takenBack: number;
  /** True where it told a new limit or other units. */
  isMoved: boolean;
}

/** What a market order of somebody else's is listed at. */
const NO_LIMIT = price(0);

export class OrderLines {
  readonly #lines = new Map<string, OrderLine>();
  /** By the broker's order id, those of legs included. */
  readonly #places = new Map<string, Place>();
  /** What the journal holds of lines that no intent begins, by their names, until the broker tells of the
   * order: they are somebody else's, and this was told. */
  readonly #toldOfForeign = new Map<string, ToldOfForeign>();
  /** Ids of orders that this session waits for no more. */
  readonly #passedOver = new Set<string>();

  constructor(history: OrderHistory) {
    for (const intent of history.intents) this.add(newLine(intent));
    // What was busted later never happened, and what a search told again happened once.
    const over = new Set(
      history.brokerEvents.flatMap((event) => (event.kind === 'busted' ? [event.fillId] : [])),
    );
    for (const event of history.brokerEvents) {
      if (event.kind !== 'fill') this.#replay(event);
      else if (!over.has(event.fill.fillId)) {
        over.add(event.fill.fillId);
        this.#replay(event);
      }
    }
  }

  add(line: OrderLine): void {
    this.#lines.set(line.intentId, line);
  }

  get(intentId: string): OrderLine | undefined {
    return this.#lines.get(intentId);
  }

  /** How many lines, and ids by which orders go, are kept. */
  get size(): number {
    const { size } = this.#passedOver;
    return this.#lines.size + this.#places.size + this.#toldOfForeign.size + size;
  }

  all(): readonly OrderLine[] {
    return [...this.#lines.values()];
  }

  /** A session begins: drops the lines of earlier ones that ended, and all of those before `oldest`, for
   * a day's order does not live so long whatever was told. One of which the broker has told nothing yet
   * may still be looked for. Answers with the broker's ids of their orders. */
  beginSession(date: SessionDate, oldest: SessionDate): readonly string[] {
    const [today, longAgo] = [date, oldest].map((each) => each.replaceAll('-', ''));
    const isOver = ({ intentId, isForeign, end }: OrderLine): boolean => {
      if (isForeign) return end !== undefined;
      return intentId < (longAgo ?? '') || (end !== undefined && intentId < (today ?? ''));
    };
    const over = new Set([...this.#lines.values()].filter(isOver));
    for (const { intentId } of over) this.#lines.delete(intentId);
    const ids = [...this.#places].flatMap(([id, { line }]) => (over.has(line) ? [id] : []));
    for (const id of ids) this.#places.delete(id);
    this.#passedOver.clear();
    return ids;
  }

  /** The lists of a picture were taken in, all that works among them: what an earlier run told of other
   * orders before this session's day will not be asked for any more. */
  forgetUnlisted(date: SessionDate): void {
    for (const [name, { fills }] of this.#toldOfForeign) {
      const isPast = fills.every(({ marketAt }) => newYorkDate(marketAt) < date);
      if (isPast) this.#toldOfForeign.delete(name);
    }
  }

  /** The broker's ids of somebody else's orders of which an earlier run told executions since a time, and
   * this one has heard nothing. */
  unseen(since: EpochMicros): readonly string[] {
    return [...this.#toldOfForeign].flatMap(([name, { fills }]) =>
      fills.some(({ marketAt }) => marketAt >= since) ? [name.slice(externalName('').length)] : [],
    );
  }

  /** Where an order or a leg with this id belongs. */
  placeOf(orderId: string): Place | undefined {
    return this.#places.get(orderId);
  }

  /**
   * Where an order that the broker tells of belongs; one that nobody knows begins a foreign line. Our
   * client id on an order of another shape is somebody else's order. Undefined for what this adapter
   * cannot take in: a parent without legs, or a leg without its parent, that nobody knows; and for an
   * order that came in place of one that has to be taken first.
   */
  take(wire: WireOrder): Place | undefined {
    const known = this.#places.get(wire.id);
    if (known !== undefined) return this.#name(known, wire);
    // A leg whose parent is not known yet counts with that, or it would count twice.
    if (wire.isLeg || this.lacksPredecessor(wire)) return undefined;
    const replaced = wire.replaces === undefined ? undefined : this.#places.get(wire.replaces);
    const line = replaced?.line ?? this.#ownLine(wire);
    if (line !== undefined) return this.#enter(line, wire);
    if (wire.legs.length === 0) return undefined;
    const foreign = newLine(foreignIntent(wire), true);
    this.add(foreign);
    return this.#enter(foreign, wire);
  }

  /**
   * True of an order in place of one that is not known yet: whose it is, and what was told of it, hangs
   * on that one. A list of the session holds the older one first; one of an earlier session no list
   * holds, and it is read by itself.
   */
  lacksPredecessor(wire: WireOrder): boolean {
    const { id, replaces } = wire;
    if (replaces === undefined || this.#passedOver.has(replaces)) return false;
    if (this.#places.has(id) || this.#places.has(replaces)) return false;
    return this.#ownLine(wire) === undefined;
  }

  /** Nothing waits for this order any more: the broker knows none by its id, or it cannot be taken in. */
  passOver(orderId: string): void {
    this.#passedOver.add(orderId);
  }

  /** The order becomes part of the line, with what an earlier run told of it by its own name. */
  #enter(line: OrderLine, wire: WireOrder): Place {
    const name = externalName(wire.id);
    const told = this.#toldOfForeign.get(name);
    this.#toldOfForeign.delete(name);
    if (told !== undefined) {
      line.fills.push(...told.fills);
      line.takenBack += told.takenBack;
      // What it was, and what it has become, are told once more.
      if (told.isMoved) line.toldUnits = 0;
    }
    return this.#name(orderIn(line, wire), wire);
  }

  #ownLine(wire: WireOrder): OrderLine | undefined {
    const line = this.#lines.get(intentIdOf(wire.clientId));
    return line === undefined || line.isForeign || !isShapedAs(line, wire) ? undefined : line;
  }

  /** Remembers every id that an order goes by. */
  #name(place: Place, wire: WireOrder): Place {
    this.#places.set(wire.id, place);
    for (const leg of wire.legs) this.#places.set(leg.orderId, place);
    return place;
  }

  #replay(event: BrokerEvent): void {
    if (event.kind === 'settlement' || event.kind === 'connection' || event.kind === 'marked')
      return;
    const line = this.#lines.get(event.kind === 'fill' ? event.fill.intentId : event.intentId);
    if (line === undefined) {
      this.#replayForeign(event);
      return;
    }
    if (event.kind === 'fill') line.fills.push(event.fill);
    else if (event.kind === 'busted') line.takenBack += 1;
    else if (event.kind === 'replaced') line.told = event.limit;
    else if (event.kind === 'accepted' || event.kind === 'reopened') {
      line.isAccepted = true;
      line.end = undefined;
    } else if (event.kind === 'cancelled' || event.kind === 'expired') line.end = event.kind;
    else if (event.kind === 'rejected') {
      line.end = 'rejected';
      line.endReason = event.reason;
    }
  }

  /** What was adopted stands under a name of its own: no order of the broker is behind it. */
  #replayForeign(event: OrderEvent): void {
    const name = event.kind === 'fill' ? event.fill.intentId : event.intentId;
    if (!name.startsWith(externalName(''))) return;
    const told = this.#toldOfForeign.get(name) ?? { fills: [], takenBack: 0, isMoved: false };
    if (event.kind === 'fill') told.fills.push(event.fill);
    else if (event.kind === 'busted') told.takenBack += 1;
    else if (event.kind === 'replaced') told.isMoved = true;
    else return;
    this.#toldOfForeign.set(name, told);
  }
}

/** The order of a line that the broker speaks of; a new one where the line has none of that name. */
function orderIn(line: OrderLine, wire: WireOrder): Place {
  const known = line.orders.find((order) => order.clientId === wire.clientId);
  if (known !== undefined) return { line, order: known };
  const order = newOrder(wire.clientId, wire.units, line.intent.limit);
  addOrder(line, order, indexFor(line, wire));
  return { line, order };
}

/** The place of an order in its line: behind the one that it replaces, which may have been moved by
 * somebody whose orders have other names; or else by its number. */
function indexFor({ orders }: OrderLine, { id, clientId, replaces }: WireOrder): number {
  const old = orders.findLastIndex(
    (each) => replaces !== undefined && (each.id === replaces || each.replaces === replaces),
  );
  if (old >= 0) return old + 1;
  const later = orders.findIndex(
    (each) => each.replaces === id || numberOf(each.clientId) > numberOf(clientId),
  );
  return later < 0 ? orders.length : later;
}

/** The number of an order in its line, where this adapter gave it one. */
function numberOf(clientId: string): number {
  return Number(/\.(\d+)$/.exec(clientId)?.[1] ?? 0);
}

/** True where an order trades what the intent does, and no more of it. */
function isShapedAs({ intent }: OrderLine, wire: WireOrder): boolean {
  const factor = unitsPerUnit(intent);
  if (wire.units > intent.quantity * factor) return false;
  if (wire.lacksLegs) return intent.legs.length > 1;
  return (
    wire.legs.length === intent.legs.length &&
    intent.legs.every((leg) =>
      wire.legs.some(
        ({ instrument, action }) =>
          action.startsWith(leg.action.slice(0, 3)) &&
          instrumentSymbol(instrument) === instrumentSymbol(leg.instrument),
      ),
    )
  );
}

function foreignIntent(wire: WireOrder): OrderIntent {
  const intentId = externalName(wire.id);
  const limit = wire.limit ?? NO_LIMIT;
  const isOpening = wire.legs.some(({ action }) => action.endsWith('Open'));
  return {
    intentId,
    purpose: isOpening ? 'open' : 'close',
    strategy: 'external',
    positionId: intentId,
    legs: wire.legs.map(({ instrument, action, ratio }) => ({ instrument, action, ratio })),
    quantity: wire.units,
    limit,
    worst: limit,
    principal: 'external',
  };
}
