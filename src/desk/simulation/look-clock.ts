/** How long something has lasted, by looks alone. One user. */

import { type EpochMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';

/** A longer stretch between two looks counts nothing: the engine's clocks may have stepped. */
const LONGEST_STEP_MICROS = 5 * MICROS_PER_SECOND;

export class LookClock {
  #lookedAt: EpochMicros | undefined;

  /** Market time since the last look; undefined before the first. */
  since(market: EpochMicros): number | undefined {
    return this.#lookedAt === undefined ? undefined : market - this.#lookedAt;
  }

  /** A look. Answers with the microseconds that it counts since the one before. */
  look(market: EpochMicros): number {
    const step = this.since(market) ?? 0;
    this.#lookedAt = market;
    return step > 0 && step <= LONGEST_STEP_MICROS ? step : 0;
  }

  /** The next look is the first. */
  forget(): void {
    this.#lookedAt = undefined;
  }
}
