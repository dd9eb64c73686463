/** How exits judge and how they hurry. */
import { type BreachTier, FAST_TIERS } from '../../risk/breach.ts';
import type { CostSide } from './closing-cost.ts';
import { QUOTE_GUARD, type QuoteGuard } from './quote-guard.ts';

/** How much is conceded, and how soon, to be out. */
export type Urgency = 'patient' | 'normal' | 'fast' | 'urgent';

export interface ExitPolicy {
  readonly guard: QuoteGuard;
  readonly tiers: readonly BreachTier[];
  /** Where a stop is measured: what closing costs, or the middle of the market. */
  readonly mark: Exclude<CostSide, 'far'>;
}

/** Stops at what closing costs now, within seconds. */
export const DEFAULT_EXIT_POLICY: ExitPolicy = {
  guard: QUOTE_GUARD,
  tiers: FAST_TIERS,
  mark: 'natural',
};
