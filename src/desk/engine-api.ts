/**
 * EngineApi, version 1: the one door between the faces (MCP, HTTP, console) and the engine. All a
 * face can see or do is here. Values are plain JSON: money in cents, prices in dollars per share
 * (signed nets: credit positive), deltas -1 to 1, times as ISO text, durations in the unit named.
 * Thread contract: implemented on the main thread; every method may be called at any time.
 */
import type { RankedMatch } from '../engine/chain/delta-index.ts';
import type { AskOf, ReadKind, ValueOf } from '../engine/domain/account-facts.ts';
import type { Rights } from '../engine/domain/client-rights.ts';
import type { PositionGreeks } from '../engine/domain/greeks.ts';
import type { Right } from '../engine/domain/instrument.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import type { OrderPurpose } from '../engine/domain/order.ts';
import type { CheckResult, Denial } from '../engine/domain/verdict.ts';
import type { ReadOrigin } from './engine-api-account.ts';
import type { DryRunView } from './engine-api-dry-run.ts';
import type { ExitPlanView, PinView } from './engine-api-exits.ts';
import type { AuditHeadView, HealthView, MarketStatusView } from './engine-api-health.ts';
import type { PayoffView } from './engine-api-payoff.ts';
import type { AlertRequest, AlertView, PlanView } from './engine-api-plan.ts';
import type { OrderRequest, ScanRequest, StrategyRequest } from './engine-api-requests.ts';
import type { RiskCheckView } from './engine-api-risk.ts';
import type { AuditStoryView } from './engine-api-story.ts';

export const ENGINE_API_VERSION = 1;

/** Who calls: an identity (socket owner, bearer, OAuth subject), never a connection; and what it may
 * do. */
export interface Caller extends Rights {
  readonly principal: string;
}

/** Stands on every answer. */
export interface Stamp {
  /** Market time of the answer, ISO with offset. */
  readonly asOf: string;
  /** Age of the newest chain data, milliseconds; null before the first data. */
  readonly dataAgeMs: number | null;
  readonly environment: 'paper' | 'live';
  readonly broker: string;
  readonly tradingState: 'active' | 'reducing' | 'halted';
  readonly killed: boolean;
  /** Entries and first digits of the root of the sealed audit log: `1234:0123456789abcdef`. */
  readonly auditHead?: string;
}

/** An answer: a value, or a refusal with its code and numbers. */
export type Answer<T> =
  | { readonly stamp: Stamp; readonly value: T }
  | { readonly stamp: Stamp; readonly denied: Denial; readonly checks?: readonly CheckResult[] };

export interface LegView {
  /** OCC form, or the ticker for shares. */
  readonly symbol: string;
  readonly right: 'call' | 'put' | 'shares';
  /** Dollars; 0 for shares. */
  readonly strike: number;
  /** As on an order ticket: "Sell to Open". */
  readonly action: string;
  /** Contracts (or shares) for the whole order. */
  readonly quantity: number;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly mid: number | null;
  readonly delta: number | null;
  readonly ageMs: number | null;
}

export type GreeksView = PositionGreeks;

/** The expected fill beside mid and natural, signed dollars per share. */
export interface ExpectedFill {
  readonly price: number;
  readonly mid: number;
  readonly natural: number;
}

/** A preview. Fields whose names end in Cents are for the whole order; losses after fees. */
export interface TradeCard {
  readonly confirmToken: string;
  readonly expiresInSeconds: number;
  readonly previewId: string;
  readonly purpose: 'open' | 'close' | 'flatten' | 'cancel';
  readonly strategy: string;
  readonly underlying: string;
  readonly spot: number | null;
  readonly legs: readonly LegView[];
  readonly quantity: number;
  readonly netCents: number;
  readonly feesCents: number;
  readonly maxLossCents: number;
  readonly maxProfitCents: number | null;
  readonly marginCents: number;
  readonly assignmentCostCents: number;
  readonly limitPrice: number;
  readonly worstPrice: number;
  readonly expectedFill: ExpectedFill;
  readonly breakevens: readonly number[];
  readonly probabilityOfProfit: number | null;
  readonly greeks: GreeksView | null;
  readonly exitPlan: ExitPlanView | null;
  readonly checks: readonly CheckResult[];
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly figures: Readonly<Record<string, number | string | boolean>>;
  /** The broker's own word; null where it gives none, and for what does not open. */
  readonly dryRun: DryRunView | null;
}

