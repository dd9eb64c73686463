import { describe, expect, it } from 'vitest';
import { LookClock } from '../../../src/desk/simulation/look-clock.ts';
import { epochMicros } from '../../../src/engine/domain/units.ts';

const SECOND = 1_000_000;

describe('a clock of looks', () => {
  it('counts what lies between two looks, however far apart', () => {
    const clock = new LookClock();
    const counted = [100, 101, 106, 412, 412].map((second) => {
      return clock.look(epochMicros(second * SECOND)) / SECOND;
    });
    expect(counted).toEqual([0, 1, 5, 306, 0]);
  });

  it('tells the time since the last look, and none before the first or once it has forgotten', () => {
    const clock = new LookClock();
    const now = epochMicros(103 * SECOND);
    expect(clock.since(now)).toBeUndefined();
    clock.look(epochMicros(100 * SECOND));
    expect(clock.since(now)).toBe(3 * SECOND);
    clock.forget();
    expect(clock.since(now)).toBeUndefined();
    expect(clock.look(now)).toBe(0);
  });
});
