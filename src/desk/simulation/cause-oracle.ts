/**
 * An exit that is told was due: a stop, trail or target by the quotes as they came in and by the plan that
 * the journal holds, a time by the clock, a break by a bar; and what goes on was begun. Where quotes can be
 * read in two ways the one that speaks for the exit counts. The book is the desk's, which another oracle
 * holds against the facts.
 */

import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Instrument, Right } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ExitPlan, OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkText, nextSessionDate } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import type { ExitSettings } from '../exits/exit-settings.ts';
import type { Input } from '../inputs.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { type Eased, EvenStops, sideOf } from './even-stops.ts';
import { HeardBars } from './heard-bars.ts';
import { type HeardQuote, HeardQuotes } from './heard-quotes.ts';
import type { MomentWindow } from './moment-oracle.ts';
import type { Report } from './order-oracle.ts';
import { AT_ONCE, isShortPassed } from './short-passed.ts';
import { WholeTrades, type WholeUnit } from './whole-trade.ts';

type Exit = Extract<AuditBody, { readonly kind: 'exitTriggered' }>;
type Raised = Extract<AuditBody, { readonly kind: 'trailRaised' }>;

/** In 1/10,000 dollar. */
const TICK = 100;
const NICKEL = 500;
/** A quote may be five ticks wide or this part of its mid, whichever is more. */
const NARROW = 500;
const NARROW_PART = 0.12;
/** A quote of which nothing was heard for longer may stand or not. */
const OLDEST_MICROS = 5 * MICROS_PER_SECOND;
/** A stop at the broker stands at this part of the engine's own. */
const BACKSTOP = 2 / 3;
/** The engine's clock may have stepped by so much since the opening. */
const CLOCK_STEPS_MICROS = 3 * MICROS_PER_MINUTE;
/** Before the exercise mark. */
const LAST_HOUR_MINUTES = 60;
const DIVIDEND_MINUTES = 30;

const RIGHTS = ['call', 'put'] as const;
const SIDE_OF: Readonly<Record<string, Right>> = { callSideStop: 'call', putSideStop: 'put' };

/** What closing one unit costs at most and at least, as whoever judges stops may read the quotes. */
interface Cost {
  readonly most: number;
  readonly least: number;
}

export interface CauseOptions {
  readonly session: SessionTimes;
  readonly exits: ExitSettings;
  /** When the session takes openings. */
  readonly window: MomentWindow;
}

function isBeyondGuard({ bid, ask }: HeardQuote): boolean {
  if (ask === undefined) return true;
  if (bid === undefined || bid <= 0) return ask > NARROW;
  return ask - bid > Math.max(NARROW, NARROW_PART * ((ask + bid) / 2)) + 1;
}

export class CauseOracle {
  readonly #report: Report;
  readonly #session: SessionTimes;
  readonly #exits: ExitSettings;
  /** Until then new positions are opened: nothing is left by the schedule. */
  readonly #window: MomentWindow;
  /** When openings end on a day that nobody shortens. */
  readonly #plainCutoffAt: EpochMicros;
  readonly #trades = new WholeTrades();
  readonly #intents = new Map<string, OrderIntent>();
  /** What was told of each position, by its reason. */
  readonly #told = new Set<string>();
  readonly #gains = new Map<string, number>();
  readonly #evens = new EvenStops(this.#trades);
  readonly #quotes = new HeardQuotes();
  readonly #bars = new HeardBars();
  readonly #openedAt = new Map<string, number>();
  /** Told in this step and not judged. */
  #exitsNow: Exit[] = [];
  #bestsNow: (Raised | Eased)[] = [];
  #protectiveNow: OrderIntent[] = [];
  #tradedNow = new Set<string>();

  constructor({ session, exits, window }: CauseOptions, report: Report) {
    this.#session = session;
    this.#exits = exits;
    this.#window = window;
    this.#plainCutoffAt = window.cutoffAt;
    this.#report = report;
  }

  onInput(input: Input): void {
    this.#quotes.onInput(input);
    this.#bars.onInput(input);
  }

  onRecord(record: AuditRecord): void {
    const { body } = record;
    if (body.kind === 'exitTriggered') this.#exitsNow.push(body);
    if (body.kind === 'trailRaised' || body.kind === 'sideEased') this.#bestsNow.push(body);
    if (body.kind === 'intentRecorded') this.#judgeIntent(body.intent);
    const event = brokerEventOf(record);
    if (event?.kind === 'fill') {
      this.#tradedNow.add(this.#intents.get(event.fill.intentId)?.positionId ?? '');
    }
    this.#remember(record);
  }

