/**
 * The opening range: the high and low of the session's first minutes, and the closes that broke it.
 *
 * A break is a one-minute close beyond the range, not a touch. Breaks alternate: after a break up
 * the next one is the first close below the range. Closes back inside, and out again on the same
 * side, belong to the break that stands (a retest), and are counted.
 */
import type { Bar } from '../engine/domain/market.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND, price } from '../engine/domain/units.ts';

export const RANGE_MINUTES = [5, 10, 15, 20, 30, 60] as const;
export type RangeMinutes = (typeof RANGE_MINUTES)[number];

/** True for a range length that is offered. */
export function isRangeMinutes(minutes: number): minutes is RangeMinutes {
  return RANGE_MINUTES.some((offered) => offered === minutes);
}

export type BreakDirection = 'up' | 'down';

export interface OpeningRange {
  readonly minutes: number;
  readonly high: Price;
  readonly low: Price;
  /** High less low. */
  readonly width: Price;
}

/** One close-confirmed break. */
export interface RangeBreak {
  readonly direction: BreakDirection;
  /** Start of the bar that closed beyond the range. */
  readonly barStartsAt: EpochMicros;
  /** The end of that bar: its close is known once another follows. */
  readonly confirmedAt: EpochMicros;
  readonly close: Price;
  /** Later closes back inside the range, until the next break. */
  readonly closesBackInside: number;
}

/** What the bars say so far. `missingBars` counts minutes that are over and have no bar. */
export type OpeningRangeReading =
  | {
      readonly state: 'rangeForming';
      readonly barsComplete: number;
      readonly barsNeeded: number;
      readonly missingBars: number;
      /** End of the range by the clock. */
      readonly endsAt: EpochMicros;
    }
  | { readonly state: 'noBreakout'; readonly range: OpeningRange; readonly missingBars: number }
  | {
      readonly state: 'broken';
      readonly range: OpeningRange;
      /** In order of time, alternating in direction. */
      readonly breaks: readonly [RangeBreak, ...RangeBreak[]];
      readonly missingBars: number;
    };

export interface OpeningRangeQuestion {
  readonly bars: readonly Bar[];
  readonly session: SessionTimes;
  readonly minutes: number;
  readonly now: EpochMicros;
}

function barEnd(bar: Bar): EpochMicros {
  return addMicros(bar.startsAt, MICROS_PER_MINUTE);
}

/**
 * True for a bar that can change no more, among bars in order of time: another follows it. The clock does
 * not tell: the last trades of a minute come some hundred milliseconds into the next, and a feed that went
 * silent leaves its bar half.
 */
export function isClosed(bars: readonly Bar[], place: number): boolean {
  return place < bars.length - 1;
}

/** A minute's bar begins with its first trade, some seconds into the minute: the newest of bars that still
 * come has begun within two minutes and this little. */
const NEWEST_BEGAN_WITHIN_MICROS = 130 * MICROS_PER_SECOND;

/** True in regular hours where bars in order of time have stopped coming: whether a minute has closed beyond
 * a level is not known then. */
export function areBarsLate({
  bars,
  session,
  now,
}: Omit<OpeningRangeQuestion, 'minutes'>): boolean {
  const newest = Math.max(session.open, bars.at(-1)?.startsAt ?? 0);
  return now > newest + NEWEST_BEGAN_WITHIN_MICROS && now < session.exerciseMark;
}

function isOfSession({ startsAt }: Bar, { open, exerciseMark }: SessionTimes): boolean {
  return startsAt >= open && startsAt < exerciseMark;
}

/** The regular session's bars that can change no more. */
export function completeBars({ bars, session }: Pick<OpeningRangeQuestion, 'bars' | 'session'>) {
  return bars.filter((bar, i) => isClosed(bars, i) && isOfSession(bar, session));
}

/** Minutes of the session until a time that are over and of which no bar came. */
function missingUntil(until: EpochMicros, question: OpeningRangeQuestion): number {
  const { bars, session, now } = question;
  const last = Math.min(now, until, session.exerciseMark);
  const over = Math.max(0, Math.floor((last - session.open) / MICROS_PER_MINUTE));
  const told = bars.filter((bar) => isOfSession(bar, session) && barEnd(bar) <= last);
  return Math.max(0, over - told.length);
}

function rangeOf(bars: readonly Bar[], minutes: number): OpeningRange {
  const high = price(bars.reduce((most, bar) => Math.max(most, bar.high), -Infinity));
  const low = price(bars.reduce((least, bar) => Math.min(least, bar.low), Infinity));
  return { minutes, high, low, width: price(high - low) };
}

/** Which side of the range a price is beyond; undefined inside it or exactly on its edge. */
export function sideBeyond(range: OpeningRange, at: Price): BreakDirection | undefined {
  if (at > range.high) return 'up';
  return at < range.low ? 'down' : undefined;
}

function breaksOf(range: OpeningRange, bars: readonly Bar[]): RangeBreak[] {
  const breaks: RangeBreak[] = [];
  for (const bar of bars) {
    const direction = sideBeyond(range, bar.close);
    const standing = breaks.at(-1);
    if (direction === undefined) {
      if (standing === undefined) continue;
      const closesBackInside = standing.closesBackInside + 1;
      breaks[breaks.length - 1] = { ...standing, closesBackInside };
    } else if (direction !== standing?.direction) {
      const { close, startsAt } = bar;
      const confirmedAt = barEnd(bar);
      breaks.push({ direction, barStartsAt: startsAt, confirmedAt, close, closesBackInside: 0 });
    }
  }
  return breaks;
}

/** Reads the opening range and its breaks from one-minute bars. The range stands only when each of
 * its minutes has a complete bar: a hole in it leaves it forming for good, since its high and low
 * are then not known. */
export function readOpeningRange(question: OpeningRangeQuestion): OpeningRangeReading {
  const { session, minutes } = question;
  const complete = completeBars(question);
  const endsAt = addMicros(session.open, minutes * MICROS_PER_MINUTE);
  const inRange = complete.filter((bar) => bar.startsAt < endsAt);
  if (inRange.length < minutes) {
    const missingBars = missingUntil(endsAt, question);
    const barsComplete = inRange.length;
    return { state: 'rangeForming', barsComplete, barsNeeded: minutes, missingBars, endsAt };
  }
  const missingBars = missingUntil(session.exerciseMark, question);
  const range = rangeOf(inRange, minutes);
  const [first, ...later] = breaksOf(range, complete.slice(inRange.length));
  if (first === undefined) return { state: 'noBreakout', range, missingBars };
  return { state: 'broken', range, breaks: [first, ...later], missingBars };
}

/** How a break stands at a price: still good beyond its level and at most one range width past it. */
export type BreakStanding = 'valid' | 'failed' | 'extended';

/** How far a price is beyond the level of a direction; negative on the inside. */
export function distanceBeyond(range: OpeningRange, direction: BreakDirection, at: Price): Price {
  return price(direction === 'up' ? at - range.high : range.low - at);
}

/** Judges a break by where the underlying is now. */
export function breakStanding(
  range: OpeningRange,
  direction: BreakDirection,
  spot: Price,
): BreakStanding {
  const distance = distanceBeyond(range, direction, spot);
  if (distance <= 0) return 'failed';
  return distance > range.width ? 'extended' : 'valid';
}
