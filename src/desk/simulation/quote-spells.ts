/** Which rows a fault of quotes strikes in this round: each for runs of rounds, single ones and long
 * ones, with runs between them in which it is left alone. One user. */

import type { SeededRandom } from './seeded-random.ts';

/** Rounds, shortest and longest. */
const SHORT_RUN = [1, 3] as const;
const LONG_RUN = [12, 90] as const;
const LONG_RUN_CHANCE = 0.4;
/** A row is left alone for this long between two runs. */
const REST = [1, 6] as const;

interface Run {
  readonly strikes: boolean;
  left: number;
}

export class QuoteSpells {
  readonly #random: SeededRandom;
  readonly #runs = new Map<number, Run>();

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Asked once a round for each row that the fault may strike. */
  strikes(row: number): boolean {
    let run = this.#runs.get(row);
    if (run === undefined || run.left === 0) {
      run = this.#next(run);
      this.#runs.set(row, run);
    }
    run.left -= 1;
    return run.strikes;
  }

  #next(before: Run | undefined): Run {
    const random = this.#random;
    const strikes = before === undefined ? random.chance(0.5) : !before.strikes;
    const range = strikes ? (random.chance(LONG_RUN_CHANCE) ? LONG_RUN : SHORT_RUN) : REST;
    const [least, most] = range;
    return { strikes, left: random.whole(least, most) };
  }
}
