/** Parts of an exit plan that follow from what the trader chose for the day. */
import type { ExitChoices } from '../engine/domain/exit-choices.ts';
import { gridOf } from '../engine/domain/instrument.ts';
import type { ExitPlan, OrderLeg } from '../engine/domain/order.ts';
import type { TickGrid } from '../engine/domain/tick-grid.ts';
import { ceilToTick } from '../engine/domain/tick-grid.ts';
import type { Price } from '../engine/domain/units.ts';
import { price } from '../engine/domain/units.ts';

/** A trail begins half way to what would be the target, and gives back half of the best gain. */
const BEGINS_OF_TARGET = 0.5;
const KEEPS = 0.5;

/** A profit that runs, instead of a target that would gain so much per share. */
export function trailInsteadOf(
  gainAtTarget: number,
  grid: TickGrid,
): NonNullable<ExitPlan['trail']> {
  return { afterGain: ceilToTick(grid, gainAtTarget * BEGINS_OF_TARGET), keepFraction: KEEPS };
}

/** How far from the best it could come to a structure can be closed at natural: what is sold of it is
 * bought back at a tick each at the least, and what is bought alone is worth a tick less than all. */
export function leastToClose(legs: readonly OrderLeg[]): Price {
  let sold = 0;
  for (const { action, ratio } of legs) if (action === 'sellToOpen') sold += ratio;
  return price(gridOf(legs).step * Math.max(1, sold));
}

/** A stop further than this share of the way to the worst case would be none. */
export const FURTHEST_STOP = 0.75;

/** How stops are confirmed; the usual way goes without saying. */
export function confirmationOf({ confirmation }: ExitChoices): Pick<ExitPlan, 'confirmation'> {
  return confirmation === 'patient' ? { confirmation } : {};
}
