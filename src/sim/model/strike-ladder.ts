/** The listed strikes of a day: evenly spaced around the open, and more when spot moves off. */
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import { STEPS_PER_MINUTE } from './day-grid.ts';
import type { SpotPath } from './spot-path.ts';

/** Strikes listed on each side of the open before the day begins. */
const LISTED_EACH_SIDE = 80;
/** New strikes are listed when fewer than this many lie between spot and the edge … */
const EDGE_STRIKES = 70;
/** … this many at a time. */
const ADDED_AT_ONCE = 20;

/** The lowest and highest listed strike, whole dollars, and the distance of those between them. */
export interface StrikeRange {
  readonly low: number;
  readonly high: number;
  readonly spacing: number;
}

/** The strikes listed at a step. Only ever grows through a day; decided at whole minutes. */
export function strikesListedAt(path: SpotPath, step: number): StrikeRange {
  const spacing = path.shape.spec.strikeSpacing;
  const openPrice = (path.prices[path.grid.openStep] ?? 0) / PRICE_PER_DOLLAR;
  const middle = Math.round(openPrice / spacing) * spacing;
  let low = Math.max(spacing, middle - LISTED_EACH_SIDE * spacing);
  let high = middle + LISTED_EACH_SIDE * spacing;
  for (let minute = path.grid.openStep; minute <= step; minute += STEPS_PER_MINUTE) {
    const spot = (path.prices[minute] ?? 0) / PRICE_PER_DOLLAR;
    while (spot > high - EDGE_STRIKES * spacing) high += ADDED_AT_ONCE * spacing;
    while (spot < low + EDGE_STRIKES * spacing && low > spacing) {
      low = Math.max(spacing, low - ADDED_AT_ONCE * spacing);
    }
  }
  return { low, high, spacing };
}
