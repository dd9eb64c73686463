/** The desk's own record of every order of the day: what was asked, what is known, what is left. */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import { dateOfIntent } from '../../broker/intent-date.ts';
import type { RefusalKind } from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Urgency } from '../../engine/domain/exit-choices.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type {
  ExitPlan,
  Fill,
  OrderIntent,
  OrderLeg,
  OrderStatus,
} from '../../engine/domain/order.ts';
import { FINAL_ORDER_STATUSES, isOpening, legSign } from '../../engine/domain/order.ts';
import { countedUnits, shareQuantity } from '../../engine/domain/share-quantity.ts';
import type { Cents, EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_DAY, MICROS_PER_SECOND, price } from '../../engine/domain/units.ts';
import { externalPositionId } from '../../engine/portfolio/external-position.ts';
import type { LimitMove, LimitRefusals, OwedAnswer } from './limit-changes.ts';
import { OrderNumbers, type RunStart } from './order-numbers.ts';

/** Orders that ended longer ago are only in the journal. */
const KEPT_MICROS = 7 * MICROS_PER_DAY;

/** How an UNKNOWN outcome is being looked for. */
export interface OutcomeSearch {
  /** Since when it is looked for; searches and silence count from here. */
  readonly since: At;
  asked: number;
  /** Wall time of the next look. */
  askAgainAt: EpochMicros;
  /** Wall time at which the broker last answered with a complete history. */
  heardAt: EpochMicros | undefined;
  /** Why its history could not be read the last time, if it could not. */
  unread: string | undefined;
  /** Wall time of the first complete history, after the settle window, that lacked the order; and of the
   * first after the longer one of lists alone. */
  absentAt: EpochMicros | undefined;
  unlistedAt: EpochMicros | undefined;
}

/** One order. Changed by the order book's users on the core thread only. */
export interface OrderRecord {
  /** Stands as it was recorded, but for the quantity of a foreign order, which its owner may change. */
  intent: OrderIntent;
  readonly orderHash: string;
  /** Worst case of the whole order after fees, positive; 0 for orders that close. That of a foreign order
   * follows its limit and quantity, which its owner may move. */
  worstCaseCents: Cents;
  readonly createdAt: At;
  readonly tokenSha256: string | null;
  /** The record that must be durable before anything is sent. */
  readonly intentSeq: number;
  approved: ApprovedOrder | undefined;
  status: OrderStatus;
  updatedAt: At;
  sentAt: At | undefined;
  /** Since when the broker has held it, by its first word that says so; anew from where it works again. */
  workingSince: At | undefined;
  brokerOrderId: string | undefined;
  /** The broker took it as something else than was meant, in its words: it is called back. */
  mistaken: string | undefined;
  reason: string | undefined;
  /** Why the engine itself closes by it; undefined where somebody asked, or for all other orders. */
  exitReason: string | undefined;
  /** The limit last asked for. */
  limit: Price;
  /** How what it opens is left: by the plan of the limit that it went out at … */
  exitPlan: ExitPlan | undefined;
  /** … which is this one, however far it conceded since. */
  plannedLimit: Price;
  /** The limit that the broker has, as far as it has told. */
  brokerLimit: Price;
  /** Limits that this engine asked for, or was told of: another one is somebody else's. */
  readonly knownLimits: Set<Price>;
  urgency: Urgency;
  cancelRequested: boolean;
  /** Who asked for that, also where the broker refused it: a person's word outlives the engine's own. */
  calledBackBy: string | undefined;
  /** Wall time of that word; of the first, where more persons gave it. */
  calledBackAt: EpochMicros | undefined;
  /** Wall time since which a leg of a working close has had no market on its side, or the market of a
   * working opening has not been seen. */
  marketMissingSince: EpochMicros | undefined;
  lastMove: LimitMove;
  /** The broker refused it a new limit: it stays where it is for a while. */
  limitRefusals: LimitRefusals | undefined;
  /** The broker refused to cancel it: the engine by itself asks again from this wall time on. */
  cancelAgainAt: EpochMicros | undefined;
  /** How often it refused that. */
  cancelRefusals: number;
  /** An answer that the broker owes, as far as the clock has seen. */
  owed: OwedAnswer | undefined;
  /** What the broker's refusal says of trying again, where it says anything. */
  refusal: RefusalKind | undefined;
  /** Set while the status is `unknown`. */
  search: OutcomeSearch | undefined;
  readonly fills: Fill[];
  /** Executions of it that the broker took back. */
  readonly busted: Fill[];
}

