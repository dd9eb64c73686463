/** Which contract a leg is: by delta or by strike, and never a leg without a market on its side. */

import { placeAtOrAbove } from '../engine/chain/contract-rows.ts';
import {
  type DeltaMatch,
  type DeltaNeighbours,
  nearestByDelta,
} from '../engine/chain/delta-index.ts';
import type { Right } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../engine/domain/market.ts';
import type { Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, price } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import { contractText, deltaPoints, dollarsText, rounded, strikeText } from './words.ts';

/** A contract whose delta is known. */
export interface DeltaRow {
  readonly row: ContractView;
  /** Signed, -1 to 1. */
  readonly delta: number;
  /** Without sign, in points of 100. */
  readonly points: number;
}

/** Contracts of one right, ascending by strike. */
export function rowsOf(slice: ChainSlice, right: Right): readonly ContractView[] {
  return right === 'call' ? slice.calls : slice.puts;
}

/** All contracts of one right whose delta is known, ascending by strike. */
export function deltaRows(slice: ChainSlice, right: Right): DeltaRow[] {
  return rowsOf(slice, right).flatMap((row) => {
    if (row.greeks === undefined) return [];
    const { delta } = row.greeks;
    return [{ row, delta, points: Math.abs(delta) * 100 }];
  });
}

const LEAST_TOLERANCE_POINTS = 3;
const TOLERANCE_POINTS_AT_30 = 7;
const DUST = 1e-9;

/** How far, in points, the nearest listed delta may be from the wanted one: 7 at 30, in proportion
 * elsewhere, and never less than 3 (so 3 at 5). */
export function deltaTolerance(targetPoints: number): number {
  return Math.max(LEAST_TOLERANCE_POINTS, (targetPoints * TOLERANCE_POINTS_AT_30) / 30);
}

function neighbourText(neighbour: DeltaRow | undefined): string {
  if (neighbour === undefined) return 'none';
  return `${contractText(neighbour.row.contract)} at ${deltaPoints(neighbour.delta)}`;
}

function neighbourNumbers(
  name: string,
  neighbour: DeltaRow | undefined,
): Record<string, number | string> {
  if (neighbour === undefined) return { [`${name}Strike`]: 'none' };
  return {
    [`${name}Strike`]: dollarsFromPrice(neighbour.row.contract.strike),
    [`${name}DeltaPoints`]: deltaPoints(neighbour.delta),
  };
}

function deltaRow({ view, absDelta }: DeltaMatch): DeltaRow {
  return { row: view, delta: view.greeks?.delta ?? absDelta, points: absDelta * 100 };
}

function refuseTooFar(right: Right, target: number, around: DeltaNeighbours, gap: number) {
  const above = around.above && deltaRow(around.above);
  const below = around.below && deltaRow(around.below);
  const tolerance = rounded(deltaTolerance(target), 1);
  return deny(
    'delta_too_far',
    `No ${right} within ${tolerance} points of delta ${target}: the neighbours are ` +
      `${neighbourText(above)} and ${neighbourText(below)}. Ask for one of those deltas.`,
    {
      right,
      targetDeltaPoints: target,
      tolerancePoints: tolerance,
      nearestOffPoints: rounded(gap, 1),
      ...neighbourNumbers('above', above),
      ...neighbourNumbers('below', below),
    },
  );
}

/**
 * The contract of a right whose absolute delta is nearest to `targetPoints` (of two equally near,
 * the cheaper). Refuses `delta_too_far` naming both neighbours when even that one is too far.
 */
export function contractByDelta(
  slice: ChainSlice,
  right: Right,
  targetPoints: number,
): Outcome<DeltaRow> {
  const around = nearestByDelta(slice, right, targetPoints / 100);
  if (around === undefined) {
    return deny(
      'strike_not_found',
      `No ${right} has a known delta yet: wait until the chain has quotes, then try again.`,
      { right, targetDeltaPoints: targetPoints, contracts: rowsOf(slice, right).length },
    );
  }
  const nearest = deltaRow(around.nearest);
  const gap = Math.abs(nearest.points - targetPoints);
  if (gap > deltaTolerance(targetPoints) + DUST)
    return refuseTooFar(right, targetPoints, around, gap);
  return nearest;
}

