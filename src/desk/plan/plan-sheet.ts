/** The operator's schedule of a day, as data: when which strategy is previewed, and what gates it. */

import {
  newYorkInstant,
  newYorkText,
  type SessionTimes,
} from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import type { StrategyRequest } from '../engine-api-requests.ts';

/** One line of the sheet. Times are minutes after midnight in New York. */
export interface PlanEntry {
  readonly name: string;
  readonly atMinutes: number;
  /** How often, and how far apart. */
  readonly tranches: number;
  readonly everyMinutes: number;
  readonly request: StrategyRequest;
  /** Not within so many minutes after a stop of the same strategy; 0 = at once. */
  readonly cooldownMinutes: number;
  /** Names of events on whose days it does not run. */
  readonly skipOn: readonly string[];
  /** True where it may send by itself, once the operator has granted that for the session. */
  readonly sends: boolean;
}

/** An event of the calendar: the entries it gates do not run within its minutes. */
export interface EventDay {
  readonly date: SessionDate;
  readonly name: string;
  readonly fromMinutes: number;
  readonly toMinutes: number;
}

export interface EventCalendar {
  /** The last date that the file knows about. */
  readonly validUntil: SessionDate;
  readonly events: readonly EventDay[];
}

export interface PlanSheet {
  /** SHA-256 of the file: what is granted is granted for this sheet. */
  readonly sha256: string;
  readonly entries: readonly PlanEntry[];
  readonly calendar?: EventCalendar | undefined;
}

/** One turn of an entry on one day. */
export interface PlanSlot {
  readonly slotId: string;
  readonly entry: PlanEntry;
  readonly dueAt: EpochMicros;
}

/** The turns of a day, in the order of their times. */
export function slotsOf(sheet: PlanSheet, date: SessionDate): readonly PlanSlot[] {
  const slots = sheet.entries.flatMap((entry) =>
    Array.from({ length: entry.tranches }, (_, index): PlanSlot => {
      const minutes = entry.atMinutes + index * entry.everyMinutes;
      const slotId = `${entry.name}#${index + 1}`;
      return { slotId, entry, dueAt: newYorkInstant(date, minutes) };
    }),
  );
  return slots.toSorted((a, b) => a.dueAt - b.dueAt);
}

/** Why a turn can not run on a day at all: its time lies outside the session. */
export function outsideSession(
  { dueAt }: PlanSlot,
  { open, lastTrade }: Pick<SessionTimes, 'open' | 'lastTrade'>,
): string | undefined {
  if (dueAt < open) return "its time is before today's open";
  const end = newYorkText(lastTrade).slice(0, 5);
  return dueAt >= lastTrade ? `its time is after today's last trade, ${end}` : undefined;
}

/** Names as people write them: case and blanks around them mean nothing. */
function sameName(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** Names that an entry skips and no event of the calendar has: misspelt, or not in the file yet. */
export function unknownEvents(
  { calendar }: Pick<PlanSheet, 'calendar'>,
  { skipOn }: Pick<PlanEntry, 'skipOn'>,
): readonly string[] {
  if (calendar === undefined) return [];
  return skipOn.filter((name) => !calendar.events.some((event) => sameName(event.name, name)));
}

/** Why an entry does not run at a time of a day: an event, or a calendar that does not know. */
export function eventGate(
  { calendar }: PlanSheet,
  entry: PlanEntry,
  date: SessionDate,
  minutes: number,
): string | undefined {
  if (entry.skipOn.length === 0) return undefined;
  if (calendar === undefined) return 'it skips events and no event file is set';
  if (date > calendar.validUntil) return `the event file ends on ${calendar.validUntil}: renew it`;
  const event = calendar.events.find(
    ({ date: day, name, fromMinutes, toMinutes }) =>
      day === date &&
      entry.skipOn.some((skipped) => sameName(skipped, name)) &&
      minutes >= fromMinutes &&
      minutes < toMinutes,
  );
  return event === undefined ? undefined : `${event.name} is today`;
}
