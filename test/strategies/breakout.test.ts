import { describe, expect, it } from 'vitest';
import { addMicros, MICROS_PER_SECOND } from '../../src/engine/domain/units.ts';
import { findBreakOf, findBreakout } from '../../src/strategies/breakout.ts';
import { orbView } from './orb-scene.ts';
import { accepted, buildDay, refused } from './strategy-day.ts';

const first = { rangeMinutes: 15, allowReentry: false };
const again = { rangeMinutes: 15, allowReentry: true };
const day = buildDay();

describe('findBreakout', () => {
  it('refuses range_incomplete while the range forms, and says when it ends', () => {
    const view = orbView([], { spot: 599, minutes: 584 });
    const denial = refused(findBreakout(view, first, day, 'up'));
    expect(denial.code).toBe('range_incomplete');
    expect(denial.numbers).toEqual({
      barsComplete: 14,
      barsNeeded: 15,
      missingBars: 0,
      rangeEndsAt: '09:45',
    });
    expect(denial.message).toContain('try again then');
  });

  it('refuses range_incomplete for good over a hole in it', () => {
    const view = orbView([601], { spot: 601 });
    const holed = { ...view, bars: view.bars.filter((_, i) => i !== 3) };
    const denial = refused(findBreakout(holed, first, day, 'up'));
    expect(denial.numbers).toMatchObject({ barsComplete: 14, missingBars: 1 });
    expect(denial.message).toContain('minutes without a bar: 1');
  });

  it('refuses no_breakout with the distance to both levels', () => {
    const denial = refused(findBreakout(orbView([599.5], { spot: 599.5 }), first, day, 'up'));
    expect(denial.code).toBe('no_breakout');
    expect(denial.numbers).toEqual({
      rangeMinutes: 15,
      rangeHigh: 600,
      rangeLow: 598,
      rangeWidth: 2,
      spot: 599.5,
      distanceToHigh: 0.5,
      distanceToLow: 1.5,
      direction: 'up',
    });
    expect(denial.message).toContain('$0.50 short of it');
  });

  it('says that a price beyond the level has not closed there', () => {
    const denial = refused(findBreakout(orbView([599.5], { spot: 600.2 }), first, day, 'up'));
    expect(denial.code).toBe('no_breakout');
    expect(denial.message).toContain('that minute has not closed');
  });

  it('refuses data_stale without a price of the underlying', () => {
    const view = orbView([601], { spot: 601 });
    const blind = { ...view, slice: { ...view.slice, spot: undefined } };
    expect(refused(findBreakout(blind, first, day, 'up')).code).toBe('data_stale');
  });

  it('refuses data_stale once bars have stopped coming, whatever the last of them say', () => {
    const live = orbView([601], { spot: 600.5 });
    const seconds = (away: number) => {
      const at = addMicros(live.bars.at(-1)!.startsAt, away * MICROS_PER_SECOND);
      return { ...live, at: { market: at, wall: at } };
    };
    accepted(findBreakout(seconds(130), first, day, 'up'));
    const denial = refused(findBreakout(seconds(131), first, day, 'up'));
    expect(denial.code).toBe('data_stale');
    expect(denial.numbers).toEqual({ newestBarAt: '09:46' });
    expect(refused(findBreakOf(seconds(3_000), '15:up')).code).toBe('data_stale');
  });

  it('finds the first break while the price is beyond the level', () => {
    const found = accepted(findBreakout(orbView([601, 599.5], { spot: 600.5 }), first, day, 'up'));
    expect(found.rangeBreak).toMatchObject({ direction: 'up', closesBackInside: 1 });
  });

  it('refuses breakout_failed on the level and finds the break a cent beyond it', () => {
    const denial = refused(findBreakout(orbView([601], { spot: 600 }), first, day, 'up'));
    expect(denial.code).toBe('breakout_failed');
    expect(denial.numbers).toMatchObject({ distanceBeyond: 0, breakAt: '09:46', breakClose: 601 });
    accepted(findBreakout(orbView([601], { spot: 600.01 }), first, day, 'up'));
  });

  it('finds the break one width past the level and refuses breakout_stale a cent further', () => {
    accepted(findBreakout(orbView([601], { spot: 602 }), first, day, 'up'));
    const denial = refused(findBreakout(orbView([601], { spot: 602.01 }), first, day, 'up'));
    expect(denial.code).toBe('breakout_stale');
    expect(denial.numbers).toMatchObject({ distanceBeyond: 2.01, rangeWidth: 2 });
  });

  it('does the same downwards', () => {
    accepted(findBreakout(orbView([597], { spot: 597.99 }), first, day, 'down'));
    accepted(findBreakout(orbView([597], { spot: 596 }), first, day, 'down'));
    expect(refused(findBreakout(orbView([597], { spot: 598 }), first, day, 'down')).code).toBe(
      'breakout_failed',
    );
    expect(refused(findBreakout(orbView([597], { spot: 595.99 }), first, day, 'down')).code).toBe(
      'breakout_stale',
    );
  });

  it('points to the other strategy when the first break went the other way', () => {
    const denial = refused(findBreakout(orbView([597], { spot: 597.5 }), first, day, 'up'));
    expect(denial.code).toBe('no_breakout');
    expect(denial.message).toMatch(/; use orb_long_put\.$/);
    const retried = refused(findBreakout(orbView([597], { spot: 597.5 }), again, day, 'up'));
    expect(retried.message).toMatch(/; use orb_long_put, or wait\.$/);
    expect(denial.numbers).toMatchObject({ breakDirection: 'down', distanceToHigh: 2.5 });
  });

  it('takes the second break only with re-entry', () => {
    const view = orbView([597, 601], { spot: 600.5 });
    const denial = refused(findBreakout(view, first, day, 'up'));
    expect(denial.code).toBe('no_breakout');
    expect(denial.message).toContain('is not the first, which alone is traded');
    expect(accepted(findBreakout(view, again, day, 'up')).rangeBreak.direction).toBe('up');
  });

  it('ends the first break with a close beyond the other side', () => {
    const view = orbView([597, 601], { spot: 597.5 });
    for (const rules of [first, again]) {
      const denial = refused(findBreakout(view, rules, day, 'down'));
      expect(denial.code).toBe('breakout_failed');
      expect(denial.numbers).toMatchObject({ reversedAt: '09:47', reversalClose: 601 });
    }
  });

  it('has nothing to re-enter in a direction that never broke', () => {
    const denial = refused(findBreakout(orbView([597], { spot: 597.5 }), again, day, 'up'));
    expect(denial.code).toBe('no_breakout');
  });

  it('trades a break once, and again with re-entry', () => {
    const view = orbView([601], { spot: 601 });
    const traded = buildDay({ breakoutsTaken: ['15:up'] });
    const denial = refused(findBreakout(view, first, traded, 'up'));
    expect(denial.code).toBe('breakout_stale');
    expect(denial.numbers['alreadyTraded']).toBe(true);
    accepted(findBreakout(view, again, traded, 'up'));
    accepted(findBreakout(view, first, buildDay({ breakoutsTaken: ['30:up', '15:down'] }), 'up'));
  });
});

describe('findBreakOf', () => {
  const view = orbView([601, 597, 601], { spot: 601 });
  const { confirmedAt } = accepted(
    findBreakout(orbView([601], { spot: 601 }), first, day, 'up'),
  ).rangeBreak;

  it('takes the latest break, but no later one for the one that was chosen before', () => {
    expect(accepted(findBreakOf(view, '15:up')).rangeBreak.confirmedAt).not.toBe(confirmedAt);
    const denial = refused(findBreakOf(view, '15:up', confirmedAt));
    expect(denial.code).toBe('breakout_failed');
    expect(denial.numbers).toMatchObject({ breakAt: '09:46', reversedAt: '09:47' });
  });
});
