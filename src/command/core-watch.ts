/** Whether the core thread beats, as the main thread sees it. */
import { wallMicros } from '../engine/domain/clock.ts';
import type { Counters } from '../ops/counters.ts';

const SILENT_MICROS = 2_000_000;
/** A core that has been silent for so long is not waited for any more. */
const LOST_MICROS = 10_000_000;

export class CoreWatch {
  readonly #counters: Counters;
  #silentLooks = 0;
  #isSilent = false;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** True where the core was silent for so long that it is not coming back by itself. */
  get isLost(): boolean {
    return this.#isSilent && this.#silentMicros() > LOST_MICROS;
  }

  /** To be called in a steady beat. True where the core fell silent, or beats again, since the last
   * change. It takes two looks to call it silent: after a machine's sleep both threads wake at once. */
  look(): boolean {
    const before = this.#isSilent;
    this.#silentLooks = this.#silentMicros() > SILENT_MICROS ? this.#silentLooks + 1 : 0;
    this.#isSilent = this.#silentLooks > 1;
    return this.#isSilent !== before;
  }

  #silentMicros(): number {
    const beat = this.#counters.get('core_heartbeat_wall_micros');
    return beat === undefined ? 0 : wallMicros() - beat;
  }
}
