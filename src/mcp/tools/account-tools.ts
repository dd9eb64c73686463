/** The account as the broker has it: read at each call, never from a cache. */
import { z } from 'zod';
import type { ReadOrigin } from '../../desk/engine-api-account.ts';
import { holdingGreeks } from '../../desk/engine-api-holdings.ts';
import type { OrderRow, TimeBack } from '../../engine/domain/account-facts.ts';
import { sumGreeks } from '../../engine/domain/greeks.ts';
import {
  accountRow,
  balancesShape,
  brokerOrder,
  netLiqPoint,
  originShape,
  positionRow,
  transactionRow,
} from '../account-shapes.ts';
import { dateField } from '../argument-fields.ts';
import { dollars, figure, signedPrice } from '../money-words.ts';
import { greeks } from '../output-shapes.ts';
import { resultShape } from '../result-shape.ts';
import { defineTool, READS } from '../tool.ts';

const MOST_ROWS = 200;
const USUAL_ROWS = 20;
const TOLD_ROWS = 10;
const READS_BROKER = { ...READS, openWorld: true };
const TIMES_BACK = [
  '1d',
  '1w',
  '1m',
  '3m',
  '6m',
  '1y',
  'all',
] as const satisfies readonly TimeBack[];

const nothing = z.strictObject({});
const rowsShape = {
  from: dateField('First day, YYYY-MM-DD').optional(),
  to: dateField('Last day, YYYY-MM-DD').optional(),
  limit: z.int().min(1).max(MOST_ROWS).default(USUAL_ROWS).describe('Rows, newest first'),
};

/** ` Source paper, 3 ms old.`, and what is to be known of it. */
export function originWords({ source, readAgeMs, readNote }: ReadOrigin): string {
  const note = readNote === null ? '' : ` Note: ${readNote}.`;
  return ` Source ${source}, ${readAgeMs} ms old.${note}`;
}

