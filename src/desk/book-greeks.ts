/** Greeks of what is held and of what may fill, from the live chain. */

import { multiplierOf } from '../engine/domain/instrument.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import { legSign } from '../engine/domain/order.ts';
import { CENTS_PER_DOLLAR } from '../engine/domain/units.ts';
import type { PositionGreeks } from '../engine/portfolio/portfolio-greeks.ts';
import { structureGreeks } from '../engine/portfolio/portfolio-greeks.ts';
import type { DeskContext } from './desk-context.ts';
import { viewOf } from './desk-context.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits } from './order-book.ts';

/** Greeks of so many units of an order's legs; undefined when a leg has none. */
export function greeksOfLegs(
  desk: DeskContext,
  legs: readonly OrderLeg[],
  units: number,
): PositionGreeks | undefined {
  const total = {
    delta: 0,
    gamma: 0,
    thetaCentsPerDay: 0,
    thetaCentsNextHour: 0,
    vegaCentsPerPoint: 0,
  };
  for (const { instrument, action, ratio } of legs) {
    const size = legSign(action) * ratio * units * multiplierOf(instrument);
    if (instrument.kind === 'shares') {
      total.delta += size;
      continue;
    }
    const greeks = viewOf(desk, instrument)?.greeks;
    if (greeks === undefined) return undefined;
    total.delta += size * greeks.delta;
    total.gamma += size * greeks.gamma;
    total.thetaCentsPerDay += size * greeks.theta * CENTS_PER_DOLLAR;
    total.thetaCentsNextHour += size * greeks.thetaNextHour * CENTS_PER_DOLLAR;
    total.vegaCentsPerPoint += size * greeks.vega * CENTS_PER_DOLLAR;
  }
  return total;
}

/** Net delta of what is held, in share equivalents; undefined when a leg has no delta. */
export function heldDelta(desk: DeskContext): number | undefined {
  return heldGreeks(desk)?.delta.held;
}

/** Greeks of an option in the chain. */
export function greeksOf(desk: DeskContext, symbol: string) {
  const index = desk.chain.indexOf(symbol);
  return index === undefined ? undefined : desk.reader.view(index)?.greeks;
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

/** Greeks of what is held. */
export function heldGreeks(desk: DeskContext): BookGreeks | undefined {
  const book = { delta: nothing(), gamma: nothing(), vegaCents: nothing() };
  for (const position of desk.book.structures()) {
    const greeks = structureGreeks(position, (symbol) => greeksOf(desk, symbol));
    if (greeks === undefined) return undefined;
    hold(book.delta, greeks.delta);
    hold(book.gamma, greeks.gamma);
    hold(book.vegaCents, greeks.vegaCentsPerPoint);
  }
  return book;
}

/** Widens the extremes by every live order: each may fill or not. */
export function withLiveOrders(
  desk: DeskContext,
  book: BookGreeks | undefined,
  live: readonly OrderRecord[],
): BookGreeks | undefined {
  if (book === undefined) return undefined;
  for (const order of live) {
    const greeks = greeksOfLegs(
      desk,
      order.intent.legs,
      order.intent.quantity - filledUnits(order),
    );
    if (greeks === undefined) return undefined;
    mayAdd(book.delta, greeks.delta);
    mayAdd(book.gamma, greeks.gamma);
    mayAdd(book.vegaCents, greeks.vegaCentsPerPoint);
  }
  return book;
}
