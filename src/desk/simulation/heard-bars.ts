/** One-minute bars as they came in: what oracles reckon with apart from the desk's own. */

import type { ExitPlan } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { epochMicros } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';

export class HeardBars {
  /** By the start of their bar; one that comes again replaces its elder. */
  readonly #closes = new Map<EpochMicros, number>();
  #newest = epochMicros(0);

  /** True where it may change what complete bars say: the newest is not complete, so as long as it alone changes
   * they say what they said. */
  onInput(input: Input): boolean {
    if (input.kind !== 'bar') return false;
    const { startsAt, close } = input.bar;
    const isOfOthers = startsAt !== this.#newest;
    this.#closes.set(startsAt, close);
    this.#newest = epochMicros(Math.max(this.#newest, startsAt));
    return isOfOthers;
  }

  /** By the start of their bar, in any order. */
  get closes(): ReadonlyMap<EpochMicros, number> {
    return this.#closes;
  }

  /** Start of the newest bar: it may still change. */
  get newest(): EpochMicros {
    return this.#newest;
  }

  /** Starts of the bars that close beyond a level. */
  beyond({ closes, level }: NonNullable<ExitPlan['rangeExit']>): readonly EpochMicros[] {
    const found = [...this.#closes].filter(([, close]) => {
      return closes === 'above' ? close > level : close < level;
    });
    return found.map(([startsAt]) => startsAt);
  }

  /** Another process has heard nothing. */
  clear(): void {
    this.#closes.clear();
    this.#newest = epochMicros(0);
  }
}
