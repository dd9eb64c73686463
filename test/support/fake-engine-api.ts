/**
 * An engine's door in memory, deterministic: it previews one credit spread, fills what is confirmed
 * at once, and keeps orders, a position and the kill latch. For tests of the faces.
 */
import { createHash } from 'node:crypto';
import type { Reading } from '../../src/broker/account-reader.ts';
import { paperReader } from '../../src/broker/paper/paper-reader.ts';
import type {
  Answer,
  Caller,
  ChainStream,
  ConfirmResult,
  EngineApi,
  EngineEvent,
  EngineIdentity,
  LegView,
  OrderView,
  PositionView,
  Stamp,
  TradeCard,
  UnclosedView,
} from '../../src/desk/engine-api.ts';
import { ENGINE_API_VERSION } from '../../src/desk/engine-api.ts';
import type { ReadOrigin } from '../../src/desk/engine-api-account.ts';
import type { HealthView, MarketStatusView } from '../../src/desk/engine-api-health.ts';
import type { AlertRequest, AlertView, PlanView } from '../../src/desk/engine-api-plan.ts';
import { told } from '../../src/desk/engine-api-reading.ts';
import type {
  OrderRequest,
  ScanRequest,
  StrategyRequest,
} from '../../src/desk/engine-api-requests.ts';
import type { AuditStoryView } from '../../src/desk/engine-api-story.ts';
import { deltaIndexOf, type RankedMatch } from '../../src/engine/chain/delta-index.ts';
import type { AskOf, ReadKind, ValueOf } from '../../src/engine/domain/account-facts.ts';
import { suffices } from '../../src/engine/domain/client-rights.ts';
import type { Right } from '../../src/engine/domain/instrument.ts';
import type { ChainSlice } from '../../src/engine/domain/market.ts';
import type { DenialCode } from '../../src/engine/domain/verdict.ts';
import { deny } from '../../src/engine/domain/verdict.ts';
import { buildSlice } from './chain-builder.ts';
import { ReadingRig } from './reading.ts';

const AT = '2026-11-20T10:30:00.000-05:00';

export const FAKE_IDENTITY: EngineIdentity = {
  build: '0.1.0+test',
  apiVersion: ENGINE_API_VERSION,
  broker: 'paper',
  environment: 'paper',
  accountId: 'PAPER-TEST',
  underlying: 'SPY',
};

const LEGS: readonly LegView[] = [
  {
    symbol: 'SPY   261120P00597000',
    right: 'put',
    strike: 597,
    action: 'Sell to Open',
    quantity: 1,
    bid: 0.9,
    ask: 0.94,
    mid: 0.92,
    delta: -0.3,
    ageMs: 100,
  },
];

const GREEKS = {
  delta: 30,
  gamma: -4,
  thetaCentsPerDay: 9_000,
  thetaCentsNextHour: 1_200,
  vegaCentsPerPoint: -800,
};

const READER = paperReader({ marketSource: 'simulator' });

interface Preview {
  readonly card: TradeCard;
  readonly principal: string;
  readonly order: OrderView | undefined;
}

/** A stream whose updates a test pushes. */
export class FakeStream implements ChainStream {
  readonly pending: number[] = [];
  missed = 0;
  isClosed = false;

  drain(visit: (index: number, marketMicros: number) => void): number {
    const indexes = this.pending.splice(0);
    for (const index of indexes) visit(index, 0);
    return indexes.length;
  }

  lost(): number {
    return this.missed;
  }

  close(): void {
    this.isClosed = true;
  }
}

export class FakeEngineApi implements EngineApi {
  readonly identity: EngineIdentity;
  /** Every confirm that reached the engine, by token. */
  readonly confirmed: string[] = [];
  readonly streams: FakeStream[] = [];
  readonly orders: OrderView[] = [];
  slice: ChainSlice | undefined = buildSlice();
  killed = false;
  readonly alertList: AlertView[] = [];
  plan: PlanView = { sheet: null, eventsUntil: null, grant: null, held: null, slots: [] };
  /** Differences that are still open after they were taken over. */
  residuals: string[] = [];
  /** What a flatten of the console leaves open. */
  readonly unclosed: UnclosedView[] = [];
  healthStatus: HealthView['status'] = 'ok';
  /** Refuses the next previews with this. */
  refuseWith: DenialCode | undefined;
  audit: ReturnType<EngineApi['auditHead']> = { seq: 1, hash: 'a1', sealed: null };
  expiresInSeconds = 30;
  readonly reading = new ReadingRig();
  readonly #previews = new Map<string, Preview>();
  readonly #spent = new Map<string, ConfirmResult>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  #counter = 0;

