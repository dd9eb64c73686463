/** The plan sheet of a session: what is to run by itself and when, what keeps it away, and faults at the time of
 * a turn. The seed decides. */

import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import {
  newYorkInstant,
  newYorkMinutes,
  nextSessionDate,
  previousSessionDate,
} from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND, sessionDate } from '../../engine/domain/units.ts';
import type { StrategyRequest } from '../engine-api-requests.ts';
import type { EventCalendar, EventDay, PlanEntry, PlanSheet } from '../plan/plan-sheet.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { FaultKind, PlannedFault } from './session-faults.ts';
import { faultFrom } from './session-faults.ts';
import { SheetOperator } from './sheet-operator.ts';
import { largeRequest, plainRequest, sensibleRequest } from './trader-requests.ts';

const SHEET_CHANCE = 0.25;
const MOST_ENTRIES = 4;
const MOST_TRANCHES = 4;
const EVERY_MINUTES = [1, 2, 5, 15, 30, 60];
const COOLDOWN_MINUTES = [0, 0, 30, 90, 300];
const SENDS_CHANCE = 0.8;
const REQUESTS = { plain: 8, sensible: 3, large: 0.4 };
/** When the first turn of an entry comes due. */
const WHENS = { early: 1, open: 2, morning: 12, day: 5, late: 1 };
/** Before the open and after it, before the last trade and after it, at most. */
const EARLY_MINUTES = 20;
const MORNING_MINUTES = 20;
const LATE_MINUTES = 60;
const AFTER_MINUTES = 15;
/** Names to skip as somebody writes them; of the last the calendar knows nothing. */
const SKIPS = [['FOMC'], [' cpi'], ['FOMC', 'CPI'], ['Jobs']];
const SKIPS_CHANCE = 0.35;
const CALENDARS = { none: 1, ended: 1, endsToday: 2, known: 6 };
const EVENTS = ['FOMC', 'CPI'];
const MOST_EVENTS = 3;
const DAY_MINUTES = 24 * 60;
const LONG_KNOWN = sessionDate('2099-12-31');
/** At the time of so many turns something happens. */
const MOST_AIMED = 4;
const AIMED_SECONDS = [0.5, 30] as const;
const AIMED = {
  crash: 16,
  clockAhead: 2,
  clockBack: 2,
  feedDisconnect: 2,
  listingAway: 2,
  journalFailure: 1,
  journalDelay: 1,
} satisfies Partial<Record<FaultKind, number>>;
/** Records of a turn. */
const BEHIND = ['previewMade', 'intentRecorded', 'planRun'] as const;

/** What a session with a plan sheet has beside others. */
export interface SessionSheet {
  readonly sheet: PlanSheet;
  readonly operator: SheetOperator;
  readonly faults: readonly PlannedFault[];
}

interface SheetWorld {
  readonly session: SessionTimes;
  /** About where the underlying opens. */
  readonly spotDollars: number;
}

/** The sheet that the seed gives a session, if any. `isWanted` decides where given. */
export function sheetOf(
  random: SeededRandom,
  world: SheetWorld,
  isWanted?: boolean,
): SessionSheet | undefined {
  const isGiven = random.chance(SHEET_CHANCE);
  if (!(isWanted ?? isGiven)) return undefined;
  const { session } = world;
  const entries = Array.from({ length: random.whole(1, MOST_ENTRIES) }, (_, index) =>
    entryOf(random, world, `line ${index + 1}`),
  );
  const calendar = calendarOf(random, session.date);
  const sheet: PlanSheet = {
    sha256: random.hex(64),
    entries,
    ...(calendar !== undefined && { calendar }),
  };
  return {
    sheet,
    faults: aimedFaults(random, sheet, session),
    operator: new SheetOperator(random, session),
  };
}

function entryOf(
  random: SeededRandom,
  { session, spotDollars }: SheetWorld,
  name: string,
): PlanEntry {
  const atMinutes = minutesFor(random, session);
  const minutes = atMinutes - newYorkMinutes(session.open);
  return {
    name,
    atMinutes,
    tranches: random.whole(1, MOST_TRANCHES),
    everyMinutes: random.pick(EVERY_MINUTES),
    request: requestFor(random, { minutes, spotDollars }),
    cooldownMinutes: random.pick(COOLDOWN_MINUTES),
    skipOn: random.chance(SKIPS_CHANCE) ? random.pick(SKIPS) : [],
    sends: random.chance(SENDS_CHANCE),
  };
}

/** Minutes after midnight in New York. */
function minutesFor(random: SeededRandom, { open, lastTrade }: SessionTimes): number {
  const [first, last] = [newYorkMinutes(open), newYorkMinutes(lastTrade)];
  switch (random.weighted(WHENS)) {
    case 'early':
      return random.whole(first - EARLY_MINUTES, first - 1);
    case 'open':
      return first;
    case 'morning':
      return random.whole(first, first + MORNING_MINUTES);
    case 'day':
      return random.whole(first, last - LATE_MINUTES);
    case 'late':
      return random.whole(last - LATE_MINUTES, last + AFTER_MINUTES);
  }
}

function requestFor(
  random: SeededRandom,
  moment: { readonly minutes: number; readonly spotDollars: number },
): StrategyRequest {
  switch (random.weighted(REQUESTS)) {
    case 'plain':
      return plainRequest(random, moment);
    case 'sensible':
      return sensibleRequest(random, moment);
    case 'large':
      return largeRequest(random);
  }
}

function calendarOf(random: SeededRandom, date: SessionDate): EventCalendar | undefined {
  const events = Array.from({ length: random.whole(0, MOST_EVENTS) }, (): EventDay => {
    const isAllDay = random.chance(0.3);
    const fromMinutes = isAllDay ? 0 : random.whole(9 * 60, 15 * 60);
    const toMinutes = isAllDay ? DAY_MINUTES : fromMinutes + random.whole(30, 240);
    const name = random.pick(EVENTS);
    const day = random.chance(0.75) ? date : nextSessionDate(date);
    return { date: day, name, fromMinutes, toMinutes };
  });
  switch (random.weighted(CALENDARS)) {
    case 'none':
      return undefined;
    case 'ended':
      return { validUntil: previousSessionDate(date), events };
    case 'endsToday':
      return { validUntil: date, events };
    case 'known':
      return { validUntil: LONG_KNOWN, events };
  }
}

function aimedFaults(
  random: SeededRandom,
  { entries }: PlanSheet,
  { date, open, lastTrade }: SessionTimes,
): readonly PlannedFault[] {
  const sending = entries.filter(({ sends }) => sends);
  const faults = Array.from({ length: random.whole(1, MOST_AIMED) }, (): PlannedFault => {
    const aim = random.pick(sending.length > 0 ? sending : entries);
    const minutes = aim.atMinutes + aim.everyMinutes * random.whole(0, aim.tranches - 1);
    const ahead = Math.round(random.between(...AIMED_SECONDS) * MICROS_PER_SECOND);
    const kind = random.weighted(AIMED);
    const fault = faultFrom(kind, addMicros(newYorkInstant(date, minutes), -ahead), random);
    return kind === 'crash' ? { ...fault, behind: random.pick(BEHIND) } : fault;
  });
  return faults.filter(({ from }) => from > open && from < lastTrade);
}
