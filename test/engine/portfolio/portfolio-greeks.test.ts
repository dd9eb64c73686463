import { describe, expect, it } from 'vitest';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import { SHARE_GREEKS, structureGreeks } from '../../../src/engine/portfolio/portfolio-greeks.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';
import { fillOf, intentOf } from './book-rig.ts';

const GREEKS = { delta: 0.3, gamma: 0.05, theta: -1.5, thetaNextHour: -0.25, vega: 0.04 };

function held(...legs: readonly ReturnType<typeof optionLeg>[]) {
  const book = new PortfolioBook();
  for (const leg of legs) book.applyFill(fillOf(leg, 1), intentOf(legs));
  const position = book.structure('p');
  if (position === undefined) throw new Error('the position is open');
  return position;
}

describe('greeks of a structure', () => {
  it('are share equivalents and cents, short legs the other way', () => {
    const position = held(optionLeg('sellToOpen', 'call', 640, 2));
    expect(structureGreeks(position, () => GREEKS)).toEqual({
      delta: -60,
      gamma: -10,
      thetaCentsPerDay: 300_00,
      thetaCentsNextHour: 50_00,
      vegaCentsPerPoint: -8_00,
    });
  });

  it('count shares of the underlying with a delta of one each, and are missing with others', () => {
    const position = held(sharesLeg('buyToOpen', 100));
    const none = { gamma: 0, thetaCentsPerDay: 0, thetaCentsNextHour: 0, vegaCentsPerPoint: 0 };
    const greeksOf = (symbol: string) => (symbol === 'SPY' ? SHARE_GREEKS : undefined);
    expect(structureGreeks(position, greeksOf)).toEqual({ delta: 100, ...none });
    const { instrument, ...leg } = sharesLeg('buyToOpen', 100);
    const other = held({
      ...leg,
      instrument: { ...instrument, symbol: 'AAPL' } as typeof instrument,
    });
    expect(structureGreeks(other, greeksOf)).toBeUndefined();
  });

  it('are missing for the whole where one leg has none', () => {
    const legs = [optionLeg('sellToOpen', 'call', 640), optionLeg('buyToOpen', 'call', 645)];
    const known = (symbol: string) => (symbol.endsWith('640000') ? GREEKS : undefined);
    expect(structureGreeks(held(...legs), known)).toBeUndefined();
  });
});
