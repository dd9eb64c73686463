import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bar } from '../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { addMicros, dollarsFromPrice } from '../../src/engine/domain/units.ts';
import { readOpeningRange } from '../../src/strategies/opening-range.ts';
import { clockText } from '../../src/strategies/words.ts';
import { buildSession } from '../support/chain-builder.ts';
import { sharedData } from '../support/shared-data.ts';
import type { Row } from './spy-sessions.ts';
import { minutesOf, parseCsv, spySessions } from './spy-sessions.ts';

const barsPath = sharedData('internal/spy_1min_rth.csv.gz');
const eventsPath = sharedData('internal/spy_orb_reference_events.csv');
const absent = barsPath === undefined || eventsPath === undefined;

interface Outcome {
  readonly high: number;
  readonly low: number;
  readonly direction: string;
  readonly breakBarStart: string;
  readonly breakClose: number | undefined;
  readonly oppositeLater: boolean;
}

function expected(event: Row): Outcome {
  return {
    high: Number(event['or_high']),
    low: Number(event['or_low']),
    direction: event['direction'] ?? '',
    breakBarStart: event['break_bar_start'] ?? '',
    breakClose: event['break_close'] === '' ? undefined : Number(event['break_close']),
    oppositeLater: event['opposite_break_later'] === 'True',
  };
}

function observed(bars: readonly Bar[], session: SessionTimes, minutes: number): Outcome {
  const reading = readOpeningRange({ bars, session, minutes, now: session.lastTrade });
  if (reading.state === 'rangeForming') throw new Error(`no range on ${session.date}`);
  const breaks = reading.state === 'broken' ? reading.breaks : [];
  const [first] = breaks;
  return {
    high: dollarsFromPrice(reading.range.high),
    low: dollarsFromPrice(reading.range.low),
    direction: first?.direction ?? 'none',
    breakBarStart: first === undefined ? '' : clockText(first.barStartsAt),
    breakClose: first === undefined ? undefined : dollarsFromPrice(first.close),
    oppositeLater: breaks.length > 1,
  };
}

describe.skipIf(absent)('opening ranges of real SPY sessions (needs ../shared/data)', () => {
  let sessions: Map<string, Bar[]>;
  let events: Row[];

  beforeAll(() => {
    if (barsPath === undefined || eventsPath === undefined) return;
    sessions = spySessions(barsPath);
    events = parseCsv(readFileSync(eventsPath, 'utf8'));
  });

  it('agree with every reference event: 732 of 732, no difference to explain', () => {
    const differing = events.filter((event) => {
      const date = event['session'] ?? '';
      const minutes = Number(event['or_minutes']);
      const outcome = observed(sessions.get(date) ?? [], buildSession(date), minutes);
      return JSON.stringify(outcome) !== JSON.stringify(expected(event));
    });
    expect(differing).toEqual([]);
    expect(events).toHaveLength(732);
  });

  it('are known at the end of the breaking bar and not a microsecond before', () => {
    const broken = events.filter((event) => event['direction'] !== 'none');
    for (const event of broken) {
      const date = event['session'] ?? '';
      const session = buildSession(date);
      const minutes = Number(event['or_minutes']);
      const startsAt = newYorkInstant(session.date, minutesOf(event['break_bar_start'] ?? ''));
      const bars = (sessions.get(date) ?? []).filter((bar) => bar.startsAt <= startsAt);
      const confirmedAt = addMicros(startsAt, 60_000_000);
      const stateAt = (now: typeof confirmedAt) =>
        readOpeningRange({ bars, session, minutes, now }).state;
      expect(stateAt(addMicros(confirmedAt, -1))).toBe('noBreakout');
      expect(stateAt(confirmedAt)).toBe('broken');
    }
    expect(broken.length).toBe(729);
  });

  it('count the minutes without a bar: 18 sessions have some, none in its first hour', () => {
    const holed = [...sessions].filter(([date, bars]) => {
      const session = buildSession(date);
      const last = bars.at(-1);
      if (last === undefined) return false;
      const now = addMicros(last.startsAt, 60_000_000);
      const reading = readOpeningRange({ bars, session, minutes: 60, now });
      expect(reading.state).not.toBe('rangeForming');
      return reading.missingBars > 0;
    });
    expect(holed.length).toBe(18);
  });
});
