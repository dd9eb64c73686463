import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SimulatedTime } from '../../../src/engine/domain/clock.ts';
import {
  simulatedClock,
  simulatedMarketTime,
  systemClock,
  wallMicros,
} from '../../../src/engine/domain/clock.ts';
import { addMicros, epochMicros } from '../../../src/engine/domain/units.ts';

const wallStart = epochMicros(1_000_000);
const twoSessions: SimulatedTime = {
  wallStart,
  speed: 10,
  segments: [
    { from: epochMicros(50_000), to: epochMicros(51_000) },
    { from: epochMicros(90_000), to: epochMicros(92_000) },
  ],
};

describe('simulated market time', () => {
  it.each([
    [-5, 50_000, 'before the start'],
    [0, 50_000, 'at the start'],
    [99, 50_990, 'just before the first session ends'],
    [100, 90_000, 'as it ends, the next has begun'],
    [299, 91_990, 'just before the last session ends'],
    [300, 92_000, 'at the last end'],
    [1e9, 92_000, 'long after it'],
  ])('%d µs after the start is %d: %s', (elapsed, market) => {
    expect(simulatedMarketTime(twoSessions, addMicros(wallStart, elapsed))).toBe(market);
  });

  it('never runs backward', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (one, two) => {
        const early = simulatedMarketTime(twoSessions, addMicros(wallStart, Math.min(one, two)));
        const late = simulatedMarketTime(twoSessions, addMicros(wallStart, Math.max(one, two)));
        expect(late).toBeGreaterThanOrEqual(early);
      }),
    );
  });

  it('is the wall time where there is no session', () => {
    expect(simulatedMarketTime({ ...twoSessions, segments: [] }, epochMicros(7))).toBe(7);
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('clocks', () => {
  it('of this machine tell the time of day after it slept, and do not go back with it', () => {
    const woken = Date.now() + 2 * 3_600_000;
    vi.useFakeTimers({ toFake: ['Date'], now: woken });
    const at = systemClock.now();
    expect(at.market).toBe(at.wall);
    expect(at.wall).toBeGreaterThanOrEqual(woken * 1_000);
    vi.setSystemTime(0);
    expect(wallMicros()).toBeGreaterThanOrEqual(at.wall);
  });

  it('of this machine do not step back, and tell one time on both sides', () => {
    let last = wallMicros();
    for (let reading = 0; reading < 1_000; reading++) {
      const next = wallMicros();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
    const { market, wall } = systemClock.now();
    expect(market).toBe(wall);
  });

  it('of a simulated market keep the wall and compute the market from it', () => {
    const time: SimulatedTime = { ...twoSessions, wallStart: wallMicros(), speed: 1e-9 };
    const { market, wall } = simulatedClock(time).now();
    expect(wall).toBeGreaterThanOrEqual(time.wallStart);
    expect(market).toBe(50_000);
  });
});
