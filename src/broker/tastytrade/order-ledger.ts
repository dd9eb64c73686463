/**
 * The orders of the account as the stream and the lists told them, and what the desk was told of them.
 * Facts come in any order and more than once; events go out once. What has ended is kept over the
 * next session, so that a late word of it meets what is known. Pure, core thread only.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { fillFees } from '../fees.ts';
import type { BrokerEvent, OrderStanding } from '../order-gateway.ts';
import { externalName } from '../order-gateway.ts';
import {
  endedOversized,
  endOf,
  headOf,
  isSame,
  lastEnded,
  merge,
  unitsLeft,
} from './order-chain.ts';
import { refusalKindOf } from './refusal-kind.ts';
import type { TastyLeg, TastyOrder } from './tasty-order.ts';

/** What has ended is known for this one and the next. */
const KEPT_SESSIONS = 2;
/** Executions of an order that is told as filled come within moments. What is missing after so long was taken
 * back: where that happened before this run, no execution that was told before shows it. */
const FILLS_COME_WITHIN_MICROS = 15 * MICROS_PER_SECOND;
/** What the broker has not listed for so long does not work, whatever was last told. */
const LONGEST_SESSIONS = 10;

interface Told {
  isAccepted: boolean;
  /** Over all runs; undefined = where it was sent. */
  limit: Price | undefined;
  end: string | undefined;
}

/** What is known of one intent. */
export interface ChainView {
  readonly intentId: string;
  readonly orders: readonly TastyOrder[];
  readonly head: TastyOrder | undefined;
  readonly standing: OrderStanding;
  readonly remaining: number;
}

/** An order, and the word of it that was taken last: said again, that changes nothing. */
interface Known {
  readonly order: TastyOrder;
  readonly news: TastyOrder;
}

export class OrderLedger {
  /** Intents of this account's journal: only these are ours, whatever an order says of itself. */
  readonly #own = new Map<string, OrderIntent>();
  readonly #orders = new Map<string, Known>();
  /** Broker id to intent, in the order in which the orders came to be known. */
  readonly #nameOf = new Map<string, string>();
  /** The orders of an intent, oldest first. */
  readonly #idsOf = new Map<string, string[]>();
  /** Chains as they were reckoned, each until something of it changes. */
  readonly #chains = new Map<string, ChainView>();
  readonly #told = new Map<string, Told>();
  /** What the broker warned of where it took an intent as something else than was meant. */
  readonly #warnings = new Map<string, string>();
  readonly #fills = new Map<string, Fill>();
  /** Since when fills of an order have been awaited, by the broker's ids. */
  readonly #awaitedSince = new Map<string, EpochMicros>();
  /** The session in which an intent was last heard of, counted. */
  readonly #heardIn = new Map<string, number>();
  #session = 0;
  /** Intents of which a change is under way whose outcome decides how they stand. */
  readonly #changing = new Set<string>();
  /** Counts facts that changed something: two pictures with the same count are of one moment. */
  version = 0;
  /** When an execution was last learnt. */
  lastFillWall = 0;

  constructor(history: readonly OrderIntent[]) {
    for (const intent of history) this.#own.set(intent.intentId, intent);
  }

  addIntent(intent: OrderIntent): void {
    this.#own.set(intent.intentId, intent);
  }

  /** The broker took the intent as something else than was meant, and says so with `warning`: that is told,
   * with its order where it was told before, and called back with nothing filled it counts as refused. */
  addWarning(intentId: string, warning: string): void {
    this.#warnings.set(intentId, warning);
    this.#tellAgain(intentId);
  }

  /** An earlier run told that the intent works at this limit. */
  addLimit(intentId: string, limit: Price): void {
    this.#toldOf(intentId).limit = limit;
    this.#heardIn.set(intentId, this.#session);
  }

  /** An earlier run told this execution of an order that somebody else gave: it is not told again, on whatever
   * day the order still works, for books forget its id sooner. */
  addFill(fill: Fill): void {
    this.#fills.set(fill.fillId, fill);
    this.#heardIn.set(fill.intentId, this.#session);
  }

