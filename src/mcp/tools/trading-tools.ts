/** Orders by hand: each previews with a token and sends nothing. */
import { z } from 'zod';
import type { ManualLeg } from '../../desk/engine-api-requests.ts';
import { isOpening } from '../../engine/domain/order.ts';
import { deny } from '../../engine/domain/verdict.ts';
import { idField } from '../argument-fields.ts';
import { actionField, legsField, symbolField, unitsField } from '../leg-fields.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { defineTool } from '../tool.ts';
import { olderCall, PREVIEW_TOOL, previewedBy } from './strategy-previews.ts';

const MOST_DOLLARS = 99_999;

const limitField = z
  .number()
  .min(-MOST_DOLLARS)
  .max(MOST_DOLLARS)
  .describe('Worst net accepted, dollars per share, credit positive');
const gainField = (description: string) =>
  z.number().positive().max(MOST_DOLLARS).optional().describe(description);

/** The legs of a call; undefined where it names none, or names them twice. */
function legsOf(args: {
  readonly legs?: readonly ManualLeg[] | undefined;
  readonly symbol?: string | undefined;
  readonly action?: ManualLeg['action'] | undefined;
}): readonly ManualLeg[] | undefined {
  const { legs, symbol, action } = args;
  if (legs !== undefined) return symbol === undefined && action === undefined ? legs : undefined;
  if (symbol === undefined || action === undefined) return undefined;
  return [{ symbol, action, ratio: 1 }];
}

function needsLegs({ api }: ToolContext) {
  const message =
    'place_order needs either legs, or symbol and action for a single leg: get_option_chain with fields=symbol names the contracts';
  return { stamp: api.stamp(), ...deny('argument_invalid', message, { argument: 'legs' }) };
}

const orderInput = z.strictObject({
  legs: legsField(
    'Legs, each with symbol, action (Buy to Open, Sell to Open, Buy to Close, Sell to Close) and quantity for each unit',
  ).optional(),
  symbol: symbolField('Instead of legs: one option, or the shares to close').optional(),
  action: actionField('Action of the one leg').optional(),
  quantity: unitsField('Units of the structure, or shares'),
  limit_price: limitField.optional(),
  stop_loss: gainField('Loss per share at which it is closed; chosen when left out'),
  take_profit: gainField('Gain per share at which it is closed'),
  time_in_force: z.enum(['day']).default('day').describe('Orders live for the day'),
  ...olderCall,
});

/** An equity order of other servers: here shares are closed and nothing else. */
function notSharesToClose({ api }: ToolContext, legs: readonly ManualLeg[]) {
  const { underlying } = api.identity;
  const areShares = legs.every(({ symbol, action }) => symbol === underlying && !isOpening(action));
  if (areShares) return undefined;
  const message = `create_equity_order closes assigned shares of ${underlying} and nothing else: options go by place_order`;
  return { stamp: api.stamp(), ...deny('unsupported', message) };
}

function orderByHand(closesShares: boolean): Tool {
  return defineTool({
    name: 'place_order',
    title: 'Order by hand',
    description:
      'Use this when you want legs of your own: one to four options of today, all opening or all closing, or assigned shares to close. Limit orders for the day, worked from mid. Previews only.',
    toolset: 'trading',
    input: orderInput,
    ...PREVIEW_TOOL,
    aliases: ['create_options_order', 'create_equity_order'],
    ...(!closesShares && { heldTo: { create_equity_order: orderByHand(true) } }),
    handler: (context, args) =>
      previewedBy(context, args, async ({ api, caller }) => {
        const legs = legsOf(args);
        if (legs === undefined) return needsLegs(context);
        const refused = closesShares ? notSharesToClose(context, legs) : undefined;
        if (refused !== undefined) return refused;
        const { quantity, limit_price: limit, stop_loss: stopLoss, take_profit: takeProfit } = args;
        return api.previewOrder({ legs, quantity, limit, stopLoss, takeProfit }, caller);
      }),
  });
}

export const placeOrder = orderByHand(false);

export const replaceOrder = defineTool({
  name: 'replace_order',
  title: 'Replace an order',
  description:
    'Use this when a working opening should have another limit: a new order, sent once the old one is called back unfilled. Previews only.',
  toolset: 'trading',
  input: z.strictObject({
    order_id: idField('Order that works').optional(),
    limit_price: limitField.optional(),
    ...olderCall,
  }),
  ...PREVIEW_TOOL,
  aliases: [],
  handler: (context, args) =>
    previewedBy(context, args, ({ api, caller }) => {
      const { order_id: orderId, limit_price: limit } = args;
      if (orderId !== undefined && limit !== undefined) {
        return api.previewReplace(orderId, limit, caller);
      }
      const message =
        'replace_order needs order_id and limit_price: get_recent_orders lists what works';
      const numbers = { argument: orderId === undefined ? 'order_id' : 'limit_price' };
      return Promise.resolve({
        stamp: api.stamp(),
        ...deny('argument_invalid', message, numbers),
      });
    }),
});
