/**
 * The two verticals of an iron condor and how their shorts are chosen: by delta, by credit, or
 * balanced. A vertical sells the strike nearer the money and buys the wing `width` further out.
 */
import type { Right } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../engine/domain/market.ts';
import type { Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, price } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { LegMarket } from './leg-selection.ts';
import {
  contractByDelta,
  contractByStrike,
  deltaRows,
  deltaTolerance,
  legMarket,
  rowsOf,
} from './leg-selection.ts';
import { contractText, dollarsText, nearestPrice, rounded } from './words.ts';

/** One side of a condor. */
export interface Vertical {
  readonly right: Right;
  readonly short: LegMarket;
  readonly long: LegMarket;
  /** Mid of the short less mid of the long, per share. */
  readonly credit: Price;
}

export interface CondorSides {
  readonly put: Vertical;
  readonly call: Vertical;
}

/** What the sides are chosen by. */
export interface SideChoice {
  /** Strike distance of each vertical. */
  readonly width: Price;
  /** Wanted delta of the shorts in points of 100; for `credit`, the nearest to the money allowed. */
  readonly deltaPoints: number;
  /** Wanted credit of each side per share, for `credit`. */
  readonly sideCredit: Price;
}

/** Both credits lie within this fraction of the larger one when a condor is balanced. */
export const BALANCE_TOLERANCE = 0.15;
/** A side chosen by credit pays at least half and at most one and a half times what was asked for:
 * a dollar between strikes often halves the credit. */
export const CREDIT_TOLERANCE = 0.5;
const DUST = 1e-9;

/** The vertical whose short leg is `row`. */
export function verticalAt(slice: ChainSlice, row: ContractView, width: Price): Outcome<Vertical> {
  const { right, strike } = row.contract;
  const wingStrike = price(right === 'call' ? strike + width : strike - width);
  const wing = contractByStrike(slice, right, wingStrike);
  if ('denied' in wing) return wing;
  const short = legMarket(row, 'sell');
  if ('denied' in short) return short;
  const long = legMarket(wing, 'buy');
  if ('denied' in long) return long;
  return { right, short, long, credit: nearestPrice(short.mid - long.mid) };
}

function sideByDelta(slice: ChainSlice, right: Right, choice: SideChoice): Outcome<Vertical> {
  const found = contractByDelta(slice, right, choice.deltaPoints);
  return 'denied' in found ? found : verticalAt(slice, found.row, choice.width);
}

/** Both shorts at the contracts nearest to the wanted delta. */
export function sidesByDelta(slice: ChainSlice, choice: SideChoice): Outcome<CondorSides> {
  const put = sideByDelta(slice, 'put', choice);
  if ('denied' in put) return put;
  const call = sideByDelta(slice, 'call', choice);
  return 'denied' in call ? call : { put, call };
}

/** How unequal the two credits are: their difference as a fraction of the larger. */
export function imbalance(sides: CondorSides): number {
  const larger = Math.max(sides.put.credit, sides.call.credit);
  if (larger <= 0) return 1;
  return Math.abs(sides.put.credit - sides.call.credit) / larger;
}

function shortText(side: Vertical): string {
  return `${contractText(side.short.row.contract)} for ${dollarsText(side.credit)}`;
}

function shortStrike(side: Vertical): number {
  return dollarsFromPrice(side.short.row.contract.strike);
}

function refuseUnbalanced(best: CondorSides) {
  const off = rounded(imbalance(best) * 100, 1);
  return deny(
    'no_candidate',
    `No pair of shorts has credits within ${BALANCE_TOLERANCE * 100} % of each other; the nearest ` +
      `is the ${shortText(best.put)} and the ${shortText(best.call)}, ${off} % apart. Use ` +
      'select=delta, or another width.',
    {
      tolerancePercent: BALANCE_TOLERANCE * 100,
      nearestImbalancePercent: off,
      putStrike: shortStrike(best.put),
      callStrike: shortStrike(best.call),
      putCredit: dollarsFromPrice(best.put.credit),
      callCredit: dollarsFromPrice(best.call.credit),
    },
  );
}