  constructor(identity: Partial<EngineIdentity> = {}) {
    this.identity = { ...FAKE_IDENTITY, ...identity };
  }

  emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  stamp(): Stamp {
    const { environment, broker } = this.identity;
    const tradingState = this.killed ? 'halted' : 'active';
    return { asOf: AT, dataAgeMs: 120, environment, broker, tradingState, killed: this.killed };
  }

  async previewStrategy(request: StrategyRequest, caller: Caller): Promise<Answer<TradeCard>> {
    if (this.refuseWith !== undefined) {
      return this.#deny(this.refuseWith, 'the strategy refuses', { spot: 600 });
    }
    return this.#preview(request.strategy, 'open', caller);
  }

  async scanStraddles(request: ScanRequest) {
    const candidates = [{ strike: 600, price: 2.31, expectedMove: 2.4, iv: 0.18 }];
    const note = `limit ${request.limit}, max IV ${request.maxIv}.`;
    return this.#value({ candidates, rejected: { lowVolume: 3 }, note });
  }

  async confirm(token: string, caller: Caller): Promise<Answer<ConfirmResult>> {
    this.confirmed.push(token);
    const spent = this.#spent.get(key(token, caller));
    if (spent !== undefined) return this.#value({ ...spent, replayed: true });
    const preview = this.#previews.get(token);
    if (preview?.principal !== caller.principal) {
      return this.#deny('token_invalid', 'no live preview behind this token; preview again');
    }
    const opens = preview.card.purpose === 'open';
    if (opens && !suffices(caller.authority, 'open')) {
      return this.#deny('not_authorized', 'this caller may only reduce positions');
    }
    if (opens && this.killed) return this.#deny('killed', 'killed; re-arm at the console');
    const result = this.#carryOut(preview);
    this.#spent.set(key(token, caller), result);
    this.#previews.delete(token);
    return this.#value(result);
  }

