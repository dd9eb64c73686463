/** Whether one-minute bars of the underlying are to be asked for anew, over another connection. */
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';

/**
 * Core thread only. A server without bars, or without one of them, is no reason to lose the quotes again
 * and again: silence is answered once until a bar is new, a minute that was left out once.
 */
export class BarStream {
  /** Micros of the newest bar's start. */
  #newestAt = 0;
  #isSilenceAnswered = false;
  #isOneLeftOut = false;

  /** Bars are wanted from here on; what is missing before the first of them is left out too. */
  want(fromMicros: number): void {
    this.#newestAt = Math.max(this.#newestAt, fromMicros);
  }

  came(startsAt: number): void {
    if (startsAt <= this.#newestAt) return;
    this.#isSilenceAnswered = false;
    if (startsAt > this.#newestAt + MICROS_PER_MINUTE) this.#isOneLeftOut = true;
    this.#newestAt = startsAt;
  }

  isOwed(isSilent: boolean): boolean {
    return this.#isOneLeftOut || (isSilent && !this.#isSilenceAnswered);
  }

  /** A connection was given up for them. */
  askedAnew(): void {
    this.#isOneLeftOut = false;
    this.#isSilenceAnswered = true;
  }
}
