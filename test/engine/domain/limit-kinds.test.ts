import { describe, expect, it } from 'vitest';
import { faultOfRaise, limitOf } from '../../../src/engine/domain/limit-kinds.ts';
import { epochMicros } from '../../../src/engine/domain/units.ts';

/** A raise of a setting that is 2.5 of its own units now. */
function faultOf(setting: string, value: number): string | undefined {
  const raise = { setting, value, untilWall: epochMicros(1), text: `${setting}=${value}` };
  return faultOfRaise(raise, (name) => limitOf(name, 2.5));
}

describe('the value of a setting', () => {
  it('is whole cents, orders or contracts, and of a measure what is written', () => {
    expect(limitOf('MAX_TRADE_LOSS', 0.29)).toBe(29);
    expect(limitOf('LOSS_COOLDOWN', 300)).toBe(300_000);
    expect(limitOf('PORTFOLIO_GAMMA_CAP', 2.5)).toBe(2.5);
  });
});

describe('a raise', () => {
  it.each([
    ['PORTFOLIO_GAMMA_CAP', 2.6],
    ['MAX_TRADE_LOSS', 2.51],
    ['MAX_ORDERS_PER_DAY', 4],
  ])('of %s to %s lifts what is in force', (setting, value) => {
    expect(faultOf(setting, value)).toBeUndefined();
  });

  it.each([
    ['PORTFOLIO_GAMMA_CAP', 2.5, 'does not raise it: PORTFOLIO_GAMMA_CAP is 2.5'],
    ['PORTFOLIO_GAMMA_CAP', 2.4, 'does not raise it: PORTFOLIO_GAMMA_CAP is 2.5'],
    ['MAX_TRADE_LOSS', 2.502, 'does not raise it: MAX_TRADE_LOSS is 2.5'],
    ['MAX_TRADE_LOSS', 1e308, 'is no number for MAX_TRADE_LOSS'],
    ['MAX_ORDERS_PER_DAY', 4.5, 'is no number for MAX_ORDERS_PER_DAY'],
    ['LOSS_COOLDOWN', 900, 'LOSS_COOLDOWN is no limit to raise'],
    ['PORT', 9_000, 'PORT is no limit to raise'],
  ])('of %s to %s is none', (setting, value, why) => {
    expect(faultOf(setting, value)).toContain(why);
  });
});
