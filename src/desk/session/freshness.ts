/** How old market data is: of the feed as a whole, and of a quote that has not changed. */
import { PENNY_GRID } from '../../engine/domain/tick-grid.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import {
  isFresh,
  optionSilenceMillis,
  type QuoteStream,
  quoteAgeMillis,
  whyAhead,
} from '../../risk/quote-age.ts';
import type { DeskContext } from '../desk-context.ts';

/** Milliseconds since the newest batch was applied, and how late the feed tells it; undefined before the first. */
export function newestQuoteAge(desk: DeskContext): number | undefined {
  const slice = desk.reader.slice();
  if (slice === undefined || slice.asOf.wall === 0) return undefined;
  const heardAgo = Math.max(0, Math.round((desk.at.wall - slice.asOf.wall) / MICROS_PER_MILLI));
  return heardAgo + desk.day.feedLateMillis;
}

/** What the stream of quotes says of contracts that are quiet. */
export function quoteStreamOf({ day }: DeskContext): QuoteStream {
  const { market, wall } = day.quoteNews;
  return {
    sinceWall: day.feedSince,
    newsAt: wall === 0 ? undefined : { market, wall },
    lateMillis: day.feedLateMillis,
    aheadMillis: day.feedAheadMillis,
  };
}

/** How old the options as a whole are, as the gate counts it: silent for so long, and told so late; undefined
 * before the first batch. */
export function optionsAgeMillis(desk: DeskContext): number | undefined {
  if (newestQuoteAge(desk) === undefined) return undefined;
  const { newsAt, lateMillis } = quoteStreamOf(desk);
  return optionSilenceMillis(newsAt, desk.at) + lateMillis;
}

/** How old the underlying's quote is, as the gate counts it; undefined while it has none. */
export function spotAgeMillis({ at, day, evidence, config }: DeskContext): number | undefined {
  evidence.look(day);
  const quote = evidence.of(config.underlying);
  return quote === undefined ? undefined : quoteAgeMillis(quote, at);
}

/** Why nothing at all may be opened on the market as it is heard; undefined while it is fresh. Of each order
 * the gate judges the legs besides. */
export function whyStale(desk: DeskContext): string | undefined {
  const { at, day, evidence, config } = desk;
  const { underlying, limits } = config;
  const ahead = whyAhead(day.feedAheadMillis);
  if (ahead !== undefined) return ahead;
  if (optionSilenceMillis(quoteStreamOf(desk).newsAt, at) > limits.maxQuoteAgeMillis) {
    return 'no option has been quoted for too long';
  }
  evidence.look(day);
  const spot = evidence.of(underlying);
  if (spot === undefined) return `${underlying} has no quote yet`;
  if (isFresh(spot, at, limits.maxSpotAgeMillis, PENNY_GRID.step)) return undefined;
  return day.feedLateMillis > 0
    ? `the feed is ${(day.feedLateMillis / 1_000).toFixed(1)} s late`
    : `the quote of ${underlying} is too old`;
}
