/**
 * Watches every position on every batch of quotes: stops, targets, time exits, the schedule. What is
 * being closed already is watched too, so that a patient close hurries when a stop breaks. Nothing
 * is left this way once not even the reserve takes records: then only the console flattens.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, price } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, asOpenPosition } from '../account/held-position.ts';
import type { DeskConfig } from '../desk-config.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DaySchedule, DeskContext } from '../desk-context.ts';
import { spotOf } from '../desk-context.ts';
import { evaluateExit } from '../exits/evaluate-exit.ts';
import { isExDividendEve } from '../exits/ex-dividend.ts';
import type { ExitClose, ExitInput, ExitMemory } from '../exits/exit-input.ts';
import { NO_EXIT_MEMORY } from '../exits/exit-input.ts';
import type { ExitPolicy } from '../exits/exit-policy.ts';
import { policyOf } from '../exits/exit-policy.ts';
import { lastHourFrom } from '../exits/flat-by.ts';
import type { RecentMarket } from '../exits/jump.ts';
import type { HeldLeg, OpenPosition } from '../exits/open-position.ts';
import { recentMarket } from '../session/recent-market.ts';
import { freeLegs } from './closing.ts';
import {
  closePosition,
  hurryClosings,
  RETRY_AFTER_MICROS,
  tellLeftToExpire,
  wasJustRejected,
} from './flattening.ts';

/** Units that these legs of the position make up, by the leg that has the most. */
function unitsOf(position: StructurePosition, legs: readonly HeldLeg[]): number {
  const ratios = new Map(
    position.legs.map((leg) => [instrumentSymbol(leg.instrument), Math.abs(leg.ratio)]),
  );
  const units = legs.map(({ instrument, quantity }) => {
    const ratio = ratios.get(instrumentSymbol(instrument)) ?? 0;
    return ratio > 0 ? Math.abs(quantity) / ratio : 0;
  });
  return Math.max(...units) || position.quantity;
}

/** A position as it is judged. Kept while no order closes any of it. */
interface Watched {
  /** The look at the book, and the schedule, that it was made from. */
  readonly from: StructurePosition;
  readonly schedule: DaySchedule;
  readonly position: OpenPosition;
  readonly policy: ExitPolicy;
  /** Orders close all of it already. */
  readonly isClosing: boolean;
}

/** What is judged, written again for every batch and every position: nobody keeps it. */
type LentInput = { -readonly [K in keyof ExitInput]: ExitInput[K] };

/** The market of one desk, lent to the judges. */
class ExitMarket {
  readonly #desk: DeskContext;
  readonly #recent: RecentMarket;
  #input: LentInput | undefined;
  #session: SessionTimes | undefined;
  #config: DeskConfig | undefined;

  constructor(desk: DeskContext) {
    this.#desk = desk;
    this.#recent = recentMarket(desk);
  }

  /** The market as it stands, with this position in it. */
  input(watched: Watched, memory: ExitMemory): ExitInput {
    const { position, policy } = watched;
    const input = this.#input ?? this.#newInput(watched, memory);
    input.position = position;
    input.policy = policy;
    input.memory = memory;
    return input;
  }

  /** To be called once a batch, before `input`. */
  look(): void {
    const desk = this.#desk;
    const { day } = desk;
    desk.evidence.look(day);
    const input = this.#input;
    if (input === undefined) return;
    input.at = desk.at;
    input.flatBy = day.schedule;
    input.spot = roundedSpot(desk);
    input.bars = desk.bars.bars();
    if (this.#session !== day.session || this.#config !== desk.config) this.#enterDay(input);
  }

  /** What is the same all day. */
  #enterDay(input: LentInput): void {
    const { day, config } = this.#desk;
    const { nickelBuyBack, exDividendDates } = exitSettingsOf(config);
    input.session = day.session;
    input.nickelFrom = nickelBuyBack ? lastHourFrom(day.session) : undefined;
    input.isExDividendEve = isExDividendEve(day.session.date, exDividendDates);
    this.#session = day.session;
    this.#config = config;
  }

  #newInput({ position, policy }: Watched, memory: ExitMemory): LentInput {
    const desk = this.#desk;
    const input: LentInput = {
      position,
      quotes: desk.evidence.of,
      at: desk.at,
      session: desk.day.session,
      flatBy: desk.day.schedule,
      policy,
      memory,
      spot: roundedSpot(desk),
      recent: this.#recent,
      bars: desk.bars.bars(),
      nickelFrom: undefined,
      isExDividendEve: false,
    };
    this.#enterDay(input);
    this.#input = input;
    return input;
  }
}