export interface FillView {
  readonly symbol: string;
  readonly action: string;
  readonly quantity: number;
  readonly price: number;
  readonly feesCents: number;
  readonly at: string;
}

export type OrderStatusView =
  | 'pending'
  | 'unknown'
  | 'working'
  | 'partiallyFilled'
  | 'filled'
  | 'cancelled'
  | 'rejected'
  | 'expired'
  | 'denied'
  | 'absentPresumed';

/** Milliseconds between the steps of an order's way; a step not taken yet is null. */
export interface OrderLatency {
  readonly confirmToJournalMs: number | null;
  readonly confirmToSendMs: number | null;
  readonly sendToAckMs: number | null;
  readonly sendToFillMs: number | null;
}

export interface OrderView {
  readonly orderId: string;
  readonly positionId: string;
  readonly strategy: string;
  readonly purpose: OrderPurpose;
  readonly status: OrderStatusView;
  readonly legs: readonly LegView[];
  readonly quantity: number;
  readonly filledQuantity: number;
  readonly limitPrice: number;
  /** Signed net of the fills per unit, dollars per share; null before the first whole unit. */
  readonly averageFillPrice: number | null;
  readonly fills: readonly FillView[];
  readonly feesCents: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly reason: string | null;
  readonly latency: OrderLatency | null;
}

/** A position that was to be closed and that no order closes now, or only one that the broker does not move; or
 * what of the account the engine's book does not explain: `account` where no position can be named. */
export interface UnclosedView {
  readonly positionId: string;
  readonly reason: string;
}

/** What a redeemed token did: the orders it stands for, now. `replayed` on every call but the first.
 * `incomplete`: a flatten that leaves something open which no order closes. */
export interface ConfirmResult {
  readonly orderId: string | null;
  readonly status: OrderStatusView | 'done' | 'incomplete';
  readonly fills: readonly FillView[];
  readonly latency: OrderLatency | null;
  readonly orders: readonly OrderView[];
  readonly replayed: boolean;
  /** Of a flatten alone: what stays open for now, and why. What this book holds is tried again until it is
   * closed. */
  readonly unclosed?: readonly UnclosedView[];
  /** Why a replacement was not sent: then `orders` shows the order that it was to replace. */
  readonly reason?: string;
}

/** One held leg: quantity signed, average price in dollars per share. */
export interface PositionLegView extends Omit<LegView, 'action'> {
  readonly averagePrice: number;
}

export interface PositionView {
  readonly positionId: string;
  readonly strategy: string;
  readonly openedAt: string;
  readonly quantity: number;
  readonly legs: readonly PositionLegView[];
  readonly openCashCents: number;
  readonly midValueCents: number | null;
  readonly liquidationValueCents: number | null;
  /** Since the position was opened, on whatever day. */
  readonly unrealizedMidCents: number | null;
  readonly unrealizedLiquidationCents: number | null;
  readonly maxLossCents: number | null;
  readonly greeks: GreeksView | null;
  readonly exitPlan: ExitPlanView | null;
  /** The day on which its options expired, of one that waits for its settlement since a session before: it
   * counts in no total of this one, and nothing here values or closes it. */
  readonly expiredOn?: string | undefined;
  /** `engine`: exits are watched here only and end with the process. `broker`: a stop rests there too,
   * seen in the broker's own list. */
  readonly protectedBy: 'engine' | 'broker' | 'none';
  /** Market time since which the broker holds a stop, and how long ago its own snapshot last listed
   * it; null where it holds none. */
  readonly protectedSince: string | null;
  readonly verifiedAgoMs: number | null;
  /** Short strikes in the last hour, from 15:00 on; empty before. */
  readonly pinRisks: readonly PinView[];
}

