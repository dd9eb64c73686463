/**
 * What the exit plan of a position asks for is done: a stop that is broken beyond doubt, one that trails the
 * best gain in the journal included, a target that is reached, a time that has come, a bar beyond the other
 * side of the range, each for as long as it has to be, has led to something; and a gain from which on a stop
 * trails is in the journal. Reckoned from the quotes and bars as they came in, with arithmetic of its own:
 * either the quotes are narrow and closing costs the stop, or even the best side of every quote says so. The
 * book is the desk's, which another oracle holds against the facts.
 */

import { isPastCutoff } from '../../broker/order-cutoff.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ExitPlan } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { HeardBars } from './heard-bars.ts';
import { HeardQuotes } from './heard-quotes.ts';
import type { Report } from './order-oracle.ts';
import { AT_ONCE, isShortPassed } from './short-passed.ts';
import { isTurned, WholeTrades, type WholeUnit } from './whole-trade.ts';

type Leg = StructurePosition['legs'][number];
type StopKind = NonNullable<ExitPlan['stop']>['kind'];
type TargetKind = NonNullable<ExitPlan['target']>['kind'];
/** A part of a plan and the legs that it watches. */
interface Watched extends WholeUnit {
  readonly name: string;
  readonly what: 'stop' | 'trail' | 'target' | 'first gain' | 'time exit' | 'opposite break';
  readonly kind: StopKind | TargetKind | 'timeAtOrAfter';
  /** The stop of a side: it waits for nothing once the price has passed its short. */
  readonly isSide?: true;
  /** A price per share; a market time where the clock says it. */
  readonly price: number;
  readonly legs: readonly Leg[];
}

/** Five ticks: narrow enough for anybody, and what a worthless wing may be offered at. */
const NARROW = 500;
/** A quote of which nothing was heard for longer proves nothing. */
const OLDEST_MICROS = 5 * MICROS_PER_SECOND;
/** A longer stretch between two looks counts nothing. */
const LONGEST_STEP_MICROS = 5 * MICROS_PER_SECOND;
/** What is broken by so much has to last so long, in seconds; and what all of them may take longer. */
const TIERS = {
  fast: [
    [1, 10],
    [1.1, 2],
    [1.3, 0],
  ],
  patient: [
    [1, 120],
    [1.1, 20],
    [1.3, 0],
  ],
} as const;
type Tiers = (typeof TIERS)[keyof typeof TIERS];
const SLACK_SECONDS = 3;
/** Entries are averages: a trail stands no more than a tick from where they put it. */
const TICK = 100;
/** The engine's clock may have stepped by so much since the opening. */
const CLOCK_STEPS_MICROS = 3 * MICROS_PER_MINUTE;
/** From this part of a stop on it is worth a close look. */
const NEAR = 0.85;
/** A close that was refused or ended is tried again within this time. */
const RETRIED_WITHIN_MICROS = 40 * MICROS_PER_SECOND;
const EXPLANATIONS: ReadonlySet<string> = new Set(['EXIT_REFUSED', 'CLOSE_REJECTED']);

interface Broken {
  /** Of the last look at which it was broken, in market time. */
  readonly lookedAt: EpochMicros;
  /** How long each tier has been broken; -1 = it is not. */
  readonly micros: readonly number[];
  /** A look that showed neither came after it. */
  readonly wasDoubted: boolean;
}

/** Debits to close one unit: at the far side of every quote, and at the near one. */
interface Cost {
  readonly far: number;
  readonly natural: number;
  readonly isNarrow: boolean;
  /** Something was heard of every quote a moment ago. */
  readonly isRecent: boolean;
  readonly hasBareLong: boolean;
}

function multipleOf({ kind, price }: Watched, debit: number): number {
  if (kind === 'debitAtOrBelow') return debit <= price ? 1 : 0;
  if (kind === 'valueAtOrAbove') return debit <= -price ? 1 : 0;
  if (kind === 'valueAtOrBelow') return debit < 0 ? price / -debit : Number.POSITIVE_INFINITY;
  if (price > 0) return debit / price;
  return debit >= price ? Number.POSITIVE_INFINITY : 0;
}

function isStop({ what }: Watched): boolean {
  return what === 'stop' || what === 'trail';
}

/** The clock needs no quotes. */
function isByClock({ kind }: Watched): boolean {
  return kind === 'timeAtOrAfter';
}

