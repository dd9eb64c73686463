/**
 * The time of a simulated session and what the engine's machine believes it is. Both of the engine's
 * clocks may be ahead or behind, each by its own; as the real ones they never step back while the
 * engine runs, only between two runs. One user.
 */

import { assert } from '../../engine/domain/assert.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros } from '../../engine/domain/units.ts';

/** By how much the clocks are set on, in microseconds; back where it is negative. */
export interface ClockJump {
  readonly market: number;
  readonly wall: number;
}

export class SkewedClock {
  #now: EpochMicros;
  #skew: ClockJump = { market: 0, wall: 0 };

  constructor(from: EpochMicros) {
    this.#now = from;
  }

  /** The time of the market, of the broker, of people and of disks. */
  get now(): EpochMicros {
    return this.#now;
  }

  /** The same on both clocks. */
  get trueAt(): At {
    return { market: this.#now, wall: this.#now };
  }

  /** What the engine's machine says. */
  get at(): At {
    return this.shown(this.#now);
  }

  /** What the engine's machine says, or would say, at a time. */
  shown(time: EpochMicros): At {
    const { market, wall } = this.#skew;
    return { market: addMicros(time, market), wall: addMicros(time, wall) };
  }

  /** The time at which the engine's market clock shows this. */
  whenMarketShows(market: EpochMicros): EpochMicros {
    return addMicros(market, -this.#skew.market);
  }

  passTo(time: EpochMicros): void {
    assert(time >= this.#now, 'time does not run backwards, whatever clocks say');
    this.#now = time;
  }

  jump({ market, wall }: ClockJump): void {
    this.#skew = { market: this.#skew.market + market, wall: this.#skew.wall + wall };
  }
}
