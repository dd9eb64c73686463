/** The parts of results, as schemas: the same shapes as the engine's door, described for clients. */
import { z } from 'zod';
import type {
  ConfirmResult,
  FillView,
  GreeksView,
  LegView,
  OrderView,
  PositionView,
  TradeCard,
} from '../desk/engine-api.ts';
import type { DryRunView } from '../desk/engine-api-dry-run.ts';
import type { ExitPlanView } from '../desk/engine-api-exits.ts';
import type { LimitView } from '../desk/engine-api-risk.ts';
import type { CheckResult } from '../engine/domain/verdict.ts';

const number = z.number();
const maybe = z.number().nullable();
const text = z.string();
const scalar = z.union([z.number(), z.string(), z.boolean()]);
const right = z.enum(['call', 'put', 'shares']);

/** Stands on every result; a refusal adds `denied` and leaves the rest out. */
export const stampShape = {
  asOf: text,
  dataAgeMs: maybe,
  environment: z.enum(['paper', 'live']),
  broker: text,
  tradingState: z.enum(['active', 'reducing', 'halted']),
  killed: z.boolean(),
  auditHead: text.optional(),
};

export const deniedShape = z.looseObject({ code: text, message: text });

const leg = z.object({
  symbol: text,
  right,
  strike: number,
  action: text,
  quantity: number,
  bid: maybe,
  ask: maybe,
  mid: maybe,
  delta: maybe,
  ageMs: maybe,
}) satisfies z.ZodType<LegView>;

export const greeks = z
  .object({
    delta: number,
    gamma: number,
    thetaCentsPerDay: number,
    thetaCentsNextHour: number,
    vegaCentsPerPoint: number,
  })
  .nullable() satisfies z.ZodType<GreeksView | null>;

const exitPlan = z
  .object({ stop: text, target: text.nullable(), timeExit: text, plannedLossCents: maybe })
  .nullable() satisfies z.ZodType<ExitPlanView | null>;

/** A check that passed needs no words beside its code and numbers. */
const check = z.object({
  code: text,
  outcome: z.enum(['passed', 'failed', 'notRun']),
  message: text.optional(),
  numbers: z.record(z.string(), scalar),
}) satisfies z.ZodType<Omit<CheckResult, 'code' | 'message'>>;

const dryRun = z
  .object({
    outcome: z.enum(['asked', 'passed', 'refused', 'failed']),
    neededCents: maybe,
    feesCents: maybe,
    buyingPowerAfterCents: maybe,
    said: z.array(text),
  })
  .nullable() satisfies z.ZodType<DryRunView | null>;

/** The trade card. */
export const cardShape = {
  confirmToken: text,
  expiresInSeconds: number,
  previewId: text,
  purpose: z.enum(['open', 'close', 'flatten', 'cancel']),
  strategy: text,
  underlying: text,
  spot: maybe,
  legs: z.array(leg),
  quantity: number,
  netCents: number,
  feesCents: number,
  maxLossCents: number,
  maxProfitCents: maybe,
  marginCents: number,
  assignmentCostCents: number,
  limitPrice: number,
  worstPrice: number,
  expectedFill: z.object({ price: number, mid: number, natural: number }),
  breakevens: z.array(number),
  probabilityOfProfit: maybe,
  greeks,
  exitPlan,
  checks: z.array(check),
  reasons: z.array(text),
  warnings: z.array(text),
  figures: z.record(z.string(), scalar),
  dryRun,
} satisfies { readonly [Field in keyof TradeCard]: z.ZodType };

const fill = z.object({
  symbol: text,
  action: text,
  quantity: number,
  price: number,
  feesCents: number,
  at: text,
}) satisfies z.ZodType<FillView>;

const latency = z
  .object({
    confirmToJournalMs: maybe,
    confirmToSendMs: maybe,
    sendToAckMs: maybe,
    sendToFillMs: maybe,
  })
  .nullable();

const status = z.enum([
  'pending',
  'unknown',
  'working',
  'partiallyFilled',
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'denied',
  'absentPresumed',
]);

/** One order. */
export const orderShape = {
  orderId: text,
  positionId: text,
  strategy: text,
  purpose: z.enum(['open', 'close', 'flatten', 'exit', 'protective']),
  status,
  legs: z.array(leg),
  quantity: number,
  filledQuantity: number,
  limitPrice: number,
  averageFillPrice: maybe,
  fills: z.array(fill),
  feesCents: number,
  createdAt: text,
  updatedAt: text,
  reason: text.nullable(),
  latency,
} satisfies { readonly [Field in keyof OrderView]: z.ZodType };

export const order = z.object(orderShape) satisfies z.ZodType<OrderView>;

/** What a redeemed token did. */
export const confirmShape = {
  orderId: text.nullable(),
  status: z.enum([...status.options, 'done', 'incomplete']),
  fills: z.array(fill),
  latency,
  orders: z.array(order),
  replayed: z.boolean(),
  unclosed: z.array(z.object({ positionId: text, reason: text })).optional(),
  reason: text.optional(),
} satisfies { readonly [Field in keyof ConfirmResult]: z.ZodType };

const heldLeg = z.object({
  symbol: text,
  right,
  strike: number,
  quantity: number,
  averagePrice: number,
  bid: maybe,
  ask: maybe,
  mid: maybe,
  delta: maybe,
  ageMs: maybe,
});

export const position = z.object({
  positionId: text,
  strategy: text,
  openedAt: text,
  quantity: number,
  legs: z.array(heldLeg),
  openCashCents: number,
  midValueCents: maybe,
  liquidationValueCents: maybe,
  unrealizedMidCents: maybe,
  unrealizedLiquidationCents: maybe,
  maxLossCents: maybe,
  greeks,
  exitPlan,
  expiredOn: text.optional(),
  protectedBy: z.enum(['engine', 'broker', 'none']),
  protectedSince: z.string().nullable(),
  verifiedAgoMs: maybe,
  pinRisks: z.array(
    z.object({
      symbol: z.string(),
      right: z.enum(['call', 'put']),
      strike: number,
      distance: number,
      distanceInDeviations: maybe,
      inTheMoney: z.boolean(),
      sharesIfAssigned: number,
      assignmentCents: number,
      secondsToCutoff: number,
      exDividend: z.boolean(),
    }),
  ),
}) satisfies z.ZodType<PositionView>;

/** One limit with its use and room. */
export const limit = z.object({
  name: text,
  control: number,
  unit: z.enum(['cents', 'shares', 'contracts', 'orders', 'milliseconds', 'state']),
  limit: z.union([number, text]),
  used: z.union([number, text]).nullable(),
  room: maybe,
  ok: z.boolean(),
  refusals: z.array(text),
  note: text,
}) satisfies z.ZodType<Omit<LimitView, 'refusals'> & { readonly refusals: readonly string[] }>;
