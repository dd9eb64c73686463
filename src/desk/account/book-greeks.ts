/** Greeks of what is held and of what may fill, from the live chain. */

import type { Greeks, PositionGreeks } from '../../engine/domain/greeks.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import {
  greeksOfHoldings,
  SHARE_GREEKS,
  structureGreeks,
} from '../../engine/portfolio/portfolio-greeks.ts';
import type { DeskContext } from '../desk-context.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { filledUnits } from '../orders/order-book.ts';
import { heldInSession } from './held-position.ts';

/** Where greeks of a symbol come from; undefined = not known. */
type GreeksOf = (symbol: string) => Greeks | undefined;

/** The live chain, each contract read once: what works often shares its strikes. For one step. */
function greeksNow(desk: DeskContext): GreeksOf {
  const seen = new Map<string, Greeks | undefined>();
  return (symbol) => {
    const known = seen.get(symbol);
    if (known !== undefined) return known;
    const greeks = greeksOf(desk, symbol);
    seen.set(symbol, greeks);
    return greeks;
  };
}

/** Greeks of so many units of an order's legs; undefined when a leg has none. */
export function greeksOfLegs(
  greeksBySymbol: GreeksOf,
  legs: readonly OrderLeg[],
  units: number,
): PositionGreeks | undefined {
  const contracts = ({ action, ratio }: OrderLeg): number => legSign(action) * ratio * units;
  return greeksOfHoldings(legs, contracts, greeksBySymbol);
}

/** Net delta of what is held, in share equivalents; undefined when a leg has no delta. */
export function heldDelta(desk: DeskContext): number | undefined {
  return heldGreeks(desk, greeksNow(desk))?.delta.held;
}

/** Greeks of an option in the chain, or of a share of its underlying. */
export function greeksOf(desk: DeskContext, symbol: string): Greeks | undefined {
  if (symbol === desk.spec.symbol) return SHARE_GREEKS;
  const index = desk.chain.indexOf(symbol);
  return index === undefined ? undefined : desk.reader.load(index)?.greeks;
}

/** Net delta, gamma and vega of the book: of what is held, and the extremes over every combination of
 * live orders filling. Undefined throughout once a leg has no greeks: no total is quietly short. */
export interface BookGreeks {
  readonly delta: Extremes;
  readonly gamma: Extremes;
  readonly vegaCents: Extremes;
}

interface Extremes {
  held: number;
  highest: number;
  lowest: number;
}

function nothing(): Extremes {
  return { held: 0, highest: 0, lowest: 0 };
}

function hold(extremes: Extremes, value: number): void {
  extremes.held += value;
  extremes.highest += value;
  extremes.lowest += value;
}

function mayAdd(extremes: Extremes, value: number): void {
  if (value > 0) extremes.highest += value;
  else extremes.lowest += value;
}

function heldGreeks(desk: DeskContext, greeksBySymbol: GreeksOf): BookGreeks | undefined {
  const book = { delta: nothing(), gamma: nothing(), vegaCents: nothing() };
  for (const position of heldInSession(desk)) {
    const greeks = structureGreeks(position, greeksBySymbol);
    if (greeks === undefined) return undefined;
    hold(book.delta, greeks.delta);
    hold(book.gamma, greeks.gamma);
    hold(book.vegaCents, greeks.vegaCentsPerPoint);
  }
  return book;
}

/** Widens the extremes by every live order: each may fill or not. False when one has no greeks. */
function widen(book: BookGreeks, live: readonly OrderRecord[], greeksBySymbol: GreeksOf): boolean {
  for (const order of live) {
    const { legs, quantity } = order.intent;
    const greeks = greeksOfLegs(greeksBySymbol, legs, quantity - filledUnits(order));
    if (greeks === undefined) return false;
    mayAdd(book.delta, greeks.delta);
    mayAdd(book.gamma, greeks.gamma);
    mayAdd(book.vegaCents, greeks.vegaCentsPerPoint);
  }
  return true;
}

/** Greeks of the book with its live orders. The net delta of what is held is known without them. */
export function bookGreeks(
  desk: DeskContext,
  live: readonly OrderRecord[],
): { readonly netDelta: number | undefined; readonly extremes: BookGreeks | undefined } {
  const greeksBySymbol = greeksNow(desk);
  const book = heldGreeks(desk, greeksBySymbol);
  if (book === undefined) return { netDelta: undefined, extremes: undefined };
  const isKnown = widen(book, live, greeksBySymbol);
  return { netDelta: book.delta.held, extremes: isKnown ? book : undefined };
}
