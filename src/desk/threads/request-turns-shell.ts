/**
 * Gives the requests of one thread to one account their turns (`request-pacer.ts`): at once where
 * there is one, else in order as soon as there is. One for each account on each thread that asks it.
 */
import { machineTimes } from '../../audit/machine-times-shell.ts';
import type { PacePlan } from '../../broker/request-pacer.ts';
import { createPaceMemory, RequestPacer } from '../../broker/request-pacer.ts';
import { retryAfterMicros } from '../../broker/retry-after.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { TurnQueue, type TurnRequest } from './turn-queue.ts';

/** The turns of an account as they cross to a thread that asks for it: plain data. */
export interface AccountPace {
  readonly plan: PacePlan;
  readonly memory: SharedArrayBuffer;
}

/** The pace of an account that nobody asks yet. */
export function newAccountPace(plan: PacePlan): AccountPace {
  return { plan, memory: createPaceMemory(plan) };
}

/** Tells after how many microseconds it is worth asking again. */
type Refuse = (waitMicros: number) => void;

interface Asking extends TurnRequest {
  readonly go: () => void;
  readonly refuse: Refuse;
}

export class RequestTurns {
  readonly #pacer: RequestPacer;
  readonly #queue: TurnQueue<Asking>;
  readonly #jitter: () => number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** `now` tells microseconds of the one clock that all threads share. */
  constructor(
    { plan, memory }: AccountPace,
    jitter: () => number,
    now = () => machineTimes().monotonicMicros,
  ) {
    this.#pacer = new RequestPacer(plan, memory);
    this.#queue = new TurnQueue(this.#pacer);
    this.#jitter = jitter;
    this.#now = now;
  }

  /** Calls one of both once: `go` within this call where there is a turn now, `refuse` later, never
   * within it, where there is none and the request does not wait. */
  take(request: TurnRequest, go: () => void, refuse: Refuse): void {
    const became = this.#queue.take({ ...request, go, refuse }, this.#now());
    if (became === 'go') go();
    else if (became === 'refused') setImmediate(refuse, request.patienceMillis * MICROS_PER_MILLI);
    else this.#next();
  }

  /** The same as a promise: 0 once there is a turn, else after how many microseconds to ask again. */
  turn(request: TurnRequest): Promise<number> {
    return new Promise((resolve) => {
      this.take(request, () => resolve(0), resolve);
    });
  }

  /** What a request was answered, with the header `Retry-After`, if there was one. */
  onStatus(status: number, retryAfter: string | null | undefined): void {
    const asked = retryAfterMicros(retryAfter ?? undefined, Date.now());
    this.#pacer.onStatus(status, this.#now(), this.#jitter(), asked);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.clear();
  }

  /** Lets go what has a turn, and sets the time for the rest. */
  #next(): void {
    clearTimeout(this.#timer);
    const now = this.#now();
    const { go, refused } = this.#queue.due(now);
    const next = this.#queue.next();
    if (next !== undefined) {
      this.#timer = setTimeout(() => this.#next(), Math.ceil((next - now) / MICROS_PER_MILLI));
    }
    for (const asking of go) asking.go();
    for (const { request, waitMicros } of refused) request.refuse(waitMicros);
  }
}