/** The same side one listed strike further from the money; undefined where it has no market. */
function oneFurtherOut(slice: ChainSlice, side: Vertical, width: Price): Vertical | undefined {
  const rows = rowsOf(slice, side.right);
  const at = rows.findIndex((row) => row.contract.strike === side.short.row.contract.strike);
  const next = rows[side.right === 'call' ? at + 1 : at - 1];
  if (next === undefined) return undefined;
  const moved = verticalAt(slice, next, width);
  return 'denied' in moved || moved.credit <= 0 ? undefined : moved;
}

/** From the shorts by delta, the richer side moves out strike by strike until both credits are
 * within 15 % of the larger. Neither short ever comes nearer the money than asked. */
export function sidesBalanced(slice: ChainSlice, choice: SideChoice): Outcome<CondorSides> {
  let sides = sidesByDelta(slice, choice);
  if ('denied' in sides) return sides;
  let best = sides;
  const mostMoves = slice.calls.length + slice.puts.length;
  for (let moves = 0; moves <= mostMoves; moves += 1) {
    if (imbalance(sides) < imbalance(best)) best = sides;
    if (imbalance(sides) <= BALANCE_TOLERANCE + DUST) return sides;
    const richer: 'put' | 'call' = sides.put.credit > sides.call.credit ? 'put' : 'call';
    const moved = oneFurtherOut(slice, sides[richer], choice.width);
    if (moved === undefined) break;
    sides = { ...sides, [richer]: moved };
  }
  return refuseUnbalanced(best);
}

/** The highest delta a short chosen by credit may have, in points of 100. */
function mostDeltaPoints(choice: SideChoice): number {
  return choice.deltaPoints + deltaTolerance(choice.deltaPoints) / 2;
}

function refuseCredit(right: Right, choice: SideChoice, nearest: Vertical | undefined) {
  const most = mostDeltaPoints(choice);
  const wanted = dollarsText(choice.sideCredit);
  const near =
    nearest === undefined ? 'none has a market' : `the nearest is the ${shortText(nearest)}`;
  return deny(
    'no_candidate',
    `No ${right} vertical ${dollarsText(choice.width)} wide, short delta ${most} or ` +
      `less, pays about ${wanted}: ${near}. Ask for another credit, width or short_delta.`,
    {
      right,
      wantedCredit: dollarsFromPrice(choice.sideCredit),
      tolerancePercent: CREDIT_TOLERANCE * 100,
      mostDeltaPoints: most,
      nearestStrike: nearest === undefined ? 'none' : shortStrike(nearest),
      nearestCredit: nearest === undefined ? 'none' : dollarsFromPrice(nearest.credit),
    },
  );
}

function sideByCredit(slice: ChainSlice, right: Right, choice: SideChoice): Outcome<Vertical> {
  const mostPoints = mostDeltaPoints(choice);
  let nearest: Vertical | undefined;
  const gap = (side: Vertical): number => Math.abs(side.credit - choice.sideCredit);
  const rows = deltaRows(slice, right);
  // Inward: of two equally near the one further from the money is taken, on either side.
  for (const { row, points } of right === 'call' ? rows.toReversed() : rows) {
    if (points > mostPoints) continue;
    const side = verticalAt(slice, row, choice.width);
    if ('denied' in side || side.credit <= 0) continue;
    if (nearest === undefined || gap(side) < gap(nearest)) nearest = side;
  }
  if (nearest === undefined || gap(nearest) > choice.sideCredit * CREDIT_TOLERANCE + DUST) {
    return refuseCredit(right, choice, nearest);
  }
  return nearest;
}

/** Each side's short where the vertical pays nearest to the wanted credit, never nearer the money
 * than the wanted delta and half its tolerance. */
export function sidesByCredit(slice: ChainSlice, choice: SideChoice): Outcome<CondorSides> {
  const put = sideByCredit(slice, 'put', choice);
  if ('denied' in put) return put;
  const call = sideByCredit(slice, 'call', choice);
  return 'denied' in call ? call : { put, call };
}
