/**
 * After a flatten, by the broker's deadline and once a stop that flattens has ended, everything is closed
 * or somebody was told why not. When that is, and what a close gives, is reckoned from the session, the
 * broker and the quotes as they came in.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderLeg } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, epochMicros } from '../../engine/domain/units.ts';
import { isTakenOver } from '../../engine/portfolio/adoptions.ts';
import { externalPositionId } from '../../engine/portfolio/external-position.ts';
import { isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { heldBy, leastPayoffCents } from './expiry-payoff.ts';
import { HeardQuotes } from './heard-quotes.ts';
import { MarkOracle } from './mark-oracle.ts';
import type { MomentWindow } from './moment-oracle.ts';
import type { Report } from './order-oracle.ts';

/** Why everything is to be closed when the engine stops. */
export const AT_THE_STOP = 'at the stop';

/** Market time that a flatten may take in a market that trades. */
const FLAT_WITHIN_MICROS = 180_000_000;
/** A stop that flattens works on a close for so long before it leaves what does not fill. */
const WORKED_BEFORE_STOP_MICROS = 40_000_000;
/** Where another flatten was asked for a moment before a stop nothing need be on its way yet. */
const BEGUN_WITHIN_MICROS = 10_000_000;

/** Alerts that begin with the position they are about and say why it stays. */
const EXPLANATIONS: ReadonlySet<string> = new Set([
  'FLATTEN_INCOMPLETE',
  'FLATTEN_LEFT_OPEN',
  'CLOSE_REJECTED',
  'EXIT_REFUSED',
]);
/** Told at the deadline, with the order that closes it where there is one, or the shorts that it stays for. */
const PAST_DEADLINE = 'OPEN_PAST_DEADLINE';
const STAYS_FOR = /it stays for (.*), which it covers/;
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
  readonly #window: MomentWindow;
  readonly #report: Report;
  readonly #quotes = new HeardQuotes();
  readonly #mark: MarkOracle;
  /** When it was last told why a position stays, in market time. */
  readonly #explainedAt = new Map<string, number>();
  /** Of what covers shorts beside it, those that it was told to stay for. */
  readonly #staysFor = new Map<string, readonly string[]>();
  readonly #leftToExpire = new Set<string>();
  readonly #foundAbsent = new Set<string>();
  #watches: Watch[] = [];
  /** Of what is watched, that of which nothing was held at the last look. */
  #gone: ReadonlySet<string> = new Set();
  /** Of the newest flatten, in market time: it is answered once its record is durable, and what is told of it
   * may come before that. */
  #requestedAt = Number.POSITIVE_INFINITY;
  #faults = { isTrouble: false, isOfJournal: true };
  #troubledUntil = 0;
  #marketTroubledUntil = 0;
  #isPastDeadline = false;
  #hasStopped = false;

  constructor(window: MomentWindow, report: Report) {
    this.#window = window;
    this.#report = report;
    this.#mark = new MarkOracle(window, report);
  }

  onInput(input: Input): void {
    this.#quotes.onInput(input);
    this.#mark.onInput(input);
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
      (positionId) => !this.#isWorthless(desk, positionId) && !mayStay(positionId),
    );
    if (positionIds.length === 0) return;
    const { market } = desk.at;
    const isAnswered = !isUnkept && why !== AT_THE_STOP;
    const since = isAnswered ? Math.min(market, this.#requestedAt) : market;
    const due = addMicros(market, FLAT_WITHIN_MICROS);
    this.#watches.push({ why, since, due, positionIds, isUnkept });
  }

  /** What no journal kept ends with the process: a stop is nobody's promise until its flatten is durable. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#quotes.clear();
    this.#mark.onCrash(records);
    this.#hasStopped = false;
    const kept = records.findLast(({ body }) => body.kind === 'flattenRequested')?.at.market ?? 0;
    this.#watches = this.#watches.filter(({ isUnkept, why, since }) => {
      return !isUnkept && (why !== AT_THE_STOP || kept >= since);
    });
  }

  onRecord(record: AuditRecord): void {
    const { body, at } = record;
    this.#mark.onRecord(record);
    if (body.kind === 'engineStopped') this.#hasStopped = true;
    if (body.kind === 'flattenRequested') this.#requestedAt = at.market;
    if (body.kind === 'alert') this.#onAlert(body.code, body.text, at.market);
    const event = body.kind === 'brokerEvent' ? brokerEventOf(record) : undefined;
    if (event?.kind === 'fill') this.#onFill(event.fill);
  }

  /** What the operator took over was in no book when all was to be closed, and what others open once all of it was
   * gone is theirs, though it has the name of what was. */
  #onFill(fill: Fill): void {
    if (!isOpening(fill.action)) return;
    const opened = externalPositionId(fill.instrument);
    if (!isTakenOver(fill) && !this.#gone.has(opened)) return;
    this.#watches = this.#watches.map((watch) => ({
      ...watch,
      positionIds: watch.positionIds.filter((positionId) => positionId !== opened),
    }));
  }

  /** The desk told somebody about a position by its name. */
  #onAlert(code: string, text: string, market: EpochMicros): void {
    const [positionId = ''] = text.split(/[: ]/);
    const isWorkedOn = code === PAST_DEADLINE && text.includes('to close it is');
    if (EXPLANATIONS.has(code) || isWorkedOn) this.#explainedAt.set(positionId, market);
    const [, shorts] = (code === PAST_DEADLINE && STAYS_FOR.exec(text)) || [];
    if (shorts !== undefined) this.#staysFor.set(positionId, shorts.split(' and '));
    if (code === LEFT_TO_EXPIRE) this.#leftToExpire.add(positionId);
  }

  /** Called on the clock. */
  judge(desk: DeskContext): void {
    this.#mark.judge(desk);
    const { market } = desk.at;
    const watched = this.#watches.flatMap(({ positionIds }) => positionIds);
    this.#gone = new Set(watched.filter((positionId) => !desk.book.structure(positionId)));
    const { leaveAt: since, flatAt } = this.#window;
    if (market >= flatAt && !this.#isPastDeadline) {
      this.#isPastDeadline = true;
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

  /** Called after every step. What a stop leaves nobody closes later: it is judged there and then. */
  afterStep(desk: DeskContext): void {
    this.#mark.afterStep(desk);
    if (!this.#hasStopped) return;
    this.#hasStopped = false;
    const watches = this.#watches;
    this.#watches = [];
    if (desk.at.market >= this.#window.lastOrderAt) return;
    for (const watch of watches) {
      if (desk.at.market <= this.#untilTroubleOf(watch)) continue;
      for (const positionId of this.#openOf(desk, watch)) {
        if (!isGoneAbout(desk, positionId, watch)) this.#object(desk, positionId, watch);
      }
    }
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

  #isExplained({ book }: DeskContext, positionId: string, { since }: Watch): boolean {
    const shorts = this.#staysFor.get(positionId) ?? [];
    const isCover = shorts.some((name) => book.structure(name) !== undefined);
    return isCover || (this.#explainedAt.get(positionId) ?? 0) >= since;
  }

  #untilTroubleOf({ isUnkept }: Watch): number {
    return isUnkept ? this.#marketTroubledUntil : this.#troubledUntil;
  }

  /** What is still open of it, is worth something to somebody, and of which nobody was told. */
  #openOf(desk: DeskContext, watch: Watch): readonly string[] {
    return openIds(desk).filter((positionId) => {
      if (!watch.positionIds.includes(positionId)) return false;
      return !this.#isExplained(desk, positionId, watch) && !this.#isWorthless(desk, positionId);
    });
  }

  #judge(desk: DeskContext, watch: Watch): void {
    const until = this.#untilTroubleOf(watch);
    if (desk.at.market <= until) {
      this.#watches.push({ ...watch, due: addMicros(epochMicros(until), 1) });
      return;
    }
    for (const positionId of this.#openOf(desk, watch)) {
      if (desk.orders.closing(positionId).some((order) => this.#isExcused(order))) continue;
      const isLate = this.#leftToExpire.has(positionId) && isJustBeingClosed(desk, positionId);
      if (isLate || this.#wasUnknown(desk, positionId)) {
        const due = addMicros(desk.at.market, FLAT_WITHIN_MICROS);
        this.#watches.push({ ...watch, due, positionIds: [positionId] });
        continue;
      }
      this.#object(desk, positionId, watch);
    }
  }

  #object({ at }: DeskContext, positionId: string, { why }: Watch): void {
    const time = newYorkText(at.market);
    this.#report(`${time}: ${positionId} is still open ${why} and nobody was told why`);
  }

  /** Longs that nobody bids for are left to expire. */
  #isWorthless(desk: DeskContext, positionId: string): boolean {
    const legs = desk.book.structure(positionId)?.legs ?? [];
    return legs
      .filter(({ quantity }) => quantity !== 0)
      .every(({ instrument, quantity }) => {
        const bid = this.#quotes.of(instrumentSymbol(instrument))?.bid;
        return quantity > 0 && (bid === undefined || bid <= 0);
      });
  }

  /** Its outcome is open, which is paged; or it gives all that the quotes ask, or all that what it closes can
   * ever be worth, and nobody takes it. */
  #isExcused({ status, intent: { legs }, limit }: OrderRecord): boolean {
    if (status !== 'working') return status === 'unknown';
    return limit <= Math.max(this.#naturalOf(legs), leastOf(legs));
  }

  /** What the legs bring together at the far side of every quote; no end to what they cost where one of them
   * is offered by nobody. */
  #naturalOf(legs: readonly OrderLeg[]): number {
    return legs.reduce((net, { instrument, action, ratio }) => {
      const { bid = 0, ask = Number.POSITIVE_INFINITY } =
        this.#quotes.of(instrumentSymbol(instrument)) ?? {};
      const brought = legSign(action) > 0 ? 0 - ask : bid;
      return net + brought * ratio;
    }, 0);
  }
}

/** What a close can bring at the very least, whatever becomes of what it closes. An option's price per share
 * in 1/10,000 dollar is its price in cents a contract. */
function leastOf(legs: readonly OrderLeg[]): number {
  return leastPayoffCents(heldBy(legs, -1));
}

function openIds(desk: DeskContext): readonly string[] {
  const held = desk.book.structures().filter(isOpen);
  return held.map(({ positionId }) => positionId);
}

/** True where a stop leaves it no sooner than it may: a close of it was worked for as long as that, or works
 * for the flatten before it, or that was asked for just now. */
function isGoneAbout(desk: DeskContext, positionId: string, { why, since }: Watch): boolean {
  const lasted = desk.at.market - since;
  const isClosing = desk.orders.closing(positionId).length > 0;
  if (why === AT_THE_STOP) return isClosing && lasted >= WORKED_BEFORE_STOP_MICROS;
  return isClosing || lasted < BEGUN_WITHIN_MICROS;
}

/** True for what is being closed only now: a long that nobody bid for until a moment ago. */
function isJustBeingClosed(desk: DeskContext, positionId: string): boolean {
  const since = addMicros(desk.at.market, -FLAT_WITHIN_MICROS);
  return desk.orders.closing(positionId).some(({ createdAt }) => createdAt.market > since);
}
