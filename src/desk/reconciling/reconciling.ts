/**
 * Compares two sources all the time: the broker's stream, as this book has it, and the broker's own
 * snapshot. A difference seen once may be a race, and a second snapshot is asked for at once. The same
 * one in a later snapshot is told and stops openings, whatever else is on the move meanwhile. Where
 * two snapshots differ from this book in all the same things, it is healed from the second alone; what
 * no fill explains waits for the operator.
 */

import type { AccountSnapshot } from '../../broker/order-gateway.ts';
import { gridOfOne, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, LegAction } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { cents, MICROS_PER_SECOND, price } from '../../engine/domain/units.ts';
import { deny } from '../../engine/domain/verdict.ts';
import { adoptedFillId } from '../../engine/portfolio/adoptions.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import type { ReconcileView } from '../engine-api.ts';
import { QUOTE_GUARD, quoteFault } from '../exits/quote-guard.ts';
import { isoNewYork } from '../iso-time.ts';
import { EXTERNAL } from '../orders/adopting.ts';
import { takeEvent } from '../orders/broker-events.ts';
import { CashWatch } from './cash-watch.ts';
import type { Divergence } from './divergence.ts';
import {
  divergences,
  divergenceWords,
  instrumentOf,
  isForOperator,
  isToBeTold,
  toldOf,
} from './divergence.ts';
import { bust, heal } from './healing.ts';

const CODE = 'RECONCILE_DIFFERS';
/** Of what: that there is nothing to compare. It is over with the next picture, whatever that one shows. */
const BLIND = 'account';

/** Differences between what the broker says and what this book says, in plain words. */
export function differences(desk: DeskContext): readonly string[] {
  return toldOf(divergences(desk, desk.gateway.snapshot(desk.at)));
}

type Residual = Extract<Divergence, { kind: 'residual' }>;

/** A broker behind wires gives its first picture some seconds after a start. Nothing opens until then,
 * and nobody is called for it. */
const FIRST_PICTURE_MICROS = 30 * MICROS_PER_SECOND;

/** A stream that comes back at once, and the picture after it, are nothing to call anybody for. */
const NO_PICTURE_MICROS = 2 * MICROS_PER_SECOND;

const NOTHING_SEEN: ReadonlyMap<string, number> = new Map();

/** Runs the comparison on a schedule, on each new picture and on request. Core thread only. */
export class Reconciler {
  /** What the last comparison found, each with the wall time of the first snapshot that showed it; that
   * there is none, with the time at which that was first so. */
  #seen = NOTHING_SEEN;
  /** The first snapshot in which nothing differed any more. */
  #cleanSince: number | undefined;
  /** The newest picture that was compared. */
  #picture: AccountSnapshot | undefined;
  /** What was last recorded; undefined before the first finding. */
  #told: string | undefined;
  /** Differences that were told and are not over, in words. */
  #open: readonly string[] = [];
  /** That nothing can be compared was told and is not over. */
  #isBlind = false;
  #startedAt: number | undefined;
  readonly #cash = new CashWatch();
  /** Differences that the operator took as they are. */
  readonly #accepted = new Set<string>();

  /** Compares where the broker's answer has made a picture whole. Called after each of them. */
  onAnswer(desk: DeskContext): void {
    if (desk.gateway.snapshot(desk.at) !== this.#picture) this.check(desk);
  }

  /** Compares once, and shows what was found. */
  checkNow(desk: DeskContext): ReconcileView {
    const found = this.check(desk);
    return {
      clean: found.length === 0,
      differences: toldOf(found),
      checkedAt: isoNewYork(desk.at.market),
    };
  }

  /** Compares once; returns what differs. */
  check(desk: DeskContext): readonly Divergence[] {
    const snapshot = desk.gateway.snapshot(desk.at);
    this.#picture = snapshot;
    const found = this.#found(desk, snapshot);
    this.#judge(desk, found, snapshot?.asOf.wall ?? desk.at.wall);
    if (snapshot !== undefined && found.length === 0) this.#cash.look(desk, snapshot);
    return found;
  }

  #found(desk: DeskContext, snapshot: AccountSnapshot | undefined): readonly Divergence[] {
    const found = divergences(desk, snapshot);
    return found.filter((divergence) => !this.#accepted.has(divergenceWords(divergence)));
  }

  #judge(desk: DeskContext, found: readonly Divergence[], asOf: number): void {
    this.#startedAt ??= desk.at.wall;
    const isAwaited = this.#told === undefined && found.some(({ kind }) => kind === 'noSnapshot');
    if (isAwaited && desk.at.wall < this.#startedAt + FIRST_PICTURE_MICROS) return;
    const before = this.#seen;
    const sinceOf = (divergence: Divergence) => before.get(divergenceWords(divergence));
    const nowOf = ({ kind }: Divergence) => (kind === 'noSnapshot' ? desk.at.wall : asOf);
    const stood = found.filter((each) => {
      const past = nowOf(each) - (sinceOf(each) ?? nowOf(each));
      return each.kind === 'noSnapshot' ? past >= NO_PICTURE_MICROS : past > 0;
    });
    this.#seen = new Map(
      found.map((each) => [divergenceWords(each), sinceOf(each) ?? nowOf(each)]),
    );
    if (found.some((each) => sinceOf(each) === undefined)) desk.gateway.lookAgain(desk.at);
    const toBeTold = stood.filter(isToBeTold);
    if (toBeTold.length > 0) this.#tell(desk, toBeTold);
    if (stood.length > 0 && stood.length === found.length && stood.length === before.size) {
      heal(desk, found);
    }
    if (found.length > 0) this.#cleanSince = undefined;
    else this.#onClean(desk, asOf);
  }

