/** Right after a connection, or the first listing, the market comes in piece by piece, and without its listing
 * only what is held does: a strategy that chose from a part of it would choose badly, and say the wrong
 * reason. */

import type { ContractView } from '../../engine/domain/market.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { DeskContext } from '../desk-context.ts';
import { sliceOf } from '../desk-context.ts';

/** What has not come by then does not come, and strategies go by what there is. */
const FILLING_MICROS = 5 * MICROS_PER_SECOND;
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

/** True once the day's own chain is there; false without one, and while it is of what is held alone. */
export function isListed({ day }: DeskContext): boolean {
  return day.chainOpen && !day.status.causes.includes('chainMissing');
}

/** Why a strategy may not choose yet. */
export function fillingFor(desk: DeskContext, strategy: string): Filling {
  const needsBars = strategy.startsWith('orb_');
  return chainFilling(desk) ?? (needsBars ? barsFilling(desk) : undefined);
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
  const isNear = ({ contract }: ContractView) => Math.abs(contract.strike - spot) <= NEAR * spot;
  const near = [...puts, ...calls].filter(isNear);
  const quoted = near.filter(({ quote }) => quote !== undefined && quote.at.wall >= since).length;
  if (quoted === near.length) return undefined;
  const message = `the chain is still filling: ${quoted} of ${near.length} contracts near the money are quoted; ask again in a second`;
  return deny('feed_resync', message, { quoted, contracts: near.length });
}

/** Why no breakout can be told yet; undefined once the day's bars are there. */
export function barsFilling(desk: DeskContext): Filling {
  const { at, bars, day } = desk;
  if (fillingSince(desk) === undefined || bars.bars().length > 0) return undefined;
  if (at.market < day.session.open + FIRST_BAR_MICROS) return undefined;
  return deny('feed_resync', "the day's bars have not come in yet; ask again in a second");
}
