/** The kill switch of an engine: the word in memory and the latch on disk, which go together. Main thread only. */
import {
  clearKillLatch,
  engageOrTell,
  type KillLatch,
  readKillLatch,
} from '../audit/kill-latch.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import type { Counters } from '../ops/counters.ts';

export class KillSwitch {
  readonly #home: string;
  readonly #counters: Counters;

  constructor(home: string, counters: Counters) {
    this.#home = home;
    this.#counters = counters;
  }

  /** The kill word first, then the disk: the word is what stops the next send. */
  engage(reason: string, principal: string): string {
    this.#counters.raiseKillWord();
    this.#counters.add('kills');
    return engageOrTell(this.#home, { principal, reason, wallMicros: wallMicros() });
  }

  clear(): void {
    clearKillLatch(this.#home);
    this.#counters.clearKillWord();
  }

  /** A latch of which the word does not know yet. The console sets it where nothing answers at the socket, as
   * while an engine starts. */
  latchedBeside(): KillLatch | undefined {
    return this.#counters.isKilled() ? undefined : readKillLatch(this.#home);
  }
}