  /** That nothing differs is believed as a difference is: seen twice; but the first time at once. */
  #onClean(desk: DeskContext, asOf: number): void {
    const isFirst = this.#told === undefined;
    const isSeenTwice = this.#cleanSince !== undefined && asOf > this.#cleanSince;
    if (this.#cleanSince === undefined && !isFirst && this.#told !== '') {
      desk.gateway.lookAgain(desk.at);
    }
    this.#cleanSince ??= asOf;
    if (isFirst || isSeenTwice) this.#tell(desk, []);
  }

  /** `stood`: what an earlier picture showed too. */
  #tell(desk: DeskContext, stood: readonly Divergence[]): void {
    const clean = stood.length === 0;
    const words = stood.map(divergenceWords).join('\n');
    if (words === this.#told) return;
    this.#told = words;
    desk.day.reconciled = clean;
    desk.out.append({ kind: 'reconciled', clean, differences: toldOf(stood) }, true);
    const isBlind = stood.some(({ kind }) => kind === 'noSnapshot');
    if (isBlind) desk.out.alert('critical', CODE, adviceOn(stood), BLIND);
    else if (this.#isBlind) desk.out.settle('resolve', CODE, 'there is a picture again', BLIND);
    this.#isBlind = isBlind;
    if (!isBlind) this.#tellDifferences(desk, stood);
  }

  /** What a person has to take over is an incident of its own for whoever looks after something else. */
  #tellDifferences(desk: DeskContext, stood: readonly Divergence[]): void {
    const open = this.#open;
    this.#open = stood.map(divergenceWords);
    const isMore = stood.some(
      (each) => isForOperator(each) && !open.includes(divergenceWords(each)),
    );
    if (open.length > 0 && (isMore || stood.length === 0)) {
      const text = isMore ? 'something else differs' : 'the books agree';
      desk.out.settle('resolve', CODE, text);
    }
    if (stood.length > 0) desk.out.alert('critical', CODE, adviceOn(stood));
  }

  /**
   * The operator takes over what this book cannot explain, of what was told and still stands: what the
   * newest picture alone shows may be a list that came short. The broker's positions become positions here,
   * counted and shown, and a difference of an order's rest is left standing. Console only.
   */
  adopt(desk: DeskContext, principal: string) {
    const snapshot = desk.gateway.snapshot(desk.at);
    const found = this.#found(desk, snapshot).filter(isForOperator);
    const open = found.filter((each) => this.#open.includes(divergenceWords(each)));
    const news = toldOf(found.filter((each) => !open.includes(each)));
    if (snapshot === undefined || open.length === 0) {
      const message = 'there is no unexplained difference to take over; see `status`';
      return deny('not_found', news.length === 0 ? message : unconfirmed(news.join('; ')));
    }
    const residuals = open.filter((divergence) => divergence.kind === 'residual');
    const fills = residuals.map((residual) => residualFill(desk, snapshot, residual));
    const unpriced = residuals.find((_, index) => fills[index] === undefined);
    if (unpriced !== undefined) {
      const message = `${unpriced.symbol} has no price now; try again once it is quoted`;
      return deny('leg_market_missing', message, { symbol: unpriced.symbol });
    }
    desk.out.append({ kind: 'residualAdopted', principal, differences: toldOf(open) }, true);
    desk.out.settle('acknowledge', CODE, `taken over by ${principal}`);
    for (const fill of fills) {
      if (fill !== undefined) takeEvent(desk, { kind: 'fill', fill }, 'operator');
    }
    for (const other of open) {
      if (other.kind === 'bustedFill') bust(desk, other.fill, 'operator');
      else if (other.kind !== 'residual') this.#accepted.add(divergenceWords(other));
    }
    this.#cash.beginAnew(desk);
    const { differences: left, ...view } = this.checkNow(desk);
    const differences = left.map((words) => (news.includes(words) ? unconfirmed(words) : words));
    return { value: { ...view, differences } };
  }
}

