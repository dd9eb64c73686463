import { describe, expect, it } from 'vitest';
import { holdingGreeks, viewOf } from '../../src/desk/engine-api-holdings.ts';
import { occSymbol } from '../../src/engine/domain/instrument.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { buildSlice } from '../support/chain-builder.ts';

const slice = buildSlice({ date: sessionDate('2026-11-20'), minutes: 630 });
const [call] = slice.calls;
const SYMBOL = occSymbol(call?.contract ?? slice.puts[0]?.contract ?? expect.fail('no contract'));

describe('a contract by its symbol', () => {
  it('is the row of the chain, and none for another day, another strike or no symbol', () => {
    expect(viewOf(slice, SYMBOL)).toBe(call);
    for (const other of ['SPY   261123C00600000', 'SPY   261120C09999000', 'SPY', '']) {
      expect(viewOf(slice, other)).toBeUndefined();
    }
  });
});

describe('the greeks of a holding', () => {
  it('are those of its contract for each share behind it, signed as held', () => {
    const { delta = 0, gamma = 0, theta = 0, thetaNextHour = 0, vega = 0 } = call?.greeks ?? {};
    expect(holdingGreeks(slice, { symbol: SYMBOL, quantity: -3 })).toEqual({
      delta: delta * -300,
      gamma: gamma * -300,
      thetaCentsPerDay: theta * -300 * 100,
      thetaCentsNextHour: thetaNextHour * -300 * 100,
      vegaCentsPerPoint: vega * -300 * 100,
    });
  });

  it('are a delta of one for each share of the underlying', () => {
    const none = { gamma: 0, thetaCentsPerDay: 0, thetaCentsNextHour: 0, vegaCentsPerPoint: 0 };
    expect(holdingGreeks(slice, { symbol: 'SPY', quantity: -200 })).toEqual({
      delta: -200,
      ...none,
    });
  });

  it('are null without a chain, and for what it does not hold', () => {
    expect(holdingGreeks(undefined, { symbol: 'SPY', quantity: 1 })).toBeNull();
    expect(holdingGreeks(slice, { symbol: 'QQQ', quantity: 1 })).toBeNull();
    expect(holdingGreeks(slice, { symbol: 'SPY   261123C00600000', quantity: 1 })).toBeNull();
  });
});
