import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flatBySchedule } from '../../../src/desk/exits/flat-by.ts';
import { newYorkText } from '../../../src/engine/domain/session-calendar.ts';
import { BROKER_TIMES, HALF_DATE, SESSION, sessionOf } from './fixtures.ts';

const ALPACA_TIMES = {
  openingCutoffMinutes: 15 * 60,
  flattenStartMinutes: 15 * 60 + 5,
  flattenDeadlineMinutes: 15 * 60 + 20,
};

function texts(...args: Parameters<typeof flatBySchedule>) {
  const { openingCutoffAt, flattenStartAt, flattenDeadlineAt } = flatBySchedule(...args);
  return [openingCutoffAt, flattenStartAt, flattenDeadlineAt].map(newYorkText);
}

describe('the flat-by schedule', () => {
  it('is the broker’s', () => {
    expect(texts(SESSION, BROKER_TIMES)).toEqual(['15:25:00', '15:40:00', '15:50:00']);
    expect(texts(SESSION, ALPACA_TIMES)).toEqual(['15:00:00', '15:05:00', '15:20:00']);
  });

  it('runs three hours ahead on a half day', () => {
    const half = sessionOf(HALF_DATE);
    expect(half.kind).toBe('half');
    expect(texts(half, BROKER_TIMES)).toEqual(['12:25:00', '12:40:00', '12:50:00']);
    const overrides = { flattenStartMinutes: 15 * 60 };
    expect(texts(half, BROKER_TIMES, overrides)).toEqual(['12:00:00', '12:00:00', '12:50:00']);
  });

  it('takes an earlier setting and leaves a later one', () => {
    const earlier = { openingCutoffMinutes: 14 * 60, flattenDeadlineMinutes: 15 * 60 + 45 };
    expect(texts(SESSION, BROKER_TIMES, earlier)).toEqual(['14:00:00', '15:35:00', '15:45:00']);
    const later = {
      openingCutoffMinutes: 16 * 60,
      flattenStartMinutes: 16 * 60,
      flattenDeadlineMinutes: 16 * 60,
    };
    expect(texts(SESSION, BROKER_TIMES, later)).toEqual(texts(SESSION, BROKER_TIMES));
  });

  it('takes along what stands before a time that was made earlier', () => {
    const overrides = { flattenDeadlineMinutes: 15 * 60 };
    expect(texts(SESSION, BROKER_TIMES, overrides)).toEqual(['14:50:00', '14:50:00', '15:00:00']);
    expect(texts(SESSION, ALPACA_TIMES, overrides)).toEqual(['14:45:00', '14:45:00', '15:00:00']);
  });

  it('begins when a setting says so, and with the broker’s lead where that is behind the deadline', () => {
    const from = (flattenStartMinutes: number) =>
      texts(SESSION, BROKER_TIMES, { flattenDeadlineMinutes: 15 * 60, flattenStartMinutes });
    expect(from(14 * 60 + 57)).toEqual(['14:57:00', '14:57:00', '15:00:00']);
    expect(from(15 * 60)).toEqual(['15:00:00', '15:00:00', '15:00:00']);
    expect(from(15 * 60 + 30)).toEqual(['14:50:00', '14:50:00', '15:00:00']);
  });

  it('is in order and never later than the broker’s, whatever the settings', () => {
    const minutes = fc.option(fc.integer({ min: 0, max: 1_439 }), { nil: undefined });
    const overrides = fc.record({
      openingCutoffMinutes: minutes,
      flattenStartMinutes: minutes,
      flattenDeadlineMinutes: minutes,
    });
    const own = flatBySchedule(SESSION, BROKER_TIMES);
    fc.assert(
      fc.property(overrides, (settings) => {
        const made = flatBySchedule(SESSION, BROKER_TIMES, settings);
        expect(made.openingCutoffAt).toBeLessThanOrEqual(made.flattenStartAt);
        expect(made.flattenStartAt).toBeLessThanOrEqual(made.flattenDeadlineAt);
        expect(made.openingCutoffAt).toBeLessThanOrEqual(own.openingCutoffAt);
        expect(made.flattenStartAt).toBeLessThanOrEqual(own.flattenStartAt);
        expect(made.flattenDeadlineAt).toBeLessThanOrEqual(own.flattenDeadlineAt);
      }),
    );
  });
});
