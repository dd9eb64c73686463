/** Links from an answer to what can be read about it: a preview's and an order's audit records, and a
 * picture of a preview's payoff. */
import type { ToolResult } from './tool-result.ts';

const AUDIT = 'deltaring://audit/order/';
const PAYOFF = 'deltaring://payoff/';
/** Orders of one answer that are linked. */
const MOST_LINKS = 4;

/** How a link stands in an answer. */
export interface ResourceLink {
  readonly uri: string;
  readonly name: string;
  readonly mimeType: string;
}

export const AUDIT_TEMPLATE = `${AUDIT}{order_id}`;
export const PAYOFF_TEMPLATE = `${PAYOFF}{preview_id}`;

function auditLink(id: string): ResourceLink {
  return { uri: `${AUDIT}${id}`, name: `audit records of ${id}`, mimeType: 'application/json' };
}

function orderIds({ structured: { orders } }: ToolResult): readonly string[] {
  if (!Array.isArray(orders)) return [];
  return orders.flatMap((order: unknown) => {
    const isOrder = typeof order === 'object' && order !== null && 'orderId' in order;
    return isOrder && typeof order.orderId === 'string' ? [order.orderId] : [];
  });
}

/** The links of a preview or of what a token did; none for any other answer. */
export function linksOf(result: ToolResult): readonly ResourceLink[] {
  const { confirmToken, previewId, purpose, replayed } = result.structured;
  if (typeof confirmToken === 'string' && typeof previewId === 'string') {
    const picture = { uri: `${PAYOFF}${previewId}`, name: 'payoff', mimeType: 'image/png' };
    return purpose === 'open' ? [auditLink(previewId), picture] : [auditLink(previewId)];
  }
  if (typeof replayed !== 'boolean') return [];
  return orderIds(result).slice(0, MOST_LINKS).map(auditLink);
}