/** How far it is beyond what the plan says, by the quotes and beyond doubt: from 1 on it asks for a close. */
function reachOf(watched: Watched, { natural, far, isNarrow }: Cost, market: EpochMicros) {
  const { what, price } = watched;
  if (isByClock(watched)) {
    const due = what === 'opposite break' ? AT_ONCE : 1;
    return market >= price ? { shown: due, sure: due } : { shown: 0, sure: 0 };
  }
  const shown = multipleOf(watched, natural);
  const least = isStop(watched) ? multipleOf(watched, far) : 0;
  return { shown, sure: Math.max(least, isNarrow ? shown : 0) };
}

function longer(
  { at }: DeskContext,
  tiers: Tiers,
  multiple: number,
  known: Broken | undefined,
): Broken {
  const step = known === undefined ? 0 : at.market - known.lookedAt;
  const counted = step > 0 && step <= LONGEST_STEP_MICROS ? step : 0;
  const micros = tiers.map(([least], tier) => {
    if (multiple < least) return -1;
    const lasted = known?.micros[tier] ?? -1;
    return lasted < 0 ? 0 : lasted + counted;
  });
  return { lookedAt: at.market, micros, wasDoubted: false };
}

function isOverdue(tiers: Tiers, { micros }: Broken): boolean {
  return tiers.some(
    ([, seconds], tier) => (micros[tier] ?? -1) >= (seconds + SLACK_SECONDS) * MICROS_PER_SECOND,
  );
}

/** It is being closed, nothing can be recorded or quoted, or the broker takes no order in it any more. */
function isBeyondReach(desk: DeskContext, { positionId, legs }: StructurePosition): boolean {
  const { market } = desk.at;
  const { session, reserveExhausted, chainOpen } = desk.day;
  if (reserveExhausted || !chainOpen || market >= session.lastTrade) return true;
  if (isPastCutoff(legs, market, session, desk.gateway.capabilities)) return true;
  return desk.orders.isClosing(positionId);
}

export class PlanOracle {
  readonly #report: Report;
  readonly #met: (what: string) => void;
  readonly #quotes = new HeardQuotes();
  readonly #bars = new HeardBars();
  readonly #trades = new WholeTrades();
  /** The best gain of each position that the journal holds. */
  readonly #gains = new Map<string, number>();
  /** What is watched of a position, as the book shows it: until something is recorded or a bar is complete. */
  readonly #watched = new Map<StructurePosition, readonly Watched[]>();
  #broken = new Map<string, Broken>();
  readonly #explainedAt = new Map<string, number>();
  #isBatch = false;
  #isWaiting = false;
  #nearest = 0;

  /** `met`: hears of what is rare and worth meeting. */
  constructor(report: Report, met: (what: string) => void) {
    this.#report = report;
    this.#met = met;
  }

  /** A stop was broken, or nearly, at the last look. */
  get isNear(): boolean {
    return this.#nearest > NEAR;
  }

