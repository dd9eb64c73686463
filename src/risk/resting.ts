/** How long a strategy rests that lost. */
import type { At } from '../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { Limits } from './limits.ts';
import type { Losses } from './risk-input.ts';

export interface RestInput {
  readonly at: At;
  readonly limits: Pick<Limits, 'maxLossesPerStrategy' | 'coolDownMillis'>;
}

/** What is left of its rest: 0 once the cool-down is over, without end for the rest of the session. */
export function restMillis({ count, lastAtWall }: Losses, { at, limits }: RestInput): number {
  if (count >= limits.maxLossesPerStrategy) return Number.POSITIVE_INFINITY;
  const sinceMillis = (at.wall - lastAtWall) / MICROS_PER_MILLI;
  return Math.max(0, limits.coolDownMillis - sinceMillis);
}
