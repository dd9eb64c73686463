/** Refusals that several strategies share. */
import type { Denial } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';

/** A "no" standing alone: what `deny` returns. */
export interface Refusal {
  readonly denied: Denial;
}

/** Refuses a quantity that is not a whole number of at least 1; undefined when it is fine. How many
 * are too many is the risk gate's question. */
export function refuseQuantity(quantity: number): Refusal | undefined {
  if (Number.isSafeInteger(quantity) && quantity >= 1) return undefined;
  return deny(
    'argument_invalid',
    `quantity must be a whole number of 1 or more, not ${quantity}: give quantity=1.`,
    { quantity: String(quantity) },
  );
}

/** Refuses a number outside a range; undefined when it is inside or on its edge. */
export function refuseOutside(
  name: string,
  value: number,
  lowest: number,
  highest: number,
): Refusal | undefined {
  if (value >= lowest && value <= highest) return undefined;
  return deny(
    'argument_invalid',
    `${name} must be a number from ${lowest} to ${highest}, not ${value}.`,
    { argument: name, value: String(value), lowest, highest },
  );
}