  /** Something was due at the last look, and nothing is on its way yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  onInput(input: Input): void {
    this.#quotes.onInput(input);
    if (this.#bars.onInput(input)) this.#watched.clear();
    if (input.kind === 'batchEnd') this.#isBatch = true;
  }

  onRecord(record: AuditRecord): void {
    const { body, at } = record;
    this.#remember(record);
    if (body.kind !== 'alert' || !EXPLANATIONS.has(body.code)) return;
    const [positionId = ''] = body.text.split(/[: ]/);
    this.#explainedAt.set(positionId, at.market);
  }

  #remember(record: AuditRecord): void {
    const { body } = record;
    this.#watched.clear();
    this.#trades.onRecord(record);
    if (body.kind !== 'trailRaised') return;
    const { positionId, bestGain } = body;
    this.#gains.set(positionId, Math.max(bestGain, this.#gains.get(positionId) ?? 0));
  }

  /** Called after every step; judges after a batch of quotes. */
  afterStep(desk: DeskContext): void {
    if (!this.#isBatch) return;
    this.#isBatch = false;
    this.#isWaiting = false;
    this.#nearest = 0;
    const before = this.#broken;
    this.#broken = new Map();
    if (!desk.book.hasStructures()) return;
    for (const position of desk.book.structures()) {
      for (const watched of this.#watchedIn(position)) this.#look(desk, position, watched, before);
    }
  }

  #watchedIn(position: StructurePosition): readonly Watched[] {
    const watched = this.#watched.get(position) ?? this.#nowWatchedIn(position);
    this.#watched.set(position, watched);
    return watched;
  }

  #nowWatchedIn(position: StructurePosition): readonly Watched[] {
    const { positionId } = position;
    const legs = position.legs.filter(({ quantity }) => quantity !== 0);
    const opening = this.#trades.openingOf(positionId);
    const { stop, sideStop, target, timeExitAt } = this.#trades.planOf(positionId);
    // More than all of it was closed: what is held now is another position, and has no plan.
    if (opening !== undefined && isTurned(opening, legs)) return [];
    const watched: Watched[] = [];
    const whole = this.#trades.wholeOf(position);
    if (stop !== undefined) watched.push({ name: positionId, what: 'stop', ...stop, ...whole });
    if (target !== undefined) {
      watched.push({ name: `${positionId} target`, what: 'target', ...target, ...whole });
    }
    const trail = this.#trailOf(positionId);
    if (trail !== undefined) watched.push({ ...trail, ...whole });
    const byClock = { kind: 'timeAtOrAfter', legs, units: 1, gone: 0 } as const;
    if (timeExitAt !== undefined) {
      const name = `${positionId} time`;
      watched.push({ name, what: 'time exit', price: timeExitAt, ...byClock });
    }
    const breaksAt = this.#breakOf(position);
    if (breaksAt !== undefined) {
      const name = `${positionId} range`;
      watched.push({ name, what: 'opposite break', price: breaksAt, ...byClock });
    }
    for (const right of sideStop === undefined ? [] : (['call', 'put'] as const)) {
      const side = legs.filter(({ instrument: i }) => i.kind === 'option' && i.right === right);
      const { debit = 0 } = sideStop ?? {};
      const [short] = side.filter(({ quantity }) => quantity < 0);
      if (short === undefined) continue;
      const name = `${positionId} ${right}`;
      const isEven = side.every(({ quantity }) => Math.abs(quantity) === -short.quantity);
      const units = isEven ? -short.quantity : undefined;
      const broken = { kind: 'debitAtOrAbove', price: debit } as const;
      watched.push({ name, what: 'stop', isSide: true, ...broken, legs: side, units, gone: 0 });
    }
    return watched;
  }