/** What an order is entered with; the rest follows from it. */
export type NewOrder = Pick<
  OrderRecord,
  | 'intent'
  | 'orderHash'
  | 'worstCaseCents'
  | 'createdAt'
  | 'tokenSha256'
  | 'intentSeq'
  | 'approved'
  | 'urgency'
> & {
  readonly limit: Price;
  readonly exitReason?: string | undefined;
  /** Where it is not that of the intent. */
  readonly exitPlan?: ExitPlan | undefined;
};

/** A recorded order that nothing has happened to yet. */
export function newOrder(parts: NewOrder): OrderRecord {
  return {
    ...parts,
    exitReason: parts.exitReason,
    exitPlan: parts.exitPlan ?? parts.intent.exitPlan,
    plannedLimit: parts.limit,
    status: 'recorded',
    updatedAt: parts.createdAt,
    sentAt: undefined,
    workingSince: undefined,
    brokerOrderId: undefined,
    mistaken: undefined,
    reason: undefined,
    brokerLimit: parts.limit,
    knownLimits: new Set([parts.limit]),
    cancelRequested: false,
    calledBackBy: undefined,
    calledBackAt: undefined,
    marketMissingSince: undefined,
    lastMove: { wall: parts.createdAt.wall, step: 0, urgency: parts.urgency },
    limitRefusals: undefined,
    cancelAgainAt: undefined,
    cancelRefusals: 0,
    owed: undefined,
    refusal: undefined,
    search: undefined,
    fills: [],
    busted: [],
  };
}

/** True for an order that this engine did not give: it is counted, shown, and otherwise let be. */
export function isExternal({ intent }: OrderRecord): boolean {
  return intent.strategy === 'external';
}

/** True for an order that somebody has asked the broker to cancel, refused or not. */
export function isCalledBack({ calledBackBy }: OrderRecord): boolean {
  return calledBackBy !== undefined;
}

/** True for an order whose cancel a person asked for, refused or not: it is to go, and not to come again. */
export function isCalledBackByPerson(order: OrderRecord): boolean {
  return isCalledBack(order) && order.calledBackBy !== 'engine';
}

/** True for an order that a person cancelled and the broker would not. */
export function isCancelledInVain(order: OrderRecord): boolean {
  return isCalledBackByPerson(order) && !order.cancelRequested;
}

/** What closes the whole of an order now is a later word than a person's cancel that the broker refused: the
 * order works on, for another of its own would have to wait for the end of this one. Not recorded: after a
 * restart what still wants it says so anew, or closes by an order of its own once this one has ended. */
export function letWork(order: OrderRecord): void {
  if (isCancelledInVain(order)) order.calledBackBy = undefined;
}

/** A word against a cancel may be of another change, or of an answer that was lost on its way: an end that
 * comes within this time is still that of the cancel. */
const DOUBTED_MICROS = 15 * MICROS_PER_SECOND;

/** True while a cancel of it is asked for, and where that was, or just had been, when it ended. */
export function isBeingCancelled(order: OrderRecord): boolean {
  const { cancelRequested, cancelAgainAt, updatedAt } = order;
  return cancelRequested || updatedAt.wall <= (cancelAgainAt ?? 0) + DOUBTED_MICROS;
}

/** The same of the engine's own cancel. */
export function isCalledBackByEngine(order: OrderRecord): boolean {
  return order.calledBackBy === 'engine' && isBeingCancelled(order);
}

