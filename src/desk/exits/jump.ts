/**
 * A price that jumps although the underlying stands is no evidence by itself: a mistaken tick looks
 * like that, narrow and fresh. Within moments an option gains or loses no more than its underlying
 * moved, and what its own market is wide. A breach by a loss of more than that must last two seconds,
 * however far it goes. So one mistaken tick does nothing, a move of the underlying counts in its own
 * turn, and a jump of volatility two seconds later. A profit by such a jump is taken no sooner.
 */
import type { At } from '../../engine/domain/clock.ts';
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import type { Price } from '../../engine/domain/units.ts';
import type { HeldLeg } from './open-position.ts';
import { mostWidth, type QuoteGuard, quoteFault } from './quote-guard.ts';
import { isSilent, neighbourOf } from './silent-leg.ts';

/** Least and most, in 1/10,000 dollar. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The market since `JUMP_LASTS_MILLIS` ago. Where the underlying's is not known nothing is a jump. */
export interface RecentMarket {
  /** Mids of a contract, undefined where it had none; valid until the next question. */
  mids(symbol: string): Range | undefined;
  /** Mids of the underlying; valid until the next question. */
  spots(): Range | undefined;
}

export interface JumpView {
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly spot: Price | undefined;
  readonly recent: RecentMarket;
  readonly guard: QuoteGuard;
}

function midOf(quote: Quote | undefined): number | undefined {
  if (quote?.bid === undefined || quote.ask === undefined) return undefined;
  return (quote.bid + quote.ask) / 2;
}

/** To whom a jump speaks: against whoever holds the legs, or for him. */
export type JumpKind = 'loss' | 'gain';

/** The symbol whose quotes a leg is judged by: its neighbour's while nothing is heard of its own. */
function heardSymbol(leg: HeldLeg, tick: Price, view: JumpView): string {
  const symbol = instrumentSymbol(leg.instrument);
  const quote = view.quotes(symbol);
  const fault = quoteFault(quote, view.at, view.guard, tick);
  return isSilent(fault, leg, quote) ? (neighbourOf(leg, view)?.symbol ?? symbol) : symbol;
}

/** Where a leg stands: at mid or, where one side alone is quoted, at what that says it has lost at least. */
function levelOf(quote: Quote | undefined, { quantity }: HeldLeg, kind: JumpKind) {
  const mid = midOf(quote);
  if (mid !== undefined || kind === 'gain') return mid;
  return quantity > 0 ? quote?.ask : quote?.bid;
}

/** Whether a leg lost (or gained) more in these moments than its underlying explains. What
 * had no mid in them was worth nothing. */
function isJump(
  leg: HeldLeg,
  { moved, kind }: { readonly moved: number; readonly kind: JumpKind },
  view: JumpView,
): boolean {
  const { instrument, quantity } = leg;
  const tick = gridOf([leg]).step;
  const symbol = heardSymbol(leg, tick, view);
  const now = levelOf(view.quotes(symbol), leg, kind);
  if (instrument.kind === 'shares' || now === undefined) return false;
  const mids = view.recent.mids(symbol);
  const isFall = quantity > 0 === (kind === 'loss');
  const from = (isFall ? mids?.high : mids?.low) ?? 0;
  const jumped = isFall ? from - now : now - from;
  return jumped > moved + mostWidth(from, view.guard, tick);
}

/** True where one of the legs lost (or gained) by a jump. */
export function hasJumped(
  legs: readonly HeldLeg[],
  view: JumpView,
  kind: JumpKind = 'loss',
): boolean {
  const spots = view.recent.spots();
  if (view.spot === undefined || spots === undefined) return false;
  const moved = Math.max(view.spot - spots.low, spots.high - view.spot);
  return legs.some((leg) => isJump(leg, { moved, kind }, view));
}
