import { describe, expect, it } from 'vitest';
import {
  RECONNECT_BOUNDS,
  ReconnectPolicy,
  SESSION_LIMIT_BOUNDS,
  STABLE_AFTER_MICROS,
} from '../../../src/engine/feed/reconnect-policy.ts';

/** The second wait, after a connection that was open for so long. */
function waitAfter(openMicros: number): number {
  const policy = new ReconnectPolicy(() => 0);
  policy.failed(RECONNECT_BOUNDS, 0);
  policy.opened(10);
  policy.opened(10 + openMicros);
  return policy.failed(RECONNECT_BOUNDS, 10 + openMicros);
}

describe('ReconnectPolicy', () => {
  it('starts anew after a minute of being open, not a microsecond before', () => {
    expect(waitAfter(STABLE_AFTER_MICROS - 1)).toBe(2_000);
    expect(waitAfter(STABLE_AFTER_MICROS)).toBe(1_000);
  });

  it('counts no connection that this side gave up, nor what failed before one of these was open', () => {
    const policy = new ReconnectPolicy(() => 0);
    policy.failed(RECONNECT_BOUNDS, 0);
    policy.failed(RECONNECT_BOUNDS, 0);
    expect(policy.givenUp()).toBe(1_000);
    expect(policy.failed(RECONNECT_BOUNDS, 0)).toBe(4_000);
    for (let minute = 0; minute < 15; minute += 1) {
      policy.opened(minute * STABLE_AFTER_MICROS);
      expect(policy.givenUp()).toBe(1_000);
    }
    policy.opened(15 * STABLE_AFTER_MICROS);
    expect(policy.failed(RECONNECT_BOUNDS, 15.3 * STABLE_AFTER_MICROS)).toBe(1_000);
  });

  it('waits a minute at least, five at most, where the sessions are taken', () => {
    const policy = new ReconnectPolicy(() => 0);
    const waits = [1, 2, 3, 4, 5].map(() => policy.failed(SESSION_LIMIT_BOUNDS, 0));
    expect(waits).toEqual([60_000, 120_000, 240_000, 300_000, 300_000]);
  });
});
