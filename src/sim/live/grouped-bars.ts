/** Minute bars put together to bars of any longer period. Pure. */
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkInstant } from '../../engine/domain/session-calendar.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { PathBar } from '../model/spot-path.ts';
import { joinBars } from '../model/spot-path.ts';
import type { CandleSpec } from './candle-spec.ts';

/** The hours of the session that a moment belongs to. */
export type TimesAt = (micros: number) => SessionTimes;

/** The bars of a candle symbol that start at or after `fromMicros`, made of shorter ones in order of
 * time. */
export function groupedBars(
  spec: CandleSpec,
  bars: Iterable<PathBar>,
  fromMicros: number,
  timesAt: TimesAt,
): PathBar[] {
  const groups = new Map<number, PathBar[]>();
  for (const bar of bars) {
    if (spec.regularOnly && !isRegular(bar, timesAt)) continue;
    const start = candleStart(spec, bar.startsAt, timesAt);
    const group = groups.get(start);
    if (group === undefined) groups.set(start, [bar]);
    else group.push(bar);
  }
  const joined: PathBar[] = [];
  for (const [start, group] of groups) {
    const bar = start >= fromMicros ? joinBars(group, start) : undefined;
    if (bar !== undefined) joined.push(bar);
  }
  return joined;
}

function isRegular(bar: PathBar, timesAt: TimesAt): boolean {
  const times = timesAt(bar.startsAt);
  return bar.startsAt >= times.open && bar.startsAt < times.exerciseMark;
}

/** The start of the candle that a moment belongs to. */
export function candleStart(spec: CandleSpec, at: number, timesAt: TimesAt): number {
  const times = timesAt(at);
  const anchor = spec.alignedToSession ? times.open : newYorkInstant(times.date, 0);
  const period = spec.periodSeconds * MICROS_PER_SECOND;
  return anchor + Math.floor((at - anchor) / period) * period;
}
