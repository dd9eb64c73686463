/** After a flatten, and by the broker's deadline, everything is closed or somebody was told why not. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, epochMicros } from '../../engine/domain/units.ts';
import { isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { concedesAll } from '../orders/limit-walker.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import type { Report } from './order-oracle.ts';

/** Why everything is to be closed when the engine stops. */
export const AT_THE_STOP = 'at the stop';

/** Market time that a flatten may take in a market that trades. */
const FLAT_WITHIN_MICROS = 180_000_000;

/** Alerts that begin with the position they are about and say why it stays. */
const EXPLANATIONS: ReadonlySet<string> = new Set([
  'FLATTEN_INCOMPLETE',
  'FLATTEN_LEFT_OPEN',
  'CLOSE_REJECTED',
  'EXIT_REFUSED',
]);
/** Told at the deadline, with the order that closes it where there is one. */
const PAST_DEADLINE = 'OPEN_PAST_DEADLINE';
/** Nobody bid for it when this was told. It excuses nothing for longer than until somebody does. */
const LEFT_TO_EXPIRE = 'LEFT_TO_EXPIRE';

/** The clock of a calm session ticks at least this often. */
const LOOKS_EVERY_MICROS = 30_000_000;

interface Watch {
  readonly why: string;
  /** What was told before this explains nothing. */
  readonly since: number;
  readonly due: EpochMicros;
  readonly positionIds: readonly string[];
  /** The journal had no part in it: its troubles excuse nothing, and a restart need not go on with it. */
  readonly isUnkept: boolean;
}

export class FlatOracle {
  readonly #report: Report;
  /** When it was last told why a position stays, in market time. */
  readonly #explainedAt = new Map<string, number>();
  readonly #leftToExpire = new Set<string>();
  readonly #foundAbsent = new Set<string>();
  #watches: Watch[] = [];
  #faults = { isTrouble: false, isOfJournal: true };
  #troubledUntil = 0;
  #marketTroubledUntil = 0;
  #deadlineWatched = '';

  constructor(report: Report) {
    this.#report = report;
  }

  /** Something stands between the desk and the market until a while after this moment. */
  onTrouble(market: EpochMicros): void {
    this.#troubledUntil = addMicros(market, FLAT_WITHIN_MICROS + LOOKS_EVERY_MICROS);
    this.#marketTroubledUntil = this.#troubledUntil;
  }

  /** Called on the clock: faults that hold up closes, or only what needs the journal. */
  onFaults(
    faults: { readonly isTrouble: boolean; readonly isOfJournal: boolean },
    market: EpochMicros,
  ): void {
    const { isTrouble, isOfJournal } = this.#faults;
    this.#faults = { isTrouble: faults.isTrouble, isOfJournal: faults.isOfJournal };
    const before = this.#marketTroubledUntil;
    // What was wrong at the last look was so until this one.
    if (faults.isTrouble || isTrouble) this.onTrouble(market);
    if (faults.isOfJournal && isOfJournal) this.#marketTroubledUntil = before;
  }

  /** Everything held now was to be closed at this moment, but for what `mayStay`. Where not even the
   * journal's reserve takes the request, which is paged, only the operator's own word does that. */
  onFlatten(
    desk: DeskContext,
    why: string,
    {
      mayStay = () => false,
      isConsole = false,
    }: { mayStay?: (positionId: string) => boolean; isConsole?: boolean } = {},
  ): void {
    const isUnkept = desk.day.reserveExhausted || desk.day.journalStalled;
    if (isUnkept && !isConsole) return;
    const positionIds = openIds(desk).filter(
      (positionId) => !isWorthless(desk, positionId) && !mayStay(positionId),
    );
    if (positionIds.length === 0) return;
    const due = addMicros(desk.at.market, FLAT_WITHIN_MICROS);
    this.#watches.push({ why, since: desk.at.market, due, positionIds, isUnkept });
  }

