/** When a close that could not be ordered is tried again. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';

/** What a check refused is tried again after this long: at once brings the same. */
const PAUSE_MICROS = 5 * MICROS_PER_SECOND;

export interface ClosePause {
  /** Wall time. */
  readonly until: EpochMicros;
  /** A leg had no market to close in: the next quotes may show one, and it may be gone before the pause is. */
  readonly lacksMarket: boolean;
}

/** The pause that begins with a refusal. */
export function pauseAfter(
  { lacksMarket = false }: Partial<Pick<ClosePause, 'lacksMarket'>>,
  wall: EpochMicros,
): ClosePause {
  return { until: addMicros(wall, PAUSE_MICROS), lacksMarket };
}

/** True while it lasts: what is refused meanwhile is not told again. */
export function isPausing(pause: ClosePause | undefined, wall: EpochMicros): boolean {
  return pause !== undefined && wall < pause.until;
}

/** True while nothing is tried. */
export function isHeldBack(pause: ClosePause | undefined, wall: EpochMicros): boolean {
  return pause?.lacksMarket !== true && isPausing(pause, wall);
}