function roundedSpot(desk: DeskContext): Price | undefined {
  const spot = spotOf(desk);
  return spot === undefined ? undefined : price(Math.round(spot));
}

/** A trail goes on from the best gain that the journal holds. */
function firstMemory(desk: DeskContext, positionId: string): ExitMemory {
  const best = desk.day.bestGains.get(positionId);
  return { ...NO_EXIT_MEMORY, gain: { ...NO_EXIT_MEMORY.gain, best } };
}

/** A trail that rose is recorded: after a crash the stop is not one cent looser. */
function recordGain(desk: DeskContext, positionId: string, { gain }: ExitMemory): void {
  if (gain.best === undefined) return;
  desk.day.bestGains.set(positionId, gain.best);
  desk.out.append({ kind: 'trailRaised', positionId, bestGain: gain.best }, true);
}

/** Core thread only. Breaches are counted anew from fresh quotes after a restart, never guessed. */
export class ExitRunner {
  readonly #memory = new Map<string, ExitMemory>();
  readonly #retryAt = new Map<string, EpochMicros>();
  readonly #watched = new Map<string, Watched>();
  #market: ExitMarket | undefined;

  /** Judges every position once. Called after each batch and on the clock. */
  run(desk: DeskContext): void {
    if (!desk.day.chainOpen || desk.day.reserveExhausted) return;
    if (!desk.book.hasStructures()) {
      this.#forgetAll();
      desk.evidence.forget();
      return;
    }
    this.#market ??= new ExitMarket(desk);
    this.#market.look();
    for (const position of desk.book.structures()) this.#judge(desk, position, this.#market);
  }

  /** Clearing a map makes a new table, even of an empty one. */
  #forgetAll(): void {
    if (this.#memory.size > 0) this.#memory.clear();
    if (this.#retryAt.size > 0) this.#retryAt.clear();
    if (this.#watched.size > 0) this.#watched.clear();
  }

  /** The position without what orders close already; while they close all of it, the whole. */
  #watch(desk: DeskContext, from: StructurePosition): Watched {
    const known = this.#watched.get(from.positionId);
    const { schedule } = desk.day;
    const isTouched = desk.orders.isClosing(from.positionId);
    if (!isTouched && known?.from === from && known.schedule === schedule) return known;
    const free = freeLegs(desk, from);
    const isClosing = free.length === 0;
    const legs = isClosing ? from.legs : free;
    const held = asOpenPosition(desk, from);
    const position = { ...held, legs, quantity: unitsOf(from, legs) };
    const watched = { from, schedule, position, policy: policyOf(held.exitPlan), isClosing };
    if (isTouched) this.#watched.delete(from.positionId);
    else this.#watched.set(from.positionId, watched);
    return watched;
  }

  #judge(desk: DeskContext, position: StructurePosition, market: ExitMarket): void {
    const { positionId } = position;
    if (desk.at.wall < (this.#retryAt.get(positionId) ?? 0)) return;
    const watched = this.#watch(desk, position);
    const { isClosing } = watched;
    if (areLeftToExpire(desk, watched.position.legs)) {
      const isDue = desk.at.market >= desk.day.schedule.flattenDeadlineAt;
      if (isDue && !isClosing) tellLeftToExpire(desk, positionId);
      return;
    }
    const before = this.#memory.get(positionId) ?? firstMemory(desk, positionId);
    const { memory, decision } = evaluateExit(market.input(watched, before));
    if (memory !== before || !this.#memory.has(positionId)) this.#memory.set(positionId, memory);
    if (memory.gain.best !== before.gain.best) recordGain(desk, positionId, memory);
    if (decision === 'hold') return;
    if (isClosing) hurryClosings(desk, positionId, decision.urgency);
    else this.#leave(desk, position, decision);
  }

  #leave(desk: DeskContext, position: StructurePosition, decision: ExitClose): void {
    const { positionId } = position;
    const { close, reason, numbers, urgency } = decision;
    if (wasJustRejected(desk, positionId)) return;
    hurryClosings(desk, positionId, urgency);
    const { refused } = closePosition(desk, position, {
      purpose: 'exit',
      part: close,
      urgency,
      principal: 'engine',
      tokenSha256: null,
      previewId: null,
      because: { reason, numbers },
    });
    if (refused === undefined) return;
    this.#retryAt.set(positionId, addMicros(desk.at.wall, RETRY_AFTER_MICROS));
    const text = `${positionId} should be left (${reason}) but cannot be: ${refused}`;
    desk.out.alert('critical', 'EXIT_REFUSED', text);
  }
}
