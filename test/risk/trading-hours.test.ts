import { describe, expect, it } from 'vitest';
import { addMicros } from '../../src/engine/domain/units.ts';
import { marketShut } from '../../src/risk/trading-hours.ts';
import { fullSession, option } from './fixtures.ts';

const SESSION = fullSession();
const OPTION = { instrument: option('call', 605) };
const SHARES = { instrument: { kind: 'shares', symbol: 'SPY' } } as const;

describe('the hours of a market', () => {
  it.each([
    ['options', [OPTION], SESSION.lastTrade],
    ['shares', [SHARES], SESSION.exerciseMark],
    ['options and shares together', [OPTION, SHARES], SESSION.exerciseMark],
  ] as const)('of %s run from the open to their own close', (_what, holdings, close) => {
    expect(marketShut(holdings, addMicros(SESSION.open, -1), SESSION)?.message).toContain('opens');
    expect(marketShut(holdings, SESSION.open, SESSION)).toBeUndefined();
    expect(marketShut(holdings, addMicros(close, -1), SESSION)).toBeUndefined();
    expect(marketShut(holdings, close, SESSION)?.message).toContain('closed');
  });
});