  async describeToken(token: string, caller: Caller): Promise<Answer<TradeCard>> {
    const preview = this.#previews.get(token);
    if (preview?.principal === caller.principal) return this.#value(preview.card);
    if (this.#spent.has(key(token, caller))) return this.#deny('token_used', 'it was used');
    return this.#deny('token_invalid', 'no live preview behind this token; preview again');
  }

  payoff() {
    return {
      spot: 600,
      prices: [590, 600, 610],
      closeCents: [-41_200, 8_800, 8_800],
      nowCents: [-30_000, 0, null],
    };
  }

  async previewClose(target: string, _quantity: number | undefined, caller: Caller) {
    const position = this.#positions().find(({ positionId }) => positionId === target);
    if (position === undefined) return this.#deny('nothing_to_close', `no position "${target}"`);
    return this.#preview('close', 'close', caller);
  }

  async previewOrder({ legs }: OrderRequest, caller: Caller) {
    const closes = legs.some(({ action }) => action.endsWith('Close'));
    return this.#preview('place_order', closes ? 'close' : 'open', caller);
  }

  async previewReplace(orderId: string, _limit: number, caller: Caller) {
    const order = this.orders.find((each) => each.orderId === orderId);
    if (order === undefined) return this.#deny('not_found', `no order "${orderId}"`);
    return this.#preview(order.strategy, 'open', caller);
  }

  async previewFlatten(caller: Caller) {
    return this.#preview('flatten', 'flatten', caller);
  }

  async cancelOrder(orderId: string, caller: Caller): Promise<Answer<OrderView | TradeCard>> {
    const order = this.orders.find((each) => each.orderId === orderId);
    if (order === undefined) return this.#deny('not_found', `no order "${orderId}"`);
    if (order.purpose === 'exit') return this.#preview('cancel', 'cancel', caller, order);
    return this.#value({ ...order, status: 'cancelled' });
  }

  async kill(reason: string) {
    this.killed = true;
    return this.#value({
      killed: true,
      since: AT,
      reason,
      cancelledOrders: [],
      note: 'Re-arm only at the operator console: deltaring rearm',
    });
  }

  async rearm(caller: Caller) {
    if (caller.authority !== 'console') return this.#deny('not_authorized', 'console only');
    this.killed = false;
    return this.#value({
      killed: false,
      since: null,
      reason: null,
      cancelledOrders: [],
      note: 'Armed',
    });
  }

  async flattenNow(caller: Caller): Promise<Answer<ConfirmResult>> {
    if (caller.authority !== 'console') return this.#deny('not_authorized', 'console only');
    return this.#value({ ...resultOf([]), unclosed: this.unclosed });
  }

  async orderStatus(orderId: string): Promise<Answer<OrderView>> {
    const order = this.orders.find((each) => each.orderId === orderId);
    return order === undefined
      ? this.#deny('not_found', `no order "${orderId}"; get_recent_orders lists them`, { orderId })
      : this.#value(order);
  }

  async recentOrders(limit: number) {
    return this.#value({ orders: this.orders.slice(-limit).reverse() });
  }

  async reconcile() {
    return this.#value({ clean: true, differences: [], checkedAt: AT });
  }

  async grantPlan(budgetCents: number) {
    const grant = { by: 'console', budgetCents, spentCents: 0, leftCents: budgetCents };
    this.plan = { ...this.plan, grant };
    return this.#value(this.plan);
  }

  async revokePlan() {
    this.plan = { ...this.plan, grant: null };
    return this.#value(this.plan);
  }

  async planStatus() {
    return this.#value(this.plan);
  }

  async setAlert(request: AlertRequest) {
    const { positionId = null, rearmBy = null, note = null } = request;
    const alertId = `a20261120-00${this.alertList.length + 1}`;
    const state = 'armed' as const;
    const alert = {
      ...request,
      alertId,
      positionId,
      rearmBy,
      note,
      state,
      value: 600,
      firedAt: null,
    };
    this.alertList.push(alert);
    return this.#value(alert);
  }

  async clearAlert(alertId: string): Promise<Answer<AlertView>> {
    const index = this.alertList.findIndex((alert) => alert.alertId === alertId);
    const [gone] = index === -1 ? [] : this.alertList.splice(index, 1);
    return gone === undefined
      ? this.#deny('not_found', `no alert "${alertId}"`, { alertId })
      : this.#value(gone);
  }

  async alerts() {
    return this.#value({ alerts: this.alertList });
  }

  /** Reads by the paper account's own reader from the statement and the answers of `reading`. */
  async readAccount<K extends ReadKind>(
    what: K,
    ask: AskOf<K>,
  ): Promise<Answer<ValueOf<K> & ReadOrigin>> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the reader's own type for the question
    const reading = READER[what](ask) as Reading<ValueOf<K>>;
    return { stamp: this.stamp(), ...told(this.reading.run(reading), this.identity.broker) };
  }

  async adopt() {
    return this.#value({
      clean: this.residuals.length === 0,
      differences: this.residuals,
      checkedAt: AT,
    });
  }

  async pnl() {
    return this.#value({
      dayPnlCents: -1_250,
      dayPnlMidCents: -400,
      realizedCents: 0,
      unrealizedMidCents: -200,
      unrealizedLiquidationCents: -1_050,
      feesCents: 200,
      dailyLossLimitCents: 50_000,
      cashCents: 2_500_000,
      buyingPowerCents: 2_400_000,
      positions: this.#positions(),
      greeks: GREEKS,
      warnings: [],
    });
  }

  async portfolioDelta() {
    const worst = { worstCaseHighest: 60, worstCaseLowest: 0 };
    return this.#value({ netDelta: 30, ...worst, cap: 50, room: 20 });
  }

  async portfolioGreeks() {
    const positions = this.#positions().map(({ positionId, strategy, greeks }) => {
      return { positionId, strategy, greeks };
    });
    return this.#value({ total: GREEKS, positions });
  }

  async riskCheck() {
    const limit = {
      name: 'daily_loss',
      control: 15,
      unit: 'cents' as const,
      limit: 50_000,
      used: 1_250,
      room: 48_750,
      ok: true,
      refusals: ['daily_loss' as const],
      note: '',
    };
    const delta = {
      ...limit,
      name: 'portfolio_delta',
      control: 14,
      refusals: ['portfolio_delta' as const],
      unit: 'shares' as const,
      limit: 50,
      used: 28.775648793588047,
      room: 21.224351206411953,
    };
    return this.#value({
      openingsAllowed: !this.killed,
      blockedBy: this.killed ? ['killed'] : [],
      limits: [limit, delta],
      limitsVersion: 'v1',
      reducingOffer: null,
      decisions: [],
    });
  }

  async riskMetrics() {
    const scenario = {
      spotMovePercent: -1,
      volMovePoints: 0,
      pnlCents: -4_000,
      pnlAtCloseCents: null,
    };
    return this.#value({
      scenarios: [scenario],
      worstCaseCents: -41_200,
      greeks: GREEKS,
      warnings: [],
    });
  }

  async marketStatus(): Promise<Answer<MarketStatusView>> {
    return this.#value({
      session: '2026-11-20',
      kind: 'full',
      phase: 'open',
      timeNewYork: '10:30:00',
      opensAt: '2026-11-20T09:30:00.000-05:00',
      exerciseMarkAt: '2026-11-20T16:00:00.000-05:00',
      lastTradeAt: '2026-11-20T16:15:00.000-05:00',
      minutesToLastTrade: 345,
      openingCutoffAt: '2026-11-20T15:25:00.000-05:00',
      flattenStartAt: '2026-11-20T15:40:00.000-05:00',
      brokerRules: null,
      nextSession: '2026-11-23',
      underlying: 'SPY',
      spot: 600,
      atmVol: 0.18,
      expectedMove: 2.4,
      spotMove2s: 0.03,
      feedDeltaGap: 0.004,
      contracts: 302,
      simulated: true,
    });
  }

  health(): HealthView {
    const part = { state: 'ok', ageMs: 5 };
    return {
      status: this.healthStatus,
      ready: this.healthStatus === 'ok',
      market: { ...part, session: '2026-11-20', time: '10:30:00' },
      feed: { ...part, detail: '' },
      broker: { ...part, name: 'paper' },
      journal: { ...part, seq: 1 },
      audit: { ...part, head: this.audit.hash, seq: this.audit.seq, sealed: this.audit.sealed },
      alerts: { ...part, undelivered: 0 },
      tradingState: { ...part, killed: this.killed },
    };
  }

  byDelta(slice: ChainSlice, right: Right, targetAbs: number): RankedMatch | undefined {
    return deltaIndexOf(slice, right).ranked(targetAbs);
  }

  chain(): ChainSlice | undefined {
    return this.slice;
  }

  async metrics(): Promise<string> {
    return 'deltaring_tool_calls_total 1\n';
  }

  auditHead() {
    return this.audit;
  }

  async auditStory(id: string): Promise<Answer<AuditStoryView>> {
    const isKnown = id === 'P-1' || this.orders.some(({ orderId }) => orderId === id);
    return isKnown
      ? this.#value({ id, lines: [`2026-11-20 10:30:00 ET  #1  previewed ${id}`] })
      : this.#deny('not_found', `no record names "${id}"; get_recent_orders lists orders`);
  }

  openStream(): FakeStream {
    const stream = new FakeStream();
    this.streams.push(stream);
    return stream;
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #value<T>(value: T): { readonly stamp: Stamp; readonly value: T } {
    return { stamp: this.stamp(), value };
  }

  #deny(
    code: DenialCode,
    message: string,
    numbers: Readonly<Record<string, number | string>> = {},
  ) {
    return { stamp: this.stamp(), ...deny(code, message, numbers) };
  }

  #preview(
    strategy: string,
    purpose: TradeCard['purpose'],
    caller: Caller,
    order?: OrderView,
  ): Answer<TradeCard> {
    this.#counter += 1;
    const token = createHash('sha256').update(`token ${this.#counter}`).digest('base64url');
    const card = { ...cardOf(strategy, purpose, token), expiresInSeconds: this.expiresInSeconds };
    this.#previews.set(token, { card, principal: caller.principal, order });
    return this.#value(card);
  }

  #carryOut({ card, order: cancelled }: Preview): ConfirmResult {
    if (cancelled !== undefined) return resultOf([{ ...cancelled, status: 'cancelled' }]);
    const purpose = card.purpose === 'cancel' ? 'exit' : card.purpose;
    const order = orderOf(`O-${this.orders.length + 1}`, card, purpose);
    this.orders.push(order);
    this.emit({ kind: 'order', order });
    this.emit({ kind: 'positions' });
    return resultOf([order]);
  }

  #positions(): PositionView[] {
    const opened = this.orders.filter(({ purpose }) => purpose === 'open');
    const isFlat = this.orders.some(({ purpose }) => purpose === 'close' || purpose === 'flatten');
    return isFlat ? [] : opened.map(positionOf);
  }
}

