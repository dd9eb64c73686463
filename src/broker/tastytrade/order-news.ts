/** Small words that the parts of the adapter share. Pure. */

import { z } from 'zod';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { quantityOf } from '../../engine/domain/share-quantity.ts';
import type { BrokerEvent, GatewayEffect } from '../order-gateway.ts';
import type { OrderFacts } from '../stream-witness.ts';
import type { TastyOrder } from './tasty-order.ts';
import { parseTastyOrder } from './tasty-order.ts';

/** `source`: set where a list told it. */
export function told(
  events: readonly BrokerEvent[],
  source?: 'snapshot',
): readonly GatewayEffect[] {
  return events.map((event) => ({
    kind: 'event',
    event,
    ...(source !== undefined && { source }),
  }));
}

const wrapped = z.object({ order: z.unknown() });

/** One order that triggers others, and orders of which one ends the rest: given by hand, for this
 * engine gives none. */
const complex = z.object({
  'trigger-order': z.unknown(),
  orders: z.array(z.unknown()).nullish(),
});

/** The orders that a notification tells of. Each order of a complex one is an order of the account. */
export function ordersIn(type: string, data: unknown): readonly TastyOrder[] {
  if (type === 'Order') return [parseTastyOrder(data) ?? []].flat();
  const parts = type === 'ComplexOrder' ? complex.safeParse(data).data : undefined;
  return [parts?.['trigger-order'], ...(parts?.orders ?? [])].flatMap(
    (part) => parseTastyOrder(part) ?? [],
  );
}

/** What one message or list says of an order. One told as filled has filled, whichever executions came with
 * that word. */
export function orderFacts(intentId: string, order: TastyOrder): OrderFacts {
  const { id: orderId, legs, standing } = order;
  const filled = new Map<string, number>();
  for (const { instrument, quantity, fills } of legs) {
    const told = quantityOf(fills);
    filled.set(instrumentSymbol(instrument), standing === 'filled' ? quantity : told);
  }
  const hasEnded = standing === 'cancelled' || standing === 'rejected';
  return { intentId, orderId, filled, hasEnded };
}

/** The order in an answer: a POST wraps it, everything else is it. */
export function orderIn(data: unknown): TastyOrder | undefined {
  const inner = wrapped.safeParse(data).data?.order;
  return parseTastyOrder(inner === undefined ? data : inner);
}
