import { describe, expect, it } from 'vitest';
import { marketStatusOf } from '../../../src/desk/session/market-status.ts';
import type { CoreStatus } from '../../../src/desk/threads/core-protocol.ts';
import { newYorkInstant, sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import {
  MICROS_PER_MINUTE,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { buildSlice } from '../../support/chain-builder.ts';

/** Openings are taken until half an hour before the mark. */
function cutOffAt(date: string): Pick<CoreStatus, 'schedule'> {
  const session = sessionTimes(sessionDate(date));
  const openingCutoffAt = (session?.exerciseMark ?? 0) - 30 * MICROS_PER_MINUTE;
  const schedule = { openingCutoffAt, flattenStartAt: openingCutoffAt, flattenDeadlineAt: 0 };
  return { schedule };
}

function statusAt(date: string, minutes: number, underlying = 'SPY') {
  const market = newYorkInstant(sessionDate(date), minutes);
  return marketStatusOf({
    market,
    slice: undefined,
    status: cutOffAt(date),
    underlying,
    simulated: true,
    spotBefore: undefined,
    feedDeltaGap: undefined,
  });
}

describe('the market status', () => {
  it.each([
    ['2026-11-20', 9 * 60 + 29, 'pre', '2026-11-20'],
    ['2026-11-20', 9 * 60 + 30, 'auction', '2026-11-20'],
    ['2026-11-20', 9 * 60 + 30.99, 'auction', '2026-11-20'],
    ['2026-11-20', 9 * 60 + 31, 'openingRange', '2026-11-20'],
    ['2026-11-20', 9 * 60 + 45, 'open', '2026-11-20'],
    ['2026-11-20', 15 * 60 + 30, 'pastCutoff', '2026-11-20'],
    ['2026-11-20', 16 * 60 - 1, 'pastCutoff', '2026-11-20'],
    ['2026-11-20', 16 * 60, 'afterMark', '2026-11-20'],
    ['2026-11-20', 16 * 60 + 14, 'afterMark', '2026-11-20'],
    ['2026-11-20', 16 * 60 + 15, 'closed', '2026-11-20'],
    ['2026-11-20', 17 * 60 + 30, 'pre', '2026-11-23'],
    ['2026-11-21', 12 * 60, 'pre', '2026-11-23'],
    ['2026-11-27', 9 * 60 + 30, 'auction', '2026-11-27'],
    ['2026-11-27', 12 * 60 + 29, 'open', '2026-11-27'],
    ['2026-11-27', 12 * 60 + 30, 'pastCutoff', '2026-11-27'],
    ['2026-11-27', 13 * 60, 'afterMark', '2026-11-27'],
    ['2026-11-27', 13 * 60 + 15, 'closed', '2026-11-27'],
  ])('of %s at minute %s is %s of %s', (date, minutes, phase, session) => {
    expect(statusAt(date, minutes)).toMatchObject({ phase, session });
  });

  it('of an index has no time after the mark: its options stop trading then', () => {
    expect(statusAt('2026-11-20', 16 * 60, 'SPX').phase).toBe('closed');
    expect(statusAt('2026-11-20', 16 * 60 - 1, 'SPX').phase).toBe('pastCutoff');
  });

  it('tells every instant of the day, and the next session', () => {
    expect(statusAt('2026-11-27', 12 * 60 + 15)).toMatchObject({
      kind: 'half',
      timeNewYork: '12:15:00',
      opensAt: '2026-11-27T09:30:00.000-05:00',
      exerciseMarkAt: '2026-11-27T13:00:00.000-05:00',
      lastTradeAt: '2026-11-27T13:15:00.000-05:00',
      minutesToLastTrade: 60,
      nextSession: '2026-11-30',
    });
  });

  it('counts no minutes below none', () => {
    expect(statusAt('2026-11-20', 17 * 60).minutesToLastTrade).toBe(0);
  });

  it('tells nothing of a market it does not see', () => {
    expect(statusAt('2026-11-20', 630)).toMatchObject({
      spot: null,
      atmVol: null,
      expectedMove: null,
      spotMove2s: null,
      feedDeltaGap: null,
      contracts: 0,
    });
  });

  it('tells spot, volatility and expected move of the chain', () => {
    const slice = buildSlice({ strikes: [599, 600, 601] });
    const view = marketStatusOf({
      market: slice.asOf.market,
      slice,
      status: undefined,
      underlying: 'SPY',
      simulated: false,
      spotBefore: priceFromDollars(599.4),
      feedDeltaGap: 0.003,
    });
    expect(view).toMatchObject({ spot: 600, atmVol: 0.18, contracts: 6, simulated: false });
    expect(view.expectedMove).toBe(slice.expectedMove);
    expect(view.spotMove2s).toBeCloseTo(0.6, 9);
    expect(view.feedDeltaGap).toBe(0.003);
  });
});
