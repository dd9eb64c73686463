/**
 * The turns of a plan sheet as somebody reckons them who has the sheet in hand: when each is due, by which
 * token its order is known, and which event keeps it away. Reckoned apart from the desk's own plan. Pure.
 */

import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkInstant, newYorkMinutes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { tokenSha256 } from '../../risk/confirm-token.ts';
import type { PlanEntry, PlanSheet } from '../plan/plan-sheet.ts';

/** The engine's own principal. */
export const PLAN = 'plan';
/** A turn that has not run by so long after its time is missed. */
const GRACE_MICROS = 2 * MICROS_PER_MINUTE;

/** One turn of one day. */
export interface Turn {
  readonly id: string;
  readonly entry: PlanEntry;
  readonly dueAt: EpochMicros;
  readonly latestAt: EpochMicros;
  /** SHA-256 under which its order stands in the journal. */
  readonly token: string;
  readonly isInSession: boolean;
}

/** All of a day, by their times. */
export function turnsOf(sheet: PlanSheet, session: SessionTimes): readonly Turn[] {
  const { date, open, lastTrade } = session;
  const turns: Turn[] = [];
  for (const entry of sheet.entries) {
    for (let tranche = 1; tranche <= entry.tranches; tranche += 1) {
      const id = `${entry.name}#${tranche}`;
      const dueAt = newYorkInstant(date, entry.atMinutes + (tranche - 1) * entry.everyMinutes);
      turns.push({
        id,
        entry,
        dueAt,
        latestAt: addMicros(dueAt, GRACE_MICROS),
        token: tokenSha256(`plan ${date} ${id}`),
        isInSession: dueAt >= open && dueAt < lastTrade,
      });
    }
  }
  return turns.toSorted((a, b) => a.dueAt - b.dueAt);
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}

/** True where an event of the day, or a calendar that does not know the day, keeps an entry away. */
export function isGated(
  { calendar }: PlanSheet,
  { skipOn }: PlanEntry,
  { date }: SessionTimes,
  market: EpochMicros,
): boolean {
  if (skipOn.length === 0) return false;
  if (calendar === undefined || calendar.validUntil < date) return true;
  const skipped = new Set(skipOn.map(plain));
  const minutes = newYorkMinutes(market);
  return calendar.events.some((event) => {
    const isNow = event.fromMinutes <= minutes && event.toMinutes > minutes;
    return event.date === date && skipped.has(plain(event.name)) && isNow;
  });
}
