/** The operator at the console of a day on which books differ: takes over what the engine cannot explain, a
 * while after it was told, and asks again while that is refused. One user. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TraderView } from './trader-view.ts';

/** In so many sessions something comes from elsewhere, and somebody takes it over. */
const PRESENT_CHANCE = 0.4;
const AFTER_SECONDS = [20, 900] as const;

/** The chance of an operator who adopts; undefined where there is none. */
export function adoptingOf(random: SeededRandom): SeededRandom | undefined {
  return random.chance(PRESENT_CHANCE) ? random : undefined;
}

export class AdoptingOperator {
  readonly #random: SeededRandom;
  #due: EpochMicros | undefined;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  next(): EpochMicros | undefined {
    return this.#due;
  }

  /** True where it is asked for at this moment. */
  asks({ at, isReconciled }: TraderView): boolean {
    const isDue = !isReconciled && this.#due !== undefined && at.wall >= this.#due;
    if (isReconciled) this.#due = undefined;
    else if (isDue || this.#due === undefined) {
      const seconds = this.#random.between(...AFTER_SECONDS);
      this.#due = addMicros(at.wall, seconds * MICROS_PER_SECOND);
    }
    return isDue;
  }
}
