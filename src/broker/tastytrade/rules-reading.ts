/** What tastytrade says of a day's session and of the options that expire on it. Pure. */
import { z } from 'zod';
import type { AskOf, MarketRules, ReadSource, ValueOf } from '../../engine/domain/account-facts.ts';
import { newYorkDate } from '../../engine/domain/session-calendar.ts';
import { epochMicrosFromMillis } from '../../engine/domain/units.ts';
import type { Reading, ReadStep, StepOutcome } from '../account-reader.ts';
import { failed, http, read } from '../account-reader.ts';
import { bodyOf, decimal } from './market-reading.ts';

/** Rules of a day do not change within minutes. */
const CACHE_MILLIS = 60_000;

const text = z.string().nullish();

const holidaysAnswer = z.object({
  data: z.object({
    'market-holidays': z.array(z.string()),
    'market-half-days': z.array(z.string()),
  }),
});
const sessionAnswer = z.object({ data: z.object({ 'open-at': text, 'close-at': text }) });
const optionAnswer = z.object({
  data: z.object({ 'stops-trading-at': text, 'is-closing-only': z.boolean().nullish() }),
});
const equityAnswer = z.object({
  data: z.object({
    'option-tick-sizes': z.array(z.object({ value: decimal, threshold: decimal })).nullish(),
    'is-options-closing-only': z.boolean().nullish(),
  }),
});

/** One answer, or nothing where it was refused or cannot be read: each part is told for itself. */
function* part<T>(
  path: string,
  schema: z.ZodType<T>,
): Generator<ReadStep, { readonly value: T; readonly wall: number } | undefined, StepOutcome> {
  const answer = yield* http({ method: 'GET', path, cacheMillis: CACHE_MILLIS });
  if (answer.kind === 'failed') return undefined;
  const body = bodyOf(answer, schema, path);
  return 'kind' in body ? undefined : { value: body.value, wall: answer.wall };
}

function kindOf(
  date: string,
  days: z.output<typeof holidaysAnswer>['data'] | undefined,
): MarketRules['session'] {
  if (days === undefined) return null;
  if (days['market-holidays'].includes(date)) return 'closed';
  return days['market-half-days'].includes(date) ? 'half' : 'full';
}

/** The hours of the running session, where that is the one of the date. */
function hoursOn(date: string, hours: z.output<typeof sessionAnswer>['data'] | undefined) {
  const opensAt = hours?.['open-at'] ?? null;
  const millis = Date.parse(opensAt ?? '');
  const isThatDay = Number.isFinite(millis) && newYorkDate(epochMicrosFromMillis(millis)) === date;
  return isThatDay ? { opensAt, closesAt: hours?.['close-at'] ?? null } : NO_HOURS;
}

const NO_HOURS = { opensAt: null, closesAt: null };

/** A step with a threshold holds below it, the one without for the rest. */
function ticksIn(
  sizes: z.output<typeof equityAnswer>['data']['option-tick-sizes'] | undefined,
): MarketRules['ticks'] {
  const ticks = (sizes ?? []).flatMap(({ value, threshold }) =>
    value === null ? [] : [{ below: threshold, step: value }],
  );
  const last = Number.POSITIVE_INFINITY;
  return ticks.length === 0
    ? null
    : ticks.toSorted((a, b) => (a.below ?? last) - (b.below ?? last));
}

export function* readMarketRules(
  { underlying, date, contract }: AskOf<'marketRules'>,
  source: ReadSource,
): Reading<ValueOf<'marketRules'>> {
  const days = yield* part('/market-time/equities/holidays', holidaysAnswer);
  const hours = yield* part('/market-time/equities/sessions/current', sessionAnswer);
  const equity = yield* part(
    `/instruments/equities/${encodeURIComponent(underlying)}`,
    equityAnswer,
  );
  const path = `/instruments/equity-options/${encodeURIComponent(contract ?? '')}`;
  const option = contract === undefined ? undefined : yield* part(path, optionAnswer);
  const walls = [days, hours, equity, option].flatMap((told) => told?.wall ?? []);
  if (walls.length === 0) return failed('nothing of the session and its options was told', true);
  const { data: ofEquity } = equity?.value ?? {};
  const { data: ofOption } = option?.value ?? {};
  const closing = [ofEquity?.['is-options-closing-only'], ofOption?.['is-closing-only']];
  const known = closing.filter((flag) => typeof flag === 'boolean');
  const rules: MarketRules = {
    session: kindOf(date, days?.value.data),
    ...hoursOn(date, hours?.value.data),
    stopsTradingAt: ofOption?.['stops-trading-at'] ?? null,
    ticks: ticksIn(ofEquity?.['option-tick-sizes']),
    isClosingOnly: known.length === 0 ? null : known.includes(true),
  };
  // The oldest part of the value.
  const wall = epochMicrosFromMillis(Math.min(...walls) / 1_000);
  return read(rules, source, wall);
}
