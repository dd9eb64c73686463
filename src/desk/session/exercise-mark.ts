/**
 * The price by which the options of a day are exercised: that of the underlying at the exercise mark, a quarter of
 * an hour before they stop trading, or sooner where the broker says that the market closes sooner. What the
 * underlying does after it makes nobody's shares go away. A class that is settled in cash has its mark at its last
 * trade, which is its close. Core thread only.
 */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { isInTheMoney } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { sessionTimes } from '../../engine/domain/session-calendar.ts';
import { spotMid } from '../../engine/domain/spot-mid.ts';
import type { EpochMicros, Price, SessionDate } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { UnderlyingPrice } from '../../engine/portfolio/carried-gains.ts';
import type { DeskContext } from '../desk-context.ts';

/** What was heard longer before a mark than this is no price of it: the feed was down over it. */
const MARK_WITHIN_MICROS = 5 * MICROS_PER_MINUTE;

/** Where nobody heard the mark, an option that a later price finds out of the money by less than this fraction of
 * it may have been in the money then. */
const CLEAR_FRACTION = 0.01;

function isBeforeLastTrade({ exerciseMark, lastTrade }: SessionTimes): boolean {
  return exerciseMark < lastTrade;
}

/** Hears a quote of the underlying: the last sound one at or shortly before the mark tells its price. */
export function hearMark(
  { day, spec }: DeskContext,
  quote: Pick<Quote, 'bid' | 'ask' | 'at'>,
): void {
  const { session, marks, schedule } = day;
  const { market } = quote.at;
  const { date } = session;
  const { markAt } = schedule;
  if (day.markKeptOn === date || market > markAt || market < addMicros(markAt, -MARK_WITHIN_MICROS))
    return;
  if (!isBeforeLastTrade(session)) return;
  const at = spotMid(quote);
  if (at !== undefined && marks.get(date)?.at !== at) marks.set(date, { of: spec, at });
}

/** Records the price at the mark once that is past, so that a restart goes by it too. Called on the clock. */
export function keepMark({ at, day, out }: DeskContext): void {
  const { session, schedule, marks } = day;
  const mark = marks.get(session.date);
  if (mark === undefined || at.market <= schedule.markAt) return;
  if (day.markKeptOn === session.date) return;
  day.markKeptOn = session.date;
  out.append({ kind: 'markHeard', spot: mark.at, underlying: mark.of.symbol });
}

/** The price at the mark of a session, as it was recorded. */
export function restoreMark(
  { day }: DeskContext,
  session: SessionDate,
  mark: UnderlyingPrice | undefined,
): void {
  if (mark === undefined) return;
  day.marks.set(session, mark);
  day.markKeptOn = session;
}

/** The same as the seal of a session has it. One of before the mark, as earlier versions wrote too, tells only what
 * had been heard so far. */
export function restoreSealedMark(
  desk: DeskContext,
  session: SessionDate,
  mark: UnderlyingPrice | undefined,
): void {
  const { at, day, spec } = desk;
  const markAt = sessionTimes(session, spec)?.exerciseMark;
  const isPast = markAt !== undefined && at.market > markAt;
  if (isPast) restoreMark(desk, session, mark);
  else if (mark !== undefined && day.markKeptOn !== session) day.marks.set(session, mark);
}

/** The day ends sooner than was thought, where `before` was its mark: what was heard for one that is no longer to
 * come is no price of the one that is past. What is recorded stands. */
export function moveMark({ at, day }: DeskContext, before: EpochMicros): void {
  const { session, schedule, marks } = day;
  const isPast = schedule.markAt < at.market && at.market <= before;
  if (isPast && day.markKeptOn !== session.date) marks.delete(session.date);
}

/** True once the price by which options of the day are exercised is over: by the clock, or by a record of a run to
 * which the broker had said so. */
function isPastMark({ at, day }: DeskContext): boolean {
  return at.market >= day.schedule.markAt || day.markKeptOn === day.session.date;
}

/** What this underlying stood at on the exercise mark of the day, where that is known. */
export function markOn({ day, spec }: DeskContext, date: SessionDate): Price | undefined {
  const mark = day.marks.get(date);
  return mark?.of.symbol === spec.symbol ? mark.at : undefined;
}

/** The same once it is recorded: until then more may be heard. */
export function recordedMarkOn(desk: DeskContext, date: SessionDate): Price | undefined {
  return desk.day.markKeptOn === date ? markOn(desk, date) : undefined;
}

/** True unless the price at its mark has an option of this underlying exercised, or may have: where it is not
 * known, a later one has to be clear of the strike. Nothing before the mark says so. */
export function isPassedOver(
  desk: DeskContext,
  option: OptionContract,
  later: Price | undefined,
): boolean {
  const { at, day, spec } = desk;
  const { expiry } = option;
  const isOfToday = expiry === day.session.date;
  const session = isOfToday ? day.session : sessionTimes(expiry, spec);
  if (session === undefined || !isBeforeLastTrade(session)) return true;
  if (isOfToday ? !isPastMark(desk) : at.market < session.exerciseMark) return true;
  const mark = markOn(desk, expiry);
  if (mark !== undefined) return !isInTheMoney(option, mark);
  if (later === undefined) return false;
  const worse = option.right === 'call' ? 1 + CLEAR_FRACTION : 1 - CLEAR_FRACTION;
  return !isInTheMoney(option, later * worse);
}
