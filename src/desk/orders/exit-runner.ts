/**
 * Watches every position on every batch of quotes: stops, targets, time exits, the schedule. What is
 * being closed already is watched too, so that a patient close hurries when a stop breaks. Nothing
 * is left this way once not even the reserve takes records: then only the console flattens.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, price } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, asOpenPosition } from '../account/held-position.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { spotOf } from '../desk-context.ts';
import { evaluateExit } from '../exits/evaluate-exit.ts';
import { isExDividendEve } from '../exits/ex-dividend.ts';
import type { ExitClose, ExitInput, ExitMemory } from '../exits/exit-input.ts';
import { NO_EXIT_MEMORY } from '../exits/exit-input.ts';
import { policyOf } from '../exits/exit-policy.ts';
import { lastHourFrom } from '../exits/flat-by.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { evidenceOf } from '../session/freshness.ts';
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

type MarketNow = Omit<ExitInput, 'position' | 'policy' | 'memory'>;

/** What is the same for every position at this step. */
function marketOf(desk: DeskContext): MarketNow {
  const { day, at } = desk;
  const { nickelBuyBack, exDividendDates } = exitSettingsOf(desk.config);
  const spot = spotOf(desk);
  return {
    quotes: (symbol) => evidenceOf(desk, symbol),
    at,
    session: day.session,
    flatBy: day.schedule,
    spot: spot === undefined ? undefined : price(Math.round(spot)),
    recent: recentMarket(desk),
    bars: desk.bars.bars(),
    nickelFrom: nickelBuyBack ? lastHourFrom(day.session) : undefined,
    isExDividendEve: isExDividendEve(day.session.date, exDividendDates),
  };
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

  /** Judges every position once. Called after each batch and on the clock. */
  run(desk: DeskContext): void {
    if (!desk.day.chainOpen || desk.day.reserveExhausted) return;
    if (!desk.book.hasStructures()) {
      this.#forgetAll();
      return;
    }
    const market = marketOf(desk);
    for (const position of desk.book.structures()) this.#judge(desk, position, market);
  }

  /** Clearing a map makes a new table, even of an empty one. */
  #forgetAll(): void {
    if (this.#memory.size > 0) this.#memory.clear();
    if (this.#retryAt.size > 0) this.#retryAt.clear();
  }

  #judge(desk: DeskContext, position: StructurePosition, market: MarketNow): void {
    const { positionId } = position;
    if (desk.at.wall < (this.#retryAt.get(positionId) ?? 0)) return;
    const free = freeLegs(desk, position);
    const isClosing = free.length === 0;
    const watched = isClosing ? position.legs : free;
    if (areLeftToExpire(desk, watched)) {
      const isDue = market.at.market >= market.flatBy.flattenDeadlineAt;
      if (isDue && !isClosing) tellLeftToExpire(desk, positionId);
      return;
    }
    const held = asOpenPosition(desk, position);
    const before = this.#memory.get(positionId) ?? firstMemory(desk, positionId);
    const { memory, decision } = evaluateExit({
      ...market,
      position: { ...held, legs: watched, quantity: unitsOf(position, watched) },
      policy: policyOf(held.exitPlan),
      memory: before,
    });
    this.#memory.set(positionId, memory);
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
