import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../src/engine/domain/units.ts';
import { refuseEntryTime } from '../../src/strategies/entry-window.ts';
import { buildAt, buildView } from '../support/chain-builder.ts';
import { buildDay, refused } from './strategy-day.ts';

const DATE = '2026-11-20';
const from = newYorkInstant(sessionDate(DATE), 840);
const before = newYorkInstant(sessionDate(DATE), 900);

function viewAt(minutes: number, extraMicros = 0) {
  const { market } = buildAt(DATE, minutes);
  const at = { market: addMicros(market, extraMicros), wall: market };
  return buildView({ at });
}

describe('entry hours', () => {
  it('open at their first moment and not a microsecond earlier', () => {
    expect(refuseEntryTime(viewAt(840), buildDay(), { from })).toBeUndefined();
    const denial = refused(refuseEntryTime(viewAt(840, -1), buildDay(), { from }));
    expect(denial.code).toBe('entry_window');
    expect(denial.numbers).toMatchObject({ now: '13:59', opensAt: '14:00' });
  });

  it('that open behind the cut-off are no hours of this session, and nobody is told to try then', () => {
    const openingCutoffAt = newYorkInstant(sessionDate(DATE), 810);
    const day = { ...buildDay(), openingCutoffAt };
    for (const minutes of [780, 840]) {
      const { code, message } = refused(refuseEntryTime(viewAt(minutes), day, { from }));
      expect(code).toBe('entry_window');
      expect(message).toBe(
        'Entries open at 14:00 New York time, and the opening cut-off at 13:30 comes before: wait for the next session.',
      );
    }
  });

  it('end before their last moment', () => {
    expect(refuseEntryTime(viewAt(900, -1), buildDay(), { from, before })).toBeUndefined();
    const denial = refused(refuseEntryTime(viewAt(901), buildDay(), { from, before }));
    expect(denial.numbers).toMatchObject({ endedAt: '15:00', minutesLate: 1 });
    expect(refused(refuseEntryTime(viewAt(900), buildDay(), { from, before })).code).toBe(
      'entry_window',
    );
  });

  it('include the opening cut-off itself and end a microsecond after it', () => {
    expect(refuseEntryTime(viewAt(925), buildDay(), { from })).toBeUndefined();
    const denial = refused(refuseEntryTime(viewAt(925, 1), buildDay(), { from }));
    expect(denial.numbers).toMatchObject({ openingCutoffAt: '15:25' });
    expect(denial.message).toContain('wait for the next session');
  });
});