/** The positions that fills of an order that opens go to: its own, or for a foreign one those named after
 * the contracts that it buys or sells to open. */
export function fillsInto(order: OrderRecord): readonly string[] {
  const { purpose, positionId, legs } = order.intent;
  if (purpose !== 'open') return [];
  if (!isExternal(order)) return [positionId];
  return legs
    .filter(({ action }) => isOpening(action))
    .map(({ instrument }) => externalPositionId(instrument));
}

export function isFinal(order: OrderRecord): boolean {
  return FINAL_ORDER_STATUSES.has(order.status);
}

function contractsFilled({ fills }: OrderRecord, leg: OrderLeg): number {
  const symbol = instrumentSymbol(leg.instrument);
  let filled = 0;
  for (const { instrument, quantity } of fills) {
    if (instrumentSymbol(instrument) === symbol) filled = shareQuantity(filled + quantity);
  }
  return filled;
}

/** Contracts of one of its legs that an order has still to trade. */
export function contractsLeft(order: OrderRecord, leg: OrderLeg): number {
  return Math.max(0, leg.ratio * order.intent.quantity - contractsFilled(order, leg));
}

/** Units that each leg has filled, a fraction where a unit of it is not whole. */
function unitsByLeg(order: OrderRecord): readonly number[] {
  return order.intent.legs.map((leg) => contractsFilled(order, leg) / leg.ratio);
}

/** Units whose every leg has filled: whole ones, but of single shares. */
export function filledUnits(order: OrderRecord): number {
  if (order.fills.length === 0) return 0;
  const units = unitsByLeg(order);
  return units.length === 0 ? 0 : countedUnits(order.intent, Math.min(...units));
}

/** True where all of its units filled: more than those, where the broker traded more than it was asked to. */
export function isWhole(order: OrderRecord): boolean {
  return filledUnits(order) >= order.intent.quantity;
}

/** True where all of its units filled, and executions of them were taken back: at the broker it has ended,
 * and what was taken back does not come again by it. */
export function isWholeButBusted(order: OrderRecord): boolean {
  if (order.busted.length === 0) return false;
  const fills = [...order.fills, ...order.busted];
  return isWhole({ ...order, fills });
}

/** True while some leg has filled more units than another. */
export function isUneven(order: OrderRecord): boolean {
  const units = unitsByLeg(order);
  return units.some((filled) => filled !== units[0]);
}

/** Signed net of the fills per unit, rounded to 1/10,000; undefined before the first whole unit. */
export function averageFillNet(order: OrderRecord): Price | undefined {
  const units = filledUnits(order);
  if (units === 0) return undefined;
  let net = 0;
  for (const fill of order.fills) net -= legSign(fill.action) * fill.price * fill.quantity;
  return price(Math.round(net / units));
}

/** Signed net per unit of what filled of so many units, each leg at its average, rounded to 1/10,000: a leg
 * that they lack brings nothing. */
export function openedNet({ intent, fills }: OrderRecord, units: number): Price {
  let net = 0;
  for (const { instrument, action, ratio } of intent.legs) {
    const symbol = instrumentSymbol(instrument);
    let [contracts, cash] = [0, 0];
    for (const fill of fills) {
      if (instrumentSymbol(fill.instrument) !== symbol) continue;
      contracts += fill.quantity;
      cash += fill.price * fill.quantity;
    }
    if (contracts > 0) net -= legSign(action) * cash * Math.min(1, (ratio * units) / contracts);
  }
  return price(Math.round(net / units));
}

/** True for an order that goes to close; a stop that rests at the broker only guards. */
export function isClose({ intent }: OrderRecord): boolean {
  return intent.purpose !== 'open' && intent.purpose !== 'protective';
}

const NONE: readonly OrderRecord[] = [];

/** Orders by id, oldest first. */
export class OrderBook {
  readonly #orders = new Map<string, OrderRecord>();
  #all: readonly OrderRecord[] | undefined;
  #ofPositions = new Map<string, readonly OrderRecord[]>();
  readonly #numbers = new OrderNumbers();
  #leftOut: OrderRecord | undefined;

