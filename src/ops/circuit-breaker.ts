import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros } from '../engine/domain/units.ts';

/** When a breaker opens, and how long it stays so. */
export interface BreakerLimits {
  /** Failures within `windowMicros` that open it, at least 1. */
  readonly failures: number;
  readonly windowMicros: number;
  /** How long nothing is tried after it opened, and how long a trial may stay unanswered. */
  readonly coolDownMicros: number;
}

/** `closed` calls pass · `open` none does · `halfOpen` one trial is under way. */
export type BreakerState = 'closed' | 'open' | 'halfOpen';

/**
 * Stops calling what keeps failing. After the cool-down one call is let through as a trial: its
 * success closes the breaker, its failure opens it anew, and a trial that is never reported counts
 * as failed after another cool-down. One thread's own; time is an argument.
 */
export class CircuitBreaker {
  private readonly limits: BreakerLimits;
  private failedAt: EpochMicros[] = [];
  private current: BreakerState = 'closed';
  private since: EpochMicros | undefined;

  constructor(limits: BreakerLimits) {
    this.limits = limits;
  }

  get state(): BreakerState {
    return this.current;
  }

  /** True where a call may be made now. In `open` past the cool-down this grants the one trial. */
  allows(at: EpochMicros): boolean {
    if (this.current === 'closed') return true;
    const retryAt = this.retryAt();
    if (retryAt !== undefined && at < retryAt) return false;
    this.enter('halfOpen', at);
    return true;
  }

  /** When the next call may be made; undefined while calls pass. */
  retryAt(): EpochMicros | undefined {
    return this.since === undefined ? undefined : addMicros(this.since, this.limits.coolDownMicros);
  }

  /** Reports a call that worked. A late answer to a call made before it opened changes nothing. */
  succeeded(): void {
    if (this.current === 'open') return;
    this.current = 'closed';
    this.since = undefined;
    this.failedAt = [];
  }

  /** Reports a call that failed. */
  failed(at: EpochMicros): void {
    if (this.current === 'open') return;
    if (this.current === 'halfOpen') {
      this.enter('open', at);
      return;
    }
    const oldestCounted = at - this.limits.windowMicros;
    this.failedAt = this.failedAt.filter((failure) => failure > oldestCounted);
    this.failedAt.push(at);
    if (this.failedAt.length >= this.limits.failures) this.enter('open', at);
  }

  private enter(state: 'open' | 'halfOpen', at: EpochMicros): void {
    this.current = state;
    this.since = at;
    this.failedAt = [];
  }
}