function unconfirmed(words: string): string {
  return `not confirmed yet, for the newest picture alone shows it: ${words}`;
}

/** What differs and what is done about it, for a pager. */
function adviceOn(found: readonly Divergence[]): string {
  const words = toldOf(found).join('; ');
  const advice = found.some(isForOperator)
    ? 'openings are refused; once you know where it comes from, take it over with `deltaring adopt`'
    : "openings are refused until the books agree; they are mended from the broker's snapshot";
  return `${words}. ${advice}`;
}

function actionOf({ broker, book }: Residual): LegAction {
  if (broker > book) return book < 0 ? 'buyToClose' : 'buyToOpen';
  return book > 0 ? 'sellToClose' : 'sellToOpen';
}

/** The execution that would have led from this book to the broker's: at the mid of a market that a stop would
 * trust, at what something that is gone went for, at the average price that the broker names (that one is of
 * its opening, of whatever day, and says nothing of a sale), or at whatever is quoted. Its id names the
 * moment, so that it counts once. */
function residualFill(
  desk: DeskContext,
  snapshot: AccountSnapshot,
  residual: Residual,
): Fill | undefined {
  const { symbol, broker, book } = residual;
  const theirs = snapshot.positions.find((position) => position.symbol === symbol);
  const at =
    soundMidOf(desk, residual) ??
    priceOfGone(desk, residual) ??
    theirs?.averagePrice ??
    midOf(desk, symbol);
  if (at === undefined) return undefined;
  return {
    fillId: adoptedFillId(desk.out.seq, symbol),
    intentId: EXTERNAL,
    instrument: instrumentOf(symbol),
    action: actionOf(residual),
    quantity: Math.abs(broker - book),
    price: at,
    feesCents: cents(0),
    marketAt: desk.at.market,
  };
}

/** What holdings went for that are gone at the broker and that nothing quotes soundly: nothing for an option whose
 * day is over, and what it was bought or sold at for anything else. */
function priceOfGone(desk: DeskContext, { symbol, broker, book }: Residual): Price | undefined {
  if (!isLess({ broker, book })) return undefined;
  const { session } = desk.day;
  const instrument = instrumentOf(symbol);
  const isPast = instrument.kind === 'option' && instrument.expiry < session.date;
  const isOver = instrument.kind === 'option' && instrument.expiry === session.date;
  if (isPast || (isOver && desk.at.market >= session.lastTrade)) return price(0);
  const legs = desk.book.structures().flatMap((position) => position.legs);
  return legs.find((leg) => instrumentSymbol(leg.instrument) === symbol)?.averagePrice;
}

/** True where a part of what is held, or all of it, is gone. */
function isLess({ broker, book }: Pick<Residual, 'broker' | 'book'>): boolean {
  return Math.abs(broker) < Math.abs(book) && broker * book >= 0;
}

/** Mid of a market that a stop would trust: one odd quote here would be a loss with the next. Of what is
 * gone no next one is asked for, and a wide market says more of it than what it once cost. */
function soundMidOf(desk: DeskContext, residual: Residual): Price | undefined {
  const { symbol } = residual;
  const { at, day, evidence } = desk;
  evidence.look(day);
  const tick = gridOfOne(instrumentOf(symbol)).step;
  const fault = quoteFault(evidence.of(symbol), at, QUOTE_GUARD, tick);
  const isSound = fault === undefined || (fault === 'wide' && isLess(residual));
  return isSound ? midOf(desk, symbol) : undefined;
}

function midOf(desk: DeskContext, symbol: string): Price | undefined {
  const quote = quoteOf(desk, symbol);
  if (quote?.ask === undefined) return undefined;
  return price(Math.round(((quote.bid ?? 0) + quote.ask) / 2));
}
