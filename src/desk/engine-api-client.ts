/**
 * EngineApi on the faces' thread: questions and commands go to the core over its port, the chain is
 * read straight from shared memory. Tokens are minted here; the core only ever hears their SHA-256.
 */
import { ChainPast } from '../engine/chain/chain-past.ts';
import { ChainReader } from '../engine/chain/chain-reader.ts';
import { deltaIndexOf, type RankedMatch } from '../engine/chain/delta-index.ts';
import type { AskOf, ReadKind, ValueOf } from '../engine/domain/account-facts.ts';
import type { Clock } from '../engine/domain/clock.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import type { Right } from '../engine/domain/instrument.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import { addMicros } from '../engine/domain/units.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { Undelivered } from '../ops/alert-channel.ts';
import type { Counters } from '../ops/counters.ts';
import { payoffView } from './account/payoff-view.ts';
import type * as Api from './engine-api.ts';
import type { ReadOrigin } from './engine-api-account.ts';
import { busy, CoreLine } from './engine-api-core-line.ts';
import type { HealthView, MarketStatusView } from './engine-api-health.ts';
import { type KillEnds, KillLine } from './engine-api-kill.ts';
import type { PayoffView } from './engine-api-payoff.ts';
import type { AlertRequest, AlertView, PlanView } from './engine-api-plan.ts';
import { ReadingLine } from './engine-api-reading.ts';
import type { OrderRequest, ScanRequest, StrategyRequest } from './engine-api-requests.ts';
import type { RiskCheckView } from './engine-api-risk.ts';
import type { AuditStoryView, ReadStory } from './engine-api-story.ts';
import { chainStream } from './engine-api-stream.ts';
import { newToken, tokenSha256Of } from './engine-api-tokens.ts';
import { isoNewYork } from './iso-time.ts';
import { scanView } from './previews/scan-view.ts';
import { type AuditFacts, healthOf } from './session/health.ts';
import { marketStatusOf } from './session/market-status.ts';
import type {
  CoreStatus,
  FromCore,
  FromReader,
  ToCore,
  ToReader,
} from './threads/core-protocol.ts';

/** How far back `marketStatus` looks for the underlying's move. */
const SPOT_MOVE_MICROS = 2_000_000;
/** Of the root, in a stamp: 64 bits are enough to tell two logs apart. */
const ROOT_DIGITS = 16;

/** What the client is built from. */
export interface ClientParts extends KillEnds {
  readonly identity: Api.EngineIdentity;
  readonly clock: Clock;
  readonly simulated: boolean;
  readonly counters: Counters;
  readonly buffers: { readonly chain: SharedArrayBuffer; readonly ring: SharedArrayBuffer };
  send(message: ToCore): void;
  sendToReader(message: ToReader): void;
  metrics(): Promise<string>;
  /** P&L of the book under moves, computed away from the core. */
  riskMetrics(pnl: Api.PnlView, slice: ChainSlice | undefined): Promise<Api.RiskMetricsView>;
  auditState(): AuditFacts;
  readonly auditStory: ReadStory;
  /** Alerts that some channel has not taken. */
  undeliveredAlerts(): Undelivered;
}

/** Main thread only. */
export class EngineApiClient implements Api.EngineApi {
  readonly identity: Api.EngineIdentity;
  readonly #parts: ClientParts;
  readonly #reader: ChainReader;
  readonly #past: ChainPast;
  readonly #core: CoreLine;
  readonly #readings: ReadingLine;
  readonly #listeners = new Set<(event: Api.EngineEvent) => void>();
  readonly #killLine: KillLine;
  #status: CoreStatus | undefined;
  #statusWall = 0;

