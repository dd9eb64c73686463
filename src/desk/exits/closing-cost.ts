/** What it costs to close legs now, and how far that can be trusted. */

import type { At } from '../../engine/domain/clock.ts';
import { gridOfOne, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import { type EpochMicros, epochMicros } from '../../engine/domain/units.ts';
import type { HeldLeg, OpenPosition } from './open-position.ts';
import { type QuoteFault, type QuoteGuard, quoteFault } from './quote-guard.ts';
import { boundOf, isSilent } from './silent-leg.ts';

/** At which price a leg counts: `natural` sells at the bid and buys at the ask, `far` is the other
 * way round and as good as it can get, `mid` lies between. */
export type CostSide = 'natural' | 'mid' | 'far';

export interface CostView {
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly policy: { readonly guard: QuoteGuard };
}

/**
 * The debit per share to close one unit, in 1/10,000 dollar, negative where closing pays.
 * `trusted`: every quote passes the guard. `bounds`: some are only too wide, or nobody bids, or nothing
 * is heard of a leg, or it is crossed, so that the far side is a bound and the natural is a guess. `unknown`:
 * nobody offers a short, or nothing bounds a silent long, or no leg has evidence.
 */
export type ClosingCost =
  | {
      readonly kind: 'trusted';
      readonly evidenceAt: EpochMicros;
      readonly natural: number;
      readonly mid: number;
    }
  | { readonly kind: 'bounds'; readonly evidenceAt: EpochMicros; readonly farDebit: number }
  | { readonly kind: 'unknown' };

const UNKNOWN: ClosingCost = { kind: 'unknown' };

function closingPrice(quote: Quote, quantity: number, side: CostSide): number {
  const bid = quote.bid ?? 0;
  const ask = quote.ask ?? bid;
  if (side === 'mid') return (bid + ask) / 2;
  const sells = quantity > 0;
  return sells === (side === 'natural') ? bid : ask;
}

/** True for a quote whose best side still bounds what leaving its leg costs: an ask says the most that a
 * long brings and, where nobody bids, a short costs nothing at least. */
function bounds(quote: Quote, fault: QuoteFault): boolean {
  return fault === 'wide' || (fault === 'oneSided' && quote.ask !== undefined);
}

/** Prices the closing of `legs`, of which one unit is 1/`units`; of each long no more than `most` counts.
 * Asked several times for every position on every batch of quotes: it makes nothing but its answer. */
export function closingCost(
  legs: readonly HeldLeg[],
  units: number,
  view: CostView,
  most = Number.POSITIVE_INFINITY,
): ClosingCost {
  let isBound = false;
  let evidenceAt = 0;
  let [natural, mid, far] = [0, 0, 0];
  for (const leg of legs) {
    const { instrument } = leg;
    const quantity = Math.min(leg.quantity, most);
    const quote = view.quotes(instrumentSymbol(instrument));
    const { guard } = view.policy;
    const fault = quoteFault(quote, view.at, guard, gridOfOne(instrument).step);
    if (isSilent(fault, leg, quote)) {
      const bound = boundOf(leg, { quotes: view.quotes, at: view.at, guard });
      if (bound === undefined) return UNKNOWN;
      isBound = true;
      evidenceAt = Math.max(evidenceAt, bound.evidenceAt);
      far -= quantity * bound.perShare;
      continue;
    }
    if (quote === undefined || (fault !== undefined && !bounds(quote, fault))) return UNKNOWN;
    isBound ||= fault !== undefined;
    evidenceAt = Math.max(evidenceAt, quote.at.market);
    natural -= quantity * closingPrice(quote, quantity, 'natural');
    mid -= quantity * closingPrice(quote, quantity, 'mid');
    far -= quantity * closingPrice(quote, quantity, 'far');
  }
  if (evidenceAt === 0) return UNKNOWN;
  const seenAt = epochMicros(evidenceAt);
  if (isBound) return { kind: 'bounds', evidenceAt: seenAt, farDebit: far / units };
  return { kind: 'trusted', evidenceAt: seenAt, natural: natural / units, mid: mid / units };
}

/** The same of one side: a long that covers none of its shorts was left of what is gone, and pays for none. */
export function costOfSide(legs: readonly HeldLeg[], shorts: number, view: CostView): ClosingCost {
  return closingCost(legs, shorts, view, shorts);
}

/** Whole as a total of all units: a third of a cent that is rounded away in one of three leaves a stop
 * unbroken at its very price. */
function withGone(perUnit: number, { quantity, goneDebit }: OpenPosition): number {
  return Math.round((perUnit + goneDebit) * quantity) / quantity;
}

/**
 * What leaving one unit of the whole trade comes to: what closing what is left of it costs now, and what
 * leaving the rest has cost. Stops, targets and trails of the whole are prices of just that, so a part of
 * it is never measured alone.
 */
export function costOfWhole(position: OpenPosition, view: CostView): ClosingCost {
  const { legs, legsOfUnits, quantity, goneDebit } = position;
  const cost = closingCost(legsOfUnits ?? legs, quantity, view);
  if (goneDebit === 0 || cost.kind === 'unknown') return cost;
  if (cost.kind === 'bounds') return { ...cost, farDebit: withGone(cost.farDebit, position) };
  return { ...cost, natural: withGone(cost.natural, position), mid: withGone(cost.mid, position) };
}