/** The contract of a right at exactly this strike, or `strike_not_found` naming the nearest ones. */
export function contractByStrike(
  slice: ChainSlice,
  right: Right,
  strike: Price,
): Outcome<ContractView> {
  const rows = rowsOf(slice, right);
  const place = placeAtOrAbove(rows, strike);
  const found = rows[place];
  const above = found?.contract.strike;
  if (found !== undefined && above === strike) return found;
  const below = rows[place - 1]?.contract.strike;
  const nearest = [below, above].flatMap((near) => (near === undefined ? [] : [strikeText(near)]));
  return deny(
    'strike_not_found',
    `There is no ${strikeText(strike)} ${right} in today's chain; the nearest listed strikes are ` +
      `${nearest.join(' and ') || 'none'}. Choose one of them.`,
    {
      right,
      strike: dollarsFromPrice(strike),
      below: below === undefined ? 'none' : dollarsFromPrice(below),
      above: above === undefined ? 'none' : dollarsFromPrice(above),
    },
  );
}

export type Side = 'buy' | 'sell';

/** A leg with a market on the side it must trade, in fractional 1/10,000 dollars per share. */
export interface LegMarket {
  readonly row: ContractView;
  readonly side: Side;
  readonly mid: number;
  /** What an order that does not wait pays or gets: the ask to buy, the bid to sell. */
  readonly natural: number;
}

function hasMarket(quote: Quote, side: Side): boolean {
  return side === 'buy'
    ? quote.ask !== undefined && quote.ask > 0 && quote.askSize > 0
    : quote.bid !== undefined && quote.bid > 0 && quote.bidSize > 0;
}

function sideText(value: Price | undefined): string {
  return value === undefined ? 'none' : dollarsText(value);
}

function refuseMarket(row: ContractView, side: Side) {
  const needed = side === 'buy' ? 'ask' : 'bid';
  const { quote } = row;
  return deny(
    'leg_market_missing',
    `The ${contractText(row.contract)} cannot be ${side === 'buy' ? 'bought' : 'sold'}: it has no ` +
      `${needed} (bid ${sideText(quote?.bid)}, ask ${sideText(quote?.ask)}). Wait for a market or ` +
      'choose another strike.',
    {
      strike: dollarsFromPrice(row.contract.strike),
      right: row.contract.right,
      needed,
      bid: quote?.bid === undefined ? 'none' : dollarsFromPrice(quote.bid),
      ask: quote?.ask === undefined ? 'none' : dollarsFromPrice(quote.ask),
      bidSize: quote?.bidSize ?? 0,
      askSize: quote?.askSize ?? 0,
    },
  );
}

/**
 * The market a leg would trade in. A leg to buy needs an ask with size, a leg to sell a bid with
 * size. A missing bid counts as 0 in the mid of a leg to buy (0.00 x 0.01 is a market for a buyer);
 * a leg to sell that nobody offers has its bid as mid. A crossed quote is refused.
 */
export function legMarket(row: ContractView, side: Side): Outcome<LegMarket> {
  const { quote } = row;
  if (quote === undefined || !hasMarket(quote, side)) return refuseMarket(row, side);
  const bid = quote.bid ?? 0;
  const ask = quote.ask ?? bid;
  if (bid > ask) {
    return deny(
      'quote_crossed',
      `The quote of the ${contractText(row.contract)} is crossed (bid ${sideText(quote.bid)}, ask ` +
        `${sideText(quote.ask)}): wait for the next quote.`,
      {
        strike: dollarsFromPrice(row.contract.strike),
        right: row.contract.right,
        bid: dollarsFromPrice(price(bid)),
        ask: dollarsFromPrice(price(ask)),
      },
    );
  }
  return { row, side, mid: (bid + ask) / 2, natural: side === 'buy' ? ask : bid };
}