export interface PnlView {
  readonly dayPnlCents: number | null;
  readonly dayPnlMidCents: number | null;
  readonly realizedCents: number;
  /** Of the day: with what is realized, less fees, it makes the day's P&L. */
  readonly unrealizedMidCents: number | null;
  readonly unrealizedLiquidationCents: number | null;
  readonly feesCents: number;
  readonly dailyLossLimitCents: number;
  readonly cashCents: number | null;
  readonly buyingPowerCents: number | null;
  readonly positions: readonly PositionView[];
  readonly greeks: GreeksView | null;
  readonly warnings: readonly string[];
}

export interface DeltaView {
  readonly netDelta: number | null;
  readonly worstCaseHighest: number | null;
  readonly worstCaseLowest: number | null;
  readonly cap: number;
  readonly room: number | null;
}

export interface GreeksByPosition {
  readonly total: GreeksView | null;
  readonly positions: readonly {
    readonly positionId: string;
    readonly strategy: string;
    readonly greeks: GreeksView | null;
  }[];
}

/** P&L of the whole book under moves of spot and volatility, mid marks, cents. */
export interface RiskMetricsView {
  readonly scenarios: readonly {
    readonly spotMovePercent: number;
    readonly volMovePoints: number;
    readonly pnlCents: number | null;
    readonly pnlAtCloseCents: number | null;
  }[];
  readonly worstCaseCents: number;
  readonly greeks: GreeksView | null;
  readonly warnings: readonly string[];
}

export interface KillView {
  readonly killed: boolean;
  readonly since: string | null;
  readonly reason: string | null;
  /** Opening orders whose cancel was asked for; `note` says how they stand, for any may still fill. */
  readonly cancelledOrders: readonly string[];
  readonly note: string;
}

export interface ReconcileView {
  readonly clean: boolean;
  readonly differences: readonly string[];
  readonly checkedAt: string;
}

export interface ScanView {
  readonly candidates: readonly Readonly<Record<string, number | string | boolean | null>>[];
  readonly rejected: Readonly<Record<string, number>>;
  readonly note: string;
}

/** One event of the engine's own stream, for subscribers of resources and the dashboard. */
export type EngineEvent =
  | { readonly kind: 'order'; readonly order: OrderView }
  | {
      readonly kind: 'alert';
      readonly severity: string;
      readonly code: string;
      readonly text: string;
      readonly action: 'trigger' | 'acknowledge' | 'resolve';
      readonly at: string;
    }
  | { readonly kind: 'tradingState'; readonly state: string; readonly killed: boolean }
  | { readonly kind: 'positions' }
  | { readonly kind: 'alerts' };

export interface EngineIdentity {
  readonly build: string;
  readonly apiVersion: typeof ENGINE_API_VERSION;
  readonly broker: string;
  readonly environment: 'paper' | 'live';
  readonly accountId: string;
  readonly underlying: string;
}

export interface EngineApi {
  readonly identity: EngineIdentity;

  previewStrategy(request: StrategyRequest, caller: Caller): Promise<Answer<TradeCard>>;
  scanStraddles(request: ScanRequest, caller: Caller): Promise<Answer<ScanView>>;
  /** Judges everything again and sends. A retry with the same token returns the first result. */
  confirm(token: string, caller: Caller): Promise<Answer<ConfirmResult>>;
  /** The stored preview behind a live token of this caller, for a human to look at; no side effect. */
  describeToken(token: string, caller: Caller): Promise<Answer<TradeCard>>;

  /** A card's payoff on the chain as it stands; undefined while there is none. */
  payoff(card: TradeCard): PayoffView | undefined;

