/** Closes whose limit is not moved in place. */

import type { OrderIntent } from '../engine/domain/order.ts';
import type { BrokerCapabilities } from './order-gateway.ts';

/** True of a close that this broker moves by a cancel and a new order for what is left: one of several
 * legs, and one that has filled in part. */
export function isMovedByCancel(
  { legs }: Pick<OrderIntent, 'legs'>,
  hasFilled: boolean,
  { movesByCancel }: Pick<BrokerCapabilities, 'movesByCancel'>,
): boolean {
  return movesByCancel === true && (hasFilled || legs.length > 1);
}
