/**
 * How long something has lasted, from look to look, by the time that truly passed: the engine's own clocks may
 * step. One user.
 */

import type { EpochMicros } from '../../engine/domain/units.ts';

export class LookClock {
  #lookedAt: EpochMicros | undefined;

  /** Time since the last look; undefined before the first. */
  since(now: EpochMicros): number | undefined {
    return this.#lookedAt === undefined ? undefined : now - this.#lookedAt;
  }

  /** A look. Answers with the microseconds since the one before. */
  look(now: EpochMicros): number {
    const step = this.since(now) ?? 0;
    this.#lookedAt = now;
    return step;
  }

  /** The next look is the first. */
  forget(): void {
    this.#lookedAt = undefined;
  }
}
