/**
 * What closes a position for its profit target alone brings the target: each unit that fills leaves the whole
 * trade no worse than its plan says, unless something has hurried the order or the time to leave has come. What
 * it left for want of a bid may go by an order of its own once there is one: then the two bring it together.
 * Reckoned from the records, with arithmetic of its own; where somebody else trades in the position meanwhile,
 * where a close of it was refused, and where an execution is taken back, nothing is said. One user.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { Report } from './order-oracle.ts';
import type { WholeUnit } from './whole-trade.ts';
import { WholeTrades } from './whole-trade.ts';

/** A close for a target, and what has filled of it. */
interface TargetClose {
  readonly intent: OrderIntent;
  /** Orders for what it left. */
  readonly beside: OrderIntent[];
  readonly timeExitAt: EpochMicros;
  /** What one unit of it may cost. */
  readonly mostDebit: number;
  readonly fillIds: Set<string>;
  readonly contracts: Map<string, number>;
  debit: number;
  /** Whole units so far, and what they cost. */
  judged: { readonly units: number; readonly debit: number };
}

/** How a limit was moved that something hurries. */
const HURRIED: ReadonlySet<string> = new Set(['fast', 'urgent']);

/** True where the order takes all that is held of the trade, but for longs that nobody bids for. */
function takesAll(desk: DeskContext, { legs, quantity }: OrderIntent, whole: WholeUnit): boolean {
  const taken = new Map(
    legs.map(({ instrument, action, ratio }) => {
      return [instrumentSymbol(instrument), -legSign(action) * ratio * quantity] as const;
    }),
  );
  for (const { instrument, quantity: held } of whole.legs) {
    const symbol = instrumentSymbol(instrument);
    const isUnbid = held > 0 && (quoteOf(desk, symbol)?.bid ?? 0) === 0;
    if (taken.get(symbol) !== held && (taken.has(symbol) || !isUnbid)) return false;
    taken.delete(symbol);
  }
  return taken.size === 0;
}

function isOf(symbol: string, { legs }: OrderIntent): boolean {
  return legs.some(({ instrument }) => instrumentSymbol(instrument) === symbol);
}

/** Units of which every leg has filled; undefined while some leg has filled more than another, and of several
 * orders until all of them has. */
function evenUnits({ intent, beside, contracts }: TargetClose): number | undefined {
  const [first = 0, ...others] = [intent, ...beside].flatMap(({ legs, quantity }) =>
    legs.map(({ instrument, ratio }) => {
      const filled = contracts.get(instrumentSymbol(instrument)) ?? 0;
      return (filled * intent.quantity) / (ratio * quantity);
    }),
  );
  if (beside.length > 0 && first < intent.quantity) return undefined;
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
    if (body.kind === 'repriced' && (HURRIED.has(body.reason) || body.exitPlan !== undefined)) {
      this.#closes.delete(body.intentId);
      if (body.exitPlan !== undefined) this.#forget(body.intentId);
    }
    const event = brokerEventOf(record);
    if (event?.kind === 'rejected') this.#refused.add(this.#positionOf.get(event.intentId) ?? '');
    if (event?.kind === 'busted') this.#forget(this.#positionOf.get(event.intentId) ?? '');
    if (event?.kind === 'fill') this.#onFill(event.fill, record.at.market);
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
    const symbol = instrumentSymbol(instrument);
    const close = this.#closes.get(intentId);
    for (const [id, other] of this.#closes) {
      const isOfIt = [other.intent, ...other.beside].some((order) => isOf(symbol, order));
      if (other !== close && isOfIt) this.#closes.delete(id);
    }
    if (close === undefined || close.fillIds.has(fillId)) return;
    if (market >= close.timeExitAt) {
      this.#closes.delete(intentId);
      return;
    }
    close.fillIds.add(fillId);
    close.contracts.set(symbol, (close.contracts.get(symbol) ?? 0) + quantity);
    close.debit += legSign(action) * price * quantity;
    this.#judge(close);
  }

  #judge(close: TargetClose): void {
    const units = evenUnits(close);
    const { intent, judged, debit, mostDebit } = close;
    if (units === undefined || units <= judged.units) return;
    const each = (debit - judged.debit) / (units - judged.units);
    close.judged = { units, debit };
    this.#met('targetFilled');
    if (each <= mostDebit + 1) return;
    const { intentId, positionId } = intent;
    this.#report(
      `${intentId} closes ${positionId} for its target at ${each}, which is worse than ${mostDebit}`,
    );
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    if (this.#given.length === 0) return;
    for (const intent of this.#given.splice(0)) this.#begin(desk, intent);
  }

  #begin(desk: DeskContext, intent: OrderIntent): void {
    const { intentId, positionId, quantity } = intent;
    const position = desk.book.structure(positionId);
    const { target, timeExitAt } = this.#trades.planOf(positionId);
    if (position === undefined || target === undefined || timeExitAt === undefined) return;
    const whole = this.#trades.wholeOf(position);
    if (whole.units === undefined || this.#refused.has(positionId)) return;
    if (!takesAll(desk, intent, whole)) {
      this.#beginBeside(intent);
      return;
    }
    const debit = target.kind === 'debitAtOrBelow' ? target.price : 0 - target.price;
    this.#closes.set(intentId, {
      intent,
      beside: [],
      timeExitAt,
      mostDebit: ((debit - whole.gone) * whole.units) / quantity,
      fillIds: new Set(),
      contracts: new Map(),
      debit: 0,
      judged: { units: 0, debit: 0 },
    });
  }

  /** An order for what a close left that has not filled yet. */
  #beginBeside(order: OrderIntent): void {
    const close = [...this.#closes.values()].find(({ intent, judged }) => {
      const isLeft = judged.units < intent.quantity && intent.positionId === order.positionId;
      return isLeft && !order.legs.some((leg) => isOf(instrumentSymbol(leg.instrument), intent));
    });
    if (close === undefined) return;
    close.beside.push(order);
    this.#closes.set(order.intentId, close);
  }

  /** Another process; what was sent stays sent. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#trades.clear();
    this.#triggered = undefined;
    this.#given = [];
    for (const record of records) this.#trades.onRecord(record);
  }
}
