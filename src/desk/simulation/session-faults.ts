/** What goes wrong in a simulated session, and when: decided by the seed before the session begins. */

import type { AuditKind } from '../../engine/domain/audit-record.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { SeededRandom } from './seeded-random.ts';

export const FAULT_KINDS = [
  'journalFailure',
  'journalDelay',
  'journalEcho',
  'feedFreeze',
  'feedDisconnect',
  'optionsSilent',
  'spotSilent',
  'silentLegs',
  'listingAway',
  'crash',
  'crossedQuotes',
  'oneSidedQuotes',
  'thinQuotes',
  'jumpedQuotes',
  'oddQuotes',
  'bareWings',
  'flickeringQuotes',
  'rejects',
  'refusedCancels',
  'refusedLimits',
  'unknownOutcomes',
  'unreportedFill',
  'clockAhead',
  'clockBack',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault. Kinds that strike once last no time: `until` equals `from`. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly from: EpochMicros;
  readonly until: EpochMicros;
  /** Of a crash: the record in whose wake it comes. Chance decides where absent. */
  readonly behind?: AuditKind;
}

const LEAST_KINDS = 3;
const MOST_KINDS = 8;
const MOST_OF_A_KIND = 3;
/** The first of a kind comes in this part of the session, so that one that is stopped early has it. */
const FIRST_BEGINS_WITHIN = 0.7;
/** Seconds, shortest and longest; absent = strikes once. */
const LASTS_SECONDS: Readonly<Partial<Record<FaultKind, readonly [number, number]>>> = {
  journalFailure: [120, 900],
  journalDelay: [20, 600],
  journalEcho: [300, 1_800],
  feedFreeze: [10, 120],
  feedDisconnect: [5, 90],
  optionsSilent: [5, 240],
  spotSilent: [5, 240],
  silentLegs: [300, 2_400],
  listingAway: [20, 1_200],
  crossedQuotes: [5, 120],
  oneSidedQuotes: [5, 120],
  thinQuotes: [300, 3_000],
  jumpedQuotes: [5, 120],
  oddQuotes: [5, 120],
  bareWings: [600, 2_400],
  flickeringQuotes: [300, 3_600],
  unreportedFill: [600, 4_000],
};

interface Window {
  readonly session: SessionTimes;
  /** The part of the session in which the fault begins, from its open. */
  readonly share: number;
}

function planned(kind: FaultKind, random: SeededRandom, { session, share }: Window): PlannedFault {
  const minutes = ((session.lastTrade - session.open) / MICROS_PER_MINUTE) * share;
  const from = addMicros(session.open, random.between(1, minutes - 1) * MICROS_PER_MINUTE);
  return faultFrom(kind, from, random);
}

/** A fault that begins then. */
export function faultFrom(kind: FaultKind, from: EpochMicros, random: SeededRandom): PlannedFault {
  const lasts = LASTS_SECONDS[kind];
  const seconds = lasts === undefined ? 0 : random.between(...lasts);
  return { kind, from, until: addMicros(from, seconds * MICROS_PER_SECOND) };
}

/** At least three kinds of fault over the session, and those that are `aimed`, in order of time. */
export function planFaults(
  random: SeededRandom,
  session: SessionTimes,
  aimed: readonly PlannedFault[] = [],
): readonly PlannedFault[] {
  const kinds = new Set<FaultKind>();
  const wanted = random.whole(LEAST_KINDS, MOST_KINDS);
  while (kinds.size < wanted) kinds.add(random.pick(FAULT_KINDS));
  const faults: PlannedFault[] = [...aimed];
  for (const kind of kinds) {
    const times = kind === 'journalFailure' ? 1 : random.whole(1, MOST_OF_A_KIND);
    for (let i = 0; i < times; i += 1) {
      const isEarly = i === 0 || kind === 'unreportedFill';
      const share = isEarly ? FIRST_BEGINS_WITHIN : 1;
      faults.push(planned(kind, random, { session, share }));
    }
  }
  return faults.toSorted((a, b) => a.from - b.from);
}
