/** How old market data is: of the feed as a whole, and of a quote that has not changed. */
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { QuoteStream } from '../../risk/quote-age.ts';
import type { DeskContext } from '../desk-context.ts';

/** Milliseconds since the newest batch was applied; undefined before the first. */
export function newestQuoteAge(desk: DeskContext): number | undefined {
  const slice = desk.reader.slice();
  if (slice === undefined || slice.asOf.wall === 0) return undefined;
  return Math.max(0, Math.round((desk.at.wall - slice.asOf.wall) / MICROS_PER_MILLI));
}

/** What the stream of quotes says of contracts that are quiet. */
export function quoteStreamOf({ day }: DeskContext): QuoteStream {
  const { market, wall } = day.quoteNews;
  return {
    sinceWall: day.feedSince,
    newsAt: wall === 0 ? undefined : { market, wall },
    lateMillis: day.feedLateMillis,
  };
}