  /** What no journal kept ends with the process: a stop is nobody's promise until its flatten is durable. */
  onCrash(records: readonly AuditRecord[]): void {
    const kept = records.findLast(({ body }) => body.kind === 'flattenRequested')?.at.market ?? 0;
    this.#watches = this.#watches.filter(({ isUnkept, why, since }) => {
      return !isUnkept && (why !== AT_THE_STOP || kept >= since);
    });
  }

  /** The desk told somebody about a position by its name. */
  onAlert(code: string, text: string, market: EpochMicros): void {
    const [positionId = ''] = text.split(/[: ]/);
    const isWorkedOn = code === PAST_DEADLINE && text.includes('to close it is');
    if (EXPLANATIONS.has(code) || isWorkedOn) this.#explainedAt.set(positionId, market);
    if (code === LEFT_TO_EXPIRE) this.#leftToExpire.add(positionId);
  }

  /** Called on the clock. */
  judge(desk: DeskContext): void {
    const { market } = desk.at;
    const { flattenStartAt: since, flattenDeadlineAt } = desk.day.schedule;
    const isDeadline =
      market >= flattenDeadlineAt && this.#deadlineWatched !== desk.day.session.date;
    if (isDeadline) {
      this.#deadlineWatched = desk.day.session.date;
      const due = addMicros(market, FLAT_WITHIN_MICROS);
      const why = 'by the deadline';
      const late = openIds(desk).filter((positionId) => isJustBeingClosed(desk, positionId));
      const rest = openIds(desk).filter((positionId) => !late.includes(positionId));
      const watch = { why, since, isUnkept: false };
      this.#watches.push({ ...watch, due, positionIds: late });
      this.#judge(desk, { ...watch, due: market, positionIds: rest });
    }
    const due = this.#watches.filter((watch) => watch.due <= market);
    this.#watches = this.#watches.filter((watch) => watch.due > market);
    for (const watch of due) this.#judge(desk, watch);
  }

  /** True once for each close of it whose outcome was open until a moment ago, which was paged: only
   * then another could be sent. */
  #wasUnknown(desk: DeskContext, positionId: string): boolean {
    const since = addMicros(desk.at.market, -FLAT_WITHIN_MICROS);
    const absent = desk.orders.all().find(({ intent, status, updatedAt }) => {
      const { intentId } = intent;
      const isOfIt = intent.positionId === positionId && intent.purpose !== 'open';
      const isRecent = status === 'absentPresumed' && updatedAt.market > since;
      return isOfIt && isRecent && !this.#foundAbsent.has(intentId);
    });
    if (absent !== undefined) this.#foundAbsent.add(absent.intent.intentId);
    return absent !== undefined;
  }

  #isExplained(positionId: string, { since }: Watch): boolean {
    return (this.#explainedAt.get(positionId) ?? 0) >= since;
  }

  #judge(desk: DeskContext, watch: Watch): void {
    const until = watch.isUnkept ? this.#marketTroubledUntil : this.#troubledUntil;
    if (desk.at.market <= until) {
      this.#watches.push({ ...watch, due: addMicros(epochMicros(until), 1) });
      return;
    }
    for (const position of desk.book.structures()) {
      const { positionId } = position;
      if (!watch.positionIds.includes(positionId) || !isOpen(position)) continue;
      if (this.#isExplained(positionId, watch) || isWorthless(desk, positionId)) continue;
      if (desk.orders.closing(positionId).some((order) => isExcused(desk, order))) continue;
      const isLate = this.#leftToExpire.has(positionId) && isJustBeingClosed(desk, positionId);
      if (isLate || this.#wasUnknown(desk, positionId)) {
        const due = addMicros(desk.at.market, FLAT_WITHIN_MICROS);
        this.#watches.push({ ...watch, due, positionIds: [positionId] });
        continue;
      }
      const time = newYorkText(desk.at.market);
      this.#report(`${time}: ${positionId} is still open ${watch.why} and nobody was told why`);
    }
  }
}

function openIds(desk: DeskContext): readonly string[] {
  const held = desk.book.structures().filter(isOpen);
  return held.map(({ positionId }) => positionId);
}

/** Its outcome is open, which is paged; or it asks for the worst price that can make sense, and nobody
 * takes it. */
function isExcused(desk: DeskContext, order: OrderRecord): boolean {
  return order.status === 'unknown' || (order.status === 'working' && concedesAll(desk, order));
}

/** True for what is being closed only now: a long that nobody bid for until a moment ago. */
function isJustBeingClosed(desk: DeskContext, positionId: string): boolean {
  const since = addMicros(desk.at.market, -FLAT_WITHIN_MICROS);
  return desk.orders.closing(positionId).some(({ createdAt }) => createdAt.market > since);
}

/** Longs that nobody bids for are left to expire. */
function isWorthless(desk: DeskContext, positionId: string): boolean {
  const legs = desk.book.structure(positionId)?.legs ?? [];
  return legs
    .filter(({ quantity }) => quantity !== 0)
    .every(({ instrument, quantity }) => {
      const bid = quoteOf(desk, instrumentSymbol(instrument))?.bid;
      return quantity > 0 && (bid === undefined || bid <= 0);
    });
}
