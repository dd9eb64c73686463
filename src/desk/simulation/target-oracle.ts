/**
 * What closes a position for its profit target alone brings the target: each unit that fills leaves the whole
 * trade no worse than its plan says, unless something has hurried the order or the time to leave has come. What
 * it left for want of a bid keeps its units open: they are judged together, and what that brings counts once it
 * is sold. Reckoned from the records, with arithmetic of its own; where somebody else trades in the position meanwhile
 * or moves the order, where a close of it was refused, and where an execution is taken back, nothing is said. One
 * user.
 */

import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { rightOf } from '../exits/close-legs.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { Report } from './order-oracle.ts';
import type { WholeUnit } from './whole-trade.ts';
import { WholeTrades } from './whole-trade.ts';

/** A close for a target, and what has filled of it. */
interface TargetClose {
  readonly intent: OrderIntent;
  /** Symbols of what it left for want of a bid. */
  readonly left: ReadonlySet<string>;
  /** What it filled, and what is left, are units still: each is judged with those before it. */
  isJudgedWhole: boolean;
  readonly timeExitAt: EpochMicros;
  /** What one unit of it may cost. */
  readonly mostDebit: number;
  readonly contracts: Map<string, number>;
  /** With what was sold of what it left. */
  debit: number;
  /** Whole units so far, and what they cost. */
  judged: { readonly units: number; readonly debit: number };
}

/** How a limit was moved that something hurries. */
const HURRIED: ReadonlySet<string> = new Set(['fast', 'urgent']);
/** What tells that somebody else has moved an order, or must have. */
const BY_OTHERS: ReadonlySet<string> = new Set(['ORDER_MOVED', 'FILLED_WORSE']);

/** What the order leaves of the trade, longs alone that nobody bids for; undefined where it leaves anything else. */
function leftBy(
  desk: DeskContext,
  { legs, quantity }: OrderIntent,
  whole: WholeUnit,
): readonly HeldLeg[] | undefined {
  const taken = new Map(
    legs.map(({ instrument, action, ratio }) => {
      return [instrumentSymbol(instrument), -legSign(action) * ratio * quantity] as const;
    }),
  );
  const left: HeldLeg[] = [];
  for (const leg of whole.legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const isUnbid = leg.quantity > 0 && (quoteOf(desk, symbol)?.bid ?? 0) === 0;
    if (taken.get(symbol) !== leg.quantity) {
      if (taken.has(symbol) || !isUnbid) return undefined;
      left.push(leg);
    }
    taken.delete(symbol);
  }
  return taken.size === 0 ? left : undefined;
}

/** True for a long with no short of its right in the order: units are not gone without it. */
function isNoWing(long: HeldLeg, { legs }: OrderIntent): boolean {
  return !legs.some((leg) => leg.action === 'buyToClose' && rightOf(leg) === rightOf(long));
}

function isOf(symbol: string, { legs }: OrderIntent): boolean {
  return legs.some(({ instrument }) => instrumentSymbol(instrument) === symbol);
}

/** Units of which every leg has filled; undefined while some leg has filled more than another. */
function evenUnits({ intent, contracts }: TargetClose): number | undefined {
  const [first = 0, ...others] = intent.legs.map(({ instrument, ratio }) => {
    return (contracts.get(instrumentSymbol(instrument)) ?? 0) / ratio;
  });
  return others.every((units) => units === first) ? first : undefined;
}

export class TargetOracle {
  readonly #report: Report;
  readonly #met: (what: string) => void;
  readonly #trades = new WholeTrades();
  readonly #positionOf = new Map<string, string>();
  /** Positions of which a close was refused: their legs may go one at a time. */
  readonly #refused = new Set<string>();
  readonly #closes = new Map<string, TargetClose>();
  readonly #fillIds = new Set<string>();
  /** What is to be reported of closes once the step is over. */
  readonly #worse = new Map<string, string>();
  #triggered: string | undefined;
  /** Recorded in this step and not looked at. */
  #given: OrderIntent[] = [];

  /** `met`: hears of what is rare and worth meeting. */
  constructor(report: Report, met: (what: string) => void) {
    this.#report = report;
    this.#met = met;
  }

  onRecord(record: AuditRecord): void {
    const { body } = record;
    this.#trades.onRecord(record);
    if (body.kind === 'exitTriggered') {
      const isTarget = body.reason === 'target' && !('goesOnFrom' in body.numbers);
      this.#triggered = isTarget ? body.positionId : undefined;
    }
    if (body.kind === 'intentRecorded') this.#onIntent(body.intent);
    this.#onMoved(body);
    const event = brokerEventOf(record);
    if (event?.kind === 'rejected') this.#refused.add(this.#positionOf.get(event.intentId) ?? '');
    if (event?.kind === 'busted') this.#forget(this.#positionOf.get(event.intentId) ?? '');
    if (event?.kind === 'fill') this.#onFill(event.fill, record.at.market);
  }

