/** Parts of an exit plan that follow from what the trader chose for the day. */
import type { ExitChoices } from '../engine/domain/exit-choices.ts';
import { gridOf } from '../engine/domain/instrument.ts';
import type { ExitPlan, OrderLeg } from '../engine/domain/order.ts';
import type { TickGrid } from '../engine/domain/tick-grid.ts';
import { ceilToTick, floorToTick } from '../engine/domain/tick-grid.ts';
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

/** Profit where so much was received, or paid, for each dollar that the plan was made for: a target is the same
 * part of it, further away or not, for what it was to gain is a part of that. A trail guards what was gained, and
 * so begins no later than planned. */
export function profitAtShare(
  { target, trail }: ExitPlan,
  legs: readonly OrderLeg[],
  share: number,
): Pick<ExitPlan, 'target' | 'trail'> {
  const grid = gridOf(legs);
  if (target !== undefined) {
    const least = target.kind === 'debitAtOrBelow' ? leastToClose(legs) : 0;
    const at = Math.max(least, floorToTick(grid, target.price * share));
    return { target: { ...target, price: price(at) } };
  }
  if (trail === undefined) return {};
  const afterGain = Math.min(trail.afterGain, ceilToTick(grid, trail.afterGain * share));
  return { trail: { ...trail, afterGain: price(afterGain) } };
}

/** How stops are confirmed; the usual way goes without saying. */
export function confirmationOf({ confirmation }: ExitChoices): Pick<ExitPlan, 'confirmation'> {
  return confirmation === 'patient' ? { confirmation } : {};
}
