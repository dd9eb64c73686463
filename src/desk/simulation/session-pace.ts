/** How closely a simulated session looks: from second to second only while something may happen. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { SessionShape } from './session-config.ts';

/** Between two ticks, and for how long an order is watched closely. */
interface Pace {
  /** Nothing is going on. */
  readonly calm: number;
  /** Something is held. */
  readonly held: number;
  /** A trader did something within `busyFor`. */
  readonly busy: number;
  readonly busyFor: number;
  /** An order is young. */
  readonly watchful: number;
  /** What is held is quoted badly on purpose, close to its stop, or an oracle counts how long something that has
   * to end lasts. */
  readonly tense: number;
  /** The day is being closed. */
  readonly closing: number;
  readonly afterHours: number;
  /** An order older than this is no longer watched closely. */
  readonly youth: number;
}

const PACES: Readonly<Record<SessionShape, Pace>> = {
  dense: {
    calm: 20 * MICROS_PER_SECOND,
    held: 20 * MICROS_PER_SECOND,
    busy: MICROS_PER_SECOND,
    busyFor: 5 * MICROS_PER_SECOND,
    watchful: 2 * MICROS_PER_SECOND,
    tense: 3 * MICROS_PER_SECOND,
    closing: 2 * MICROS_PER_SECOND,
    afterHours: 5 * MICROS_PER_MINUTE,
    youth: 3 * MICROS_PER_MINUTE,
  },
  sparse: {
    calm: 10 * MICROS_PER_MINUTE,
    held: 5 * MICROS_PER_MINUTE,
    busy: MICROS_PER_SECOND,
    busyFor: 0,
    watchful: 1_500_000,
    tense: 3 * MICROS_PER_SECOND,
    closing: 30 * MICROS_PER_SECOND,
    afterHours: 20 * MICROS_PER_MINUTE,
    youth: 12 * MICROS_PER_SECOND,
  },
};
/** What has filled in part is watched closely for so many times as long. */
const PARTIAL_YOUTH = 3;
/** The close is looked at this long before it begins. */
const CLOSING_AHEAD_MICROS = 20 * MICROS_PER_SECOND;
/** And no longer than this behind its deadline: what is held then is held to the end. */
const CLOSING_BEHIND_MICROS = MICROS_PER_MINUTE;

/** Until the next tick: soon while a trader is at it, orders are young or the day is being closed. */
export function tickMicros(
  desk: DeskContext,
  at: { readonly now: EpochMicros; readonly movedAt: number; readonly isTense: boolean },
  shape: SessionShape,
): number {
  const { orders, book, day } = desk;
  const pace = PACES[shape];
  const { now, movedAt, isTense } = at;
  if (now >= day.session.lastTrade) return pace.afterHours;
  if (now < movedAt + pace.busyFor) return pace.busy;
  const isHolding = book.hasStructures();
  const { flattenStartAt, flattenDeadlineAt } = day.schedule;
  const isScheduled =
    now >= flattenStartAt - CLOSING_AHEAD_MICROS &&
    now <= flattenDeadlineAt + CLOSING_BEHIND_MICROS;
  const isClosing = isScheduled || day.flattening.size > 0;
  const isWaiting = orders.live().some(({ createdAt, fills }) => {
    const youth = fills.length > 0 ? pace.youth * PARTIAL_YOUTH : pace.youth;
    return now - createdAt.market < youth;
  });
  if (isWaiting || (isHolding && day.journalWait?.isLate === true)) return pace.watchful;
  if (isTense) return pace.tense;
  if (isHolding && isClosing) return pace.closing;
  return isHolding ? pace.held : pace.calm;
}

/** How long things take: the start before the open, a listing, at most a restart, and at most a kill on
 * its way to the desk. */
export const TAKES_MICROS = {
  start: MICROS_PER_MINUTE,
  listing: 200_000,
  listingRetry: 2 * MICROS_PER_SECOND,
  restart: 4 * MICROS_PER_SECOND,
  kill: 4_000,
};

/** Quotes older than this are quoted again before anything is done with them. */
export const STALE_AFTER_MICROS = 800_000;
/** After so long a pause every row quotes again, changed or not. */
export const ALL_ROWS_AFTER_MICROS = 15 * MICROS_PER_SECOND;

/** Something is held or works, so that every quote matters. */
export function isLive({ book, orders }: DeskContext): boolean {
  return book.hasStructures() || orders.live().length > 0;
}
