/** How exits judge and how they hurry. */
import type { ExitPlan } from '../../engine/domain/order.ts';
import { type BreachTier, FAST_TIERS, PATIENT_TIERS } from '../../risk/breach.ts';
import type { CostSide } from './closing-cost.ts';
import { QUOTE_GUARD, type QuoteGuard } from './quote-guard.ts';

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

const PATIENT_EXIT_POLICY: ExitPolicy = { ...DEFAULT_EXIT_POLICY, tiers: PATIENT_TIERS };

/** How the exits of this plan judge. */
export function policyOf({ confirmation }: ExitPlan): ExitPolicy {
  return confirmation === 'patient' ? PATIENT_EXIT_POLICY : DEFAULT_EXIT_POLICY;
}