  /** An intent of this engine, where it is kept. */
  intent(intentId: string): OrderIntent | undefined {
    return this.#own.get(intentId);
  }

  /** Entries that are kept. */
  get size(): number {
    const { size } = this.#heardIn;
    const names = this.#own.size + this.#idsOf.size + this.#nameOf.size + size;
    const told = this.#told.size + this.#warnings.size + this.#fills.size;
    const open = this.#changing.size + this.#awaitedSince.size;
    return names + this.#orders.size + told + open;
  }

  /** A session begins: forgets what had ended before the last one began, and intents of ids before
   * `oldest`. Answers with the broker's ids of the orders that are forgotten. */
  beginSession(oldest: string): readonly string[] {
    this.#session += 1;
    const isOver = (name: string): boolean => {
      const ago = this.#session - (this.#heardIn.get(name) ?? this.#session);
      if (ago < KEPT_SESSIONS) return false;
      return ago >= LONGEST_SESSIONS || this.chain(name)?.standing !== 'working';
    };
    const over = [...this.#idsOf.keys()].filter(isOver);
    const ids = over.flatMap((name) => this.#forget(name));
    for (const [name, heardIn] of this.#heardIn) {
      if (!this.#idsOf.has(name) && this.#session - heardIn >= KEPT_SESSIONS) this.#forget(name);
    }
    for (const intentId of this.#own.keys()) {
      if (intentId >= oldest || this.#idsOf.has(intentId)) continue;
      this.#own.delete(intentId);
      this.#warnings.delete(intentId);
    }
    return ids;
  }

  #forget(name: string): readonly string[] {
    const ids = this.#idsOf.get(name) ?? [];
    for (const { fillId, intentId } of this.#fills.values()) {
      if (intentId === name) this.#fills.delete(fillId);
    }
    for (const { legs } of this.#chainOf(name)) {
      for (const { fills } of legs) for (const { fillId } of fills) this.#fills.delete(fillId);
    }
    for (const id of ids) {
      this.#orders.delete(id);
      this.#awaitedSince.delete(id);
      this.#nameOf.delete(id);
    }
    this.#idsOf.delete(name);
    this.#chains.delete(name);
    this.#told.delete(name);
    this.#warnings.delete(name);
    this.#heardIn.delete(name);
    this.#changing.delete(name);
    return ids;
  }

  /** Symbols that this engine ordered of late. */
  orderedSymbols(symbolOf: (leg: OrderIntent['legs'][number]) => string): ReadonlySet<string> {
    return new Set([...this.#own.values()].flatMap(({ legs }) => legs.map(symbolOf)));
  }

  /** A change of the intent was sent, or is settled: while it is open no end is told. */
  setChanging(intentId: string, isChanging: boolean, wall: EpochMicros): readonly BrokerEvent[] {
    if (isChanging) this.#changing.add(intentId);
    else this.#changing.delete(intentId);
    this.#chains.delete(intentId);
    return isChanging ? [] : this.#news(intentId, wall);
  }

  /** Takes an order in, however it was heard of. `name`: the intent it was sent for, where known. */
  take(news: TastyOrder, wall: EpochMicros, name?: string): readonly BrokerEvent[] {
    const known = this.#orders.get(news.id);
    const isAgain = known?.news === news && !known.order.awaitsFills;
    if (isAgain && name === undefined) {
      this.#heardIn.set(this.nameOf(news), this.#session);
      return [];
    }
    const order = this.#awaited(merge(known?.order, news), wall);
    this.#heardIn.set(name ?? this.nameOf(order), this.#session);
    if (known !== undefined && isSame(known.order, order) && name === undefined) {
      this.#orders.set(news.id, { order: known.order, news });
      return [];
    }
    this.version += 1;
    this.#orders.set(news.id, { order, news });
    if (name !== undefined) this.#name(news.id, name);
    const intentId = this.nameOf(order);
    this.#chains.delete(intentId);
    return this.#news(intentId, wall);
  }

  /** Fills that do not come are awaited no more. */
  #awaited(order: TastyOrder, wall: EpochMicros): TastyOrder {
    const since = this.#awaitedSince.get(order.id) ?? wall;
    if (order.awaitsFills) this.#awaitedSince.set(order.id, since);
    else this.#awaitedSince.delete(order.id);
    const isOver = wall - since >= FILLS_COME_WITHIN_MICROS;
    return order.awaitsFills && isOver ? { ...order, awaitsFills: false } : order;
  }

  /** The intent of an order: what it was sent for, the intent of the order it replaces, its tag where
   * that is one of ours, or a name of its own. */
  nameOf(order: TastyOrder): string {
    const known = this.#nameOf.get(order.id);
    if (known !== undefined) return known;
    const { externalId: tag, replacesId } = order;
    if (tag !== undefined && this.#own.has(tag)) return this.#name(order.id, tag);
    const replaced = replacesId === undefined ? undefined : this.#nameOf.get(replacesId);
    return this.#name(order.id, replaced ?? externalName(replacesId ?? order.id));
  }

  #name(id: string, name: string): string {
    const before = this.#nameOf.get(id);
    if (before === name) return name;
    this.#nameOf.set(id, name);
    this.#chains.delete(name);
    const ids = this.#idsOf.get(name) ?? [];
    ids.push(id);
    this.#idsOf.set(
      name,
      ids.toSorted((a, b) => Number(a) - Number(b)),
    );
    if (before !== undefined) {
      this.#chains.delete(before);
      this.#idsOf.set(before, this.#idsOf.get(before)?.filter((other) => other !== id) ?? []);
    }
    // What replaced it may have been heard of first, under the name of an order not yet known.
    for (const other of this.#idsOf.get(externalName(id)) ?? []) {
      if (other !== id) this.#name(other, name);
    }
    return name;
  }

  /** All that was told of an order of the broker. */
  order(id: string): TastyOrder | undefined {
    return this.#orders.get(id)?.order;
  }

  chain(intentId: string): ChainView | undefined {
    const known = this.#chains.get(intentId);
    if (known !== undefined) return known;
    const orders = this.#chainOf(intentId);
    if (orders.length === 0) return undefined;
    const standing = this.#changing.has(intentId) ? 'working' : (endOf(orders) ?? 'working');
    const remaining = unitsLeft(orders);
    const chain: ChainView = { intentId, orders, head: headOf(orders), standing, remaining };
    this.#chains.set(intentId, chain);
    return chain;
  }

  chains(): readonly ChainView[] {
    return [...this.#idsOf.keys()].flatMap((name) => this.chain(name) ?? []);
  }

  /** Executions told, of the orders named, in the order in which they were told. */
  fillsOf(fillIds: ReadonlySet<string>): readonly Fill[] {
    return [...this.#fills.values()].filter(({ fillId }) => fillIds.has(fillId));
  }

  /** Everything that is known of an intent, once more. */
  restate(intentId: string, wall: EpochMicros): readonly BrokerEvent[] {
    const chain = this.chain(intentId);
    if (chain === undefined) return [];
    this.#tellAgain(intentId);
    const fills = [...this.#fills.values()].filter((fill) => fill.intentId === intentId);
    const events = this.#news(intentId, wall);
    const [accepted, ...rest] = events;
    const restated = fills
      .filter(({ fillId }) => !events.some((e) => e.kind === 'fill' && e.fill.fillId === fillId))
      .map((fill) => ({ kind: 'fill', fill }) as const);
    return accepted?.kind === 'accepted'
      ? [accepted, ...restated, ...rest]
      : [...restated, ...events];
  }

  #chainOf(intentId: string): readonly TastyOrder[] {
    return (this.#idsOf.get(intentId) ?? []).flatMap((id) => this.order(id) ?? []);
  }

  #news(intentId: string, wall: EpochMicros): readonly BrokerEvent[] {
    const orders = this.#chainOf(intentId);
    const [first] = orders;
    if (first === undefined) return [];
    const told = this.#toldOf(intentId);
    const events: BrokerEvent[] = [];
    if (!told.isAccepted && first.standing !== 'rejected') {
      told.isAccepted = true;
      told.limit ??= this.#own.get(intentId)?.limit ?? first.limit;
      const brokerOrderId = (headOf(orders) ?? first).id;
      const warning = this.#warnings.get(intentId);
      const warned = warning === undefined ? {} : { warning };
      events.push({ kind: 'accepted', intentId, brokerOrderId, ...warned });
    }
    events.push(...this.#newFills(intentId, orders, wall));
    const head = headOf(orders);
    if (head !== undefined && !head.isContingent && head.limit !== told.limit) {
      told.limit = head.limit;
      events.push({ kind: 'replaced', intentId, limit: head.limit });
    }
    const end = this.#changing.has(intentId) ? undefined : endOf(orders);
    if (end !== undefined && told.end !== end) {
      told.end = end;
      events.push(...this.#endEvents(intentId, orders, end));
    }
    return events;
  }

  #endEvents(
    intentId: string,
    orders: readonly TastyOrder[],
    end: Exclude<OrderStanding, 'working'>,
  ): readonly BrokerEvent[] {
    const remaining = unitsLeft(orders);
    if (end === 'filled' || remaining === 0) return [];
    const warning = this.#warningAt(end, intentId, orders);
    if (end === 'expired') return [{ kind: end, intentId, remaining }];
    if (end === 'cancelled' && warning === undefined) {
      const isOurs =
        this.#warnings.has(intentId) ||
        (this.#own.has(intentId) && endedOversized(orders, remaining));
      return [{ kind: end, intentId, remaining, ...(isOurs && { by: 'gateway' as const }) }];
    }
    const reason = lastEnded(orders)?.rejectReason ?? warning ?? 'the broker gave no reason';
    return [{ kind: 'rejected', intentId, reason, refusal: refusalKindOf(reason) }];
  }

  /** What the broker warned of an intent that was called back for it, before anything of it filled. */
  #warningAt(
    end: Exclude<OrderStanding, 'working'>,
    intentId: string,
    orders: readonly TastyOrder[],
  ): string | undefined {
    const hasFilled = orders.some(({ legs }) => legs.some(({ fills }) => fills.length > 0));
    return end === 'cancelled' && !hasFilled ? this.#warnings.get(intentId) : undefined;
  }

  #newFills(
    intentId: string,
    orders: readonly TastyOrder[],
    wall: EpochMicros,
  ): readonly BrokerEvent[] {
    const filledBefore = new Map<string, number>();
    return orders.flatMap((order) =>
      order.legs.flatMap((leg) =>
        leg.fills.flatMap((fill): readonly BrokerEvent[] => {
          const symbol = instrumentSymbol(leg.instrument);
          const before = filledBefore.get(symbol) ?? 0;
          filledBefore.set(symbol, before + fill.quantity);
          if (this.#fills.has(fill.fillId)) return [];
          const made = fillOf(intentId, leg, fill, { before, wall });
          this.#fills.set(made.fillId, made);
          this.lastFillWall = wall;
          return [{ kind: 'fill', fill: made }];
        }),
      ),
    );
  }

  /** That it works and how it ended. A new limit stands as it was told. */
  #tellAgain(intentId: string): void {
    const told = this.#told.get(intentId);
    if (told !== undefined) Object.assign(told, { isAccepted: false, end: undefined });
  }

  #toldOf(intentId: string): Told {
    const nothing = { isAccepted: false, limit: undefined, end: undefined };
    const told = this.#told.get(intentId) ?? nothing;
    this.#told.set(intentId, told);
    return told;
  }
}

function fillOf(
  intentId: string,
  { instrument, action }: TastyLeg,
  { fillId, quantity, price, at }: TastyLeg['fills'][number],
  { before, wall }: { readonly before: number; readonly wall: EpochMicros },
): Fill {
  const feesCents = fillFees('tastytrade', { instrument, action, ratio: 1 }, quantity, before);
  return { fillId, intentId, instrument, action, quantity, price, feesCents, marketAt: at ?? wall };
}
