import { describe, expect, it } from 'vitest';
import { raceConfirms } from '../../bench/support/races/racing-confirms.ts';

describe('racing confirms of one token', () => {
  it('send one order, whatever the order in which they come', () => {
    const outcome = raceConfirms({ races: 60, seed: 1 });
    expect(outcome.violations).toEqual([]);
    expect(outcome.sent).toBe(60);
    expect(outcome.confirms.replayed).toBeGreaterThanOrEqual(60);
    expect(outcome.confirms.foreign).toBeGreaterThanOrEqual(60);
    expect(outcome.confirms.first).toBe(60);
  });

  it('are found out where a token is not spent', () => {
    const { violations } = raceConfirms({ races: 5, seed: 1, plant: 'token-reuse' });
    expect(violations.join()).toMatch(/confirms were the first|was sent 2 times/);
  });

  it('are found out where an order does not go out', () => {
    const { violations, sent } = raceConfirms({ races: 5, seed: 1, plant: 'never-sent' });
    expect(violations).toHaveLength(5);
    expect(violations[0]).toBe('seed 1, race 1: 0 orders were sent');
    expect(sent).toBe(0);
  });
});
