/** Whether the engine's clock is at the time of day, as the main thread sees it. */
import { clockAheadMillis } from '../engine/domain/clock.ts';
import { MILLIS_PER_SECOND } from '../engine/domain/units.ts';
import type { HostAlerts } from './host-alerts.ts';

const CODE = 'CLOCK_AHEAD';
/** So far ahead the schedule runs early by what somebody notices. */
const AHEAD_MILLIS = 2_000;
/** A time of day that was behind at fewer looks in a row is not told of. */
const LOOKS = 4;

/** Pages while the time of day stays behind the engine's clock, which heals by itself, slowly. */
export class ClockWatch {
  readonly #alerts: Pick<HostAlerts, 'open' | 'end'>;
  readonly #aheadMillis: () => number;
  #looks = 0;

  constructor(alerts: Pick<HostAlerts, 'open' | 'end'>, aheadMillis = clockAheadMillis) {
    this.#alerts = alerts;
    this.#aheadMillis = aheadMillis;
  }

  /** To be called in a steady beat. */
  look(): void {
    const aheadMillis = this.#aheadMillis();
    if (aheadMillis > AHEAD_MILLIS) {
      this.#looks += 1;
      if (this.#looks === LOOKS) void this.#alerts.open(CODE, textOf(aheadMillis));
      return;
    }
    if (this.#looks >= LOOKS) void this.#alerts.end(CODE, "the engine's clock is right again");
    this.#looks = 0;
  }
}

function textOf(aheadMillis: number): string {
  const seconds = (aheadMillis / MILLIS_PER_SECOND).toFixed(1);
  return `this machine's time of day was set back: the engine's clock runs ${seconds} s ahead of it and comes back by a second in ten. Until then the schedule runs early by as much, and a feed that is no further behind than that counts as on time: close by hand what cannot bear it, and look at the clock (deltaring doctor). Where it is right and too far back to wait for, restart the engine with nothing held or working`;
}