  /** By the engine, or by somebody else, which it tells. */
  #onMoved(body: AuditBody): void {
    if (body.kind === 'alert' && BY_OTHERS.has(body.code)) {
      this.#closes.delete(body.subject ?? '');
      this.#worse.delete(body.subject ?? '');
    }
    if (body.kind !== 'repriced') return;
    const { intentId, reason, exitPlan } = body;
    if (HURRIED.has(reason) || exitPlan !== undefined) this.#closes.delete(intentId);
    if (exitPlan !== undefined) this.#forget(intentId);
  }

  #onIntent(intent: OrderIntent): void {
    const { intentId, positionId, purpose } = intent;
    this.#positionOf.set(intentId, positionId);
    if (purpose === 'exit' && this.#triggered === positionId) this.#given.push(intent);
    this.#triggered = undefined;
  }

  /** Nothing is said of closes of the position any more. */
  #forget(positionId: string): void {
    for (const [intentId, { intent }] of this.#closes) {
      if (intent.positionId === positionId) this.#closes.delete(intentId);
    }
  }

  #onFill(fill: Fill, market: EpochMicros): void {
    const { fillId, intentId, instrument, action, quantity, price } = fill;
    if (this.#fillIds.has(fillId)) return;
    this.#fillIds.add(fillId);
    const symbol = instrumentSymbol(instrument);
    const debit = legSign(action) * price * quantity;
    this.#onFillBeside(fill, debit);
    const close = this.#closes.get(intentId);
    if (close === undefined) return;
    if (market >= close.timeExitAt) {
      this.#closes.delete(intentId);
      return;
    }
    close.contracts.set(symbol, (close.contracts.get(symbol) ?? 0) + quantity);
    close.debit += debit;
    this.#judge(close);
  }

  /** What an order of the position sells of what a close left is gain; whoever else trades in it ends what can
   * be said. */
  #onFillBeside({ intentId, instrument, action }: Fill, debit: number): void {
    const symbol = instrumentSymbol(instrument);
    const positionId = this.#positionOf.get(intentId);
    for (const [id, other] of this.#closes) {
      if (id === intentId || !(isOf(symbol, other.intent) || other.left.has(symbol))) continue;
      const isOurs = positionId === other.intent.positionId && action === 'sellToClose';
      if (isOurs && other.left.has(symbol)) {
        other.debit += debit;
        other.isJudgedWhole = true;
      } else this.#closes.delete(id);
    }
  }

  #judge(close: TargetClose): void {
    const units = evenUnits(close);
    const { intent, isJudgedWhole, judged, debit, mostDebit } = close;
    if (units === undefined || units <= judged.units) return;
    const before = isJudgedWhole ? { units: 0, debit: 0 } : judged;
    const each = (debit - before.debit) / (units - before.units);
    close.judged = { units, debit };
    this.#met('targetFilled');
    if (each <= mostDebit + 1) return;
    const { intentId, positionId } = intent;
    const what = `${intentId} closes ${positionId} for its target at ${each}, which is worse than ${mostDebit}`;
    this.#worse.set(intentId, what);
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    for (const what of this.#worse.values()) this.#report(what);
    this.#worse.clear();
    for (const intent of this.#given.splice(0)) this.#begin(desk, intent);
  }

  #begin(desk: DeskContext, intent: OrderIntent): void {
    const { intentId, positionId, quantity } = intent;
    const position = desk.book.structure(positionId);
    const { target, timeExitAt } = this.#trades.planOf(positionId);
    if (position === undefined || target === undefined || timeExitAt === undefined) return;
    const whole = this.#trades.wholeOf(position);
    if (whole.units === undefined || this.#refused.has(positionId)) return;
    const left = leftBy(desk, intent, whole);
    if (left === undefined) return;
    const debit = target.kind === 'debitAtOrBelow' ? target.price : 0 - target.price;
    this.#closes.set(intentId, {
      intent,
      left: new Set(left.map(({ instrument }) => instrumentSymbol(instrument))),
      isJudgedWhole: left.some((leg) => isNoWing(leg, intent)),
      timeExitAt,
      mostDebit: ((debit - whole.gone) * whole.units) / quantity,
      contracts: new Map(),
      debit: 0,
      judged: { units: 0, debit: 0 },
    });
  }

  /** Another process; what was sent stays sent. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#trades.clear();
    this.#triggered = undefined;
    this.#worse.clear();
    this.#given = [];
    for (const record of records) this.#trades.onRecord(record);
  }
}
