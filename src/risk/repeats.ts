/** How often one strategy opened lately: what tells a loop from a trader. */
import type { At } from '../engine/domain/clock.ts';
import { type EpochMicros, MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { Limits } from './limits.ts';
import type { RecentOrder } from './risk-input.ts';

export interface RepeatInput {
  readonly at: At;
  readonly recentOrders: readonly RecentOrder[];
  readonly limits: Pick<Limits, 'maxRepeats' | 'repeatWindowMillis'>;
  readonly rearmedAtWall?: EpochMicros | undefined;
}

/** Openings of a strategy within the window and since the last re-arm. */
export function repeatsOf(strategy: string, input: RepeatInput): number {
  const { at, recentOrders, limits, rearmedAtWall = 0 } = input;
  const since = Math.max(at.wall - limits.repeatWindowMillis * MICROS_PER_MILLI, rearmedAtWall);
  let repeats = 0;
  for (const order of recentOrders) {
    if (order.opening && order.strategy === strategy && order.wallAt > since) repeats += 1;
  }
  return repeats;
}

/** True once any strategy is at the limit: from then on only a re-arm opens anything. */
export function isRepeating(input: RepeatInput): boolean {
  const { recentOrders, limits } = input;
  if (recentOrders.length < limits.maxRepeats) return false;
  const strategies = new Set(recentOrders.map((order) => order.strategy));
  return [...strategies].some((strategy) => repeatsOf(strategy, input) >= limits.maxRepeats);
}
