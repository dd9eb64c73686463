import { describe, expect, it } from 'vitest';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { CircuitBreaker } from '../../src/ops/circuit-breaker.ts';

const at = (micros: number) => epochMicros(micros);
const limits = { failures: 3, windowMicros: 100, coolDownMicros: 1_000 };

function opened(): CircuitBreaker {
  const breaker = new CircuitBreaker(limits);
  for (const moment of [1, 2, 3]) breaker.failed(at(moment));
  return breaker;
}

describe('CircuitBreaker', () => {
  it('opens at the last of the allowed failures, not at the one before', () => {
    const breaker = new CircuitBreaker(limits);
    breaker.failed(at(1));
    breaker.failed(at(2));
    expect(breaker.allows(at(3))).toBe(true);
    breaker.failed(at(3));
    expect(breaker.state).toBe('open');
    expect(breaker.allows(at(4))).toBe(false);
  });

  it('forgets failures that are older than the window', () => {
    const breaker = new CircuitBreaker(limits);
    for (const moment of [0, 1, 101]) breaker.failed(at(moment));
    expect(breaker.state).toBe('closed');
  });

  it('forgets failures after a success', () => {
    const breaker = new CircuitBreaker(limits);
    breaker.failed(at(1));
    breaker.failed(at(2));
    breaker.succeeded();
    breaker.failed(at(3));
    expect(breaker.state).toBe('closed');
  });

  it('grants one trial after the cool-down', () => {
    const breaker = opened();
    expect(breaker.retryAt()).toBe(1_003);
    expect(breaker.allows(at(1_002))).toBe(false);
    expect(breaker.allows(at(1_003))).toBe(true);
    expect(breaker.allows(at(1_004))).toBe(false);
  });

  it('closes when the trial works and opens anew when it fails', () => {
    const recovered = opened();
    recovered.allows(at(1_003));
    recovered.succeeded();
    expect(recovered.state).toBe('closed');
    expect(recovered.retryAt()).toBeUndefined();
    const broken = opened();
    broken.allows(at(1_003));
    broken.failed(at(1_010));
    expect(broken.allows(at(2_009))).toBe(false);
    expect(broken.allows(at(2_010))).toBe(true);
  });

  it('grants another trial when the first is never reported', () => {
    const breaker = opened();
    breaker.allows(at(1_003));
    expect(breaker.allows(at(2_002))).toBe(false);
    expect(breaker.allows(at(2_003))).toBe(true);
  });

  it('is not closed by the late answer to a call made before it opened', () => {
    const breaker = opened();
    breaker.succeeded();
    expect(breaker.state).toBe('open');
  });
});
