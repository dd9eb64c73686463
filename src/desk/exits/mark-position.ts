/**
 * What a position is worth now: at mid to look at, at natural to be held to. A leg that cannot be
 * marked counts its worst possible worth, and says so, because openings stop while one stands.
 */
import type { At } from '../../engine/domain/clock.ts';
import { gridOfOne, instrumentSymbol, multiplierOf } from '../../engine/domain/instrument.ts';
import type { Quote } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import {
  amountCents,
  type Cents,
  cents,
  type EpochMicros,
  epochMicros,
  type Price,
  price,
} from '../../engine/domain/units.ts';
import type { UnderlyingPrice } from '../../engine/portfolio/carried-gains.ts';
import { packageBounds } from '../../risk/package-bounds.ts';
import type { HeldLeg } from './open-position.ts';
import { type QuoteFault, type QuoteGuard, quoteFault, SPOT_GUARD } from './quote-guard.ts';
import { boundOf, isSilent } from './silent-leg.ts';

export interface MarkInput {
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly guard: QuoteGuard;
  /** Bounds what a short call can cost; undefined = not known. */
  readonly spot: Price | undefined;
  /** What shares count at where no quote marks them, while their market is shut; see restingPrice. */
  readonly resting?: UnderlyingPrice | undefined;
}

export interface UnmarkableLeg {
  readonly symbol: string;
  readonly fault: QuoteFault;
  /** The least the leg can be worth by itself; undefined where nothing bounds it. */
  readonly worstCents: Cents | undefined;
}

/** Values of the whole position: what it is worth, negative where leaving it costs. */
export interface PositionMark {
  /** Undefined while a leg cannot be marked. */
  readonly midCents: Cents | undefined;
  /** Longs at the bid, shorts at the ask, unmarkable legs at their worst; never below what the
   * structure can lose. Undefined only where a short call has no bound at all. */
  readonly liquidationCents: Cents | undefined;
  /** The same with legs that are quoted too wide or crossed, that nobody bids for or of which nothing is heard
   * at their best: it brings no more, whatever of its quotes is true. Never below what the structure can
   * lose. Undefined while nothing bounds a leg. */
  readonly atBestCents: Cents | undefined;
  readonly unmarkable: readonly UnmarkableLeg[];
  /** True when every quote passes the guard: loss limits act on trusted marks only. */
  readonly trusted: boolean;
  /** When the newest quote used arrived, in market time; undefined when none was. */
  readonly evidenceAt: EpochMicros | undefined;
}

/** What the legs marked so far come to. */
interface Sum {
  mid: number;
  liquidation: number;
  /** NaN once a leg has nothing to bound it. */
  best: number;
  unmarkable: UnmarkableLeg[] | undefined;
  trusted: boolean;
  evidenceAt: number;
}

function legCents(leg: HeldLeg, perShare: number): number {
  return amountCents(price(Math.round(perShare)), leg.quantity, multiplierOf(leg.instrument));
}

/** The least one leg can be worth, in cents: a long nothing, a short put its strike, a short call
 * the underlying. */
function worstOf({ instrument, quantity }: HeldLeg, spot: Price | undefined): number {
  if (quantity >= 0) return 0;
  const isPut = instrument.kind === 'option' && instrument.right === 'put';
  const most = isPut ? instrument.strike : spot;
  if (most === undefined) return Number.NEGATIVE_INFINITY;
  return legCents({ instrument, quantity }, most);
}

/** The price at which a leg would be left now: a worthless wing is left at nothing. */
function exitPrice(quote: Quote, quantity: number): Price | undefined {
  if (quantity < 0) return quote.ask;
  return quote.bid ?? price(0);
}

/** The most that leaving a leg can bring by its quote: no better than natural where that is trusted. */
function bestPrice(quote: Quote | undefined, quantity: number, fault: QuoteFault | undefined) {
  if (quote === undefined) return undefined;
  if (fault === undefined) return exitPrice(quote, quantity);
  return quantity < 0 ? (quote.bid ?? price(0)) : quote.ask;
}

function isMarkable(fault: QuoteFault | undefined, { quantity }: HeldLeg): boolean {
  return fault === undefined || fault === 'wide' || (fault === 'oneSided' && quantity < 0);
}

