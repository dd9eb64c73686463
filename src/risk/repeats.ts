/** How often one strategy opened lately: what tells a loop from a trader. */
import type { At } from '../engine/domain/clock.ts';
import { type EpochMicros, MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { Limits } from './limits.ts';
import type { RecentOrder } from './risk-input.ts';

export interface RepeatInput {
  readonly at: At;
  /** Oldest first. */
  readonly recentOrders: readonly RecentOrder[];
  readonly limits: Pick<Limits, 'maxRepeats' | 'repeatWindowMillis'>;
  readonly rearmedAtWall?: EpochMicros | undefined;
}

/** Openings within the window and since the last re-arm, by strategy. A restart asks at each opening of its
 * journal: only what counts is looked at. */
function repeats(input: RepeatInput): ReadonlyMap<string, number> {
  const { at, recentOrders, limits, rearmedAtWall = 0 } = input;
  const since = Math.max(at.wall - limits.repeatWindowMillis * MICROS_PER_MILLI, rearmedAtWall);
  const counts = new Map<string, number>();
  for (let place = recentOrders.length - 1; place >= 0; place -= 1) {
    const order = recentOrders[place];
    if (order === undefined || order.wallAt <= since) break;
    if (order.opening) counts.set(order.strategy, (counts.get(order.strategy) ?? 0) + 1);
  }
  return counts;
}

/** Those of one strategy. */
export function repeatsOf(strategy: string, input: RepeatInput): number {
  return repeats(input).get(strategy) ?? 0;
}

/** True once any strategy is at the limit: from then on only a re-arm opens anything. */
export function isRepeating(input: RepeatInput): boolean {
  const { limits } = input;
  return [...repeats(input).values()].some((count) => count >= limits.maxRepeats);
}
