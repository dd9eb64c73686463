/** The time grid on which one simulated session is laid out. */

import type { OptionHours, SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkInstant, sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';

/** The market is decided four times a second. */
export const STEP_MICROS = 250_000;
/** Steps of the grid in a minute. */
export const STEPS_PER_MINUTE = MICROS_PER_MINUTE / STEP_MICROS;
/** Trading of the shares is simulated from 09:00 ET … */
const GRID_START_MINUTES = 9 * 60;
/** … until the assignment window after the close has passed. */
const AFTER_CLOSE_MINUTES = 90;

/** Step i of a grid covers `[start + i * STEP_MICROS, start + (i + 1) * STEP_MICROS)`. */
export interface DayGrid {
  readonly times: SessionTimes;
  readonly start: EpochMicros;
  readonly steps: number;
  readonly openStep: number;
  readonly closeStep: number;
  readonly lastTradeStep: number;
}

/** Lays out the grid of a trading date. Throws RangeError when the market is closed that day. */
export function dayGrid(date: SessionDate, hours: OptionHours): DayGrid {
  const times = sessionTimes(date, hours);
  if (times === undefined) throw new RangeError(`the market is closed on ${date}`);
  const start = newYorkInstant(date, GRID_START_MINUTES);
  const stepOf = (instant: EpochMicros): number => Math.round((instant - start) / STEP_MICROS);
  const closeStep = stepOf(times.exerciseMark);
  return {
    times,
    start,
    steps: closeStep + AFTER_CLOSE_MINUTES * STEPS_PER_MINUTE,
    openStep: stepOf(times.open),
    closeStep,
    lastTradeStep: stepOf(times.lastTrade),
  };
}

/** The step that a moment falls into, held inside the grid. */
export function stepAt(grid: DayGrid, at: EpochMicros): number {
  const step = Math.floor((at - grid.start) / STEP_MICROS);
  return Math.min(Math.max(step, 0), grid.steps - 1);
}

/** When a step begins. */
export function stepStart(grid: DayGrid, step: number): EpochMicros {
  return addMicros(grid.start, step * STEP_MICROS);
}

/** Minutes from the open to a step's start, negative before the open. */
export function minutesSinceOpen(grid: DayGrid, step: number): number {
  return (step - grid.openStep) / STEPS_PER_MINUTE;
}
