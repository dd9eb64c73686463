/** How old the newest market data is. */
import type { DeskContext } from './desk-context.ts';

const MICROS_PER_MILLI = 1_000;

/** Milliseconds since the newest batch was applied; undefined before the first. */
export function newestQuoteAge(desk: DeskContext): number | undefined {
  const slice = desk.reader.slice();
  if (slice === undefined || slice.asOf.wall === 0) return undefined;
  return Math.max(0, Math.round((desk.at.wall - slice.asOf.wall) / MICROS_PER_MILLI));
}
