/**
 * What a structure is offered at. All nets are signed, per share for one unit: credit positive.
 *
 *   mid ──── limit ───────── worst ───────── natural
 *            mid, rounded    the most we      sell at the bid,
 *            away from us    concede          buy at the ask
 */
import { gridOf } from '../engine/domain/instrument.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import type { TickGrid } from '../engine/domain/tick-grid.ts';
import { ceilToTick, floorToTick, tickAt } from '../engine/domain/tick-grid.ts';
import type { Price } from '../engine/domain/units.ts';
import { price } from '../engine/domain/units.ts';
import type { LegMarket } from './leg-selection.ts';
import { nearestPrice } from './words.ts';

/** Prices of one unit of a structure. `worst` never lies beyond `natural`. */
export interface NetPrice {
  readonly mid: Price;
  readonly limit: Price;
  readonly natural: Price;
  readonly worst: Price;
  /** Where a patient order may expect to fill, no worse than what is accepted: see `expectedFill`. */
  readonly expected: Price;
}

/** How far `worst` may lie beyond the limit. */
export interface Concession {
  readonly ticks: number;
  readonly fractionOfNet: number;
}

/** The larger of two ticks and 10 % of the net: the same drift a confirmation accepts, so that a
 * worst price is never looser than what would call for a new preview. */
export const DEFAULT_CONCESSION: Concession = { ticks: 2, fractionOfNet: 0.1 };

/** Share of the way from mid to natural at which orders of one, two and three legs fill in
 * practice; orders of more fill at the last. Each further leg is one more market to cross. */
const EXPECTED_CONCESSION_BY_LEGS: readonly number[] = [0.25, 0.35, 0.45];
const EXPECTED_CONCESSION_OF_FOUR = 0.5;

/** The net at which an order of `legCount` legs may expect to fill between mid and natural: never beyond
 * the worst that it accepts. */
export function expectedFill(net: {
  readonly mid: Price;
  readonly natural: Price;
  readonly worst: Price;
  readonly legCount: number;
}): Price {
  const share = EXPECTED_CONCESSION_BY_LEGS[net.legCount - 1] ?? EXPECTED_CONCESSION_OF_FOUR;
  return nearestPrice(Math.max(net.worst, net.mid - share * (net.mid - net.natural)));
}

function netOf(legs: readonly LegMarket[], value: (leg: LegMarket) => number): number {
  return legs.reduce((net, leg) => net + (leg.side === 'sell' ? value(leg) : -value(leg)), 0);
}

/** The worst net that an opening accepts: a little beyond mid, never beyond natural. `mid` may be a
 * fraction. */
export function worstOpeningNet(
  grid: TickGrid,
  { mid, natural }: { readonly mid: number; readonly natural: Price },
  concession: Concession = DEFAULT_CONCESSION,
): Price {
  const conceded = Math.max(
    concession.ticks * tickAt(grid, mid),
    floorToTick(grid, Math.abs(mid) * concession.fractionOfNet),
  );
  return ceilToTick(grid, Math.max(ceilToTick(grid, natural), floorToTick(grid, mid) - conceded));
}

/** Prices one unit of a structure whose legs all have ratio 1. */
export function netPrice(
  legs: readonly LegMarket[],
  concession: Concession = DEFAULT_CONCESSION,
): NetPrice {
  const midNet = netOf(legs, (leg) => leg.mid);
  const mid = nearestPrice(midNet);
  const natural = nearestPrice(netOf(legs, (leg) => leg.natural));
  const grid = gridOf(legs.map(({ row }) => ({ instrument: row.contract })));
  const worst = worstOpeningNet(grid, { mid: midNet, natural }, concession);
  const limit = floorToTick(grid, Math.max(floorToTick(grid, midNet), worst));
  return {
    mid,
    limit,
    natural,
    worst,
    expected: expectedFill({ mid, natural, worst, legCount: legs.length }),
  };
}

/** What the legs of a bought structure bring where they are sold at once: their bids, none counting 0. */
export function bidOf({ mid, natural }: Pick<NetPrice, 'mid' | 'natural'>): Price {
  return price(natural - 2 * mid);
}

/** What is paid per share for a net debit: the same number without its sign. */
export function premiumOf(net: Price): Price {
  return price(0 - net);
}

/** The legs of an opening order. */
export function openingLegs(legs: readonly LegMarket[]): OrderLeg[] {
  return legs.map(({ row, side }) => ({
    instrument: row.contract,
    action: side === 'buy' ? 'buyToOpen' : 'sellToOpen',
    ratio: 1,
  }));
}
