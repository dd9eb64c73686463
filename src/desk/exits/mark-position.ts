/**
 * What a position is worth now: at mid to look at, at natural to be held to. A leg that cannot be
 * marked counts its worst possible worth, and says so, because openings stop while one stands.
 */
import type { At } from '../../engine/domain/clock.ts';
import { gridOf, instrumentSymbol, multiplierOf } from '../../engine/domain/instrument.ts';
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
import { packageBounds } from '../../risk/package-bounds.ts';
import type { HeldLeg } from './open-position.ts';
import { type QuoteFault, type QuoteGuard, quoteFault } from './quote-guard.ts';

export interface MarkInput {
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly guard: QuoteGuard;
  /** Bounds what a short call can cost; undefined = not known. */
  readonly spot: Price | undefined;
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
  readonly unmarkable: readonly UnmarkableLeg[];
  /** True when every quote passes the guard: loss limits act on trusted marks only. */
  readonly trusted: boolean;
  /** When the newest quote used arrived, in market time; undefined when none was. */
  readonly evidenceAt: EpochMicros | undefined;
}

interface LegMark {
  readonly mid: number | undefined;
  readonly liquidation: number;
  readonly unmarkable?: UnmarkableLeg;
  readonly isTrusted: boolean;
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

function isMarkable(fault: QuoteFault | undefined, { quantity }: HeldLeg): boolean {
  return fault === undefined || fault === 'wide' || (fault === 'oneSided' && quantity < 0);
}

function markLeg(leg: HeldLeg, input: MarkInput): LegMark {
  const symbol = instrumentSymbol(leg.instrument);
  const quote = input.quotes(symbol);
  const fault = quoteFault(quote, input.at, input.guard, gridOf([leg]).step);
  const left = quote === undefined ? undefined : exitPrice(quote, leg.quantity);
  if (quote === undefined || left === undefined || !isMarkable(fault, leg)) {
    const worst = worstOf(leg, input.spot);
    const worstCents = Number.isFinite(worst) ? cents(worst) : undefined;
    const unmarkable = { symbol, fault: fault ?? 'oneSided', worstCents };
    return { mid: undefined, liquidation: worst, unmarkable, isTrusted: false };
  }
  const mid = ((quote.bid ?? 0) + (quote.ask ?? left)) / 2;
  return {
    mid: legCents(leg, mid),
    liquidation: legCents(leg, left),
    isTrusted: fault === undefined,
  };
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function newestEvidence(legs: readonly HeldLeg[], quotes: QuoteOf): EpochMicros | undefined {
  const times: number[] = [];
  for (const { instrument } of legs) {
    const quote = quotes(instrumentSymbol(instrument));
    if (quote !== undefined) times.push(quote.at.market);
  }
  return times.length === 0 ? undefined : epochMicros(Math.max(...times));
}

/** Marks the legs of one position (or of one side of it) at one moment. */
export function markPosition(legs: readonly HeldLeg[], input: MarkInput): PositionMark {
  const marks = legs.map((leg) => markLeg(leg, input));
  const unmarkable = marks.flatMap((mark) => mark.unmarkable ?? []);
  const mids = marks.flatMap((mark) => mark.mid ?? []);
  const marked = sum(marks.map((mark) => mark.liquidation));
  const isOptions = legs.every(({ instrument }) => instrument.kind === 'option');
  const isBounded = unmarkable.length > 0 && isOptions;
  const worth = isBounded ? Math.max(marked, structureFloor(legs, input.spot)) : marked;
  return {
    midCents: unmarkable.length > 0 ? undefined : cents(sum(mids)),
    liquidationCents: Number.isFinite(worth) ? cents(worth) : undefined,
    unmarkable,
    trusted: marks.every((mark) => mark.isTrusted),
    evidenceAt: newestEvidence(legs, input.quotes),
  };
}
