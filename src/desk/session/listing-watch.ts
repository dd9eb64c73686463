/**
 * A listing that does not come while something is held: what is held is quoted and judged on a chain of
 * its own contracts, so that exits run, and nothing opens until the listing is there.
 */
import { type OptionContract, occSymbol } from '../../engine/domain/instrument.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { holdTrading } from '../account/governing.ts';
import type { DeskContext } from '../desk-context.ts';
import { isChainDue, takeContracts } from './session-life.ts';

const CODE = 'CHAIN_MISSING';
/** Time for a login and a second try. */
export const LISTING_WAIT_MICROS = 5 * MICROS_PER_SECOND;

/** What is held of today's chain and has no row in it yet, each contract with its twin of the other right: a
 * pair tells the forward, and with it the delta. */
function heldUnlisted({ book, chain, day, spec }: DeskContext): readonly OptionContract[] {
  return book.structures().flatMap(({ legs }) =>
    legs.flatMap(({ instrument, quantity }): readonly OptionContract[] => {
      if (quantity === 0 || instrument.kind !== 'option') return [];
      const { expiry, root } = instrument;
      if (expiry !== day.session.date || root !== spec.optionRoot) return [];
      if (day.chainOpen && chain.indexOf(occSymbol(instrument)) !== undefined) return [];
      return [
        { ...instrument, right: 'call' },
        { ...instrument, right: 'put' },
      ];
    }),
  );
}

/** True while the chain is of what is held alone. */
function isPart({ day }: DeskContext): boolean {
  return day.status.causes.includes('chainMissing');
}

/** Called on the clock, before exits are judged. */
export function watchListing(desk: DeskContext): void {
  const { chainOpen } = desk.day;
  if (chainOpen && !isPart(desk)) return;
  if (!chainOpen && isPart(desk)) end(desk, 'the session is over');
  const held = heldUnlisted(desk);
  if (!chainOpen) {
    if (!isOverdue(desk, held.length > 0)) return;
    begin(desk);
  }
  if (held.length === 0) return;
  const { date } = desk.day.session;
  takeContracts(desk, { underlying: desk.config.underlying, date, contracts: held });
}

/** True once what is held has missed its chain for long enough, in session. */
function isOverdue(desk: DeskContext, isHeld: boolean): boolean {
  const { at, day } = desk;
  const isMissed = isHeld && isChainDue(desk) && !day.sealed;
  day.chainMissedSince = isMissed ? (day.chainMissedSince ?? at.wall) : undefined;
  return (
    day.chainMissedSince !== undefined && at.wall - day.chainMissedSince >= LISTING_WAIT_MICROS
  );
}

function begin(desk: DeskContext): void {
  const { day } = desk;
  const why = day.listingFault ?? 'no answer yet';
  const text = `the listing of today's chain does not come (${why}): what is held is watched on its own contracts, nothing opens; deltaring doctor says what is wrong`;
  desk.out.alert('critical', CODE, text);
  holdTrading(desk, 'chainMissing', true);
}

function end(desk: DeskContext, text: string): void {
  desk.out.settle('resolve', CODE, text);
  holdTrading(desk, 'chainMissing', false);
  desk.day.chainMissedSince = undefined;
}

/** A listing of this day was taken: a chain of what is held alone has become the session's. */
export function listingCame(desk: DeskContext, date: string): void {
  if (date === desk.day.session.date && isPart(desk)) end(desk, 'the listing has come');
}

/** The listing could not be had, for this reason. */
export function onListingFailed({ day }: DeskContext, date: string, reason: string): void {
  if (date === day.session.date) day.listingFault = reason;
}
