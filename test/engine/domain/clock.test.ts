import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SimulatedTime } from '../../../src/engine/domain/clock.ts';
import {
  clockAheadMillis,
  MachineClock,
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
  it('of this machine do not go back with the time of day, and say how far ahead of it they are', () => {
    const before = wallMicros();
    const ahead = clockAheadMillis();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 20_000 });
    expect(wallMicros()).toBeGreaterThanOrEqual(before);
    expect(clockAheadMillis() - ahead).toBeGreaterThan(19_000);
    const at = systemClock.now();
    expect(at.market).toBe(at.wall);
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

/** A machine whose time passes as the test says, and its clock. */
function machineRig() {
  const START = 1_800_000_000_000;
  const time = { steady: START, timeOfDay: START, uptime: 5_000_000, uptimesAsked: 0 };
  const clock = new MachineClock({
    steady: () => time.steady,
    timeOfDay: () => time.timeOfDay,
    uptime: () => {
      time.uptimesAsked += 1;
      return time.uptime;
    },
  });
  const sleep = (millis: number): void => {
    time.timeOfDay += millis;
    time.uptime += millis;
  };
  /** Looks ten times a second for so long. */
  const run = (millis: number): void => {
    for (let passed = 0; passed < millis; passed += 100) {
      time.steady += 100;
      sleep(100);
      clock.millis();
    }
  };
  const ahead = (): number => Math.round(clock.millis() - time.timeOfDay);
  return { time, clock, sleep, run, ahead };
}

describe('the clock of a machine', () => {
  it('is at the time of day at once after a sleep', () => {
    const { run, sleep, ahead } = machineRig();
    run(1_000);
    sleep(7_200_000);
    expect(ahead()).toBe(0);
    sleep(600);
    expect(ahead()).toBe(0);
  });

  it('takes a step ahead without a sleep once it has stood for five seconds, by the least of it', () => {
    const { time, run, ahead } = machineRig();
    time.timeOfDay += 60_000;
    expect(ahead()).toBe(-60_000);
    run(3_000);
    time.timeOfDay -= 10_000;
    run(1_900);
    expect(ahead()).toBe(-50_000);
    run(200);
    expect(ahead()).toBe(0);
  });

  it('is not moved by a step ahead that is taken back at once, whenever it comes again', () => {
    const { time, run, ahead } = machineRig();
    for (let blip = 0; blip < 5; blip++) {
      time.timeOfDay += 60_000;
      run(4_000);
      time.timeOfDay -= 60_000;
      run(1_000);
      expect(ahead()).toBe(0);
    }
  });

  it('takes the sleep alone of a step that is longer, and what is left once it has stood', () => {
    const { time, run, sleep, ahead } = machineRig();
    time.timeOfDay += 60_000;
    run(1_000);
    sleep(7_200_000);
    expect(ahead()).toBe(-60_000);
    run(5_000);
    expect(ahead()).toBe(0);
  });

  it('runs slower by a tenth where the time of day was set back, until they meet', () => {
    const { time, run, ahead } = machineRig();
    run(1_000);
    time.timeOfDay -= 20_000;
    expect(ahead()).toBe(20_000);
    run(100_000);
    expect(ahead()).toBe(10_000);
    run(100_000);
    expect(Math.abs(ahead())).toBeLessThanOrEqual(500);
    run(100_000);
    expect(Math.abs(ahead())).toBeLessThanOrEqual(500);
  });

  it('asks for the uptime at a step, not at each look', () => {
    const { time, run } = machineRig();
    run(10_000);
    expect(time.uptimesAsked).toBe(1);
    time.timeOfDay += 60_000;
    run(4_000);
    expect(time.uptimesAsked).toBe(2);
  });

  it('never steps back, whatever the time of day does', () => {
    const looks = fc.tuple(
      fc.nat(20_000),
      fc.integer({ min: -90_000, max: 90_000 }),
      fc.nat(9_000),
    );
    fc.assert(
      fc.property(fc.array(looks), (steps) => {
        const { time, clock, sleep } = machineRig();
        let last = clock.millis();
        for (const [passed, set, slept] of steps) {
          time.steady += passed;
          sleep(passed + slept);
          time.timeOfDay += set;
          const next = clock.millis();
          expect(next).toBeGreaterThanOrEqual(last);
          last = next;
        }
      }),
    );
  });
});
