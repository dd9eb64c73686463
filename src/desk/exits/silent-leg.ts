/**
 * What a leg of which nothing is heard that tells it can come to at best. A long brings no more than its
 * neighbour nearer the money is offered at; a short costs no less than its neighbour further out is bid for,
 * and never less than nothing. Nothing changes about a worthless wing for minutes, its last quote may have been
 * a crossed one, and one subscription can end in silence; without these bounds that would keep stops and the
 * day's limit from firing.
 */

import type { At } from '../../engine/domain/clock.ts';
import { gridOfOne, type OptionContract, occSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import { PRICE_PER_DOLLAR, price } from '../../engine/domain/units.ts';
import type { HeldLeg } from './open-position.ts';
import { type QuoteFault, type QuoteGuard, quoteFault } from './quote-guard.ts';

/** Strikes are listed a dollar apart, some days further; beyond this many a bound says nothing. */
const FURTHEST_DOLLARS = 10;

export interface SilentView {
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly guard: QuoteGuard;
}

/** A contract of the same class that speaks for a silent one. */
export interface Neighbour {
  readonly symbol: string;
  readonly quote: Quote;
}

export interface LegBound {
  /** Per share in 1/10,000 dollar: the most that a long brings, the least that a short costs. */
  readonly perShare: number;
  /** When the quote behind it arrived, in market time; 0 for what is true without one. */
  readonly evidenceAt: number;
}

const COSTS_NOTHING: LegBound = { perShare: 0, evidenceAt: 0 };

/** True for a leg whose own quote is no evidence: none came, or none for long, or its bid is above its ask, so
 * that one of the two is wrong, or nobody offers what is held long, so that nothing says what it brings at most.
 * The feed says nothing more until one of its sides changes. */
export function isSilent(
  fault: QuoteFault | undefined,
  { quantity }: HeldLeg,
  quote: Quote | undefined,
): boolean {
  if (fault === 'oneSided') return quantity > 0 && quote?.ask === undefined;
  return fault === 'stale' || fault === 'missing' || fault === 'crossed';
}

/** Symbols of the strikes above a contract and of those below, nearest first. Contracts never change, and
 * while one is silent these are asked for on every batch of quotes. */
const ABOVE = new WeakMap<OptionContract, readonly string[]>();
const BELOW = new WeakMap<OptionContract, readonly string[]>();

function symbolsBeside(contract: OptionContract, isUp: boolean): readonly string[] {
  const known = isUp ? ABOVE : BELOW;
  let symbols = known.get(contract);
  if (symbols === undefined) {
    symbols = Array.from({ length: FURTHEST_DOLLARS }, (_, place) => {
      const away = (place + 1) * PRICE_PER_DOLLAR;
      const strike = price(isUp ? contract.strike + away : contract.strike - away);
      return occSymbol({ ...contract, strike });
    });
    known.set(contract, symbols);
  }
  return symbols;
}

/**
 * The nearest fresh quote that bounds a leg: an option is worth no more than one of its class whose
 * strike is the better, and no less than one whose strike is the worse. Undefined for shares, and where
 * there is none.
 */
export function neighbourOf(
  { instrument, quantity }: HeldLeg,
  { quotes, at, guard }: SilentView,
): Neighbour | undefined {
  if (instrument.kind !== 'option') return undefined;
  const isLong = quantity > 0;
  const isUp = (instrument.right === 'put') === isLong;
  const tick = gridOfOne(instrument).step;
  for (const symbol of symbolsBeside(instrument, isUp)) {
    const quote = quotes(symbol);
    const fault = quoteFault(quote, at, guard, tick);
    const isSound = fault === undefined || fault === 'wide' || fault === 'oneSided';
    if (quote === undefined || !isSound) continue;
    if ((isLong ? quote.ask : quote.bid) !== undefined) return { symbol, quote };
  }
  return undefined;
}

/** What bounds a silent leg; undefined for a long without a neighbour. */
export function boundOf(leg: HeldLeg, view: SilentView): LegBound | undefined {
  const isLong = leg.quantity > 0;
  const quote = neighbourOf(leg, view)?.quote;
  const perShare = isLong ? quote?.ask : quote?.bid;
  if (quote === undefined || perShare === undefined) return isLong ? undefined : COSTS_NOTHING;
  return { perShare, evidenceAt: quote.at.market };
}