function listWords(rows: readonly string[], none: string): string {
  if (rows.length === 0) return none;
  const more = rows.length - TOLD_ROWS;
  return rows.slice(0, TOLD_ROWS).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function orderWords({ orderId, status, legs, quantity, filledQuantity, limitPrice }: OrderRow) {
  const what = legs.map(({ action, symbol }) => `${action} ${symbol}`).join(', ');
  const limit = limitPrice === null ? 'at market' : `limit ${signedPrice(limitPrice)}`;
  return `${orderId} ${status}, ${filledQuantity} of ${quantity} filled, ${limit} (${what})`;
}

export const getAccounts = defineTool({
  name: 'get_accounts',
  title: 'Accounts',
  description:
    'Use this when you want the accounts at the broker and which of them is traded here.',
  toolset: 'account',
  input: nothing,
  output: resultShape({ accounts: z.array(accountRow), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: ['fetch_accounts'],
  handler: async ({ api, caller }) => {
    const answer = await api.readAccount('accounts', {}, caller);
    if ('denied' in answer) return answer;
    const rows = answer.value.accounts.map(
      ({ accountId, type, isTraded }) =>
        `${accountId} ${type ?? ''}${isTraded ? ' (traded here)' : ''}`,
    );
    return { ...answer, text: `${listWords(rows, 'No account')}.${originWords(answer.value)}` };
  },
});

export const getBalances = defineTool({
  name: 'get_balances',
  title: 'Balances',
  description:
    'Use this when you want cash, net liquidating value, buying power and margin as the broker has them.',
  toolset: 'account',
  input: nothing,
  output: resultShape({ ...balancesShape, ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: ['fetch_balances'],
  handler: async ({ api, caller }) => {
    const answer = await api.readAccount('balances', {}, caller);
    if ('denied' in answer) return answer;
    const { netLiquidatingValueCents, cashCents, optionBuyingPowerCents } = answer.value;
    const text = `Net liquidating value ${dollars(netLiquidatingValueCents)}, cash ${dollars(cashCents)}, option buying power ${dollars(optionBuyingPowerCents)}.`;
    return { ...answer, text: text + originWords(answer.value) };
  },
});

export const getPositions = defineTool({
  name: 'get_positions',
  title: 'Positions',
  description:
    'Use this when you want what the broker says is held, leg by leg, with greeks of the live chain. show_pnl has the structures with their exits.',
  toolset: 'account',
  input: nothing,
  output: resultShape({ positions: z.array(positionRow), greeks, ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: ['get_positions_with_greeks', 'fetch_positions'],
  handler: async ({ api, caller }) => {
    const answer = await api.readAccount('positions', {}, caller);
    if ('denied' in answer) return answer;
    const slice = api.chain();
    const positions = answer.value.positions.map((row) => ({
      ...row,
      greeks: holdingGreeks(slice, row),
    }));
    const total = sumGreeks(positions.map((row) => row.greeks));
    const rows = positions.map(
      ({ symbol, quantity, averagePrice, markPrice }) =>
        `${quantity} ${symbol} at ${figure(averagePrice)}, mark ${figure(markPrice)}`,
    );
    const delta = total === null ? 'unknown' : total.delta.toFixed(1);
    const text = `${listWords(rows, 'Nothing is held')}. Net delta ${delta} shares.`;
    const value = { ...answer.value, positions, greeks: total };
    return { ...answer, value, text: text + originWords(value) };
  },
});

export const getNetLiquidatingValueHistory = defineTool({
  name: 'get_net_liquidating_value_history',
  title: 'Net liquidating value history',
  description: 'Use this when you want how the worth of the account went over time.',
  toolset: 'account',
  input: z.strictObject({
    time_back: z.enum(TIMES_BACK).default('1m').describe('How far back'),
  }),
  output: resultShape({ points: z.array(netLiqPoint), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, { time_back: back }) => {
    const answer = await api.readAccount('netLiqHistory', { back }, caller);
    if ('denied' in answer) return answer;
    const { points } = answer.value;
    const [first, last] = [points[0], points.at(-1)];
    const text =
      first === undefined || last === undefined
        ? 'No history in that time.'
        : `${points.length} points: ${dollars(first.netLiquidatingValueCents)} at ${first.at} to ${dollars(last.netLiquidatingValueCents)} at ${last.at}.`;
    return { ...answer, text: text + originWords(answer.value) };
  },
});

export const getTransactionHistory = defineTool({
  name: 'get_transaction_history',
  title: 'Transactions',
  description: 'Use this when you want trades, settlements, fees and money movements as booked.',
  toolset: 'account',
  input: z.strictObject(rowsShape),
  output: resultShape({ transactions: z.array(transactionRow), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, range) => {
    const answer = await api.readAccount('transactions', range, caller);
    if ('denied' in answer) return answer;
    const rows = answer.value.transactions.map(
      ({ at, type, action, quantity, symbol, price, netCents }) =>
        `${at} ${action ?? type} ${quantity ?? ''} ${symbol ?? ''} at ${figure(price)}, net ${dollars(netCents)}`,
    );
    const text = `${listWords(rows, 'No transactions in that time')}.`;
    return { ...answer, text: text + originWords(answer.value) };
  },
});

export const getOrderHistory = defineTool({
  name: 'get_order_history',
  title: 'Order history',
  description:
    "Use this when you want the broker's list of orders in any state, those of other programs too. get_recent_orders has this engine's own with fills and latency.",
  toolset: 'account',
  input: z.strictObject(rowsShape),
  output: resultShape({ orders: z.array(brokerOrder), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, range) => {
    const answer = await api.readAccount('orderHistory', range, caller);
    if ('denied' in answer) return answer;
    const rows = answer.value.orders.map(orderWords);
    const text = `${listWords(rows, 'No orders in that time')}.${originWords(answer.value)}`;
    return { ...answer, text };
  },
});

export const getLiveOrders = defineTool({
  name: 'get_live_orders',
  title: 'Live orders',
  description:
    'Use this when you want the orders that work at the broker now, by whoever gave them.',
  toolset: 'account',
  input: nothing,
  output: resultShape({ orders: z.array(brokerOrder), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: ['list_orders'],
  handler: async ({ api, caller }) => {
    const answer = await api.readAccount('liveOrders', {}, caller);
    if ('denied' in answer) return answer;
    const rows = answer.value.orders.map(orderWords);
    return { ...answer, text: `${listWords(rows, 'No order works')}.${originWords(answer.value)}` };
  },
});
