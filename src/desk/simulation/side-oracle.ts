/**
 * A side whose stop or dividend exit was told is ended: once no short of it is held any more, its long is sold
 * as soon as somebody bids, unless a person calls that back. Reckoned from the records and from what the broker
 * has, by the quotes that the core had. One user.
 */

import { isPastCutoff } from '../../broker/order-cutoff.ts';
import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Instrument, Right } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { type EpochMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { HeldQuantity } from './expiry-payoff.ts';
import type { AccountTruth, BrokerAccount } from './far-broker.ts';
import { FillFold } from './fill-fold.ts';
import type { Report } from './order-oracle.ts';

/** Longer than the longest pause between two tries that the broker's refusals ask for. */
const LONGEST_MICROS = 330 * MICROS_PER_SECOND;
/** And at so many looks: clocks step. */
const LEAST_LOOKS = 4;
/** A quote of which nothing was heard for longer is nobody's bid. */
const OLDEST_MICROS = 15 * MICROS_PER_SECOND;
/** Exits of a side. */
const ENDED_BY: Readonly<Record<string, Right>> = {
  callSideStop: 'call',
  putSideStop: 'put',
  exDividend: 'call',
};

/** A side that was told ended. */
interface Side {
  readonly positionId: string;
  readonly right: Right;
  /** A person called its newest close back: whoever wants to keep a long may. */
  isKept: boolean;
  /** Since when somebody bids for a long of it that nothing sells, in wall time, and for how many looks. */
  since: EpochMicros | undefined;
  looks: number;
}

function isOf(right: Right, instrument: Instrument): boolean {
  return instrument.kind === 'option' && instrument.right === right;
}

function isClose({ purpose }: OrderIntent): boolean {
  return purpose !== 'open' && purpose !== 'protective';
}

function beginAnew(side: Side): void {
  side.since = undefined;
  side.looks = 0;
}

export class SideOracle {
  readonly #report: Report;
  readonly #met: (what: string) => void;
  readonly #sides = new Map<string, Side>();
  readonly #intents = new Map<string, OrderIntent>();
  /** What the engine called back. */
  readonly #calledBack = new Set<string>();
  /** What the executions of its own orders left of each position. */
  readonly #held = new Map<string, FillFold>();
  #isBatch = false;

  /** `met`: hears of what is rare and worth meeting. */
  constructor(report: Report, met: (what: string) => void) {
    this.#report = report;
    this.#met = met;
  }

  onInput({ kind }: Input): void {
    if (kind === 'batchEnd') this.#isBatch = true;
  }

  onRecord(record: AuditRecord): void {
    this.#onFact(record);
    const { body } = record;
    if (body.kind !== 'intentRecorded' || body.intent.purpose !== 'exit') return;
    const sides = this.#sidesOf(body.intent.intentId);
    if (sides.some((side) => this.#longsLeft(side).length > 0)) this.#met('longOfEndedSide');
  }

  #onFact(record: AuditRecord): void {
    const { body } = record;
    if (body.kind === 'sessionSealed') this.#sides.clear();
    else if (body.kind === 'exitTriggered') this.#onExit(body);
    else if (body.kind === 'intentRecorded') this.#onIntent(body.intent);
    else if (body.kind === 'cancelRequested') {
      if (body.principal === 'engine') this.#calledBack.add(body.intentId);
      else this.#keep(body.intentId);
    }
    const event = brokerEventOf(record);
    if (event !== undefined) this.#onEvent(event);
  }

  /** A contract that somebody else opened is no side of anything. */
  #onExit({ positionId, reason }: Extract<AuditBody, { kind: 'exitTriggered' }>): void {
    const right = ENDED_BY[reason];
    const key = `${positionId} ${right}`;
    if (right === undefined || this.#sides.has(key)) return;
    if (this.#intents.get(positionId)?.purpose !== 'open') return;
    this.#sides.set(key, { positionId, right, isKept: false, since: undefined, looks: 0 });
  }

  #onIntent(intent: OrderIntent): void {
    this.#intents.set(intent.intentId, intent);
    for (const side of this.#sidesOf(intent.intentId)) {
      beginAnew(side);
      side.isKept = false;
    }
  }

  /** Ended sides of which a close trades anything. */
  #sidesOf(intentId: string): readonly Side[] {
    const intent = this.#intents.get(intentId);
    if (intent === undefined || !isClose(intent)) return [];
    return [...this.#sides.values()].filter(({ positionId, right }) => {
      if (positionId !== intent.positionId) return false;
      return intent.legs.some(({ instrument }) => isOf(right, instrument));
    });
  }

  #keep(intentId: string): void {
    for (const side of this.#sidesOf(intentId)) side.isKept = true;
  }

  #onEvent(event: BrokerEvent): void {
    if (event.kind === 'fill') this.#onExecution(event.fill.intentId, event);
    else if (event.kind === 'busted') this.#onExecution(event.intentId, event);
    else if (event.kind === 'rejected') this.#onRefusal(event.intentId);
    else if (event.kind === 'cancelled' || event.kind === 'expired') {
      const isOfEngine = event.kind === 'cancelled' && event.by === 'gateway';
      if (!isOfEngine && !this.#calledBack.has(event.intentId)) this.#keep(event.intentId);
    }
  }

  #onExecution(intentId: string, event: BrokerEvent): void {
    const positionId = this.#intents.get(intentId)?.positionId;
    if (positionId === undefined) return;
    const fold = this.#held.get(positionId) ?? new FillFold();
    this.#held.set(positionId, fold);
    fold.apply(event);
  }

  /** Whatever is refused of a position, all of it is tried again later. */
  #onRefusal(intentId: string): void {
    const positionId = this.#intents.get(intentId)?.positionId;
    for (const side of this.#sides.values()) if (side.positionId === positionId) beginAnew(side);
  }

  /** What is held long of the side; nothing while a short of it is. */
  #longsLeft({ positionId, right }: Side): readonly HeldQuantity[] {
    const held = this.#held.get(positionId)?.held() ?? [];
    const side = held.filter(({ instrument }) => isOf(right, instrument));
    return side.some(({ quantity }) => quantity < 0) ? [] : side;
  }

  /** Called after every step; judges after a batch of quotes. */
  afterStep(desk: DeskContext, broker: Pick<BrokerAccount, 'snapshot'>, at: At): void {
    if (!this.#isBatch) return;
    this.#isBatch = false;
    for (const side of this.#sides.values()) {
      const bid = this.#bidFor(desk, side);
      const account = bid.length === 0 ? undefined : broker.snapshot(at);
      if (account === undefined || this.#isExcused(desk, side, bid, account)) {
        beginAnew(side);
        continue;
      }
      side.since ??= desk.at.wall;
      side.looks += 1;
      if (side.looks < LEAST_LOOKS || desk.at.wall - side.since <= LONGEST_MICROS) continue;
      beginAnew(side);
      const { positionId, right } = side;
      this.#report(`the ${right} side of ${positionId} is ended and nothing sells ${bid[0]}`);
    }
  }

  /** Longs of the side, by symbol, that may be sold and that somebody bids for. */
  #bidFor(desk: DeskContext, side: Side): readonly string[] {
    const { at, day, gateway } = desk;
    const longs = side.isKept ? [] : this.#longsLeft(side);
    if (!day.chainOpen || day.reserveExhausted || at.market >= day.session.lastTrade) return [];
    if (isPastCutoff(longs, at.market, day.session, gateway.capabilities)) return [];
    return longs
      .map(({ instrument }) => instrumentSymbol(instrument))
      .filter((symbol) => {
        const quote = quoteOf(desk, symbol);
        const { bid = 0, ask = bid } = quote ?? {};
        const isHeard = quote !== undefined && at.wall - quote.at.wall <= OLDEST_MICROS;
        return isHeard && bid > 0 && bid <= ask;
      });
  }

  /** An order sells all of these at the broker or may do so, somebody else traded in them, or the account holds
   * none: what was bought of one position beyond its short closed that of another. */
  #isExcused(
    { orders }: DeskContext,
    { positionId }: Side,
    bid: readonly string[],
    { positions, workingOrders }: AccountTruth,
  ): boolean {
    const working = new Set(workingOrders.map(({ intentId }) => intentId));
    const isAtWork = (intentId: string): boolean =>
      working.has(intentId) || orders.get(intentId)?.status === 'unknown';
    const closes = [...this.#intents.values()].filter((intent) => {
      return intent.positionId === positionId && isClose(intent) && isAtWork(intent.intentId);
    });
    const sold = new Set(
      closes.flatMap(({ legs }) => legs.map(({ instrument }) => instrumentSymbol(instrument))),
    );
    if (bid.every((symbol) => sold.has(symbol))) return true;
    const there = new Map(positions.map(({ symbol, quantity }) => [symbol, quantity]));
    return bid.some((symbol) => {
      const net = there.get(symbol) ?? 0;
      return net <= 0 || net !== this.#ownOf(symbol);
    });
  }

  /** What is held by all positions of a contract. */
  #ownOf(symbol: string): number {
    const held = [...this.#held.values()].flatMap((fold) => fold.held());
    const lots = held.filter(({ instrument }) => instrumentSymbol(instrument) === symbol);
    return lots.reduce((sum, { quantity }) => sum + quantity, 0);
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#sides.clear();
    this.#intents.clear();
    this.#calledBack.clear();
    this.#held.clear();
    this.#isBatch = false;
    for (const record of records) this.#onFact(record);
  }
}
