/** How old a quote may be before it is no longer evidence. */
import type { At } from '../engine/domain/clock.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { Price } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_MILLI } from '../engine/domain/units.ts';

/** A contract offered at no more than this many ticks and without a bid quotes seldom: nothing
 * about it changes until the market comes near. */
export const QUIET_WING_ASK_TICKS = 5;
/** So its last quote stands this many times as long as another contract's. */
export const QUIET_WING_AGE_MULTIPLE = 12;

/**
 * The feed sends changes only, so a contract about which nothing comes is quoted as it was, as long as
 * the stream that would tell is alive. But a subscription can end in silence: a quote older than this
 * counts by its own age again, however lively the others are.
 */
export const QUIET_CONTRACT_CEILING_MILLIS = 60_000;

/** What the stream of quotes as a whole says about a contract that says nothing itself. */
export interface QuoteStream {
  /** When its connection was made: what came before it says nothing of this one. Undefined before the
   * first. */
  readonly sinceWall: number | undefined;
  /** When any option's quote last changed; undefined where none has, since the connection. The
   * underlying's is no news of them: its stream can be alive alone. */
  readonly newsAt: At | undefined;
  /** How far behind the market the feed is known to be; 0 where it is on time. */
  readonly lateMillis: number;
  /** How far ahead of this machine's clock its trades come; absent = not. No quote is any older for it, but
   * how late the feed is cannot be known. */
  readonly aheadMillis?: number;
}

/** Why nothing opens while trades come ahead of this machine's clock; undefined while they do not. */
export function whyAhead(aheadMillis: number): string | undefined {
  return aheadMillis > 0
    ? `trades come ${(aheadMillis / 1_000).toFixed(1)} s ahead of this machine's clock`
    : undefined;
}

/**
 * The time until which a quote is known to have stood: a contract that was heard since the connection
 * was made is as fresh as its stream's newest news, within a ceiling for its own silence. A frozen or
 * silent stream has no news, and all of it turns stale together; a late one is as late as it is.
 */
export function stoodUntil(
  quote: Quote,
  { sinceWall, newsAt, lateMillis }: QuoteStream,
  ceilingMillis = QUIET_CONTRACT_CEILING_MILLIS,
): At {
  const isOfConnection = sinceWall !== undefined && quote.at.wall >= sinceWall;
  const newest = isOfConnection && newsAt !== undefined ? newsAt : quote.at;
  const isQuiet = newest.wall - quote.at.wall > ceilingMillis * MICROS_PER_MILLI;
  const stood = isQuiet || newest.wall <= quote.at.wall ? quote.at : newest;
  if (lateMillis <= 0) return stood;
  const late = -Math.round(lateMillis * MICROS_PER_MILLI);
  return { market: addMicros(stood.market, late), wall: addMicros(stood.wall, late) };
}

/** A quote with that time as its own. */
export function asEvidence(quote: Quote, stream: QuoteStream, ceilingMillis?: number): Quote {
  const at = stoodUntil(quote, stream, ceilingMillis);
  return at === quote.at ? quote : { ...quote, at };
}

/** Age of a quote by this machine's clock, in milliseconds; never negative. */
export function quoteAgeMillis(quote: Pick<Quote, 'at'>, at: At): number {
  return Math.max(0, at.wall - quote.at.wall) / MICROS_PER_MILLI;
}

/** How long no option has said anything, in milliseconds: a wing that may be quiet by itself is no sign that
 * the others would be heard. 0 where nothing is known of their stream. */
export function optionSilenceMillis(newsAt: At | undefined, at: At): number {
  return newsAt === undefined ? 0 : quoteAgeMillis({ at: newsAt }, at);
}

/** True for the market of a worthless wing: no bid, and an ask of a few ticks. `tick` is the least
 * step of its class. */
export function isQuietWing(quote: Quote, tick: Price): boolean {
  const hasBid = quote.bid !== undefined && quote.bid > 0;
  return !hasBid && quote.ask !== undefined && quote.ask <= QUIET_WING_ASK_TICKS * tick;
}

/** The age at which this quote turns stale where others do at `maxAgeMillis`. */
export function ageLimitMillis(quote: Quote, maxAgeMillis: number, tick: Price): number {
  return isQuietWing(quote, tick) ? maxAgeMillis * QUIET_WING_AGE_MULTIPLE : maxAgeMillis;
}

/** True while a quote is no older than its limit. */
export function isFresh(quote: Quote, at: At, maxAgeMillis: number, tick: Price): boolean {
  return quoteAgeMillis(quote, at) <= ageLimitMillis(quote, maxAgeMillis, tick);
}

/** True when the bid stands above the ask: one of the two is wrong. */
export function isCrossed(quote: Quote): boolean {
  return quote.bid !== undefined && quote.ask !== undefined && quote.bid > quote.ask;
}
