import { describe, expect, it } from 'vitest';
import { previousSessionDate } from '../../../src/engine/domain/session-calendar.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { dayGrid } from '../../../src/sim/model/day-grid.ts';
import type { MarketSource } from '../../../src/sim/model/market-source.ts';
import { seededSource } from '../../../src/sim/model/market-source.ts';
import { drawActivity, volatilityLevel } from '../../../src/sim/model/session-activity.ts';
import { volatilityFacts } from '../../../src/sim/model/volatility-facts.ts';

const DATE = sessionDate('2026-11-20');

function sourceWith(levelOf: MarketSource['volatilityLevel']): MarketSource {
  return { ...seededSource(1), volatilityLevel: levelOf };
}

describe('what the model says of volatility', () => {
  it('ranks a day among the 252 sessions before it', () => {
    const before = previousSessionDate(DATE);
    const calm = sourceWith((date) => (date === DATE ? 2 : date === before ? 3 : 1));
    expect(volatilityFacts(calm, DATE, 0.01)).toMatchObject({ rank: 0.5, percentile: 251 / 252 });
    const wildest = sourceWith((date) => (date === DATE ? 4 : 1));
    expect(volatilityFacts(wildest, DATE, 0.01)).toMatchObject({ rank: 1, percentile: 1 });
  });

  it('has no rank where the source knows no levels', () => {
    const facts = volatilityFacts(
      sourceWith(() => undefined),
      DATE,
      0.01,
    );
    expect(facts).toMatchObject({ rank: undefined, percentile: undefined });
    expect(facts.annual).toBeCloseTo(0.01 * Math.sqrt(252), 12);
  });

  it('tells by beta how much more a fund moves than the S&P 500', () => {
    expect(volatilityFacts(seededSource(1), DATE, 0.01).beta).toBe(1);
    const smallCaps = seededSource(1, underlyingOf('IWM'));
    expect(volatilityFacts(smallCaps, DATE, 0.01).beta).toBe(1.6);
  });

  it('takes for the level of a day what its activity begins with', () => {
    const { volFactors } = drawActivity(5, dayGrid(DATE, underlyingOf('SPY')));
    expect(Math.abs((volFactors[0] ?? 0) / volatilityLevel(5, DATE) - 1)).toBeLessThan(0.05);
  });
});