function key(token: string, caller: Caller): string {
  return `${caller.principal} ${token}`;
}

function cardOf(strategy: string, purpose: TradeCard['purpose'], confirmToken: string): TradeCard {
  return {
    confirmToken,
    expiresInSeconds: 30,
    previewId: 'P-1',
    purpose,
    strategy,
    underlying: 'SPY',
    spot: 600,
    legs: LEGS,
    quantity: 1,
    netCents: 9_200,
    feesCents: 200,
    maxLossCents: 41_200,
    maxProfitCents: 8_800,
    marginCents: 50_000,
    assignmentCostCents: 5_970_000,
    limitPrice: 0.92,
    worstPrice: 0.82,
    expectedFill: { price: 0.91, mid: 0.92, natural: 0.9 },
    breakevens: [596.08],
    probabilityOfProfit: 0.7,
    greeks: GREEKS,
    exitPlan: {
      stop: 'closes when it costs 1.84',
      target: null,
      timeExit: '2026-11-20T15:40:00.000-05:00',
      plannedLossCents: 9_200,
    },
    checks: [{ code: 'order_size', outcome: 'passed', message: 'one contract', numbers: { n: 1 } }],
    reasons: ['because'],
    warnings: [],
    dryRun: null,
    figures: { creditToWidth: 0.184 },
  };
}

