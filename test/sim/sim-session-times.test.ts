import { describe, expect, it } from 'vitest';
import { newYorkDate, newYorkMinutes } from '../../src/engine/domain/session-calendar.ts';
import { epochMicros, sessionDate } from '../../src/engine/domain/units.ts';
import { simulatedTimeFor } from '../../src/sim/sim-session-times.ts';

const wallStart = epochMicros(1_795_000_000_000_000);
const on = (date: string, start = '10:30', speed = 1) =>
  simulatedTimeFor({ firstSession: sessionDate(date), start, speed, wallStart });

describe('simulated sessions', () => {
  it('begin at the start of the first and at 09:25 of the others, and last past 17:30', () => {
    const { segments } = on('2026-11-20');
    const days = segments
      .slice(0, 2)
      .map(({ from, to }) => [newYorkDate(from), newYorkMinutes(from), newYorkMinutes(to)]);
    expect(segments).toHaveLength(1_300);
    expect(days).toEqual([
      ['2026-11-20', 630, 1_055],
      ['2026-11-23', 565, 1_055],
    ]);
  });

  it('skip closed days and end early on half days', () => {
    const { segments } = on('2026-11-26');
    expect(newYorkDate(segments[0]!.from)).toBe('2026-11-27');
    expect(newYorkMinutes(segments[0]!.to)).toBe(875);
  });

  it('begin three hours earlier on a half day where the start lies behind its close', () => {
    const entries = ['10:30', '12:59', '13:00', '15:00', '17:34'].map((start) =>
      newYorkMinutes(on('2026-11-27', start).segments[0]!.from),
    );
    expect(entries).toEqual([630, 779, 600, 720, 874]);
  });

  it('are of one kind alone where one is asked for, and not entered before a minute', () => {
    const start = { firstSession: sessionDate('2026-11-27'), start: '10:30', speed: 1, wallStart };
    const entered = (kind: 'full' | 'half', notBefore: number) =>
      simulatedTimeFor({ ...start, kind, notBefore })
        .segments.slice(0, 2)
        .map(({ from }) => [newYorkDate(from), newYorkMinutes(from)]);
    expect(entered('full', 645)).toEqual([
      ['2026-11-30', 645],
      ['2026-12-01', 565],
    ]);
    expect(entered('half', 600)).toEqual([
      ['2026-11-27', 630],
      ['2026-12-24', 565],
    ]);
  });

  it('refuse a start that is no time, a start after the end, and a speed that is none', () => {
    const refused = expect.objectContaining({ code: 'CONFIG_INVALID' });
    for (const start of ['25:00', '9:30', '', '17:35']) {
      expect(() => on('2026-11-20', start)).toThrow(refused);
    }
    expect(() => on('2026-11-20', '17:34')).not.toThrow();
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => on('2026-11-20', '10:30', speed)).toThrow(refused);
    }
  });
});
