/** Where a stop at the broker belongs, and on which side of the market it must never be placed. */
import { gridOf, type Instrument } from '../engine/domain/instrument.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { ExitPlan } from '../engine/domain/order.ts';
import { floorToTick } from '../engine/domain/tick-grid.ts';
import { type Price, price } from '../engine/domain/units.ts';

/** A stop that sells one long leg once its bid is at the trigger or below. */
export interface ProtectiveStop {
  readonly leg: { readonly instrument: Instrument; readonly quantity: number };
  /** Per share, positive, on the grid. */
  readonly trigger: Price;
}

/** The engine's own stop is confirmed over seconds and goes first; the broker's fires on one tick,
 * and so stands where the engine's would long have fired. */
const BACKSTOP_MULTIPLE = 1.5;

/** What is left of a structure, and the plan that was made for a unit of the whole of it. */
export interface Guarded {
  readonly legs: readonly ProtectiveStop['leg'][];
  readonly exitPlan: ExitPlan;
  /** Units of the whole. */
  readonly quantity: number;
  /** What leaving the rest of one unit has cost per share; negative where it paid. */
  readonly goneDebit: number;
}

/**
 * The stop that protects these legs at the broker: for a lone long option whose plan has a stop on
 * its value, from where the engine itself stops it. None where what is gone brought so much that the
 * engine never would. Brokers hold no stop on a net of several legs that could be trusted, and premium
 * without a stop is paid already.
 */
export function protectiveStop(guarded: Guarded): ProtectiveStop | undefined {
  const { legs, exitPlan, quantity: units, goneDebit } = guarded;
  const [leg] = legs;
  const { stop } = exitPlan;
  if (legs.length !== 1 || leg?.instrument.kind !== 'option' || leg.quantity <= 0) return undefined;
  if (stop?.kind !== 'valueAtOrBelow') return undefined;
  const { instrument, quantity } = leg;
  const stopsAt = ((stop.price + goneDebit) * units) / quantity;
  if (stopsAt <= 0) return undefined;
  const grid = gridOf([leg]);
  const trigger = price(Math.max(grid.step, floorToTick(grid, stopsAt / BACKSTOP_MULTIPLE)));
  return { leg: { instrument, quantity }, trigger };
}

/** Why a stop must not be placed on this market: on the wrong side of it, it would sell at once. */
export function stopSideFault(
  { trigger }: Pick<ProtectiveStop, 'trigger'>,
  quote: Quote | undefined,
): 'noMarket' | 'wrongSide' | undefined {
  if (quote?.bid === undefined) return 'noMarket';
  return quote.bid <= trigger ? 'wrongSide' : undefined;
}
