import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoNewYork } from '../../src/desk/iso-time.ts';
import { newYorkInstant, newYorkText } from '../../src/engine/domain/session-calendar.ts';
import { epochMicros, sessionDate } from '../../src/engine/domain/units.ts';

function at(date: string, minutes: number) {
  return newYorkInstant(sessionDate(date), minutes);
}

describe('market time as text', () => {
  it.each([
    ['2026-11-20', 630, '2026-11-20T10:30:00.000-05:00'],
    ['2026-07-02', 630, '2026-07-02T10:30:00.000-04:00'],
    ['2026-03-06', 975, '2026-03-06T16:15:00.000-05:00'],
    ['2026-03-09', 570, '2026-03-09T09:30:00.000-04:00'],
    ['2026-10-30', 570, '2026-10-30T09:30:00.000-04:00'],
    ['2026-11-02', 570, '2026-11-02T09:30:00.000-05:00'],
    ['2026-12-31', 1_439, '2026-12-31T23:59:00.000-05:00'],
    ['2026-07-01', 0, '2026-07-01T00:00:00.000-04:00'],
  ])('of %s at minute %s is %s', (date, minutes, text) => {
    expect(isoNewYork(at(date, minutes))).toBe(text);
  });

  it('cuts what is finer than a millisecond', () => {
    const open = at('2026-11-20', 570);
    expect(isoNewYork(epochMicros(open + 123_999))).toBe('2026-11-20T09:30:00.123-05:00');
  });

  it('names the instant itself, whatever the clocks do that day', () => {
    const instants = fc.integer({ min: Date.UTC(2013, 0), max: Date.UTC(2040, 0) });
    fc.assert(
      fc.property(instants, (millis) => {
        expect(Date.parse(isoNewYork(epochMicros(millis * 1_000)))).toBe(millis);
      }),
    );
  });

  it("shows New York's own clock in every session", () => {
    const days = fc.integer({ min: 0, max: 5_000 });
    const minutes = fc.integer({ min: 9 * 60, max: 18 * 60 });
    fc.assert(
      fc.property(days, minutes, (day, minute) => {
        const date = new Date(Date.UTC(2018, 0, 1 + day)).toISOString().slice(0, 10);
        const instant = at(date, minute);
        expect(isoNewYork(instant).slice(0, 19)).toBe(`${date}T${newYorkText(instant)}`);
      }),
    );
  });
});
