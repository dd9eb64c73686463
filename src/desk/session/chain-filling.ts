/** Right after a connection, or the first listing, the market comes in piece by piece, and without its listing
 * only what is held does: a strategy that chose from a part of it would choose badly, and say the wrong
 * reason. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { ContractView, Quote } from '../../engine/domain/market.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, sliceOf } from '../desk-context.ts';
import type { HeldLeg } from '../exits/open-position.ts';

/** What has not come by then does not come, and strategies go by what there is. */
const FILLING_MICROS = 5 * MICROS_PER_SECOND;
/** A feed tells its first price some seconds after a start, and a broker what it settled. */
export const FIRST_WORD_MICROS = 30 * MICROS_PER_SECOND;
/** A session this old has a bar. */
const FIRST_BAR_MICROS = 2 * MICROS_PER_MINUTE;
/** Contracts this near to the money always have a market, as a part of the spot. */
const NEAR = 0.01;

type Filling = { readonly denied: Denial } | undefined;

/** The moment of the connection, while the market may still be coming in: for some seconds after that, and
 * after the listing that tells what to ask it for. */
function fillingSince({ at, day }: DeskContext): number | undefined {
  const { feedSince, listedAt = 0 } = day;
  if (feedSince === undefined) return undefined;
  return at.wall < Math.max(feedSince, listedAt) + FILLING_MICROS ? feedSince : undefined;
}

/** Wall time from which the first quotes of what is held are waited for: the listing's, or the run's without
 * one. */
function heldSince({ day }: DeskContext): EpochMicros {
  return day.listedAt ?? day.begunAt;
}

/** Wall time from which they can come: there is something to ask for, and a feed to ask. */
export function quotedSince(desk: DeskContext): EpochMicros {
  const { feedSince } = desk.day;
  const since = heldSince(desk);
  return feedSince === undefined || feedSince < since ? since : feedSince;
}

/** True of what this run has no quote of yet, of whatever sides, until its first one is overdue. A clock that is
 * set back makes nothing wait anew. */
export function isAwaited(desk: DeskContext, symbol: string): boolean {
  const waited = desk.at.wall - heldSince(desk);
  if (waited < 0 || waited >= FIRST_WORD_MICROS) return false;
  return quoteOf(desk, symbol) === undefined;
}

/** True while these legs wait for their first quotes of this run: nothing is known of their market, so that
 * nothing is asked of it, and nobody is called because it has none. What has not come some seconds after the
 * feed's connection, where others of them have, holds those up no longer. */
export function awaitQuotes(desk: DeskContext, legs: readonly HeldLeg[]): boolean {
  const held = legs.filter(({ quantity }) => quantity !== 0);
  const awaited = held.filter(({ instrument }) => isAwaited(desk, instrumentSymbol(instrument)));
  if (awaited.length === 0 || awaited.length === held.length) return awaited.length > 0;
  return desk.at.wall < quotedSince(desk) + FILLING_MICROS;
}

/** True once the day's own chain is there; false without one, and while it is of what is held alone. */
export function isListed({ day }: DeskContext): boolean {
  return day.chainOpen && !day.status.causes.includes('chainMissing');
}

function isOfBars(strategy: string): boolean {
  return strategy.startsWith('orb_');
}

/** Why a strategy may not choose yet. */
export function fillingFor(desk: DeskContext, strategy: string): Filling {
  return chainFilling(desk) ?? (isOfBars(strategy) ? barsFilling(desk) : undefined);
}

/** Why no strategy may choose yet; undefined once the contracts near the money are quoted. */
export function chainFilling(desk: DeskContext): Filling {
  const { chainOpen, session } = desk.day;
  if (chainOpen && !isListed(desk)) {
    const message =
      "the listing of today's chain has not come: what is held is watched, nothing opens; ask again once it is there";
    return deny('session_window', message, { session: session.date });
  }
  const since = fillingSince(desk);
  const slice = since === undefined ? undefined : sliceOf(desk);
  if (since === undefined || slice === undefined) return undefined;
  const { spot, puts, calls } = slice;
  // What was listed is seen with the batch of quotes behind it.
  if (spot === undefined || puts.length + calls.length < desk.chain.contractCount) {
    return deny('feed_resync', 'the chain is not quoted yet; ask again in a second');
  }
  const near = [...puts, ...calls].filter((view) => isNear(view, spot));
  const quoted = near.filter(({ quote }) => isSince(quote, since)).length;
  if (quoted === near.length) return undefined;
  const message = `the chain is still filling: ${quoted} of ${near.length} contracts near the money are quoted; ask again in a second`;
  return deny('feed_resync', message, { quoted, contracts: near.length });
}

function isNear({ contract }: ContractView, spot: number): boolean {
  return Math.abs(contract.strike - spot) <= NEAR * spot;
}

function isSince(quote: Quote | undefined, since: number): boolean {
  return quote !== undefined && quote.at.wall >= since;
}

/** True once the last connection has told something to choose from: the underlying, and contracts of both
 * rights near the money. */
export function isQuoted(desk: DeskContext): boolean {
  const { feedSince } = desk.day;
  const slice = sliceOf(desk);
  if (feedSince === undefined || slice?.spot === undefined) return false;
  const { spot, spotQuote, puts, calls } = slice;
  const isThere = (view: ContractView) => isNear(view, spot) && isSince(view.quote, feedSince);
  return isSince(spotQuote, feedSince) && puts.some(isThere) && calls.some(isThere);
}

/** True of a session that is too old to have no bar yet. */
function isBarDue({ at, day }: DeskContext): boolean {
  return at.market >= day.session.open + FIRST_BAR_MICROS;
}

/** True while a breakout has no bars to go by that are due. */
export function lacksBars(desk: DeskContext, strategy: string): boolean {
  return isOfBars(strategy) && desk.bars.bars().length === 0 && isBarDue(desk);
}

/** Why no breakout can be told yet; undefined once the day's bars are there. */
export function barsFilling(desk: DeskContext): Filling {
  if (fillingSince(desk) === undefined || desk.bars.bars().length > 0) return undefined;
  if (!isBarDue(desk)) return undefined;
  return deny('feed_resync', "the day's bars have not come in yet; ask again in a second");
}