/** What no quote marks is trusted by nobody, whatever it is counted at. */
function addUnquoted(sum: Sum, leg: HeldLeg, { resting, spot }: MarkInput, fault: QuoteFault) {
  const symbol = instrumentSymbol(leg.instrument);
  sum.trusted = false;
  if (leg.instrument.kind === 'shares' && resting?.of.symbol === symbol) {
    const worth = legCents(leg, resting.at);
    sum.mid += worth;
    sum.liquidation += worth;
    return;
  }
  const worst = worstOf(leg, spot);
  const worstCents = Number.isFinite(worst) ? cents(worst) : undefined;
  sum.unmarkable ??= [];
  sum.unmarkable.push({ symbol, fault, worstCents });
  sum.liquidation += worst;
}

function addLeg(sum: Sum, leg: HeldLeg, input: MarkInput): void {
  const symbol = instrumentSymbol(leg.instrument);
  const quote = input.quotes(symbol);
  const guard = leg.instrument.kind === 'shares' ? SPOT_GUARD : input.guard;
  const fault = quoteFault(quote, input.at, guard, gridOfOne(leg.instrument).step);
  const left = quote === undefined ? undefined : exitPrice(quote, leg.quantity);
  const silent = isSilent(fault, leg, quote);
  const bound = silent ? boundOf(leg, input) : undefined;
  const best = silent ? bound?.perShare : bestPrice(quote, leg.quantity, fault);
  sum.best += best === undefined ? Number.NaN : legCents(leg, best);
  const seenAt = Math.max(quote?.at.market ?? 0, bound?.evidenceAt ?? 0);
  sum.evidenceAt = Math.max(sum.evidenceAt, seenAt);
  if (quote === undefined || left === undefined || !isMarkable(fault, leg)) {
    addUnquoted(sum, leg, input, fault ?? 'oneSided');
    return;
  }
  sum.mid += legCents(leg, ((quote.bid ?? 0) + (quote.ask ?? left)) / 2);
  sum.liquidation += legCents(leg, left);
  sum.trusted &&= fault === undefined;
}

/** The least the option legs can be worth together, in cents: what covers what is counted. */
function structureFloor(legs: readonly HeldLeg[], spot: Price | undefined): number {
  const held: OrderLeg[] = legs.map(({ instrument, quantity }) => ({
    instrument,
    action: quantity > 0 ? 'buyToOpen' : 'sellToOpen',
    ratio: Math.abs(quantity),
  }));
  const { least } = packageBounds(held, spot);
  return Number.isFinite(least) ? amountCents(price(least), 1) : least;
}

const NONE: readonly UnmarkableLeg[] = [];

function isOptionOrGone({ instrument, quantity }: HeldLeg): boolean {
  return instrument.kind === 'option' || quantity === 0;
}

/** Marks the legs of one position (or of one side of it) at one moment; legs that are closed count
 * nothing. */
export function markPosition(legs: readonly HeldLeg[], input: MarkInput): PositionMark {
  const sum: Sum = {
    mid: 0,
    liquidation: 0,
    best: 0,
    unmarkable: undefined,
    trusted: true,
    evidenceAt: 0,
  };
  for (const leg of legs) if (leg.quantity !== 0) addLeg(sum, leg, input);
  const { unmarkable, liquidation, best, evidenceAt } = sum;
  const isBounded = !sum.trusted && legs.every(isOptionOrGone);
  const floor = isBounded ? structureFloor(legs, input.spot) : Number.NEGATIVE_INFINITY;
  const worth = unmarkable === undefined ? liquidation : Math.max(liquidation, floor);
  const bestWorth = Math.max(best, floor);
  return {
    midCents: unmarkable === undefined ? cents(sum.mid) : undefined,
    liquidationCents: Number.isFinite(worth) ? cents(worth) : undefined,
    atBestCents: Number.isFinite(bestWorth) ? cents(bestWorth) : undefined,
    unmarkable: unmarkable ?? NONE,
    trusted: sum.trusted,
    evidenceAt: evidenceAt > 0 ? epochMicros(evidenceAt) : undefined,
  };
}
