/**
 * One way out for everything that calls somebody else's server: a pace, a time limit, a circuit
 * breaker and, where asked for, retries with jitter. One per service, on the thread that calls it.
 * It is never around the POST of an order: that is sent once, by the shell of the order gateway.
 */
import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IBackoff,
  type IPolicy,
  isBrokenCircuitError,
  retry,
  type TimeoutPolicy,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { RateLimiter } from 'limiter';
import { wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { MICROS_PER_MILLI, MICROS_PER_SECOND } from '../engine/domain/units.ts';

/** How a service is called. */
export interface CallLimits {
  /** Calls in a minute, retries counted; more wait their turn. Absent where the call itself waits for
   * the turn of an account that others ask as well. */
  readonly callsPerMinute?: number;
  /** Urgent calls in a minute beyond these, so that none waits behind the others. */
  readonly urgentPerMinute?: number;
  readonly timeoutMillis: number;
  /** Times that one call is tried, at least 1. */
  readonly attempts: number;
  /** Waits between tries: about the first, growing to the most, with decorrelated jitter. */
  readonly firstWaitMillis: number;
  readonly mostWaitMillis: number;
  /** Failures in a row after which nothing is tried. */
  readonly failuresToOpen: number;
  /** How long nothing is tried; then one call is let through as a probe. */
  readonly restMillis: number;
}

/** Thrown by a call that was not made: no failure of the service, so nothing rests for it. */
export class NotCalled extends DeltaringError {
  constructor(waitMicros: number) {
    const seconds = Math.max(1, Math.ceil(waitMicros / MICROS_PER_SECOND));
    const text = `the requests that the broker allows are used up or kept for orders: ask again in ${seconds} s`;
    super('BROKER_UNREACHABLE', text);
  }
}

const FAILURES = handleWhen((error) => !(error instanceof NotCalled));

export type BreakerState = 'closed' | 'open' | 'halfOpen';

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'halfOpen',
  [CircuitState.Isolated]: 'open',
};

/**
 * How long a breaker rests, by the engine's clock, which never steps back. The breaker itself asks the
 * time of day, and one that is set back would keep it open for as long: it hears of no wait that is
 * over before its time, and of none that is left after it.
 */
export function restOf(millis: number): Pick<IBackoff<unknown>, 'next'> {
  const next = (): IBackoff<unknown> => {
    const until = wallMicros() + millis * MICROS_PER_MILLI;
    return {
      next,
      get duration() {
        return wallMicros() < until ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      },
    };
  };
  return { next };
}

function paceOf(tokensPerInterval: number | undefined): RateLimiter | undefined {
  return tokensPerInterval === undefined
    ? undefined
    : new RateLimiter({ tokensPerInterval, interval: 'minute' });
}

/** Calls of one service. Not shared between threads. */
export class OutgoingCalls {
  readonly #breaker: CircuitBreakerPolicy;
  /** The tries of a call, each let through by the breaker. */
  readonly #tries: IPolicy;
  readonly #limit: TimeoutPolicy;
  readonly #pace: RateLimiter | undefined;
  readonly #urgentPace: RateLimiter | undefined;

  constructor(limits: CallLimits) {
    this.#pace = paceOf(limits.callsPerMinute);
    this.#urgentPace = paceOf(limits.urgentPerMinute);
    this.#breaker = circuitBreaker(FAILURES, {
      breaker: new ConsecutiveBreaker(limits.failuresToOpen),
      halfOpenAfter: restOf(limits.restMillis),
    });
    const retries = retry(FAILURES, {
      maxAttempts: limits.attempts - 1,
      backoff: new ExponentialBackoff({
        initialDelay: limits.firstWaitMillis,
        maxDelay: limits.mostWaitMillis,
      }),
    });
    this.#limit = timeout(limits.timeoutMillis, TimeoutStrategy.Aggressive);
    this.#tries = wrap(retries, this.#breaker);
  }

  get state(): BreakerState {
    return STATES[this.#breaker.state];
  }

  /** Runs a call. It must heed the signal, throw where it failed, and may be run more than once; its
   * time begins once its turn has come. Throws what the last try threw, or that the breaker is open. */
  run<T>(call: (signal: AbortSignal) => Promise<T>, isUrgent = false): Promise<T> {
    return this.#tries.execute(async () => {
      await this.#turn(isUrgent);
      return this.#limit.execute(({ signal }) => call(signal));
    });
  }

  async #turn(isUrgent: boolean): Promise<void> {
    if (!isUrgent || this.#urgentPace === undefined) await this.#pace?.removeTokens(1);
    else if (this.#pace?.tryRemoveTokens(1) === false) await this.#urgentPace.removeTokens(1);
  }
}

/** True for the refusal to call a service that rests after its failures. */
export function isResting(error: unknown): boolean {
  return isBrokenCircuitError(error);
}