  /** A new deterministic id. */
  nextIntentId(session: string): string {
    return this.#numbers.next(session);
  }

  /** Makes sure that ids given out before a restart are never given out again. */
  seen(intentId: string): void {
    this.#numbers.seen(intentId);
  }

  /** To be called for each run. Leaves numbers out behind one that was cut off: it may have sent orders that no
   * journal kept, by the operator's own flatten on a full disk, and their ids must not be given out again. At a
   * broker that remembers (the paper broker knows no order but the journal's), a session without orders here
   * begins at the minute of the day, by UTC: another home may have given the account some. */
  beginRun({ session, wall, broker, isBehindCut }: RunStart): void {
    if (isBehindCut) this.#numbers.skip();
    const ids = [...this.#orders.keys()];
    if (broker === 'paper' || ids.some((id) => dateOfIntent(id) === session)) return;
    this.#numbers.beginAtMinute(wall);
  }

  add(order: OrderRecord): void {
    const { intentId, positionId } = order.intent;
    this.seen(intentId);
    const before = this.of(positionId).filter((other) => other.intent.intentId !== intentId);
    this.#ofPositions.set(positionId, [...before, order]);
    this.#orders.set(intentId, order);
    this.#all = undefined;
  }

  /** Drops the orders that had ended and are older than a week at this market time: an engine of many
   * months looks through days, not months. The journal keeps them all. */
  forgetOld(market: EpochMicros): void {
    const before = addMicros(market, -KEPT_MICROS);
    this.#all = undefined;
    for (const [intentId, order] of this.#orders) {
      if (isFinal(order) && order.createdAt.market < before) this.#orders.delete(intentId);
    }
    this.#ofPositions = Map.groupBy(this.#orders.values(), ({ intent }) => intent.positionId);
  }

  /** The same book as if one order stood on the market no more, to look at: nothing is added to it. What that
   * order has done is history in it as in the other. */
  without(intentId: string): OrderBook {
    const book = new OrderBook();
    for (const order of this.#orders.values()) book.add(order);
    book.#leftOut = this.#orders.get(intentId);
    return book;
  }

  /** What is no live order of such a book, whatever its status. */
  get leftOut(): OrderRecord | undefined {
    return this.#leftOut;
  }

  get(intentId: string): OrderRecord | undefined {
    return this.#orders.get(intentId);
  }

  /** The same list until an order comes or is forgotten. */
  all(): readonly OrderRecord[] {
    this.#all ??= [...this.#orders.values()];
    return this.#all;
  }

  /** Those of one position, oldest first: an order is never of another. */
  of(positionId: string): readonly OrderRecord[] {
    return this.#ofPositions.get(positionId) ?? NONE;
  }

  /** Orders whose end is not known: recorded, sending, unknown or working. */
  live(): readonly OrderRecord[] {
    return this.all().filter((order) => this.#isLive(order));
  }

  #isLive(order: OrderRecord): boolean {
    return !isFinal(order) && order !== this.#leftOut;
  }

  /** Live orders that close the position now; a stop that only rests is none of them. */
  closing(positionId: string): readonly OrderRecord[] {
    return this.of(positionId).filter((order) => isClose(order) && this.#isLive(order));
  }

  /** True while there is such an order. Asked on every batch of quotes: makes nothing. */
  isClosing(positionId: string): boolean {
    for (const order of this.of(positionId)) if (isClose(order) && !isFinal(order)) return true;
    return false;
  }

  /** The newest of such orders that were ever given and are meant. */
  newestClose(positionId: string, isMeant: (order: OrderRecord) => boolean) {
    return this.of(positionId).findLast((order) => isClose(order) && isMeant(order));
  }

  /** The live stop that rests for the position at the broker, if there is one. */
  protecting(positionId: string): OrderRecord | undefined {
    return this.of(positionId).find((order) => {
      return order.intent.purpose === 'protective' && this.#isLive(order);
    });
  }
}