function orderOf(orderId: string, card: TradeCard, purpose: OrderView['purpose']): OrderView {
  const fill = { symbol: LEGS[0]?.symbol ?? '', action: 'Sell to Open', quantity: 1 };
  return {
    orderId,
    positionId: `${orderId}-P`,
    strategy: card.strategy,
    purpose,
    status: 'filled',
    legs: LEGS,
    quantity: 1,
    filledQuantity: 1,
    limitPrice: 0.92,
    averageFillPrice: 0.91,
    fills: [{ ...fill, price: 0.91, feesCents: 200, at: AT }],
    feesCents: 200,
    createdAt: AT,
    updatedAt: AT,
    reason: null,
    latency: { confirmToJournalMs: 1, confirmToSendMs: 1.2, sendToAckMs: 5, sendToFillMs: 9 },
  };
}

function resultOf(orders: readonly OrderView[]): ConfirmResult {
  const [first] = orders;
  return {
    orderId: first?.orderId ?? null,
    status: first?.status ?? 'done',
    fills: orders.flatMap(({ fills }) => fills),
    latency: first?.latency ?? null,
    orders,
    replayed: false,
  };
}

function positionOf({ positionId, strategy }: OrderView): PositionView {
  return {
    positionId,
    strategy,
    openedAt: AT,
    quantity: 1,
    legs: [],
    openCashCents: 9_000,
    midValueCents: -9_200,
    liquidationValueCents: -9_400,
    unrealizedMidCents: -200,
    unrealizedLiquidationCents: -400,
    maxLossCents: 41_200,
    greeks: GREEKS,
    exitPlan: null,
    protectedBy: 'engine',
    protectedSince: null,
    verifiedAgoMs: null,
    pinRisks: [],
  };
}
