/** Orders and positions: look, cancel, close, reconcile. */
import { z } from 'zod';
import type { OrderView, TradeCard } from '../../desk/engine-api.ts';
import { deny } from '../../engine/domain/verdict.ts';
import { declineField, idField, tokenField, UNLISTED_DECLINE } from '../argument-fields.ts';
import { orderWords } from '../money-words.ts';
import { cardShape, confirmShape, order, orderShape } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import type { ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';
import { cardText, EXIT_OUTLINE } from './card-text.ts';
import { confirmExit } from './confirm-trade.ts';
import { isLive, ordersOfToday } from './todays-orders.ts';

const MOST_ORDERS = 100;
const MOST_CONTRACTS = 1_000;
const REDUCES = { readOnly: false, destructive: true, idempotent: false, openWorld: true };

export const getOrderStatus = defineTool({
  name: 'get_order_status',
  title: 'Order status',
  description: 'Use this when you want one order with its fills and latency.',
  toolset: 'orders',
  input: z.strictObject({ order_id: idField('Order') }),
  output: resultShape(orderShape),
  listedOutput: ['orderId', 'status', 'filledQuantity', 'averageFillPrice', 'fills', 'latency'],
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, { order_id: orderId }) => {
    const answer = await api.orderStatus(orderId, caller);
    return 'denied' in answer ? answer : { ...answer, text: `${orderWords(answer.value)}.` };
  },
});

export const getRecentOrders = defineTool({
  name: 'get_recent_orders',
  title: 'Recent orders',
  description: "Use this when you want today's newest orders, newest first.",
  toolset: 'orders',
  input: z.strictObject({
    limit: z.int().min(1).max(MOST_ORDERS).default(10).describe('Orders'),
  }),
  output: resultShape({ orders: z.array(order) }),
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, { limit }) => {
    const answer = await api.recentOrders(limit, caller);
    if ('denied' in answer) return answer;
    const orders = ordersOfToday(answer.value.orders, answer.stamp.asOf);
    const text = orders.length === 0 ? 'No orders yet today' : orders.map(orderWords).join('; ');
    return { ...answer, value: { orders }, text: `${text}.` };
  },
});

/** What can be done about a fill. Only what opened is closed: after a close that would be what was to stay. */
function afterFill({ filledQuantity, purpose }: OrderView): string {
  if (filledQuantity === 0) return '';
  return purpose === 'open'
    ? ': close_position closes what it opened'
    : ': show_pnl tells what is still held';
}

function cancelText(value: OrderView | TradeCard): string {
  if ('confirmToken' in value) {
    return `This order closes or protects a position. ${cardText(value, 'call cancel_order again')}`;
  }
  if (isLive(value)) return `Cancel asked for: ${orderWords(value)}.`;
  if (value.status === 'cancelled') return `${orderWords(value)}.`;
  return `Nothing to cancel: ${orderWords(value)}${afterFill(value)}.`;
}

async function cancel({ api, caller }: ToolContext, orderId: string) {
  const answer = await api.cancelOrder(orderId, caller);
  return 'denied' in answer ? answer : { ...answer, text: cancelText(answer.value) };
}

export const cancelOrder = defineTool({
  name: 'cancel_order',
  title: 'Cancel order',
  description:
    'Use this when a working order should go. One that closes or protects a position answers with a token first; call again with it.',
  toolset: 'orders',
  input: z.strictObject({
    order_id: idField('Order').optional(),
    confirm_token: tokenField.optional(),
    decline: declineField,
  }),
  unlisted: UNLISTED_DECLINE,
  output: resultShape({ ...confirmShape, ...orderShape, ...cardShape, purpose: z.string() }),
  listedOutput: EXIT_OUTLINE,
  hints: REDUCES,
  authority: 'reduce',
  scope: 'trade.execute',
  aliases: ['delete_order'],
  handler: async (context, { order_id: orderId, confirm_token: token, decline }) => {
    if (token !== undefined) {
      return confirmExit(context, { token, decline }, 'cancel', ({ figures }) => {
        const { orderId: cancelled } = figures;
        const isOther = orderId !== undefined && orderId !== cancelled;
        return isOther ? `this token cancels ${cancelled}, not ${orderId}` : undefined;
      });
    }
    if (orderId !== undefined) return cancel(context, orderId);
    const message = 'cancel_order needs order_id: get_recent_orders lists the orders';
    const numbers = { argument: 'order_id' };
    return { stamp: context.api.stamp(), ...deny('argument_invalid', message, numbers) };
  },
});

/** In words, where a token closes something else than the call names. Units are the position's: an order
 * of uneven legs counts others. */
async function otherClose(
  { api, caller }: ToolContext,
  { figures, quantity }: TradeCard,
  named: { readonly target: string | undefined; readonly quantity: number | undefined },
): Promise<string | undefined> {
  const { positionId, units = quantity } = figures;
  const closes = `this token closes ${units} of ${positionId}`;
  if (named.quantity !== undefined && named.quantity !== units) return `${closes}: preview again`;
  if (named.target === undefined || named.target === positionId) return undefined;
  const order = await api.orderStatus(named.target, caller);
  const isItsOrder = 'value' in order && order.value.positionId === positionId;
  return isItsOrder ? undefined : `${closes}, not ${named.target}: preview again`;
}

export const closePosition = defineTool({
  name: 'close_position',
  title: 'Close position',
  description:
    'Use this when one position should be closed, whole or in part. The first call previews with a token, the second carries it out.',
  toolset: 'orders',
  input: z.strictObject({
    order_or_position_id: idField('Position, or an order that opened it').optional(),
    quantity: z
      .int()
      .min(1)
      .max(MOST_CONTRACTS)
      .optional()
      .describe('Units to close; all when left out'),
    confirm_token: tokenField.optional(),
    decline: declineField,
  }),
  unlisted: UNLISTED_DECLINE,
  output: resultShape({ ...confirmShape, ...cardShape }),
  listedOutput: EXIT_OUTLINE,
  hints: REDUCES,
  authority: 'reduce',
  scope: 'trade.execute',
  aliases: [],
  handler: async (context, args) => {
    const { order_or_position_id: target, quantity, confirm_token: token, decline } = args;
    if (token !== undefined) {
      return confirmExit(context, { token, decline }, 'close', (card) =>
        otherClose(context, card, { target, quantity }),
      );
    }
    if (target === undefined) {
      const message = 'close_position needs order_or_position_id: show_pnl lists the positions';
      const numbers = { argument: 'order_or_position_id' };
      return { stamp: context.api.stamp(), ...deny('argument_invalid', message, numbers) };
    }
    const answer = await context.api.previewClose(target, quantity, context.caller);
    if ('denied' in answer) return answer;
    return { ...answer, text: cardText(answer.value, 'call close_position again') };
  },
});

export const reconcilePositions = defineTool({
  name: 'reconcile_positions',
  title: 'Reconcile positions',
  description: "Use this when you want the engine's positions compared with the broker's.",
  toolset: 'orders',
  input: z.strictObject({}),
  output: resultShape({
    clean: z.boolean(),
    differences: z.array(z.string()),
    checkedAt: z.string(),
  }),
  hints: { ...READS, openWorld: true },
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }) => {
    const answer = await api.reconcile(caller);
    if ('denied' in answer) return answer;
    const { clean, differences } = answer.value;
    const text = clean
      ? 'Clean: our positions and the broker agree.'
      : `${differences.length} differences: ${differences.join('; ')}.`;
    return { ...answer, text };
  },
});
