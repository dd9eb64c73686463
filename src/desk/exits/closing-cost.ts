/** What it costs to close legs now, and how far that can be trusted. */

import type { At } from '../../engine/domain/clock.ts';
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import { type EpochMicros, epochMicros } from '../../engine/domain/units.ts';
import type { HeldLeg } from './open-position.ts';
import { type QuoteGuard, quoteFault } from './quote-guard.ts';

/** At which price a leg counts: `natural` sells at the bid and buys at the ask, `far` is the other
 * way round and as good as it can get, `mid` lies between. */
export type CostSide = 'natural' | 'mid' | 'far';

export interface CostView {
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly guard: QuoteGuard;
}

/**
 * The debit per share to close one unit, in 1/10,000 dollar, negative where closing pays.
 * `trusted`: every quote passes the guard. `bounds`: some are only too wide, so that the far side is
 * a bound and the natural is a guess. `unknown`: a quote is missing, stale, crossed or one-sided.
 */
export type ClosingCost =
  | { readonly kind: 'trusted'; readonly evidenceAt: EpochMicros; debitAt(side: CostSide): number }
  | { readonly kind: 'bounds'; readonly evidenceAt: EpochMicros; readonly farDebit: number }
  | { readonly kind: 'unknown' };

function closingPrice(quote: Quote, quantity: number, side: CostSide): number {
  const bid = quote.bid ?? 0;
  const ask = quote.ask ?? bid;
  if (side === 'mid') return (bid + ask) / 2;
  const sells = quantity > 0;
  return sells === (side === 'natural') ? bid : ask;
}

interface QuotedLeg {
  readonly quantity: number;
  readonly quote: Quote;
}

function debitOf(legs: readonly QuotedLeg[], units: number, side: CostSide): number {
  let debit = 0;
  for (const { quantity, quote } of legs) debit -= quantity * closingPrice(quote, quantity, side);
  return debit / units;
}

function newestEvidence(legs: readonly QuotedLeg[]): EpochMicros {
  return epochMicros(Math.max(...legs.map(({ quote }) => quote.at.market)));
}

/** Prices the closing of `legs`, of which one unit is 1/`units`. */
export function closingCost(legs: readonly HeldLeg[], units: number, view: CostView): ClosingCost {
  const quoted: QuotedLeg[] = [];
  let isWide = false;
  for (const { instrument, quantity } of legs) {
    const quote = view.quotes(instrumentSymbol(instrument));
    const fault = quoteFault(quote, view.at, view.guard, gridOf([{ instrument }]).step);
    if (quote === undefined || (fault !== undefined && fault !== 'wide'))
      return { kind: 'unknown' };
    isWide ||= fault === 'wide';
    quoted.push({ quantity, quote });
  }
  if (quoted.length === 0) return { kind: 'unknown' };
  const evidenceAt = newestEvidence(quoted);
  if (isWide) return { kind: 'bounds', evidenceAt, farDebit: debitOf(quoted, units, 'far') };
  return { kind: 'trusted', evidenceAt, debitAt: (side) => debitOf(quoted, units, side) };
}
