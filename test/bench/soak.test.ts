import { describe, expect, it } from 'vitest';
import { growsBeyond, slopeOf } from '../../bench/support/soak/slope.ts';
import type { SoakSession } from '../../bench/support/soak/soak-days.ts';
import { growthFaults, soak } from '../../bench/support/soak/soak-days.ts';

const SESSIONS = 2;
const TEN_MINUTES = 600;

describe('the slope of a series', () => {
  it('is that of the line through it', () => {
    const { perStep, error } = slopeOf([1, 3, 5, 7, 9]);
    expect([perStep, error]).toEqual([2, 0]);
  });

  it('counts as growth only where it is surely more than allowed', () => {
    const noisy = Array.from({ length: 40 }, (_, i) => 100 + 10 * Math.sin(7 * i));
    const growing = noisy.map((value, i) => value + 3 * i);
    expect([growsBeyond(noisy, 0.5), growsBeyond(growing, 0.5)]).toEqual([false, true]);
    expect(growsBeyond([1, 1_000], 0)).toBe(false);
  });

  it('finds a leak after the first twenty sessions and nothing in a flat series', () => {
    const session = (index: number, leak: number): SoakSession => ({
      date: `day ${index}`,
      events: 1,
      contracts: 1,
      beats: 1,
      filled: 2,
      held: {
        heapBytes: 40_000_000 + 100_000 * Math.sin(5 * index) + leak * index,
        externalBytes: 1_000,
        descriptors: 30,
        handles: 10,
      },
    });
    const run = (leak: number) => Array.from({ length: 80 }, (_, index) => session(index, leak));
    expect(growthFaults(run(0))).toEqual([]);
    expect(growthFaults(run(80_000))).toHaveLength(1);
  });
});

const PATIENCE_MILLIS = 120_000;

async function soaked(underlying: string, sessions: number) {
  const seen: SoakSession[] = [];
  const faults = await soak({
    sessions,
    seed: 1,
    underlying,
    beatSeconds: TEN_MINUTES,
    moveSeconds: TEN_MINUTES,
    leaks: false,
    onSession: (session) => {
      seen.push(session);
      return true;
    },
  });
  return { seen, faults };
}

describe('simulated sessions without a restart, over the wire', () => {
  it(
    'of SPX move on to each day by themselves and hold on to nothing',
    async () => {
      const { seen, faults } = await soaked('SPX', SESSIONS);
      expect(faults).toEqual([]);
      expect(seen.map(({ date }) => date)).toEqual(['2026-01-05', '2026-01-06']);
      const [first, last] = [seen[0]?.held, seen.at(-1)?.held];
      // Descriptors are the process's, which other test files share: the campaign judges those.
      expect(last?.handles).toBeLessThanOrEqual((first?.handles ?? 0) + 2);
    },
    PATIENCE_MILLIS,
  );

  it(
    'of IWM open, fill and hold no option at the end of the day',
    async () => {
      const { seen, faults } = await soaked('IWM', 1);
      expect(faults).toEqual([]);
      expect(seen[0]?.filled).toBeGreaterThanOrEqual(1);
    },
    PATIENCE_MILLIS,
  );
});