  #remember(record: AuditRecord): void {
    const { body } = record;
    this.#trades.onRecord(record);
    if (body.kind === 'exitTriggered' && !('goesOnFrom' in body.numbers)) {
      this.#told.add(`${body.positionId} ${body.reason}`);
    }
    if (body.kind === 'trailRaised') this.#gains.set(body.positionId, body.bestGain);
    if (body.kind === 'sideEased') this.#evens.onEased(body);
    if (body.kind === 'intentRecorded') this.#intents.set(body.intent.intentId, body.intent);
    const event = brokerEventOf(record);
    if (event?.kind !== 'fill' && event?.kind !== 'busted') return;
    const intentId = event.kind === 'fill' ? event.fill.intentId : event.intentId;
    const positionId = this.#intents.get(intentId)?.positionId ?? '';
    if (!this.#openedAt.has(positionId)) this.#openedAt.set(positionId, record.at.market);
  }

  /** The engine leaves a position only for a reason that is told. */
  #judgeIntent(intent: OrderIntent): void {
    const { intentId, purpose, positionId } = intent;
    if (purpose === 'protective') this.#protectiveNow.push(intent);
    if (purpose !== 'exit') return;
    const isTold = this.#exitsNow.some((exit) => exit.positionId === positionId);
    if (!isTold) this.#report(`${intentId} leaves ${positionId} for no reason that is told`);
  }

  /** The engine protects a position no nearer than it stops it, and at two thirds of that: its stop is of the
   * whole, and what is left has to bring besides what the gone part has cost. */
  #judgeProtective({ book }: DeskContext, intent: OrderIntent): void {
    const { intentId, positionId, stopTrigger = Number.POSITIVE_INFINITY } = intent;
    const position = book.structure(positionId);
    const { units, gone, legs } = position
      ? this.#trades.wholeOf(position)
      : { units: undefined, gone: 0, legs: [] };
    const { stop } = this.#trades.planOf(positionId);
    if (units === undefined && stop !== undefined) return;
    // Of one unit there may be several contracts, or a part of one.
    const contracts = legs.reduce((sum, { quantity }) => sum + Math.abs(quantity), 0);
    const most = stop && ((stop.price + gone) * (units ?? 1)) / (contracts || 1);
    const isWithin = most !== undefined && stopTrigger <= most;
    if (!isWithin) this.#report(`${intentId} stops ${positionId} nearer than its plan does`);
    const least = isWithin ? most * BACKSTOP - TICK : 0;
    if (stopTrigger < least) this.#report(`${intentId} stops ${positionId} further than it may`);
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    const [exits, bests, traded] = [this.#exitsNow, this.#bestsNow, this.#tradedNow];
    const protective = this.#protectiveNow;
    if (exits.length > 0) this.#exitsNow = [];
    if (bests.length > 0) this.#bestsNow = [];
    if (traded.size > 0) this.#tradedNow = new Set();
    if (protective.length > 0) this.#protectiveNow = [];
    for (const intent of protective) this.#judgeProtective(desk, intent);
    for (const exit of exits) this.#judge(desk, exit, traded.has(exit.positionId));
    for (const best of bests) {
      const position = desk.book.structure(best.positionId);
      if (position === undefined || traded.has(best.positionId)) continue;
      if (best.kind === 'trailRaised') this.#judgeRaised(position, best, desk.at);
      else this.#judgeEased(position, best, desk.at);
    }
  }

  #judgeRaised(position: StructurePosition, { positionId, bestGain }: Raised, at: At): void {
    const gain = this.#bestGainNow(position, at);
    if (gain === undefined || gain >= bestGain - 1) return;
    this.#report(`the trail of ${positionId} rose to ${bestGain} at a gain of ${gain}`);
  }

  /** It is told of the one side that is left, which costs no more just now. */
  #judgeEased(position: StructurePosition, { positionId, leastDebit }: Eased, at: At): void {
    const [side, other] = RIGHTS.map((right) => sideOf(position, right)).toSorted(
      (one, two) => two.units - one.units,
    );
    if (side === undefined || other?.units !== 0) {
      this.#report(`a side of ${positionId} is said to be left of two`);
      return;
    }
    const cost = this.#costOf(side, at);
    if (cost === undefined || cost.least <= leastDebit + 1) return;
    this.#report(`the side left of ${positionId} costs ${cost.least} and not ${leastDebit}`);
  }

  #judge(desk: DeskContext, exit: Exit, isTraded: boolean): void {
    const { positionId, reason, numbers } = exit;
    const why =
      'goesOnFrom' in numbers
        ? this.#whyNotBegun(exit)
        : (this.#whyNotByClock(desk.at.market, exit) ??
          (isTraded ? undefined : this.#whyNotByMarket(desk, exit)));
    if (why === undefined) return;
    const time = newYorkText(desk.at.market);
    this.#report(`${time}: ${positionId} is left for ${reason}, which is not due: ${why}`);
  }

  #whyNotBegun({ positionId, reason, numbers }: Exit): string | undefined {
    const from = this.#intents.get(String(numbers['goesOnFrom']));
    const isClose = from?.positionId === positionId && from.purpose !== 'open';
    if (!isClose) return 'no such close was begun';
    return this.#told.has(`${positionId} ${reason}`) ? undefined : 'it was never told';
  }

  #whyNotByClock(market: EpochMicros, { positionId, reason }: Exit): string | undefined {
    const { timeExitAt } = this.#trades.planOf(positionId);
    if (reason === 'timeExit' && timeExitAt !== undefined && market < timeExitAt) {
      return `its time is ${newYorkText(timeExitAt)}`;
    }
    if (reason === 'flatBy' && market < this.#window.cutoffAt) return 'openings are taken still';
    if (reason === 'nickel') return this.#whyNotLate(market);
    if (reason === 'exDividend') return this.#whyNotOnEve(market);
    return reason === 'oppositeBreak' ? this.#whyNotBroken(positionId) : undefined;
  }

  #whyNotLate(market: EpochMicros): string | undefined {
    const sooner = this.#plainCutoffAt - this.#window.cutoffAt;
    const from = this.#session.exerciseMark - sooner - LAST_HOUR_MINUTES * MICROS_PER_MINUTE;
    if (!this.#exits.nickelBuyBack) return 'nobody asked for it';
    return market < from ? 'the last hour has not begun' : undefined;
  }

  #whyNotOnEve(market: EpochMicros): string | undefined {
    const { exerciseMark, date } = this.#session;
    if (!this.#exits.exDividendDates.includes(nextSessionDate(date))) return 'no dividend is near';
    const from = exerciseMark - DIVIDEND_MINUTES * MICROS_PER_MINUTE;
    return market < from ? 'the mark is not near' : undefined;
  }

  #whyNotBroken(positionId: string): string | undefined {
    const { rangeExit } = this.#trades.planOf(positionId);
    if (rangeExit === undefined) return 'its plan has no range';
    const { closes, level } = rangeExit;
    const openedAt = (this.#openedAt.get(positionId) ?? 0) - CLOCK_STEPS_MICROS;
    const isBroken = this.#bars.beyond(rangeExit).some((startsAt) => {
      return startsAt + MICROS_PER_MINUTE > openedAt;
    });
    return isBroken ? undefined : `no bar closed ${closes} ${level}`;
  }

  #whyNotByMarket(desk: DeskContext, exit: Exit): string | undefined {
    const { positionId, reason } = exit;
    const position = desk.book.structure(positionId);
    if (position === undefined) return 'nothing is held';
    const plan = this.#trades.planOf(positionId);
    if (reason === 'stop') return this.#whyNotStopped(position, plan.stop, desk.at);
    if (reason === 'trail') return this.#whyNotTrailed(position, plan.trail, desk.at);
    if (reason === 'target') return this.#whyNotReached(position, plan.target, desk.at);
    if (reason === 'nickel') return this.#whyNoNickel(position);
    const right = SIDE_OF[reason];
    if (right === undefined) return undefined;
    const isAtOnce = exit.numbers['heldForMillis'] === 0;
    return this.#whyNotSide(position, { right, sideStop: plan.sideStop, isAtOnce }, desk.at);
  }

  #whyNotStopped(position: StructurePosition, stop: ExitPlan['stop'], at: At): string | undefined {
    if (stop === undefined) return 'its plan has no stop';
    const cost = this.#costOf(this.#trades.wholeOf(position), at);
    if (cost === undefined) return undefined;
    const stopsAt = stop.kind === 'debitAtOrAbove' ? stop.price : 0 - stop.price;
    return cost.most < stopsAt
      ? `it costs ${cost.most} to close, the stop is at ${stopsAt}`
      : undefined;
  }

  #whyNotTrailed(
    position: StructurePosition,
    trail: ExitPlan['trail'],
    at: At,
  ): string | undefined {
    const { positionId } = position;
    const best = this.#gains.get(positionId);
    if (trail === undefined) return 'its plan has no trail';
    if (best === undefined || best < trail.afterGain) return `its best gain is ${best}`;
    const entry = this.#trades.entryOf(positionId);
    const cost = this.#costOf(this.#trades.wholeOf(position), at);
    if (cost === undefined || entry === undefined) return undefined;
    const stopsAt = entry - best * trail.keepFraction - TICK;
    return cost.most < stopsAt ? `it costs ${cost.most}, the trail is at ${stopsAt}` : undefined;
  }

  #whyNotReached(
    position: StructurePosition,
    target: ExitPlan['target'],
    at: At,
  ): string | undefined {
    if (target === undefined) return 'its plan has no target';
    const cost = this.#costOf(this.#trades.wholeOf(position), at);
    if (cost === undefined) return undefined;
    const stopsAt = target.kind === 'debitAtOrBelow' ? target.price : 0 - target.price;
    return cost.least > stopsAt ? `it costs ${cost.least}, the target is at ${stopsAt}` : undefined;
  }

  #whyNoNickel({ legs }: StructurePosition): string | undefined {
    const isCheap = legs.some(({ instrument, quantity }) => {
      const ask = this.#quoteOf(instrument)?.ask;
      return quantity < 0 && ask !== undefined && ask <= NICKEL;
    });
    return isCheap ? undefined : 'no short is offered for a nickel';
  }

  /** The stop of a side stands as planned; once the other side is gone and it has cost no more, where the plan
   * says so, no further than at what the trade has brought. It is waited for unless it is broken by far, or its
   * short was passed. */
  #whyNotSide(
    position: StructurePosition,
    of: { right: Right; sideStop: ExitPlan['sideStop']; isAtOnce: boolean },
    at: At,
  ): string | undefined {
    const { right, sideStop, isAtOnce } = of;
    if (sideStop === undefined) return 'its plan has no stop of a side';
    const side = sideOf(position, right);
    const { units, legs } = side;
    if (units === 0) return 'nothing of the side is short';
    const cost = this.#costOf(side, at);
    if (cost === undefined) return undefined;
    const isAlone = sideOf(position, right === 'call' ? 'put' : 'call').units === 0;
    const planned = { stopsAt: sideStop.debit, isEven: false };
    const { stopsAt, isEven } = isAlone ? this.#evens.stopOf(position, sideStop, units) : planned;
    if (cost.most < stopsAt) return `it costs ${cost.most}, its stop is at ${stopsAt}`;
    if (!isAtOnce || isEven || cost.most >= AT_ONCE * stopsAt - 1) return undefined;
    const isPassed = isShortPassed(this.#quotes.underlying, legs);
    return isPassed ? undefined : `it costs ${cost.most}, and was not waited for`;
  }

  #bestGainNow(position: StructurePosition, at: At): number | undefined {
    const entry = this.#trades.entryOf(position.positionId);
    const cost = this.#costOf(this.#trades.wholeOf(position), at);
    return entry === undefined || cost === undefined ? undefined : entry - cost.least;
  }

  /** Undefined where the quotes leave it open. Where one of them is beyond what may fire a stop, only its best
   * side counts. */
  #costOf({ units, gone, legs }: WholeUnit, at: At): Cost | undefined {
    if (units === undefined) return undefined;
    let [far, natural] = [0, 0];
    let isBound = false;
    for (const { instrument, quantity } of legs) {
      const quote = this.#quoteOf(instrument);
      const isHeard = quote !== undefined && at.wall - quote.at.wall <= OLDEST_MICROS;
      if (!isHeard || quote.ask === undefined) return undefined;
      const { bid = 0, ask } = quote;
      isBound ||= isBeyondGuard(quote);
      far -= quantity * (quantity > 0 ? ask : bid);
      natural -= quantity * (quantity > 0 ? bid : ask);
    }
    const debit = natural / units + gone;
    return { most: isBound ? far / units + gone : debit, least: debit };
  }

  #quoteOf(instrument: Instrument): HeardQuote | undefined {
    return this.#quotes.of(instrumentSymbol(instrument));
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[]): void {
    const known = [
      this.#intents,
      this.#told,
      this.#gains,
      this.#evens,
      this.#quotes,
      this.#bars,
      this.#openedAt,
    ];
    for (const each of known) each.clear();
    this.#trades.clear();
    this.#exitsNow = [];
    this.#bestsNow = [];
    this.#protectiveNow = [];
    this.#tradedNow.clear();
    for (const record of records) this.#remember(record);
  }
}
