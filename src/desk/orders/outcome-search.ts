/**
 * How long an UNKNOWN outcome is looked for, and what proves absence. Absence is proven by two
 * complete histories of the broker, the first of them taken a settle window after the search began,
 * the second a while later, while the account stream was up all the time and said nothing.
 */

import type { OrderSearch } from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { OutcomeSearch } from './order-book.ts';

/** Seconds between looks: at 1, 3 and 10 s, then every ten. */
const ASK_AFTER_SECONDS: readonly number[] = [1, 2, 7];
const ASK_EVERY_SECONDS = 10;
/** An order may take this long to show in the broker's own history. */
const SETTLE_MICROS = 10 * MICROS_PER_SECOND;
/** The second history is taken at least this long after the first. */
const AGAIN_MICROS = 5 * MICROS_PER_SECOND;

/** A new search, from this moment on. */
export function beginSearch(at: At): OutcomeSearch {
  const search = { since: at, asked: 0, askAgainAt: at.wall, absentAt: undefined };
  askLater(search, at);
  return search;
}

/** Sets the time of the next look. */
export function askLater(search: OutcomeSearch, at: At): void {
  const seconds = ASK_AFTER_SECONDS[search.asked] ?? ASK_EVERY_SECONDS;
  search.askAgainAt = addMicros(at.wall, seconds * MICROS_PER_SECOND);
}

/**
 * Takes in one complete history that lacks the order. True once absence is proven. `quietSince` is
 * the moment since which the account stream has been up.
 */
export function isProvenAbsent(
  search: OutcomeSearch,
  { takenAt }: Extract<OrderSearch, { outcome: 'absent' }>,
  quietSince: At | undefined,
): boolean {
  if (quietSince === undefined) {
    search.absentAt = undefined;
    return false;
  }
  const from = Math.max(search.since.wall, quietSince.wall);
  if (takenAt.wall < from + SETTLE_MICROS) return false;
  const first = search.absentAt;
  if (first !== undefined && first >= from + SETTLE_MICROS) {
    return takenAt.wall >= first + AGAIN_MICROS;
  }
  search.absentAt = takenAt.wall;
  return false;
}
