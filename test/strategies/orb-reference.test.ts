import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bar } from '../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { addMicros, dollarsFromPrice, MICROS_PER_MINUTE } from '../../src/engine/domain/units.ts';
import { readOpeningRange } from '../../src/strategies/opening-range.ts';
import { clockText } from '../../src/strategies/words.ts';
import { buildSession } from '../support/chain-builder.ts';
import { sharedData } from '../support/shared-data.ts';
import type { Row } from './spy-sessions.ts';
import { minutesOf, parseCsv, spySessions } from './spy-sessions.ts';

const barsPath = sharedData('internal/spy_1min_rth.csv.gz');
const eventsPath = sharedData('internal/spy_orb_reference_events.csv');
const absent = barsPath === undefined || eventsPath === undefined;

/** Bars with the beginning of the one behind the last, which says that it is over. */
function followed(bars: readonly Bar[]): readonly Bar[] {
  const last = bars.at(-1);
  return last === undefined ? bars : [...bars, { ...last, startsAt: barEnd(last) }];
}

const barEnd = ({ startsAt }: Bar) => addMicros(startsAt, MICROS_PER_MINUTE);

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
  const whole = { bars: followed(bars), session, minutes, now: session.lastTrade };
  const reading = readOpeningRange(whole);
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

  it('are known once a bar follows the breaking one, and by no clock', () => {
    const broken = events.filter((event) => event['direction'] !== 'none');
    for (const event of broken) {
      const date = event['session'] ?? '';
      const session = buildSession(date);
      const minutes = Number(event['or_minutes']);
      const startsAt = newYorkInstant(session.date, minutesOf(event['break_bar_start'] ?? ''));
      const until = (sessions.get(date) ?? []).filter((bar) => bar.startsAt <= startsAt);
      const now = addMicros(startsAt, 2 * MICROS_PER_MINUTE);
      const stateOf = (bars: readonly Bar[]) =>
        readOpeningRange({ bars, session, minutes, now }).state;
      expect(stateOf(until)).toBe('noBreakout');
      expect(stateOf(followed(until))).toBe('broken');
    }
    expect(broken.length).toBe(729);
  });

  it('count the minutes without a bar: 18 sessions have some, none in its first hour', () => {
    const holed = [...sessions].filter(([date, bars]) => {
      const session = buildSession(date);
      const last = bars.at(-1);
      if (last === undefined) return false;
      const now = addMicros(last.startsAt, 60_000_000);
      const reading = readOpeningRange({ bars: followed(bars), session, minutes: 60, now });
      expect(reading.state).not.toBe('rangeForming');
      return reading.missingBars > 0;
    });
    expect(holed.length).toBe(18);
  });
});
