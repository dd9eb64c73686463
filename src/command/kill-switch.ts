/** The kill switch of an engine: the word in memory and the latch on disk, which go together. Main thread only. */
import {
  clearKillLatch,
  engageOrTell,
  type KillLatch,
  latchMark,
  readKillLatch,
} from '../audit/kill-latch.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import type { Counters } from '../ops/counters.ts';

export class KillSwitch {
  readonly #home: string;
  readonly #counters: Counters;
  /** Of the latch as this engine last took it up: a newer one is a kill of which the word tells nothing. */
  #mark: string | undefined;

  constructor(home: string, counters: Counters) {
    this.#home = home;
    this.#counters = counters;
    this.#mark = latchMark(home);
  }

  /** The kill word first, then the disk: the word is what stops the next send. */
  engage(reason: string, principal: string): string {
    this.#counters.raiseKillWord();
    this.#counters.add('kills');
    const told = engageOrTell(this.#home, { principal, reason, wallMicros: wallMicros() });
    this.#mark = latchMark(this.#home);
    return told;
  }

  /** Releases the kills that this engine knows: one that a console set on disk meanwhile stands. */
  clear(): void {
    if (this.#isNewer()) return;
    clearKillLatch(this.#home);
    this.#mark = undefined;
    this.#counters.clearKillWord();
  }

  /** A latch that was set, or set again, beside this engine. The console does so where nothing answers at
   * the socket, as while an engine starts. Looked at under a raised word too: a rearm may be on its way that
   * must not release it. */
  latchedBeside(): KillLatch | undefined {
    return this.#counters.isKilled() && !this.#isNewer() ? undefined : readKillLatch(this.#home);
  }

  #isNewer(): boolean {
    const mark = latchMark(this.#home);
    return mark !== undefined && mark !== this.#mark;
  }
}
