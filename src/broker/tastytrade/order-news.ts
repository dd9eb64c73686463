/** Small words that the parts of the adapter share. Pure. */

import { z } from 'zod';
import type { BrokerEvent, GatewayEffect } from '../order-gateway.ts';
import type { TastyOrder } from './tasty-order.ts';
import { parseTastyOrder } from './tasty-order.ts';

export function told(events: readonly BrokerEvent[]): readonly GatewayEffect[] {
  return events.map((event) => ({ kind: 'event', event }));
}

const wrapped = z.object({ order: z.unknown() });

/** The order in an answer: a POST wraps it, everything else is it. */
export function orderIn(data: unknown): TastyOrder | undefined {
  const inner = wrapped.safeParse(data).data?.order;
  return parseTastyOrder(inner === undefined ? data : inner);
}
