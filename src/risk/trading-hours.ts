/**
 * The hours in which something trades. Only orders of the day are sent, so one that is given outside them
 * would wait at the broker for another session, or be sent back again and again. Pure.
 */
import type { Instrument } from '../engine/domain/instrument.ts';
import type { SessionTimes } from '../engine/domain/session-calendar.ts';
import { newYorkText } from '../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import type { Denial } from '../engine/domain/verdict.ts';

/** Why nothing can be done with these now, and when it can; undefined while all of their markets are
 * open. Shares close at the exercise mark, options trade to the last trade. */
export function marketShut(
  holdings: readonly { readonly instrument: Instrument }[],
  market: EpochMicros,
  { open, exerciseMark, lastTrade }: SessionTimes,
): Pick<Denial, 'message' | 'numbers'> | undefined {
  const hasShares = holdings.some(({ instrument }) => instrument.kind === 'shares');
  const closesAt = hasShares ? exerciseMark : lastTrade;
  if (market >= open && market < closesAt) return undefined;
  const [opens, closes] = [newYorkText(open), newYorkText(closesAt)];
  const message =
    market < open
      ? `its market opens at ${opens} ET: ask again then`
      : `its market closed at ${closes} ET: ask again at the next open`;
  return {
    message,
    numbers: { timeNewYork: newYorkText(market), opensAt: opens, closesAt: closes },
  };
}
