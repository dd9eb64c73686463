/** What Alpaca's calendar says of a day's session. Of contracts it tells no hours and no steps. Pure. */
import { z } from 'zod';
import type { AskOf, ValueOf } from '../../engine/domain/account-facts.ts';
import { newYorkInstant } from '../../engine/domain/session-calendar.ts';
import { sessionDate } from '../../engine/domain/units.ts';
import type { Reading } from '../account-reader.ts';
import { failed, http, read } from '../account-reader.ts';

const CACHE_MILLIS = 60_000;
const FULL_CLOSE_MINUTES = 16 * 60;
const UNTOLD = { stopsTradingAt: null, ticks: null, isClosingOnly: null };

const clock = z.string().regex(/^\d{2}:\d{2}$/);
const calendar = z.array(z.object({ date: z.string(), open: clock, close: clock }));

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export function* readMarketRules({ date }: AskOf<'marketRules'>): Reading<ValueOf<'marketRules'>> {
  const path = `/v2/calendar?start=${date}&end=${date}`;
  const answer = yield* http({ method: 'GET', path, cacheMillis: CACHE_MILLIS });
  if (answer.kind === 'failed') return answer;
  const days = answer.status === 200 ? calendar.safeParse(jsonIn(answer.body)).data : undefined;
  if (days === undefined) {
    return failed(
      `the calendar was answered with status ${answer.status}, or cannot be read`,
      true,
    );
  }
  const day = days.find((each) => each.date === date);
  if (day === undefined) {
    const none = { session: 'closed', opensAt: null, closesAt: null } as const;
    return read({ ...none, ...UNTOLD }, 'alpaca', answer.wall);
  }
  const at = (time: string) =>
    new Date(newYorkInstant(sessionDate(date), minutesOf(time)) / 1_000).toISOString();
  const isFull = minutesOf(day.close) >= FULL_CLOSE_MINUTES;
  const hours = { opensAt: at(day.open), closesAt: at(day.close) };
  return read({ session: isFull ? 'full' : 'half', ...hours, ...UNTOLD }, 'alpaca', answer.wall);
}
