/** The listed strikes of a day: every dollar around the open, and more when spot moves off. */
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import { STEPS_PER_MINUTE } from './day-grid.ts';
import type { SpotPath } from './spot-path.ts';

/** Strikes listed on each side of the open before the day begins. */
const LISTED_EACH_SIDE = 80;
/** New strikes are listed when spot comes this near to the edge … */
const EDGE_DOLLARS = 40;
/** … this many at a time. */
const ADDED_AT_ONCE = 20;
const LOWEST_STRIKE = 1;

/** The lowest and highest listed strike, whole dollars, every dollar between them listed too. */
export interface StrikeRange {
  readonly low: number;
  readonly high: number;
}

/** The strikes listed at a step. Only ever grows through a day; decided at whole minutes. */
export function strikesListedAt(path: SpotPath, step: number): StrikeRange {
  const openPrice = (path.prices[path.grid.openStep] ?? 0) / PRICE_PER_DOLLAR;
  let low = Math.max(LOWEST_STRIKE, Math.round(openPrice) - LISTED_EACH_SIDE);
  let high = Math.round(openPrice) + LISTED_EACH_SIDE;
  for (let minute = path.grid.openStep; minute <= step; minute += STEPS_PER_MINUTE) {
    const spot = (path.prices[minute] ?? 0) / PRICE_PER_DOLLAR;
    while (spot > high - EDGE_DOLLARS) high += ADDED_AT_ONCE;
    while (spot < low + EDGE_DOLLARS && low > LOWEST_STRIKE) {
      low = Math.max(LOWEST_STRIKE, low - ADDED_AT_ONCE);
    }
  }
  return { low, high };
}
