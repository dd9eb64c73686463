/** When a session stops opening, starts to flatten, and must be flat. */
import { aheadMinutes } from '../../broker/order-cutoff.ts';
import type { BrokerCapabilities } from '../../broker/order-gateway.ts';
import { newYorkInstant, type SessionTimes } from '../../engine/domain/session-calendar.ts';
import { addMicros, type EpochMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';

/** Settings, in minutes after midnight ET of a full day; undefined = as the broker has it. */
export interface FlatByOverrides {
  readonly openingCutoffMinutes?: number | undefined;
  readonly flattenStartMinutes?: number | undefined;
  readonly flattenDeadlineMinutes?: number | undefined;
}

/** In order: no instant lies after the next. */
export interface FlatBySchedule {
  readonly openingCutoffAt: EpochMicros;
  readonly flattenStartAt: EpochMicros;
  readonly flattenDeadlineAt: EpochMicros;
}

type BrokerTimes = Pick<
  BrokerCapabilities,
  'openingCutoffMinutes' | 'flattenStartMinutes' | 'flattenDeadlineMinutes'
>;

/** How long before everything is to be flat the broker's own schedule begins to close. */
export function flattenLeadMinutes(capabilities: BrokerTimes): number {
  return capabilities.flattenDeadlineMinutes - capabilities.flattenStartMinutes;
}

function earlier(minutes: number, override: number | undefined): number {
  return override === undefined ? minutes : Math.min(minutes, override);
}

/** The broker's times for this session. A setting can only make one earlier, and a time that was made earlier
 * takes along those before it: a start that nobody asked for, or only for behind the deadline, keeps the
 * broker's lead before it, for closing takes its time. */
export function flatBySchedule(
  session: Pick<SessionTimes, 'date' | 'kind'>,
  capabilities: BrokerTimes,
  overrides: FlatByOverrides = {},
): FlatBySchedule {
  const deadline = earlier(capabilities.flattenDeadlineMinutes, overrides.flattenDeadlineMinutes);
  const latestStart = deadline - flattenLeadMinutes(capabilities);
  const asked = overrides.flattenStartMinutes;
  const isAsked = asked !== undefined && asked <= deadline;
  const start = isAsked ? earlier(capabilities.flattenStartMinutes, asked) : latestStart;
  const ownCutoff = earlier(capabilities.openingCutoffMinutes, overrides.openingCutoffMinutes);
  const cutoff = Math.min(ownCutoff, start);
  const shift = aheadMinutes(session);
  return {
    openingCutoffAt: newYorkInstant(session.date, cutoff - shift),
    flattenStartAt: newYorkInstant(session.date, start - shift),
    flattenDeadlineAt: newYorkInstant(session.date, deadline - shift),
  };
}

/** From when positions are watched for what expiry does to them: 15:00, 12:00 on half days. */
export function lastHourFrom({ exerciseMark }: Pick<SessionTimes, 'exerciseMark'>): EpochMicros {
  return addMicros(exerciseMark, -60 * MICROS_PER_MINUTE);
}