  /** The stop that trails the best gain; until there is one, the gain from which on it does. */
  #trailOf(positionId: string): Omit<Watched, keyof WholeUnit> | undefined {
    const { trail } = this.#trades.planOf(positionId);
    const entry = this.#trades.entryOf(positionId);
    if (trail === undefined || entry === undefined) return undefined;
    const best = this.#gains.get(positionId) ?? 0;
    if (best < trail.afterGain) {
      const price = entry - trail.afterGain - TICK;
      return { name: `${positionId} gain`, what: 'first gain', kind: 'debitAtOrBelow', price };
    }
    const at = entry - best * trail.keepFraction + TICK;
    const kind = entry > 0 ? 'debitAtOrAbove' : 'valueAtOrBelow';
    const price = entry > 0 ? at : -at;
    return { name: `${positionId} trail`, what: 'trail', kind, price };
  }

  /** When a bar of after the opening, which another follows, had closed beyond the other side of the range. */
  #breakOf({ positionId }: StructurePosition): number | undefined {
    const { rangeExit } = this.#trades.planOf(positionId);
    if (rangeExit === undefined) return undefined;
    const from = this.#trades.openedAtOf(positionId) + CLOCK_STEPS_MICROS;
    const found = this.#bars.beyond(rangeExit).find((startsAt) => {
      return startsAt >= from && startsAt < this.#bars.newest;
    });
    return found === undefined ? undefined : found + MICROS_PER_MINUTE;
  }

  #look(
    desk: DeskContext,
    position: StructurePosition,
    watched: Watched,
    before: ReadonlyMap<string, Broken>,
  ): void {
    const cost = this.#costOf(watched, desk.at.wall);
    const known = before.get(watched.name);
    if (cost === undefined) {
      if (known !== undefined) this.#broken.set(watched.name, { ...known, wasDoubted: true });
      return;
    }
    const { shown, sure } = reachOf(watched, cost, desk.at.market);
    if (isStop(watched)) this.#nearest = Math.max(this.#nearest, Math.min(shown, 1));
    // A quote that is quiet among others that are not may stand or not, and what bounds it then is not for
    // this oracle to say: such a look ends what was counted.
    if (shown < 1 || (!cost.isRecent && !isByClock(watched))) return;
    if (sure < 1) {
      if (known !== undefined) this.#broken.set(watched.name, { ...known, wasDoubted: true });
      return;
    }
    if (isStop(watched)) this.#meet(cost, known);
    const tiers = isStop(watched) ? this.#tiersOf(position) : TIERS.fast;
    const broken = longer(desk, tiers, this.#counted(watched, sure, desk.at.wall), known);
    this.#broken.set(watched.name, broken);
    this.#isWaiting ||= !isBeyondReach(desk, position);
    if (!isOverdue(tiers, broken)) return;
    // What is overdue begins anew, excused or told: nobody counts while an order closes it.
    this.#broken.delete(watched.name);
    if (this.#isExcused(desk, position)) return;
    const { what, name, price } = watched;
    this.#report(`the ${what} of ${name} at ${price} is due by ${sure} and nothing is done`);
  }

  #meet({ hasBareLong }: Cost, known: Broken | undefined): void {
    if (hasBareLong) this.#met('brokenBesideBareWing');
    if (known?.wasDoubted === true) this.#met('brokenAgainAfterDoubt');
  }

  #tiersOf({ positionId }: StructurePosition): Tiers {
    return TIERS[this.#trades.planOf(positionId).confirmation ?? 'fast'];
  }

  /** Nothing is to be done, it was just refused, or it cannot be left and somebody was told. */
  #isExcused(desk: DeskContext, position: StructurePosition): boolean {
    const { market } = desk.at;
    if (isBeyondReach(desk, position)) return true;
    const { positionId } = position;
    const since = market - RETRIED_WITHIN_MICROS;
    if ((this.#explainedAt.get(positionId) ?? 0) > since) return true;
    const orders = desk.orders.all().filter(({ intent }) => intent.positionId === positionId);
    return orders.some(({ updatedAt }) => updatedAt.market > since);
  }

  /** How far it is broken beyond doubt; a side whose short the price of a moment ago has passed, beyond all tiers. */
  #counted({ isSide, legs }: Watched, sure: number, wall: EpochMicros): number {
    const spot = isSide === true ? this.#quotes.underlying : undefined;
    const isHeard = spot !== undefined && wall - spot.at.wall <= OLDEST_MICROS;
    return isHeard && isShortPassed(spot, legs) ? Math.max(sure, AT_ONCE) : sure;
  }

  /** What closing one unit costs by the quotes that came in; undefined where one says nothing. */
  #costOf({ legs, units, gone }: Watched, wall: EpochMicros): Cost | undefined {
    if (units === undefined) return undefined;
    let [far, natural] = [0, 0];
    let isNarrow = true;
    let isRecent = true;
    let hasBareLong = false;
    for (const { instrument, quantity } of legs) {
      const quote = this.#quotes.sound(instrumentSymbol(instrument));
      const { bid = 0, ask } = quote ?? {};
      if (quote === undefined || ask === undefined) return undefined;
      isRecent &&= wall - quote.at.wall <= OLDEST_MICROS;
      isNarrow &&= ask - bid <= NARROW;
      hasBareLong ||= quantity > 0 && bid === 0 && ask > NARROW;
      far -= quantity > 0 ? quantity * ask : quantity * bid;
      natural -= quantity > 0 ? quantity * bid : quantity * ask;
    }
    // Longs that nobody bids for are left to expire.
    const isWorthless = natural === 0 && legs.every(({ quantity }) => quantity > 0);
    if (isWorthless) return undefined;
    const per = { far: far / units + gone, natural: natural / units + gone };
    return { ...per, isNarrow, isRecent, hasBareLong };
  }

  /** Breaches are counted anew, from quotes that the new process has heard itself. */
  onCrash(records: readonly AuditRecord[]): void {
    for (const heard of [this.#quotes, this.#bars, this.#trades, this.#gains]) heard.clear();
    this.#watched.clear();
    this.#broken = new Map();
    this.#isBatch = false;
    for (const record of records) this.#remember(record);
  }
}