  previewClose(
    target: string,
    quantity: number | undefined,
    caller: Caller,
  ): Promise<Answer<TradeCard>>;
  /** An order by hand: any one to four legs, all opening or all closing. */
  previewOrder(request: OrderRequest, caller: Caller): Promise<Answer<TradeCard>>;
  /** A working opening at another limit (dollars per share, credit positive): a new intent, sent once
   * the old one has been called back. */
  previewReplace(orderId: string, limit: number, caller: Caller): Promise<Answer<TradeCard>>;
  previewFlatten(caller: Caller): Promise<Answer<TradeCard>>;
  /** Cancels at once, or answers with a card whose token the cancel of a protective order takes. */
  cancelOrder(orderId: string, caller: Caller): Promise<Answer<OrderView | TradeCard>>;
  kill(reason: string, caller: Caller): Promise<Answer<KillView>>;
  /** Console only: clears the latch. */
  rearm(caller: Caller): Promise<Answer<KillView>>;
  /** Console only: closes everything now, without a preview. */
  flattenNow(caller: Caller): Promise<Answer<ConfirmResult>>;

  orderStatus(orderId: string, caller: Caller): Promise<Answer<OrderView>>;
  recentOrders(
    limit: number,
    caller: Caller,
  ): Promise<Answer<{ readonly orders: readonly OrderView[] }>>;
  reconcile(caller: Caller): Promise<Answer<ReconcileView>>;
  /** Console only: lets the plan send for this session and this run of the engine, within a budget of worst cases. */
  grantPlan(budgetCents: number, caller: Caller): Promise<Answer<PlanView>>;
  /** Console only. */
  revokePlan(caller: Caller): Promise<Answer<PlanView>>;
  planStatus(caller: Caller): Promise<Answer<PlanView>>;
  setAlert(request: AlertRequest, caller: Caller): Promise<Answer<AlertView>>;
  clearAlert(alertId: string, caller: Caller): Promise<Answer<AlertView>>;
  alerts(caller: Caller): Promise<Answer<{ readonly alerts: readonly AlertView[] }>>;
  /** Reads at the broker, past the engine's own books; whoever may call the door may read. */
  readAccount<K extends ReadKind>(
    what: K,
    ask: AskOf<K>,
    caller: Caller,
  ): Promise<Answer<ValueOf<K> & ReadOrigin>>;
  /** Console only: takes over positions at the broker that this book cannot explain. */
  adopt(caller: Caller): Promise<Answer<ReconcileView>>;

  pnl(caller: Caller): Promise<Answer<PnlView>>;
  portfolioDelta(caller: Caller): Promise<Answer<DeltaView>>;
  portfolioGreeks(caller: Caller): Promise<Answer<GreeksByPosition>>;
  /** `decisions`: how many of the newest decisions to tell; none by default. */
  riskCheck(caller: Caller, decisions?: number): Promise<Answer<RiskCheckView>>;
  riskMetrics(caller: Caller): Promise<Answer<RiskMetricsView>>;

  marketStatus(): Promise<Answer<MarketStatusView>>;
  health(): HealthView;
  /** The chain now, read from shared memory without touching the core; undefined = busy or closed. */
  chain(): ChainSlice | undefined;
  /** The contract of a right whose |delta| is nearest to `targetAbs` (0 to 1) in a slice, by its delta
   * index, with its neighbours; undefined where none has a delta. */
  byDelta(slice: ChainSlice, right: Right, targetAbs: number): RankedMatch | undefined;
  /** A stamp for answers that read shared memory only. */
  stamp(): Stamp;
  /** Prometheus exposition of every counter. */
  metrics(): Promise<string>;
  auditHead(): AuditHeadView;
  /** What the journal holds of an order, a preview or a broker's order, by its id. */
  auditStory(id: string, caller: Caller): Promise<Answer<AuditStoryView>>;

  /** A cursor of its own on the stream of chain updates. */
  openStream(): ChainStream;
  onEvent(listener: (event: EngineEvent) => void): () => void;
}

/** One reader of the broadcast ring. Not thread safe; belongs to whoever opened it. */
export interface ChainStream {
  /** Drains what is new; returns how many updates there were. */
  drain(visit: (index: number, marketMicros: number) => void): number;
  /** Updates lost because this reader was lapped. */
  lost(): number;
  close(): void;
}
