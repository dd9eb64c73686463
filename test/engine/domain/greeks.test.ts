import { describe, expect, it } from 'vitest';
import { sumGreeks } from '../../../src/engine/domain/greeks.ts';

const ONE = {
  delta: 30,
  gamma: 2,
  thetaCentsPerDay: -500,
  thetaCentsNextHour: -60,
  vegaCentsPerPoint: 12,
};

describe('a sum of greeks', () => {
  it('adds each of them, and is zero of nothing', () => {
    const twice = Object.fromEntries(Object.entries(ONE).map(([name, value]) => [name, 2 * value]));
    expect(sumGreeks([ONE, ONE])).toEqual(twice);
    expect(sumGreeks([])).toEqual(sumGreeks([ONE, { ...negated(ONE) }]));
  });

  it('is not known while one part is not', () => {
    expect(sumGreeks([ONE, null])).toBeNull();
  });
});

function negated(greeks: typeof ONE): typeof ONE {
  const { delta, gamma, thetaCentsPerDay, thetaCentsNextHour, vegaCentsPerPoint } = greeks;
  return {
    delta: -delta,
    gamma: -gamma,
    thetaCentsPerDay: -thetaCentsPerDay,
    thetaCentsNextHour: -thetaCentsNextHour,
    vegaCentsPerPoint: -vegaCentsPerPoint,
  };
}
