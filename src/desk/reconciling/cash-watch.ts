/**
 * The broker's cash against this book: how it moved in session beside what this book's executions paid and
 * got. A fill at another price, a fee and money that went in or out show there alone. It is told and stops
 * nothing: brokers book fees, interest and settlements when they like.
 */
import type { AccountSnapshot } from '../../broker/order-gateway.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { Cents, EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { CENTS_PER_DOLLAR, cents, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';

const CODE = 'CASH_DIFFERS';
/** A broker's balances trail its executions by seconds. */
const STANDS_MICROS = 30 * MICROS_PER_SECOND;
/** Besides the fees of what was traded, which a broker may book at night. */
const TOLERANCE_CENTS = 200;

/** Where both stood when the comparison began. */
interface Mark {
  readonly session: SessionDate;
  readonly at: EpochMicros;
  readonly cashCents: number;
  readonly flowCents: number;
  readonly feesCents: number;
  /** Cash for shares that come or go by a settlement moves when the broker likes. */
  readonly shares: number;
}

/** Core thread only. */
export class CashWatch {
  #mark: Mark | undefined;
  /** What was told, and since when, by the pictures' wall time, something else has stood. */
  #told: number | undefined;
  #since: number | undefined;

  /** The next picture begins it anew: something was taken over that no execution here paid for. */
  beginAnew(desk: DeskContext): void {
    this.#end(desk, 'the comparison begins anew');
    this.#mark = undefined;
    desk.day.unexplainedCash = undefined;
  }

  /** Called with each picture that differs from this book in nothing else. */
  look(desk: DeskContext, snapshot: AccountSnapshot): void {
    const { session } = desk.day;
    const { market, wall } = snapshot.asOf;
    const isInSession = market >= session.open && market < session.lastTrade;
    const isSame =
      this.#mark?.session === session.date && this.#mark.shares === desk.book.sharesHeld();
    if (!isInSession || !isSame) this.beginAnew(desk);
    if (!isInSession) return;
    this.#mark ??= markOf(desk, snapshot);
    this.#judge(desk, this.#mark, { cash: snapshot.cashCents, wall });
  }

  #judge(desk: DeskContext, mark: Mark, now: { readonly cash: Cents; readonly wall: number }) {
    const { cashFlowCents, feesCents } = desk.book.day();
    const explained = cashFlowCents - mark.flowCents;
    const unexplained = cents(now.cash - mark.cashCents - explained);
    const tolerance = TOLERANCE_CENTS + Math.abs(feesCents - mark.feesCents);
    desk.day.unexplainedCash = unexplained;
    const isExplained = Math.abs(unexplained) <= tolerance;
    if (isExplained) this.#end(desk, 'the cash of the account is what this book explains');
    if (isExplained || Math.abs(unexplained - (this.#told ?? 0)) <= tolerance) {
      this.#since = undefined;
      return;
    }
    this.#since ??= now.wall;
    if (now.wall - this.#since < STANDS_MICROS) return;
    this.#told = unexplained;
    this.#since = undefined;
    desk.out.alert('warning', CODE, wordsOf(unexplained, mark.at));
  }

  #end(desk: DeskContext, text: string): void {
    if (this.#told !== undefined) desk.out.settle('resolve', CODE, text);
    this.#told = undefined;
    this.#since = undefined;
  }
}

function markOf({ book, day }: DeskContext, { asOf, cashCents }: AccountSnapshot): Mark {
  const { cashFlowCents: flowCents, feesCents } = book.day();
  const session = day.session.date;
  return { session, at: asOf.market, cashCents, flowCents, feesCents, shares: book.sharesHeld() };
}

function wordsOf(unexplained: number, since: EpochMicros): string {
  const dollars = (Math.abs(unexplained) / CENTS_PER_DOLLAR).toFixed(2);
  const how = unexplained < 0 ? 'less' : 'more';
  return `the account's cash is $${dollars} ${how} than the executions since ${newYorkText(since)} explain: money that was moved, a fee, or a fill at another price. Compare it with the broker's statement`;
}