  constructor(parts: ClientParts) {
    this.identity = parts.identity;
    this.#parts = parts;
    this.#core = new CoreLine({
      send: (message) => parts.send(message),
      stamp: () => this.stamp(),
      witnessed: (stamp) => this.#witnessed(stamp),
    });
    this.#killLine = new KillLine(parts, this.#core);
    this.#readings = new ReadingLine((message) => parts.sendToReader(message));
    this.#reader = new ChainReader(parts.buffers.chain);
    this.#past = new ChainPast(parts.buffers.chain, parts.buffers.ring);
  }

  /** Takes a message of the core. */
  onMessage(message: FromCore): void {
    if (message.kind === 'status') {
      this.#status = message.status;
      this.#statusWall = wallMicros();
    } else if (message.kind === 'event') {
      for (const listener of this.#listeners) listener(message.event);
    } else if (message.kind === 'alert') {
      const { kind, severity, code, text, action } = message;
      const at = this.stamp().asOf;
      const told = { kind, severity, code, text, action, at };
      for (const listener of this.#listeners) listener(told);
    } else if (message.kind === 'reply') this.#core.settle(message.id, message);
  }

  /** Takes an answer of the account reader. */
  onReading(message: FromReader): void {
    this.#readings.settle(message);
  }

  /** Neither core nor account reader answers any more: no question stays open, now or later. */
  close(): void {
    this.#core.close();
    this.#readings.close();
  }

  get status(): CoreStatus | undefined {
    return this.#status;
  }

  previewStrategy(request: StrategyRequest, caller: Api.Caller) {
    return this.#core.preview(caller, (tokenSha256) => ({
      kind: 'previewStrategy',
      request,
      tokenSha256,
    }));
  }

  async scanStraddles(request: ScanRequest, caller: Api.Caller): Promise<Api.Answer<Api.ScanView>> {
    const inputs = await this.#core.query<{ bars: Parameters<typeof scanView>[0]['bars'] }>(
      caller,
      {
        kind: 'scanInputs',
      },
    );
    if ('denied' in inputs) return inputs;
    const at = this.#parts.clock.now();
    const scanned = scanView({ at, slice: this.chain(), bars: inputs.value.bars }, request);
    const stamp = this.stamp();
    return 'denied' in scanned ? { stamp, denied: scanned.denied } : { stamp, value: scanned };
  }

  confirm(token: string, caller: Api.Caller) {
    const tokenSha256 = tokenSha256Of(token);
    return this.#core.command<Api.ConfirmResult>(caller, { kind: 'confirm', tokenSha256 });
  }

  async describeToken(token: string, caller: Api.Caller): Promise<Api.Answer<Api.TradeCard>> {
    const tokenSha256 = tokenSha256Of(token);
    const answer = await this.#core.query<Api.TradeCard>(caller, {
      kind: 'describeToken',
      tokenSha256,
    });
    if ('denied' in answer) return answer;
    return { ...answer, value: { ...answer.value, confirmToken: token } };
  }

  payoff(card: Api.TradeCard): PayoffView | undefined {
    return payoffView(card, this.chain());
  }

  previewClose(target: string, quantity: number | undefined, caller: Api.Caller) {
    return this.#core.preview(caller, (tokenSha256) => ({
      kind: 'previewClose',
      target,
      quantity,
      tokenSha256,
    }));
  }

  previewOrder(request: OrderRequest, caller: Api.Caller) {
    return this.#core.preview(caller, (tokenSha256) => ({
      kind: 'previewOrder',
      request,
      tokenSha256,
    }));
  }

  previewReplace(orderId: string, limit: number, caller: Api.Caller) {
    return this.#core.preview(caller, (tokenSha256) => ({
      kind: 'previewReplace',
      orderId,
      limit,
      tokenSha256,
    }));
  }

  previewFlatten(caller: Api.Caller) {
    return this.#core.preview(caller, (tokenSha256) => ({ kind: 'previewFlatten', tokenSha256 }));
  }

  cancelOrder(
    orderId: string,
    caller: Api.Caller,
  ): Promise<Api.Answer<Api.OrderView | Api.TradeCard>> {
    return this.#core.preview<Api.OrderView | Api.TradeCard>(caller, (tokenSha256) => ({
      kind: 'cancel',
      orderId,
      tokenSha256,
    }));
  }

  kill(asked: string, caller: Api.Caller): Promise<Api.Answer<Api.KillView>> {
    return this.#killLine.kill(asked, caller);
  }

  rearm(caller: Api.Caller): Promise<Api.Answer<Api.KillView>> {
    return this.#killLine.rearm(caller);
  }

  flattenNow(caller: Api.Caller) {
    return this.#core.command<Api.ConfirmResult>(caller, { kind: 'flattenNow' });
  }

  /** Tells the core to stop; it answers on its own when it is done. Console only. */
  shutdown(policy: 'flatten' | 'leave', caller: Api.Caller) {
    return this.#core.command<{ readonly stopping: boolean }>(caller, { kind: 'shutdown', policy });
  }

  orderStatus(orderId: string, caller: Api.Caller) {
    return this.#core.query<Api.OrderView>(caller, { kind: 'orderStatus', orderId });
  }

  recentOrders(limit: number, caller: Api.Caller) {
    return this.#core.query<{ readonly orders: readonly Api.OrderView[] }>(caller, {
      kind: 'recentOrders',
      limit,
    });
  }

  reconcile(caller: Api.Caller) {
    return this.#core.command<Api.ReconcileView>(caller, { kind: 'reconcile' });
  }

  /** The secret behind the grant is thrown away at once: nothing can ever redeem it. */
  grantPlan(budgetCents: number, caller: Api.Caller) {
    const grantSha256 = tokenSha256Of(newToken());
    return this.#core.command<PlanView>(caller, { kind: 'planGrant', budgetCents, grantSha256 });
  }

  revokePlan(caller: Api.Caller) {
    return this.#core.command<PlanView>(caller, { kind: 'planRevoke' });
  }

  planStatus(caller: Api.Caller) {
    return this.#core.query<PlanView>(caller, { kind: 'planStatus' });
  }

  setAlert(request: AlertRequest, caller: Api.Caller) {
    return this.#core.command<AlertView>(caller, { kind: 'setAlert', request });
  }

  clearAlert(alertId: string, caller: Api.Caller) {
    return this.#core.command<AlertView>(caller, { kind: 'clearAlert', alertId });
  }

  alerts(caller: Api.Caller) {
    return this.#core.query<{ readonly alerts: readonly AlertView[] }>(caller, { kind: 'alerts' });
  }

  async readAccount<K extends ReadKind>(
    what: K,
    ask: AskOf<K>,
  ): Promise<Api.Answer<ValueOf<K> & ReadOrigin>> {
    const answer = await this.#readings.read(what, ask, this.identity.broker);
    return { stamp: this.stamp(), ...answer };
  }

  adopt(caller: Api.Caller) {
    return this.#core.command<Api.ReconcileView>(caller, { kind: 'adopt' });
  }

  pnl(caller: Api.Caller) {
    return this.#core.query<Api.PnlView>(caller, { kind: 'pnl' });
  }

  portfolioDelta(caller: Api.Caller) {
    return this.#core.query<Api.DeltaView>(caller, { kind: 'portfolioDelta' });
  }

  portfolioGreeks(caller: Api.Caller) {
    return this.#core.query<Api.GreeksByPosition>(caller, { kind: 'portfolioGreeks' });
  }

  riskCheck(caller: Api.Caller, decisions = 0) {
    return this.#core.query<RiskCheckView>(caller, { kind: 'riskCheck', decisions });
  }

  async riskMetrics(caller: Api.Caller): Promise<Api.Answer<Api.RiskMetricsView>> {
    const pnl = await this.pnl(caller);
    if ('denied' in pnl) return pnl;
    const value = await this.#parts.riskMetrics(pnl.value, this.chain());
    return { stamp: pnl.stamp, value };
  }

  marketStatus(): Promise<Api.Answer<MarketStatusView>> {
    const { clock, counters, simulated } = this.#parts;
    const value = marketStatusOf({
      market: clock.now().market,
      slice: this.chain(),
      status: this.#status,
      underlying: this.identity.underlying,
      simulated,
      spotBefore: this.#past.spotAt(addMicros(wallMicros(), -SPOT_MOVE_MICROS)),
      feedDeltaGap: counters.get('feed_delta_gap_mean'),
    });
    return Promise.resolve({ stamp: this.stamp(), value });
  }

  health(): HealthView {
    const { clock, counters } = this.#parts;
    return healthOf({
      at: clock.now(),
      status: this.#status,
      statusWall: this.#statusWall,
      killed: counters.isKilled(),
      audit: this.#parts.auditState(),
      undelivered: this.#parts.undeliveredAlerts(),
    });
  }

  byDelta(slice: ChainSlice, right: Right, targetAbs: number): RankedMatch | undefined {
    return deltaIndexOf(slice, right).ranked(targetAbs);
  }

  chain(): ChainSlice | undefined {
    return this.#reader.slice();
  }

  stamp(): Api.Stamp {
    const { counters } = this.#parts;
    const { environment, broker } = this.identity;
    const known = this.#status?.stamp;
    const dataAgeMs = this.#dataAgeMillis();
    const killed = counters.isKilled();
    const asOf = isoNewYork(this.#parts.clock.now().market);
    const isKilled = killed || known?.killed === true;
    const tradingState = isKilled ? 'halted' : (known?.tradingState ?? 'halted');
    const stamp = { asOf, dataAgeMs, environment, broker, tradingState, killed: isKilled } as const;
    return this.#witnessed(stamp);
  }

  /** The stamp with the head of the sealed log, so that the reader's transcript is a witness. */
  #witnessed(stamp: Api.Stamp): Api.Stamp {
    const { sealed } = this.#parts.auditState();
    if (sealed === null) return stamp;
    return { ...stamp, auditHead: `${sealed.size}:${sealed.root.slice(0, ROOT_DIGITS)}` };
  }

  #dataAgeMillis(): number | null {
    const slice = this.chain();
    if (slice === undefined || slice.asOf.wall === 0) return null;
    const heardAgo = Math.max(0, Math.round((wallMicros() - slice.asOf.wall) / 1_000));
    return heardAgo + (this.#status?.feed.lateMillis ?? 0);
  }

  metrics(): Promise<string> {
    return this.#parts.metrics();
  }

  auditHead() {
    const { seq = 0, hash = '' } = this.#status?.journal ?? {};
    return { seq, hash, sealed: this.#parts.auditState().sealed };
  }

  async auditStory(id: string): Promise<Api.Answer<AuditStoryView>> {
    const lines = await this.#parts.auditStory(id).catch(() => undefined);
    const stamp = this.stamp();
    if (lines === undefined) return busy(stamp);
    if (lines.length > 0) return { stamp, value: { id, lines } };
    const message = `no record names "${id}"; get_recent_orders lists orders`;
    return { stamp, ...deny('not_found', message, { id }) };
  }

  openStream(): Api.ChainStream {
    return chainStream(this.#parts.buffers.ring);
  }

  onEvent(listener: (event: Api.EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
