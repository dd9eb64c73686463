/**
 * Gives the requests of one thread to one account their turns (`request-pacer.ts`): at once where
 * there is one, else in order as soon as there is. One for each account on each thread that asks it.
 */
import { machineTimes } from '../../audit/machine-times-shell.ts';
import type { PacedRequest, PacePlan, Turn } from '../../broker/request-pacer.ts';
import { createPaceMemory, RequestPacer } from '../../broker/request-pacer.ts';
import { retryAfterMicros } from '../../broker/retry-after.ts';

/** The turns of an account as they cross to a thread that asks for it: plain data. */
export interface AccountPace {
  readonly plan: PacePlan;
  readonly memory: SharedArrayBuffer;
}

/** The pace of an account that nobody asks yet. */
export function newAccountPace(plan: PacePlan): AccountPace {
  return { plan, memory: createPaceMemory(plan) };
}

/** Those that leave first. An entry never waits. */
const ORDER: readonly Turn[] = ['exit', 'search', 'read', 'look'];
/** More than this are not kept waiting, exits apart. */
const MOST_WAITING = 100;
const MICROS_PER_MILLI = 1_000;

export interface TurnRequest extends PacedRequest {
  /** How long a turn is waited for; an exit waits for as long as it takes. */
  readonly patienceMillis: number;
}

interface Waiting {
  readonly request: TurnRequest;
  readonly until: number;
  readonly go: () => void;
  readonly refuse: () => void;
}

export class RequestTurns {
  readonly #pacer: RequestPacer;
  readonly #jitter: () => number;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `now` tells microseconds of the one clock that all threads share. */
  constructor(
    { plan, memory }: AccountPace,
    jitter: () => number,
    now = () => machineTimes().monotonicMicros,
  ) {
    this.#pacer = new RequestPacer(plan, memory);
    this.#jitter = jitter;
    this.#now = now;
  }

  /** Calls one of both once: `go` within this call where there is a turn now, `refuse` later, never
   * within it, where there is none and the request does not wait. */
  take(request: TurnRequest, go: () => void, refuse: () => void): void {
    const now = this.#now();
    const { turn, patienceMillis } = request;
    const waits = turn !== 'entry' && (turn === 'exit' || this.#waiting.length < MOST_WAITING);
    const isBehind = this.#waiting.some((other) => other.request.turn === turn);
    if (!isBehind && this.#pacer.take(request, now) === 0) go();
    else if (!waits) setImmediate(refuse);
    else {
      const until =
        turn === 'exit' ? Number.POSITIVE_INFINITY : now + patienceMillis * MICROS_PER_MILLI;
      this.#waiting.push({ request, until, go, refuse });
      this.#next();
    }
  }

  /** The same as a promise: whether there was a turn in time. */
  turn(request: TurnRequest): Promise<boolean> {
    return new Promise((resolve) => {
      this.take(
        request,
        () => resolve(true),
        () => resolve(false),
      );
    });
  }

  /** What a request was answered, with the header `Retry-After`, if there was one. */
  onStatus(status: number, retryAfter: string | null | undefined): void {
    const asked = retryAfterMicros(retryAfter ?? undefined, Date.now());
    this.#pacer.onStatus(status, this.#now(), this.#jitter(), asked);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  /** Lets go what has a turn, and sets the time for the rest. One that waits for its endpoint holds up
   * nothing else. */
  #next(): void {
    clearTimeout(this.#timer);
    const now = this.#now();
    const due: (() => void)[] = [];
    const left: Waiting[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    for (const turn of ORDER) {
      for (const waiting of this.#waiting) {
        if (waiting.request.turn !== turn) continue;
        const wait = this.#pacer.take(waiting.request, now);
        if (wait === 0) due.push(waiting.go);
        else if (waiting.until <= now) due.push(waiting.refuse);
        else {
          left.push(waiting);
          soonest = Math.min(soonest, wait, waiting.until - now);
        }
      }
    }
    this.#waiting = left;
    if (left.length > 0) {
      const millis = Math.ceil(soonest / MICROS_PER_MILLI);
      this.#timer = setTimeout(() => this.#next(), millis);
    }
    for (const act of due) act();
  }
}
