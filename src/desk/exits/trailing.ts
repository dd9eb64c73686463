/**
 * The best gain a position has shown, for stops that trail it. A gain counts once it has stood for
 * two seconds of trusted quotes, so that one mistaken tick does not lift the stop above the market.
 */
import type { ExitPlan } from '../../engine/domain/order.ts';
import { ceilToTick, floorToTick, type TickGrid } from '../../engine/domain/tick-grid.ts';
import { type EpochMicros, MICROS_PER_MILLI, type Price } from '../../engine/domain/units.ts';

const STANDS_AFTER_MICROS = 2_000 * MICROS_PER_MILLI;

/** Gains per share of one unit, in 1/10,000 dollar. Plain data; `NO_TRAIL` to begin with. */
export interface TrailMemory {
  /** The best gain that stood; undefined before the first. */
  readonly best: number | undefined;
  /** The least of a better gain since it was first seen; undefined while none is seen. */
  readonly rising: { readonly gain: number; readonly since: EpochMicros } | undefined;
}

export const NO_TRAIL: TrailMemory = { best: undefined, rising: undefined };

/** Folds one look at the gain; undefined = not to be trusted just now. The first one is more than `least`. */
export function observeGain(
  { best, rising }: TrailMemory,
  gain: number | undefined,
  evidenceAt: EpochMicros,
  least = 0,
): TrailMemory {
  if (gain === undefined || gain <= (best ?? least)) return { best, rising: undefined };
  if (rising === undefined) return { best, rising: { gain, since: evidenceAt } };
  const stood = Math.min(rising.gain, gain);
  if (evidenceAt - rising.since < STANDS_AFTER_MICROS) {
    return { best, rising: { gain: stood, since: rising.since } };
  }
  return { best: stood, rising: { gain, since: evidenceAt } };
}

type Trail = NonNullable<ExitPlan['trail']>;
type Stop = NonNullable<ExitPlan['stop']>;

/**
 * The stop that trails the best gain: as a debit to close what was sold, as a value of what was
 * bought. Undefined until the gain has once been large enough. `entryNet`: credit positive.
 */
export function trailingStop(
  { afterGain, keepFraction }: Trail,
  { best }: TrailMemory,
  { entryNet, grid }: { readonly entryNet: Price; readonly grid: TickGrid },
): Stop | undefined {
  if (best === undefined || best < afterGain) return undefined;
  const debit = entryNet - best * keepFraction;
  return entryNet > 0
    ? { kind: 'debitAtOrAbove', price: floorToTick(grid, debit) }
    : { kind: 'valueAtOrBelow', price: ceilToTick(grid, 0 - debit) };
}
