import { describe, expect, it } from 'vitest';
import type { PlayedSessions } from '../../src/command/session-time.ts';
import { simulatedTimeOf } from '../../src/command/session-time.ts';
import { readConfig } from '../../src/config.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { simulatedMarketTime } from '../../src/engine/domain/clock.ts';
import { newYorkDate, newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../src/engine/domain/units.ts';
import { alertBody, orderStory } from '../audit/support/sample-records.ts';

const STOPPED: AuditBody = { kind: 'engineStopped', reason: 'SIGTERM', unprotected: [] };

/** Records of one session, the last at `minutes` after New York's midnight. */
function journal(date: string, minutes: number, bodies: readonly AuditBody[]): AuditRecord[] {
  const session = sessionDate(date);
  const market = newYorkInstant(session, minutes);
  return bodies.map((body, index) => ({
    version: 1,
    seq: index + 1,
    session,
    at: { market, wall: market },
    body,
  }));
}

function timeAfter(
  records: readonly AuditRecord[],
  settings: Record<string, string> = {},
  played?: PlayedSessions,
) {
  return simulatedTimeOf(readConfig(settings), summarizeJournal(records), played);
}

const at = (date: string, minutes: number) => newYorkInstant(sessionDate(date), minutes);

describe('simulated time', () => {
  it('starts a new home on a trading day, at SIM_START', () => {
    const time = timeAfter([], { SIM_START: '11:05', SIM_SPEED: '10' });
    const [first] = time.segments;
    expect(time.speed).toBe(10);
    expect(first?.from).toBe(newYorkInstant(newYorkDate(first?.from ?? time.wallStart), 665));
    expect(simulatedMarketTime(time, time.wallStart)).toBe(first?.from);
  });

  it('goes on with the next session after one that ended flat', () => {
    const time = timeAfter(journal('2026-11-20', 700, [alertBody('x'), STOPPED]));
    expect(time.segments[0]?.from).toBe(at('2026-11-23', 630));
  });

  it('skips the holiday between two sessions', () => {
    const time = timeAfter(journal('2026-11-25', 700, [STOPPED]));
    expect(time.segments[0]?.from).toBe(at('2026-11-27', 630));
  });

  it('resumes the same session at the very time after a crash', () => {
    const time = timeAfter(journal('2026-11-20', 700, [alertBody('x')]), { SIM_START: '10:00' });
    expect(time.segments[0]?.from).toBe(addMicros(at('2026-11-20', 700), 1_000));
    expect(time.segments[1]?.from).toBe(at('2026-11-23', 565));
  });

  it('resumes where something was left open, however orderly the end', () => {
    const records = journal('2026-11-20', 700, [...orderStory('o-1'), STOPPED]);
    expect(timeAfter(records).segments[0]?.from).toBe(addMicros(at('2026-11-20', 700), 1_000));
  });

  it('enters the next session where the last one was over when the engine fell', () => {
    const time = timeAfter(journal('2026-11-20', 17 * 60 + 35, [alertBody('x')]));
    expect(time.segments[0]?.from).toBe(at('2026-11-23', 565));
  });

  it('enters a session in its morning where the engine fell on the evening before', () => {
    const [last] = journal('2026-11-20', 17 * 60 + 32, [alertBody('x')]);
    const time = timeAfter([{ ...last!, session: sessionDate('2026-11-23') }]);
    expect(time.segments[0]?.from).toBe(at('2026-11-23', 565));
    expect(time.segments[1]?.from).toBe(at('2026-11-24', 565));
  });

  it('resumes a half day within its own hours', () => {
    const time = timeAfter(journal('2026-11-27', 760, [alertBody('x')]));
    expect(time.segments[0]).toEqual({
      from: addMicros(at('2026-11-27', 760), 1_000),
      to: at('2026-11-27', 14 * 60 + 35),
    });
  });

  it('plays a recorded market in sessions of its own kind, once it has quotes', () => {
    const flat = journal('2026-11-25', 700, [STOPPED]);
    const full = timeAfter(flat, {}, { kind: 'full', firstMinute: 640 });
    expect(full.segments[0]?.from).toBe(at('2026-11-30', 640));
    const half = timeAfter(flat, { SIM_START: '15:00' }, { kind: 'half', firstMinute: 640 });
    expect(half.segments[0]?.from).toBe(at('2026-11-27', 720));
    expect(half.segments[1]?.from).toBe(at('2026-12-24', 565));
  });

  it('goes on with a recorded market in the session that was left, and in no other kind', () => {
    const full = { kind: 'full', firstMinute: 640 } as const;
    const left = timeAfter(journal('2026-11-25', 700, [alertBody('x')]), {}, full);
    expect(left.segments[0]?.from).toBe(addMicros(at('2026-11-25', 700), 1_000));
    expect(left.segments[1]?.from).toBe(at('2026-11-30', 565));
    const half = timeAfter(journal('2026-11-27', 700, [alertBody('x')]), {}, full);
    expect(half.segments[0]?.from).toBe(at('2026-11-30', 565));
  });
});
