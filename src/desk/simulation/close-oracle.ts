/**
 * What traders asked to be closed: it is asked for until it is gone or a person calls it off, whatever
 * becomes of the order they confirmed; and the engine goes on with nothing that nobody asks for any more.
 * Reckoned from the records. One user.
 */

import { isPastCutoff } from '../../broker/order-cutoff.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { type EpochMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { externalPositionId } from '../../engine/portfolio/external-position.ts';
import { isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { brokerEventOf } from '../journal-summary.ts';
import type { Ended } from '../orders/ended-closes.ts';
import { leastPayoffCents } from './expiry-payoff.ts';
import { LookClock } from './look-clock.ts';
import type { Report } from './order-oracle.ts';

/** Longer than the longest pause between two tries that the broker's refusals ask for, in calm. */
const LONGEST_MICROS = 330 * MICROS_PER_SECOND;
const DOUBTED_MICROS = 16 * MICROS_PER_SECOND;
/** Alerts that begin with the position they are about and say why it cannot be closed. */
const EXPLANATIONS: ReadonlySet<string> = new Set(['EXIT_REFUSED', 'FLATTEN_INCOMPLETE']);

interface Asked {
  /** All of the position is to go. */
  readonly isOfAll: boolean;
  /** For how long nothing closed it and nobody was told why. */
  idle: number;
}

export class CloseOracle {
  readonly #report: Report;
  readonly #intents = new Map<string, OrderIntent>();
  /** What was called back here, with the wall time at which the broker spoke against it, if it did. */
  readonly #calledBack = new Map<string, EpochMicros | undefined>();
  /** Orders whose end was told: a broker tells it again after each start. */
  readonly #ended = new Set<string>();
  readonly #asked = new Map<string, Asked>();
  #reason: string | undefined;
  readonly #looks = new LookClock();
  #isWaiting = false;
  #lastSeq = 0;
  /** Positions that were asked to be closed and were gone, by the newest record of then. */
  readonly #gone: { readonly seq: number; readonly positionId: string }[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  onRecord(record: AuditRecord): void {
    const { body } = record;
    if (
      body.kind === 'exitTriggered' &&
      body.reason === 'asked' &&
      !this.#asked.has(body.positionId)
    ) {
      this.#report(`${body.positionId} is closed on and nobody asks for it any more`);
    }
    if (body.kind === 'alert' && EXPLANATIONS.has(body.code)) {
      const asked = this.#asked.get(body.text.split(/[: ]/)[0] ?? '');
      if (asked !== undefined) asked.idle = 0;
    }
    this.#onFact(record);
  }

  #onFact(record: AuditRecord): void {
    const { body } = record;
    this.#lastSeq = record.seq;
    if (body.kind === 'exitTriggered') this.#reason = body.reason;
    else if (body.kind === 'intentRecorded') this.#onIntent(body.intent, body.closesAll === true);
    else if (body.kind === 'sessionSealed') this.#asked.clear();
    else if (body.kind === 'orderResolved' && body.outcome === 'absentPresumed') {
      this.#callOff(body.intentId);
    } else if (body.kind === 'cancelRequested') {
      this.#calledBack.set(body.intentId, undefined);
      if (body.principal !== 'engine') this.#callOff(body.intentId);
    }
    const event = brokerEventOf(record);
    if (event?.kind === 'cancelRejected') this.#onRefused(event.intentId, record.at.wall);
    if (event?.kind === 'fill') this.#onFill(event.fill);
    if (event?.kind === 'cancelled' || event?.kind === 'expired')
      this.#onEnded(event, record.at.wall);
    if (event?.kind === 'reopened') {
      this.#ended.delete(event.intentId);
      this.#calledBack.delete(event.intentId);
    }
  }

  #onEnded(event: Ended, wall: EpochMicros): void {
    if (this.#ended.has(event.intentId)) return;
    this.#ended.add(event.intentId);
    if (!this.#isOfEngine(event, wall)) this.#callOff(event.intentId);
  }

  /** A word against a cancel that has its answer already is of a new limit. */
  #onRefused(intentId: string, wall: EpochMicros): void {
    const isOwed = this.#calledBack.has(intentId) && this.#calledBack.get(intentId) === undefined;
    if (isOwed) this.#calledBack.set(intentId, wall);
  }

  /** A cancel of this engine's stands, or a word against it is so young that it may be of something else; or its
   * gateway did it. */
  #isOfEngine(event: Ended, wall: EpochMicros): boolean {
    if (event.kind === 'cancelled' && event.by === 'gateway') return true;
    const { intentId } = event;
    const refusedAt = this.#calledBack.get(intentId);
    if (refusedAt === undefined) return this.#calledBack.has(intentId);
    return wall - refusedAt <= DOUBTED_MICROS;
  }

  #onIntent(intent: OrderIntent, isOfAll: boolean): void {
    const { intentId, positionId, purpose } = intent;
    const isGoingOn = purpose === 'exit' && this.#reason === 'asked';
    this.#reason = undefined;
    if (purpose !== 'close' && !isGoingOn) return;
    this.#intents.set(intentId, intent);
    if (isGoingOn) return;
    const known = this.#asked.get(positionId);
    this.#asked.set(positionId, { isOfAll: isOfAll || known?.isOfAll === true, idle: 0 });
  }

  /** What somebody else adds to a position by contract comes later than the word: that is not asked for. */
  #onFill({ instrument, action }: Fill): void {
    if (!action.endsWith('Open')) return;
    const positionId = externalPositionId(instrument);
    const asked = this.#asked.get(positionId);
    if (asked !== undefined) this.#asked.set(positionId, { ...asked, isOfAll: false });
  }

  #callOff(intentId: string): void {
    const intent = this.#intents.get(intentId);
    if (intent !== undefined) this.#asked.delete(intent.positionId);
  }

  /** What is gone, and is opened no further, is asked for no more, also where it comes back. */
  afterStep({ book, orders }: DeskContext): void {
    for (const positionId of this.#asked.keys()) {
      const position = book.structure(positionId);
      if (position !== undefined && isOpen(position)) continue;
      const isOpened = orders.live().some(({ intent }) => {
        return intent.purpose === 'open' && intent.positionId === positionId;
      });
      if (isOpened) continue;
      this.#asked.delete(positionId);
      this.#gone.push({ seq: this.#lastSeq, positionId });
    }
  }

  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Called on the clock, with the time as it is. `isTrouble`: a fault may hold up closes. */
  judge(desk: DeskContext, isTrouble: boolean, { market: now }: At): void {
    const counted = this.#looks.look(now);
    this.#isWaiting = false;
    for (const [positionId, asked] of this.#asked) {
      if (isTrouble || !asked.isOfAll || this.#isExcused(desk, positionId)) {
        asked.idle = 0;
        continue;
      }
      this.#isWaiting = true;
      asked.idle += counted;
      if (asked.idle <= LONGEST_MICROS) continue;
      asked.idle = 0;
      this.#report(`${positionId} was asked to be closed, and nothing closes it`);
    }
  }

  /** It is being closed, cannot be at this hour, or is worth nothing to anybody. */
  #isExcused(desk: DeskContext, positionId: string): boolean {
    const { at, day, gateway, orders } = desk;
    const legs = (desk.book.structure(positionId)?.legs ?? []).filter(
      ({ quantity }) => quantity !== 0,
    );
    if (!day.chainOpen || day.reserveExhausted || at.market >= day.session.exerciseMark)
      return true;
    if (orders.closing(positionId).length > 0 || !day.reconciled) return true;
    if (isPastCutoff(legs, at.market, day.session, gateway.capabilities)) return true;
    if (legs.every((leg) => isNeededAsCover(desk, leg))) return true;
    return legs.every(({ instrument, quantity }) => {
      const bid = quoteOf(desk, instrumentSymbol(instrument))?.bid;
      return quantity > 0 && (bid === undefined || bid <= 0);
    });
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#intents.clear();
    this.#calledBack.clear();
    this.#ended.clear();
    this.#asked.clear();
    this.#reason = undefined;
    this.#looks.forget();
    const gone = this.#gone.splice(0).filter(({ seq }) => seq <= (records.at(-1)?.seq ?? 0));
    this.#gone.push(...gone);
    for (const record of records) {
      this.#onFact(record);
      for (const { seq, positionId } of gone)
        if (seq === record.seq) this.#asked.delete(positionId);
    }
  }
}

/** A long of what others opened while as many of their contracts of its right and expiry are short as are long,
 * or without one of which the others may lose more: its card says that it stays until a short is gone. */
function isNeededAsCover({ book }: DeskContext, { instrument, quantity }: HeldLeg): boolean {
  if (quantity < 0 || instrument.kind !== 'option') return false;
  const { root, right, expiry } = instrument;
  const alike = book
    .structures()
    .filter(({ strategy }) => strategy === 'external')
    .flatMap(({ legs }) => legs)
    .filter(({ instrument: other }) => {
      return (
        other.kind === 'option' &&
        other.root === root &&
        other.right === right &&
        other.expiry === expiry
      );
    });
  const net = alike.reduce((sum, leg) => sum + leg.quantity, 0);
  const less = [...alike, { instrument, quantity: -1 }];
  return net <= 0 || leastPayoffCents(less) < leastPayoffCents(alike);
}
