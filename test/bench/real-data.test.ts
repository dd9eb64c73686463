import { describe, expect, it } from 'vitest';
import { campaign } from '../../bench/campaigns/real-data.ts';
import { median } from '../../bench/support/real-data/chain-checks.ts';
import type { PlayedDays } from '../../bench/support/real-data/real-days.ts';
import { playDays } from '../../bench/support/real-data/real-days.ts';
import type { RealDay } from '../../bench/support/real-data/real-sets.ts';
import {
  googHalfDay,
  hasRealData,
  spxwMidDays,
  spxwMinuteDays,
  spxwReference,
  swappedRights,
} from '../../bench/support/real-data/real-sets.ts';

const EVERY = 15;
const MID_DAYS = 3;

/** Some of a day's steps; what stood quoted before a step stands in it. */
function sampled(day: RealDay): RealDay {
  const standing = new Map();
  const steps = day.steps.flatMap((step, index) => {
    for (const [symbol, quote] of step.quotes) standing.set(symbol, quote);
    return index % EVERY === 0 ? [{ ...step, quotes: new Map(standing) }] : [];
  });
  return { ...day, steps };
}

function play(days: readonly RealDay[], reference = new Map()): Promise<PlayedDays> {
  return playDays({ days, reference, onDay: () => undefined });
}

describe.skipIf(!hasRealData())(
  'recorded markets over the wire (skipped where ../shared/data is absent)',
  () => {
    it('of GOOG on a half day keep parity, falling deltas and sound greeks', async () => {
      const { faults, steps, tally } = await play([sampled(googHalfDay())]);
      expect(faults).toEqual([]);
      expect(steps).toBeGreaterThanOrEqual(14);
      expect(tally.valued).toBeGreaterThan(2_000);
      expect(tally.checkedPairs).toBeGreaterThan(10);
      expect(tally.parityMisses).toBeLessThan(tally.parityPairs / 10);
    });

    it('are found out where calls and puts changed places', async () => {
      const { faults } = await play([swappedRights(sampled(googHalfDay()))]);
      const says = campaign.plants['swapped-rights'];
      expect(faults.filter((what) => says?.test(what))).not.toEqual([]);
    });

    it('of SPXW, two strikes a day, do too', async () => {
      const { faults, tally } = await play(spxwMinuteDays().map(sampled));
      expect(faults).toEqual([]);
      expect(tally.parityMisses).toBe(0);
    });

    it('of SPXW mids give the volatilities that were worked out elsewhere', async () => {
      const days = spxwMidDays().slice(0, MID_DAYS);
      const { faults, gaps } = await play(days, new Map(spxwReference()));
      expect(faults).toEqual([]);
      expect(gaps.volGaps.length).toBeGreaterThan(300);
      expect(median(gaps.volGaps)).toBeLessThan(1e-4);
      expect(median(gaps.forwardGaps)).toBeLessThan(0.01);
    });
  },
);
