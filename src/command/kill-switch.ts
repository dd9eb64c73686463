/**
 * The kill switch of an engine: the word in memory and the latch on disk, which go together. The word is set
 * and cleared at once; what is done to the latch is done beside this thread, one after another, so that a disk
 * that hangs holds neither this thread nor more than one call. Main thread only.
 */
import { systemCode } from '../audit/disk.ts';
import {
  clearKillLatch,
  engageKillLatchAside,
  type KillLatch,
  latchMark,
  readKillLatch,
} from '../audit/kill-latch.ts';
import type { Latched } from '../desk/engine-api-kill.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import type { Counters } from '../ops/counters.ts';

/** Of a reason as it is kept: whoever kills with more words kills all the same. */
const LONGEST_REASON_CHARACTERS = 200;

export class KillSwitch {
  readonly #home: string;
  readonly #counters: Counters;
  /** Of the latch as this engine last took it up: a newer one is a kill of which the word tells nothing. */
  #mark: string | undefined;
  /** Kills so far: what is cleared is what stood when that was asked for. */
  #kills = 0;
  /** What is done to the latch, and how much of it has not come to its end. */
  #acts: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(home: string, counters: Counters) {
    this.#home = home;
    this.#counters = counters;
    this.#mark = latchMark(home);
  }

  /** The kill word first, then the disk: the word is what stops the next send. */
  engage(words: string, principal: string): Latched {
    this.#counters.raiseKillWord();
    this.#counters.add('kills');
    this.#kills += 1;
    const reason = words.slice(0, LONGEST_REASON_CHARACTERS);
    const by = { principal, reason, wallMicros: wallMicros() };
    const kept = this.#inTurn(async () => {
      try {
        this.#mark = await engageKillLatchAside(this.#home, by);
      } catch (error) {
        this.#mark = latchMark(this.#home);
        throw error;
      }
    });
    return { reason, kept };
  }

  /** Releases the kills that this engine knows, behind the latch that is still being written for one: a kill
   * that comes before it is done stands, and one that a console set on disk meanwhile. Resolves with what kept
   * it from that, if something did; the word is up then. */
  clear(): Promise<string | undefined> {
    const kills = this.#kills;
    return this.#inTurn(async () => {
      if (kills !== this.#kills || this.#isNewer()) return;
      await clearKillLatch(this.#home);
      this.#mark = undefined;
      if (kills === this.#kills) this.#counters.clearKillWord();
    });
  }

  /** A latch that was set, or set again, beside this engine. The console does so where nothing answers at
   * the socket, as while an engine starts. Looked at under a raised word too: a rearm may be on its way that
   * must not release it; but not while the engine's own is being written, for that is no other. */
  latchedBeside(): KillLatch | undefined {
    if (this.#underWay > 0) return undefined;
    return this.#counters.isKilled() && !this.#isNewer() ? undefined : readKillLatch(this.#home);
  }

  /** Resolves once nothing is being done to the latch: until then a thread of this process may hang in it. */
  get settled(): Promise<unknown> {
    return this.#acts;
  }

  #isNewer(): boolean {
    const mark = latchMark(this.#home);
    return mark !== undefined && mark !== this.#mark;
  }

  /** Resolves with the system's word for what went wrong. */
  #inTurn(act: () => Promise<void>): Promise<string | undefined> {
    this.#underWay += 1;
    const done = this.#acts.then(act).then(() => undefined, systemCode);
    this.#acts = done.then(() => {
      this.#underWay -= 1;
    });
    return done;
  }
}
