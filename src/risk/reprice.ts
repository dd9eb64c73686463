/** A new limit for an order that already passed: allowed inside what was agreed, never past it. */

import type { ApprovedOrder } from '../broker/approved-order.ts';
import { approve } from '../broker/approved-order.ts';
import { assert } from '../engine/domain/assert.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import type { Price } from '../engine/domain/units.ts';

/** The witness for moving a working order's limit. An opening never goes past the worst price that
 * was agreed to; an order that closes may follow the market, since staying in is the larger risk. */
export function approveReprice(
  intent: OrderIntent,
  limit: Price,
  limitsVersion: string,
): ApprovedOrder {
  const inside = intent.purpose !== 'open' || limit >= intent.worst;
  assert(inside, 'an opening order never goes past its worst price');
  return approve({ ...intent, limit }, { approved: true, checks: [], limitsVersion });
}
