/** Small words that the parts of the adapter share. Pure. */

import { z } from 'zod';
import type { BrokerEvent, GatewayEffect } from '../order-gateway.ts';
import type { TastyOrder } from './tasty-order.ts';
import { parseTastyOrder } from './tasty-order.ts';

export function told(events: readonly BrokerEvent[]): readonly GatewayEffect[] {
  return events.map((event) => ({ kind: 'event', event }));
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

/** The order in an answer: a POST wraps it, everything else is it. */
export function orderIn(data: unknown): TastyOrder | undefined {
  const inner = wrapped.safeParse(data).data?.order;
  return parseTastyOrder(inner === undefined ? data : inner);
}
