/**
 * The broker's cash against this book: how it moved in session beside what this book's executions paid and
 * got. A fill at another price, a fee and money that went in or out show there alone. It is told and stops
 * nothing: brokers book fees, interest and settlements when they like.
 */
import type { AccountSnapshot } from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { CENTS_PER_DOLLAR, cents, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { sharesText } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';

const CODE = 'CASH_DIFFERS';
/** A broker's balances trail its executions by seconds. */
const STANDS_MICROS = 30 * MICROS_PER_SECOND;
/** Cash that still trailed the last execution when the comparison began would differ by it from then on. */
const SETTLES_MICROS = 60 * MICROS_PER_SECOND;
/** Besides the fees of what was traded, which a broker may book at night. */
const TOLERANCE_CENTS = 200;

/** Where the account and this book stood in one picture. */
interface Standing {
  readonly session: SessionDate;
  readonly at: At;
  readonly cashCents: number;
  readonly flowCents: number;
  readonly feesCents: number;
  /** Cash for shares that come or go by a settlement moves when the broker likes. */
  readonly shares: string;
}

/** Core thread only. */
export class CashWatch {
  /** The first of the pictures that have been alike since. */
  #first: Standing | undefined;
  /** The one with which those after it are compared. */
  #mark: Standing | undefined;
  /** What was told, and since when, by the pictures' wall time, something else has stood. */
  #told: number | undefined;
  #since: number | undefined;

  /** The next pictures begin it anew: something was taken over that no execution here paid for. */
  beginAnew(desk: DeskContext): void {
    this.#end(desk, 'the comparison begins anew');
    this.#first = undefined;
    this.#mark = undefined;
    desk.day.unexplainedCash = undefined;
  }

  /** Called with each picture that differs from this book in nothing else. */
  look(desk: DeskContext, snapshot: AccountSnapshot): void {
    const { open, lastTrade } = desk.day.session;
    const now = standingIn(desk, snapshot);
    const isInSession = now.at.market >= open && now.at.market < lastTrade;
    const { session, shares } = this.#mark ?? now;
    const isSame = session === now.session && shares === now.shares;
    if (!isInSession || !isSame) this.beginAnew(desk);
    if (!isInSession) return;
    this.#mark ??= this.#settled(now);
    if (this.#mark !== undefined) this.#judge(desk, this.#mark, now);
  }

  /** The first of pictures that have been alike for long enough: nothing was executed, no cash moved. */
  #settled(now: Standing): Standing | undefined {
    if (this.#first === undefined || !areAlike(this.#first, now)) this.#first = now;
    return now.at.wall - this.#first.at.wall >= SETTLES_MICROS ? this.#first : undefined;
  }

  #judge(desk: DeskContext, mark: Standing, now: Standing): void {
    const explained = now.flowCents - mark.flowCents;
    const unexplained = cents(now.cashCents - mark.cashCents - explained);
    const tolerance = TOLERANCE_CENTS + Math.abs(now.feesCents - mark.feesCents);
    desk.day.unexplainedCash = unexplained;
    const isExplained = Math.abs(unexplained) <= tolerance;
    if (isExplained) this.#end(desk, 'the cash of the account is what this book explains');
    if (isExplained || Math.abs(unexplained - (this.#told ?? 0)) <= tolerance) {
      this.#since = undefined;
      return;
    }
    this.#since ??= now.at.wall;
    if (now.at.wall - this.#since < STANDS_MICROS) return;
    this.#end(desk, 'it has moved further');
    this.#told = unexplained;
    desk.out.alert('warning', CODE, wordsOf(unexplained, mark.at.market));
  }

  #end(desk: DeskContext, text: string): void {
    if (this.#told !== undefined) desk.out.settle('resolve', CODE, text);
    this.#told = undefined;
    this.#since = undefined;
  }
}

function standingIn(desk: DeskContext, { asOf: at, cashCents }: AccountSnapshot): Standing {
  const { book, day } = desk;
  const { cashFlowCents: flowCents, feesCents } = book.day();
  const session = day.session.date;
  return { session, at, cashCents, flowCents, feesCents, shares: sharesText(desk) };
}

function areAlike(one: Standing, other: Standing): boolean {
  return (
    one.session === other.session &&
    one.cashCents === other.cashCents &&
    one.flowCents === other.flowCents &&
    one.feesCents === other.feesCents &&
    one.shares === other.shares
  );
}

function wordsOf(unexplained: number, since: EpochMicros): string {
  const dollars = (Math.abs(unexplained) / CENTS_PER_DOLLAR).toFixed(2);
  const how = unexplained < 0 ? 'less' : 'more';
  return `the account's cash is $${dollars} ${how} than the executions since ${newYorkText(since)} explain: money that was moved, a fee, or a fill at another price. Compare it with the broker's statement`;
}
