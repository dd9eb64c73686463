/** What the stops of two sides lose together. Pure. */
import type { Right } from '../../engine/domain/instrument.ts';
import type { ExitPlan } from '../../engine/domain/order.ts';
import type { Cents } from '../../engine/domain/units.ts';

/** The planned loss, of the whole position, where a reversal may stop both sides one after the other:
 * the worst end at expiry bounds what is held until then, and not two sides closed before it. Undefined
 * where there is one stop alone. `shorts` are the rights of what is sold, one entry a leg. */
export function lossOfSideStops(
  plan: ExitPlan | undefined,
  shorts: readonly Right[],
): Cents | undefined {
  if (plan?.sideStop === undefined || new Set(shorts).size < 2) return undefined;
  return plan.plannedLossCents;
}
