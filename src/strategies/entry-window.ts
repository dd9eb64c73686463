/** When a strategy may open: inside the session, its own hours and the day's opening cut-off. */
import type { MarketView } from '../engine/domain/market.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { Refusal } from './refusal.ts';
import type { StrategyDay } from './strategy.ts';
import { clockText, rounded } from './words.ts';

/** A strategy's own hours. Opens at `from`; from `before` on it opens no more. */
export interface EntryHours {
  readonly from: EpochMicros;
  readonly before?: EpochMicros;
}

function refuse(view: MarketView, message: string, bounds: Refusal['denied']['numbers']): Refusal {
  return deny('entry_window', message, { now: clockText(view.at.market), ...bounds });
}

function minutesBetween(from: EpochMicros, to: EpochMicros): number {
  return rounded((to - from) / MICROS_PER_MINUTE, 1);
}

/** Refuses an entry outside the hours, naming how far off it is; undefined inside them. The
 * opening cut-off itself is still inside, as the contract of `StrategyDay` says. */
export function refuseEntryTime(
  view: MarketView,
  day: StrategyDay,
  hours: EntryHours,
): Refusal | undefined {
  const now = view.at.market;
  const { from, before } = hours;
  const cutoff = clockText(day.openingCutoffAt);
  if (from > day.openingCutoffAt) {
    const opensAt = clockText(from);
    const message = `Entries open at ${opensAt} New York time, and the opening cut-off at ${cutoff} comes before: wait for the next session.`;
    return refuse(view, message, { opensAt, openingCutoffAt: cutoff });
  }
  if (now < from) {
    return refuse(view, `Entries open at ${clockText(from)} New York time: try again then.`, {
      opensAt: clockText(from),
      minutesEarly: minutesBetween(now, from),
    });
  }
  if (before !== undefined && now >= before) {
    return refuse(
      view,
      `Entries ended at ${clockText(before)} New York time: wait for the next session.`,
      {
        endedAt: clockText(before),
        minutesLate: minutesBetween(before, now),
      },
    );
  }
  if (now <= day.openingCutoffAt) return undefined;
  return refuse(
    view,
    `No opening order after the cut-off at ${cutoff}: wait for the next session.`,
    {
      openingCutoffAt: cutoff,
      minutesLate: minutesBetween(day.openingCutoffAt, now),
    },
  );
}
