/**
 * The requests of one thread that wait for a turn of their account's (`request-pacer.ts`): exits first,
 * those of a kind in order, and one that waits for its endpoint holds up nothing else. Pure: time is
 * an argument, in microseconds of the clock that all threads share. One user.
 */

import type { PacedRequest, RequestPacer, Turn } from '../../broker/request-pacer.ts';
import { isWayOut } from '../../broker/request-pacer.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';

/** Those that leave first: what a move has left without an order before all. */
const ORDER: readonly Turn[] = ['finish', 'exit', 'search', 'read', 'picture', 'look'];
/** These never wait: what they were judged on has passed by then. */
const AT_ONCE: ReadonlySet<Turn> = new Set(['entry', 'move']);
/** More than this are not kept waiting, ways out apart. */
const MOST_WAITING = 100;

export interface TurnRequest extends PacedRequest {
  /** How long a turn is waited for; a way out waits for as long as it takes. */
  readonly patienceMillis: number;
}

interface Waiting<T> {
  readonly request: T;
  readonly until: number;
}

/** What got no turn in time, and after how many microseconds it might have one. */
interface Refused<T> {
  readonly request: T;
  readonly waitMicros: number;
}

/** What became of those that waited. */
export interface DueTurns<T> {
  readonly go: readonly T[];
  readonly refused: readonly Refused<T>[];
}

export class TurnQueue<T extends TurnRequest> {
  readonly #pacer: RequestPacer;
  #waiting: Waiting<T>[] = [];
  #next = Number.POSITIVE_INFINITY;

  constructor(pacer: RequestPacer) {
    this.#pacer = pacer;
  }

  /** `go`: it has its turn now. `refused`: it gets none. `waits`: `due` will tell. */
  take(request: T, now: number): 'go' | 'refused' | 'waits' {
    const { turn, patienceMillis } = request;
    const isBehind = this.#waiting.some((other) => other.request.turn === turn);
    if (!isBehind && this.#pacer.take(request, now) === 0) return 'go';
    const waits = isWayOut(turn) || (!AT_ONCE.has(turn) && this.#waiting.length < MOST_WAITING);
    if (!waits) return 'refused';
    const until = isWayOut(turn)
      ? Number.POSITIVE_INFINITY
      : now + patienceMillis * MICROS_PER_MILLI;
    this.#waiting.push({ request, until });
    // When it may go is asked for with all others.
    this.#next = now;
    return 'waits';
  }

  /** When to ask `due` again; undefined while nothing waits. */
  next(): number | undefined {
    return this.#waiting.length > 0 ? this.#next : undefined;
  }

  /** Takes out of the queue what has its turn now, and what has waited for too long. */
  due(now: number): DueTurns<T> {
    const go: T[] = [];
    const refused: Refused<T>[] = [];
    const left: Waiting<T>[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (const turn of ORDER) {
      for (const waiting of this.#waiting) {
        if (waiting.request.turn !== turn) continue;
        const wait = this.#pacer.take(waiting.request, now);
        if (wait === 0) go.push(waiting.request);
        else if (waiting.until <= now) refused.push({ request: waiting.request, waitMicros: wait });
        else {
          left.push(waiting);
          soonest = Math.min(soonest, now + wait, waiting.until);
        }
      }
    }
    this.#waiting = left;
    this.#next = soonest;
    return { go, refused };
  }

  /** Nobody waits any more. */
  clear(): void {
    this.#waiting = [];
  }
}
