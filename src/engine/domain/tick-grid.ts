/** The prices at which something trades: whole steps, coarser from a threshold on where so ruled. */
import type { Price } from './units.ts';
import { price } from './units.ts';

/** Immutable. The threshold is a whole number of both steps, so that rounding never leaves the grid. */
export interface TickGrid {
  /** The step of prices smaller in size than `coarseFrom`. */
  readonly step: Price;
  /** The step from `coarseFrom` on; absent where one step rules every price. */
  readonly coarse?: { readonly from: Price; readonly step: Price };
}

const CENT = price(100);
const NICKEL = price(500);
const DIME = price(1_000);

/** One cent at every price: shares, and the options and spreads of penny classes. */
export const PENNY_GRID: TickGrid = { step: CENT };
/** Nets of several legs in a class that trades in nickels and dimes (Cboe, SPX and SPXW). */
export const NICKEL_GRID: TickGrid = { step: NICKEL };
/** $0.05 below $3 and $0.10 from there on: classes outside the penny programme, SPX among them. */
export const NICKEL_DIME_GRID: TickGrid = {
  step: NICKEL,
  coarse: { from: price(30_000), step: DIME },
};

/** Float dust of a sum of half-pennies must not cost a tick. */
const DUST = 1e-6;

/** The step around a price, signed or not: what one tick more or less means there. */
export function tickAt({ step, coarse }: TickGrid, value: number): Price {
  return coarse !== undefined && Math.abs(value) >= coarse.from - DUST ? coarse.step : step;
}

/** True when a price stands on the grid. */
export function isOnTick(grid: TickGrid, value: Price): boolean {
  return value % tickAt(grid, value) === 0;
}

/** The highest grid price at or below a number of 1/10,000 dollars: for a signed net this is the
 * market's favour (a debit grows, a credit shrinks). */
export function floorToTick(grid: TickGrid, tenThousandths: number): Price {
  const tick = tickAt(grid, tenThousandths);
  return price(Math.floor(tenThousandths / tick + DUST) * tick);
}

/** The lowest grid price at or above a number of 1/10,000 dollars. */
export function ceilToTick(grid: TickGrid, tenThousandths: number): Price {
  const tick = tickAt(grid, tenThousandths);
  return price(Math.ceil(tenThousandths / tick - DUST) * tick);
}
