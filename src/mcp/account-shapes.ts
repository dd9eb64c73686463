/** What was read of the account, as schemas: the same shapes as the engine's account facts. */
import { z } from 'zod';
import type { ReadOrigin } from '../desk/engine-api-account.ts';
import type {
  AccountRow,
  BalancesRow,
  MetricsRow,
  NetLiqPoint,
  OrderRow,
  PositionRow,
  SymbolRow,
  TransactionRow,
  WatchlistRow,
} from '../engine/domain/account-facts.ts';
import { greeks } from './output-shapes.ts';

const number = z.number();
const maybe = z.number().nullable();
const text = z.string();
const maybeText = z.string().nullable();

/** Stands on every result that was read at the broker. */
export const originShape = {
  source: z.enum(['paper', 'tastytrade', 'alpaca', 'simulator', 'home']),
  readAgeMs: number,
  readNote: maybeText,
} satisfies { readonly [Field in keyof ReadOrigin]: z.ZodType };

export const accountRow = z.object({
  accountId: text,
  nickname: maybeText,
  type: maybeText,
  optionsLevel: maybeText,
  status: maybeText,
  isTraded: z.boolean(),
}) satisfies z.ZodType<AccountRow>;

export const balancesShape = {
  netLiquidatingValueCents: maybe,
  cashCents: maybe,
  optionBuyingPowerCents: maybe,
  equityBuyingPowerCents: maybe,
  maintenanceMarginCents: maybe,
  startOfDayCents: maybe,
  pendingCashCents: maybe,
} satisfies { readonly [Field in keyof BalancesRow]: z.ZodType };

/** A position with the greeks of the live chain; null where the chain does not hold it. */
export const positionRow = z.object({
  symbol: text,
  kind: z.enum(['option', 'shares', 'other']),
  underlying: text,
  quantity: number,
  averagePrice: maybe,
  markPrice: maybe,
  marketValueCents: maybe,
  realizedTodayCents: maybe,
  greeks,
}) satisfies z.ZodType<PositionRow>;

export const transactionRow = z.object({
  id: text,
  at: text,
  type: z.enum(['trade', 'settlement', 'fee', 'money', 'other']),
  detail: maybeText,
  symbol: maybeText,
  action: maybeText,
  quantity: maybe,
  price: maybe,
  feesCents: maybe,
  netCents: maybe,
  orderId: maybeText,
}) satisfies z.ZodType<TransactionRow>;

export const netLiqPoint = z.object({
  at: text,
  netLiquidatingValueCents: number,
}) satisfies z.ZodType<NetLiqPoint>;

const orderLeg = z.object({
  symbol: text,
  action: text,
  quantity: number,
  filledQuantity: maybe,
});

export const brokerOrder = z.object({
  orderId: text,
  clientOrderId: maybeText,
  status: z.enum([
    'pending',
    'working',
    'partiallyFilled',
    'filled',
    'cancelled',
    'rejected',
    'expired',
    'unknown',
  ]),
  legs: z.array(orderLeg),
  quantity: number,
  filledQuantity: number,
  limitPrice: maybe,
  averageFillPrice: maybe,
  createdAt: maybeText,
  updatedAt: maybeText,
  reason: maybeText,
}) satisfies z.ZodType<OrderRow>;

export const metricsRow = z.object({
  symbol: text,
  ivIndex: maybe,
  ivRank: maybe,
  ivPercentile: maybe,
  iv30Day: maybe,
  hv30Day: maybe,
  hv60Day: maybe,
  hv90Day: maybe,
  beta: maybe,
  liquidityRating: maybe,
  earningsDate: maybeText,
}) satisfies z.ZodType<MetricsRow>;

/** A quote: of the live chain where the engine trades the symbol, of the broker otherwise. */
export const quoteRow = z.object({
  symbol: text,
  from: z.enum(['liveChain', 'broker']),
  bid: maybe,
  ask: maybe,
  mid: maybe,
  bidSize: maybe,
  askSize: maybe,
  last: maybe,
  previousClose: maybe,
  volume: maybe,
  ageMs: maybe,
  metrics: metricsRow.nullable(),
});
export type ShownQuote = z.output<typeof quoteRow>;

export const symbolRow = z.object({
  symbol: text,
  description: maybeText,
  type: maybeText,
  hasOptions: z.boolean().nullable(),
}) satisfies z.ZodType<SymbolRow>;

export const watchlistRow = z.object({
  name: text,
  kind: z.enum(['private', 'public']),
  symbols: z.array(text),
}) satisfies z.ZodType<WatchlistRow>;
