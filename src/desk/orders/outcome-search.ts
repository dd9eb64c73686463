/**
 * How long an UNKNOWN outcome is looked for, and what proves absence: two complete histories of the
 * broker, the first of them taken a settle window after the search began, the second a while later, while
 * the account stream was up all the time and said nothing. A close holds up the way out of its position,
 * so that it cannot wait for a stream: without one, lists that are asked for later and further apart are
 * proof enough of it.
 */

import type { OrderSearch } from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { OutcomeSearch } from './order-book.ts';

/** Seconds between looks: at 1, 3 and 10 s, then every ten; of a close at 1, 3 and 5 s, then every five. */
const ASK_AFTER_SECONDS: readonly number[] = [1, 2, 7];
const ASK_EVERY_SECONDS = 10;
const CLOSE_EVERY_SECONDS = 5;

/** When the two histories are to be taken. */
interface Windows {
  /** An order may take this long to show in the broker's own history. */
  readonly settle: number;
  /** The second history is taken at least this long after the first. */
  readonly again: number;
}

const WITH_SILENCE: Windows = { settle: 10 * MICROS_PER_SECOND, again: 5 * MICROS_PER_SECOND };
const BY_LISTS_ALONE: Windows = { settle: 20 * MICROS_PER_SECOND, again: 10 * MICROS_PER_SECOND };

/** A new search, from this moment on. */
export function beginSearch(at: At): OutcomeSearch {
  return {
    since: at,
    asked: 0,
    askAgainAt: addMicros(at.wall, (ASK_AFTER_SECONDS[0] ?? 0) * MICROS_PER_SECOND),
    heardAt: undefined,
    unread: undefined,
    absentAt: undefined,
    unlistedAt: undefined,
  };
}

/** Sets the time of the next look. */
export function askLater(search: OutcomeSearch, at: At, isOpening: boolean): void {
  const every = isOpening ? ASK_EVERY_SECONDS : CLOSE_EVERY_SECONDS;
  const seconds = Math.min(every, ASK_AFTER_SECONDS[search.asked] ?? every);
  search.askAgainAt = addMicros(at.wall, seconds * MICROS_PER_SECOND);
}

type Absent = Extract<OrderSearch, { outcome: 'absent' }>;

/**
 * Takes in one complete history that lacks the order. True once absence is proven by it, the one before
 * it and the silence of the account stream, which has been up since `quietSince`.
 */
export function isProvenAbsent(
  search: OutcomeSearch,
  { takenAt }: Absent,
  quietSince: At | undefined,
): boolean {
  if (quietSince === undefined) {
    search.absentAt = undefined;
    return false;
  }
  const from = Math.max(search.since.wall, quietSince.wall);
  const { proven, first } = judge(from, search.absentAt, takenAt.wall, WITH_SILENCE);
  search.absentAt = first;
  return proven;
}

/** The same by the histories alone, whatever the stream does. */
export function isProvenUnlisted(search: OutcomeSearch, { takenAt }: Absent): boolean {
  const { since, unlistedAt } = search;
  const { proven, first } = judge(since.wall, unlistedAt, takenAt.wall, BY_LISTS_ALONE);
  search.unlistedAt = first;
  return proven;
}

/** Whether a history is the second of two that count from a moment on, and which one is the first. */
function judge(
  from: number,
  first: EpochMicros | undefined,
  taken: EpochMicros,
  { settle, again }: Windows,
): { readonly proven: boolean; readonly first: EpochMicros | undefined } {
  if (taken < from + settle) return { proven: false, first };
  if (first === undefined || first < from + settle) return { proven: false, first: taken };
  return { proven: taken >= first + again, first };
}
