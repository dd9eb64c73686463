/** What options think of a day that follows real bars: the bars' own realised volatility. */
import type { FileSession } from './bars-file.ts';
import type { DayGrid } from './day-grid.ts';
import { STEPS_PER_MINUTE } from './day-grid.ts';
import { varianceRate } from './variance-profile.ts';

const OPEN_MINUTE_OF_DAY = 570;
const LOWEST_LEVEL = 0.4;
const HIGHEST_LEVEL = 6;
/** Weight of what the last minutes realised against the day's level. */
const RECENT_WEIGHT = 0.3;
const RECENT_DECAY_MINUTES = 20;

/** Volatility over an average day's by minute of the grid: the level of the whole session, leaning
 * towards what the minutes before realised. */
export function barVolFactors(grid: DayGrid, session: FileSession): Float64Array {
  const openMinute = grid.openStep / STEPS_PER_MINUTE;
  const closeMinute = grid.closeStep / STEPS_PER_MINUTE;
  const ratios = varianceRatios(session, closeMinute - openMinute);
  const level = limited(mean([...ratios.values()]));
  const factors = new Float64Array(grid.steps / STEPS_PER_MINUTE);
  let recent = level;
  for (let minute = 0; minute < factors.length; minute += 1) {
    factors[minute] = Math.sqrt(level + RECENT_WEIGHT * (limited(recent) - level));
    const realised = ratios.get(minute - openMinute) ?? recent;
    recent += (realised - recent) / RECENT_DECAY_MINUTES;
  }
  return factors;
}

/** Realised over average variance of each minute since the open. */
function varianceRatios(session: FileSession, minutesToClose: number): Map<number, number> {
  const ratios = new Map<number, number>();
  let last: number | undefined;
  for (const bar of session.bars) {
    const sinceOpen = bar.minute - OPEN_MINUTE_OF_DAY;
    const move = 1e4 * Math.log(bar.close / (last ?? bar.open));
    const usual = varianceRate(sinceOpen + 0.5, minutesToClose - sinceOpen - 0.5);
    ratios.set(sinceOpen, (move * move) / usual);
    last = bar.close;
  }
  return ratios;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function limited(varianceRatio: number): number {
  return Math.min(Math.max(varianceRatio, LOWEST_LEVEL ** 2), HIGHEST_LEVEL ** 2);
}
