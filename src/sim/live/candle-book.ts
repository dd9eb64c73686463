/** Bars of the underlying for any period: today's up to now, and the session before. */
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { STEP_MICROS, STEPS_PER_MINUTE, stepStart } from '../model/day-grid.ts';
import type { PathBar, SpotPath } from '../model/spot-path.ts';
import { barOfSteps, minuteBars } from '../model/spot-path.ts';
import type { CandleSpec } from './candle-spec.ts';
import type { DayContext } from './day-context.ts';
import type { TimesAt } from './grouped-bars.ts';
import { candleStart, groupedBars } from './grouped-bars.ts';

const SECONDS_PER_MINUTE = 60;

/** Bars of one session and the one before it. One owner; `step` only moves forward. */
export class CandleBook {
  readonly #day: DayContext;
  readonly #closedMinutes: PathBar[] = [];
  #closedUntil = 0;
  #before: PathBar[] | undefined;

  constructor(day: DayContext) {
    this.#day = day;
  }

  /** The bars that start at or after a moment (epoch microseconds), as they stand at a step,
   * ascending; the last may still be forming. */
  barsSince(spec: CandleSpec, fromMicros: number, step: number): PathBar[] {
    return groupedBars(spec, this.#baseBars(spec, fromMicros, step), fromMicros, this.#timesAt);
  }

  #baseBars(spec: CandleSpec, fromMicros: number, step: number): PathBar[] {
    if (spec.periodSeconds % SECONDS_PER_MINUTE !== 0) {
      return secondBars(this.#day.path, spec.periodSeconds, fromMicros, step);
    }
    const today = this.#minutesUntil(step);
    if (fromMicros >= this.#day.grid.start) {
      const first = candleStart(spec, fromMicros, this.#timesAt);
      return today.filter((bar) => bar.startsAt >= first);
    }
    return [...this.#previousMinutes(), ...today];
  }

  #minutesUntil(step: number): PathBar[] {
    const closed = Math.floor((step + 1) / STEPS_PER_MINUTE) * STEPS_PER_MINUTE;
    if (closed > this.#closedUntil) {
      this.#closedMinutes.push(...minuteBars(this.#day.path, this.#closedUntil, closed));
      this.#closedUntil = closed;
    }
    const forming = barOfSteps(this.#day.path, closed, step + 1);
    return forming === undefined ? this.#closedMinutes : [...this.#closedMinutes, forming];
  }

  #previousMinutes(): PathBar[] {
    const path = this.#day.previousPath;
    this.#before ??= minuteBars(path, 0, path.grid.steps);
    return this.#before;
  }

  readonly #timesAt: TimesAt = (at) =>
    (at >= this.#day.grid.start ? this.#day : this.#day.previousPath).grid.times;
}

function secondBars(path: SpotPath, seconds: number, fromMicros: number, step: number): PathBar[] {
  const width = (seconds * MICROS_PER_SECOND) / STEP_MICROS;
  const first = Math.max(0, Math.ceil((fromMicros - path.grid.start) / STEP_MICROS));
  const bars: PathBar[] = [];
  for (let from = Math.floor(first / width) * width; from <= step; from += width) {
    const bar = barOfSteps(path, from, Math.min(from + width, step + 1));
    if (bar !== undefined) bars.push({ ...bar, startsAt: stepStart(path.grid, from) });
  }
  return bars;
}
