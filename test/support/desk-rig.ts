/**
 * The trading desk in a test's hand: the real desk, chain and paper broker, a chain priced by Black
 * with a smile, and two clocks that the test moves. Effects are performed as the core's shell does:
 * records are collected and called durable at once (or when told), clearance looks at a kill word
 * that the test sets, replies are kept by id.
 */

import { createHash } from 'node:crypto';
import type {
  BrokerCapabilities,
  BrokerEvent,
  OrderGateway,
} from '../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../src/broker/paper/paper-broker.ts';
import type { PaperKnobs } from '../../src/broker/paper/paper-knobs.ts';
import { Desk } from '../../src/desk/desk.ts';
import type { DeskConfig } from '../../src/desk/desk-config.ts';
import type { Effect } from '../../src/desk/effects.ts';
import type { Caller, ConfirmResult, TradeCard } from '../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import type { ExitSettings } from '../../src/desk/exits/exit-settings.ts';
import { DEFAULT_EXIT_SETTINGS } from '../../src/desk/exits/exit-settings.ts';
import type { Command, Input, Query } from '../../src/desk/inputs.ts';
import type { JournalSummary } from '../../src/desk/journal-summary.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import type { OrderRecord } from '../../src/desk/orders/order-book.ts';
import { ownChain } from '../../src/desk/own-chain.ts';
import type { PlanSheet } from '../../src/desk/plan/plan-sheet.ts';
import type { AuditBody, AuditKind, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import type { OptionContract, Right } from '../../src/engine/domain/instrument.ts';
import { parseOccSymbol } from '../../src/engine/domain/instrument.ts';
import type { ChainListing } from '../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { newYorkDate, newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { ceilToTick, floorToTick } from '../../src/engine/domain/tick-grid.ts';
import type { UnderlyingSpec, UnderlyingSymbol } from '../../src/engine/domain/underlying.ts';
import { underlyingOf } from '../../src/engine/domain/underlying.ts';
import type { EpochMicros, Price } from '../../src/engine/domain/units.ts';
import {
  addMicros,
  MICROS_PER_SECOND,
  priceFromDollars,
  sessionDate,
} from '../../src/engine/domain/units.ts';
import type { CheckResult, Denial } from '../../src/engine/domain/verdict.ts';
import type { StructurePosition } from '../../src/engine/portfolio/portfolio-book.ts';
import { blackValue } from '../../src/engine/pricing/black.ts';
import { yearsToExpiry } from '../../src/engine/pricing/time-to-expiry.ts';
import type { LimitSettings } from '../../src/risk/limits.ts';
import { limitsFrom } from '../../src/risk/limits.ts';
import { CALM_KNOBS, RigBroker } from './rig-broker.ts';

/** The two clocks never show the same time, so that a mix-up of them shows. */
const WALL_AHEAD_MICROS = 1_000 * MICROS_PER_SECOND;
const STRIKES_EACH_WAY = 30;
const SKEW_PER_DOLLAR = 0.002;
const PATIENCE_SECONDS = 60;

export const TRADER: Caller = { principal: 'trader', authority: 'open' };
export const CONSOLE: Caller = { principal: 'operator', authority: 'console' };

export const CONDOR = {
  strategy: 'iron_condor_30_delta',
  width: 5,
  shortDelta: 30,
  select: 'delta',
  quantity: 1,
} as const satisfies StrategyRequest;

export const LOTTO = {
  strategy: 'lotto_play_5_delta',
  side: 'call',
  targetDelta: 5,
  quantity: 1,
} as const satisfies StrategyRequest;

/** Two sides of a market in dollars; a missing side is undefined. */
export interface Sides {
  readonly bid: number | undefined;
  readonly ask: number | undefined;
}

export interface RigOptions {
  /** What is traded, SPY by default; SPX stands at ten times the rig's spot. */
  readonly underlying?: UnderlyingSymbol;
  /** A session's date and market time, minutes of the New York day; 2026-11-20, 10:30 by default. */
  readonly date?: string;
  readonly minutes?: number;
  /** The market time itself; date and minutes do not count then. */
  readonly market?: EpochMicros;
  readonly limits?: LimitSettings;
  readonly limitRaises?: DeskConfig['limitRaises'];
  readonly flatBy?: DeskConfig['flatBy'];
  readonly expireMinutes?: number;
  readonly exits?: Partial<ExitSettings>;
  readonly knobs?: Partial<PaperKnobs>;
  /** What the journal holds at the start. */
  readonly records?: readonly AuditRecord[];
  /** The name that the paper broker goes by. */
  /** What else the paper broker gives itself out for. */
  readonly capabilities?: Partial<BrokerCapabilities>;
  readonly brokerName?: BrokerCapabilities['name'];
  /** Paper by default, and no channel of alerts. */
  readonly environment?: DeskConfig['environment'];
  readonly alertChannels?: DeskConfig['alertChannels'];
  /** The operator's plan of the day. */
  readonly plan?: PlanSheet | undefined;
  /** False: the operator lets nobody open. */
  readonly mayOpen?: boolean;
  /** Another broker than the paper one, and who performs what it asks of its wires. */
  readonly broker?: (history: JournalSummary, at: At) => OrderGateway;
  readonly onWire?: (effect: Extract<Effect, { kind: 'wire' }>['effect']) => void;
  /** False: no listing, feed or quotes yet; call `open`. */
  readonly isOpen?: boolean;
}

export type Reply<T> =
  | { readonly value: T }
  | { readonly denied: Denial; readonly checks?: readonly CheckResult[] };

export interface Preview {
  readonly tokenSha256: string;
  readonly card: TradeCard;
}

/** Several seconds of a rig's market, which is as far back as anything looks: the engine's own ring is
 * sixteen megabytes, and there are thousands of rigs. */
const RING_RECORDS = 8_192;

export class DeskRig {
  readonly spec: UnderlyingSpec;
  readonly desk: Desk;
  readonly paper: PaperBroker;
  readonly gateway: RigBroker;
  /** Chain and ring, for readers of other threads. */
  readonly memory = ownChain(RING_RECORDS);
  /** What reached the broker, and what it said. */
  readonly submitted: string[] = [];
  readonly repriced: string[] = [];
  readonly brokerEvents: BrokerEvent[] = [];
  /** Effects since the start, but for records. */
  readonly effects: Effect[] = [];
  /** Dollars. */
  spot = 600;
  atmVol = 0.18;
  /** Contracts displayed on each side. */
  size = 50;
  isKillWordUp = false;
  /** `held`: nothing is durable until `makeDurable` is called. */
  journal: 'atOnce' | 'held' = 'atOnce';
  /** The last word on a quote before it is shown. Without it every contract has both sides. */
  edit: (sides: Sides, right: Right, strike: number) => Sides = (sides) => sides;
  /** Of which rows the feed tells; the underlying's is -1. */
  hears: (row: number) => boolean = () => true;
  readonly #options: RigOptions;
  readonly #records: AuditRecord[];
  readonly #replies = new Map<number, unknown>();
  #market: EpochMicros;
  #rows: { readonly listings: number; readonly contracts: readonly OptionContract[] } = {
    listings: -1,
    contracts: [],
  };
  #durableSeq: number;
  #lastId = 0;

  constructor(options: RigOptions = {}) {
    this.#options = options;
    const { date = '2026-11-20', minutes = 630, records = [] } = options;
    this.#market = options.market ?? newYorkInstant(sessionDate(date), minutes);
    this.#records = [...records];
    this.#durableSeq = records.at(-1)?.seq ?? 0;
    this.spec = underlyingOf(options.underlying ?? 'SPY');
    this.spot *= this.spec.strikeSpacing === 5 ? 10 : 1;
    const past = summarizeJournal(records);
    this.paper = new PaperBroker({
      underlying: this.spec.symbol,
      accountId: 'PAPER-1',
      seed: 7,
      history: options.broker === undefined ? past : { intents: [], brokerEvents: [] },
      knobs: { ...CALM_KNOBS, ...options.knobs },
      nativeStops: options.exits?.paperNativeStops ?? false,
    });
    const broker = options.broker?.(past, this.at) ?? this.paper;
    this.gateway = new RigBroker(broker, {
      onSubmit: ({ intentId }) => this.submitted.push(intentId),
      onReprice: ({ intentId }) => this.repriced.push(intentId),
      onEvent: (event) => this.brokerEvents.push(event),
    });
    this.gateway.name = options.brokerName ?? broker.capabilities.name;
    this.gateway.otherwise = options.capabilities ?? {};
    this.desk = new Desk({
      config: {
        build: 'test',
        configFingerprint: 'test',
        environment: options.environment ?? 'paper',
        alertChannels: options.alertChannels,
        underlying: this.spec.symbol,
        limits: limitsFrom({ allowedRoots: [this.spec.optionRoot], ...options.limits }),
        limitRaises: options.limitRaises,
        flatBy: options.flatBy ?? {},
        expireMinutes: options.expireMinutes,
        exits: { ...DEFAULT_EXIT_SETTINGS, ...options.exits },
        plan: options.plan,
        mayOpen: options.mayOpen,
      },
      ...this.memory,
      gateway: this.gateway,
      at: this.at,
      past,
    });
    this.#perform(this.desk.start());
    this.#settle();
    if (options.isOpen !== false) this.open();
  }

  get at(): At {
    return { market: this.#market, wall: addMicros(this.#market, WALL_AHEAD_MICROS) };
  }

  get day() {
    return this.desk.context.day;
  }

  get session(): SessionTimes {
    return this.day.session;
  }

  /** One input in, its effects performed; where the journal is at once, the durable word follows. */
  step(input: Input): void {
    this.#perform(this.desk.step(input));
    if (this.journal === 'atOnce') this.#settle();
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'append') this.#records.push(effect.record);
      else if (effect.kind === 'wire') this.#options.onWire?.(effect.effect);
      else this.effects.push(effect);
    }
    for (const effect of effects) {
      if (effect.kind === 'reply') this.#replies.set(effect.id, effect.result);
      else if (effect.kind === 'clearance') {
        const isBlocked = effect.opening && this.isKillWordUp;
        const kind = isBlocked ? 'blockedByKill' : 'cleared';
        const { intentId, act } = effect;
        this.#perform(this.desk.step({ kind, at: this.at, intentId, act }));
      }
    }
  }

  #settle(): void {
    while ((this.#records.at(-1)?.seq ?? 0) > this.#durableSeq) this.makeDurable();
  }

  /** The broker reports this, out of the blue. */
  brokerSays(...events: readonly BrokerEvent[]): void {
    this.gateway.words.push(...events);
    this.step({ kind: 'wire', at: this.at, wire: { kind: 'socketFrame', text: '' } });
  }

  /** The journal's word for every record so far. */
  makeDurable(): void {
    const seq = this.#records.at(-1)?.seq ?? 0;
    this.#durableSeq = seq;
    this.#perform(this.desk.step({ kind: 'journalDurable', at: this.at, seq, hash: '' }));
  }

  /** The session's listing, a connected feed and the first quotes, as at the start of a day. */
  open(): void {
    this.step({ kind: 'listing', at: this.at, listing: this.listing() });
    this.step({ kind: 'feed', at: this.at, connected: true, detail: 'test' });
    this.quotes();
    this.step({ kind: 'clock', at: this.at });
  }

  listing(): ChainListing {
    const { date } = this.session;
    const { symbol, optionRoot, strikeSpacing } = this.spec;
    const middle = Math.round(this.spot / strikeSpacing) * strikeSpacing;
    const contracts: OptionContract[] = [];
    for (const right of ['call', 'put'] as const) {
      for (let away = -STRIKES_EACH_WAY; away <= STRIKES_EACH_WAY; away += 1) {
        const strike = priceFromDollars(middle + away * strikeSpacing);
        contracts.push({ kind: 'option', root: optionRoot, expiry: date, right, strike });
      }
    }
    return { underlying: symbol, date, contracts };
  }

  /** Quotes the underlying and the whole chain around a spot, and ends the batch. */
  quotes(spot = this.spot): void {
    this.spot = spot;
    this.#quoteUnderlying(spot);
    if (this.day.chainOpen) {
      const years = yearsToExpiry(this.#market, this.session.lastTrade);
      for (const [index, contract] of this.#contracts().entries()) {
        this.#quote(index, this.#sidesOf(contract, years));
      }
    }
    this.step({ kind: 'batchEnd', at: this.at });
  }

  /** The chain's contracts by row. */
  #contracts(): readonly OptionContract[] {
    const { chain } = this.desk.context;
    const { contractCount, listings } = chain;
    if (listings !== this.#rows.listings) {
      const symbols = Array.from({ length: contractCount }, (_, row) => chain.symbolOf(row) ?? '');
      const contracts = symbols.flatMap((symbol) => parseOccSymbol(symbol) ?? []);
      this.#rows = { listings, contracts };
    }
    return this.#rows.contracts;
  }

  /** A fund is quoted; an index prints its level, and somebody's wide reckoning stands beside it. */
  #quoteUnderlying(spot: number): void {
    const isIndex = this.spec.settlement === 'cash';
    const half = isIndex ? 2 : 0.01;
    this.#quote(-1, { bid: spot - half, ask: spot + half });
    if (!isIndex || !this.hears(-1)) return;
    const level = { index: -1, price: priceFromDollars(spot), volume: undefined };
    this.step({ kind: 'last', at: this.at, ...level });
  }

  #sidesOf({ right, strike }: OptionContract, years: number): Sides {
    const dollars = strike / 10_000;
    const away = (this.spot - dollars) / this.spec.strikeSpacing;
    const vol = Math.max(0.05, this.atmVol + SKEW_PER_DOLLAR * away);
    const value = blackValue({ right, forward: this.spot, strike: dollars, years, vol });
    const { single } = this.spec.ticks;
    const width = Math.max(single.step / 10_000, value * 0.03);
    const low = Math.max(single.step, floorToTick(single, (value - width / 2) * 10_000));
    const above = ceilToTick(single, (value + width / 2) * 10_000);
    const high = Math.max(ceilToTick(single, low + single.step), above);
    return this.edit({ bid: low / 10_000, ask: high / 10_000 }, right, dollars);
  }

  #quote(index: number, { bid, ask }: Sides): void {
    if (!this.hears(index)) return;
    const price = (dollars: number | undefined): Price | undefined =>
      dollars === undefined ? undefined : priceFromDollars(dollars);
    const sizes = { bidSize: this.size, askSize: this.size };
    this.step({ kind: 'quote', at: this.at, index, bid: price(bid), ask: price(ask), ...sizes });
  }

  /** Lets seconds pass, each with a batch of quotes and a tick of the clock. */
  advance(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) this.#beat(MICROS_PER_SECOND);
  }

  /** Jumps to a market time: one batch and one tick there, nothing in between. */
  goTo(minutes: number, date: string = newYorkDate(this.#market)): void {
    this.#beat(newYorkInstant(sessionDate(date), minutes) - this.#market);
  }

  /** Lets seconds pass in which the clock ticks and nothing is quoted: a feed that froze. */
  freeze(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.#market = addMicros(this.#market, MICROS_PER_SECOND);
      this.step({ kind: 'clock', at: this.at });
    }
  }

  /** The machine sleeps until a market time: then its clock ticks before anything is heard. */
  sleepTo(minutes: number, date: string = newYorkDate(this.#market)): void {
    this.#market = newYorkInstant(sessionDate(date), minutes);
    this.step({ kind: 'clock', at: this.at });
  }

  #beat(micros: number): void {
    this.#market = addMicros(this.#market, micros);
    this.quotes();
    this.step({ kind: 'clock', at: this.at });
  }

  /** Puts a command; the answer is in `reply` once there is one. */
  send(command: Command, caller: Caller = TRADER): number {
    this.#lastId += 1;
    const id = this.#lastId;
    this.step({ kind: 'command', at: this.at, id, caller, command });
    return id;
  }

  reply<T>(id: number): Reply<T> | undefined {
    return this.#replies.get(id) as Reply<T> | undefined;
  }

  /** Puts a command that answers at once. */
  ask<T>(command: Command, caller: Caller = TRADER): Reply<T> {
    const reply = this.reply<T>(this.send(command, caller));
    if (reply === undefined) throw new Error(`no answer to ${command.kind} yet`);
    return reply;
  }

  query<T>(query: Query, caller: Caller = TRADER): T {
    return valueIn(this.desk.query(query, caller, this.at) as Reply<T>);
  }

  /** The hash of a fresh token, as a face would mint it. */
  newToken(): string {
    this.#lastId += 1;
    return createHash('sha256').update(`token ${this.#lastId} ${this.#market}`).digest('hex');
  }

  preview(request: StrategyRequest = CONDOR, caller: Caller = TRADER): Preview {
    const tokenSha256 = this.newToken();
    const command = { kind: 'previewStrategy', request, tokenSha256 } as const;
    return { tokenSha256, card: valueIn(this.ask<TradeCard>(command, caller)) };
  }

  previewClose(target: string, quantity?: number, caller: Caller = TRADER): Preview {
    const tokenSha256 = this.newToken();
    const command = { kind: 'previewClose', target, quantity, tokenSha256 } as const;
    return { tokenSha256, card: valueIn(this.ask<TradeCard>(command, caller)) };
  }

  /** Redeems a token and lets time pass until the answer comes. */
  confirm(tokenSha256: string, caller: Caller = TRADER): Reply<ConfirmResult> {
    const id = this.send({ kind: 'confirm', tokenSha256 }, caller);
    for (let second = 0; second < 3 && this.reply(id) === undefined; second += 1) this.advance(1);
    const reply = this.reply<ConfirmResult>(id);
    if (reply === undefined) throw new Error('a confirm answers within two seconds');
    return reply;
  }

  /** Redeems a token and lets time pass until its order has ended; hands back the order. */
  execute({ tokenSha256 }: Preview): OrderRecord {
    const { orderId } = valueIn(this.confirm(tokenSha256));
    return this.ended(orderId ?? '');
  }

  /** Lets time pass until an order has ended. */
  ended(orderId: string): OrderRecord {
    const order = this.order(orderId);
    const isLive = (): boolean => this.desk.context.orders.live().includes(order);
    for (let second = 0; second < PATIENCE_SECONDS && isLive(); second += 1) this.advance(1);
    return order;
  }

  /** Previews and confirms an opening; hands back the position that it filled into. */
  openPosition(request: StrategyRequest = CONDOR): StructurePosition {
    const order = this.execute(this.preview(request));
    const position = this.positions().find((p) => p.positionId === order.intent.positionId);
    if (position === undefined) throw new Error(`not filled: ${order.status} ${order.reason}`);
    return position;
  }

  order(orderId: string): OrderRecord {
    const order = this.desk.context.orders.get(orderId);
    if (order === undefined) throw new Error(`no order ${orderId}`);
    return order;
  }

  orders(): readonly OrderRecord[] {
    return this.desk.context.orders.all();
  }

  positions(): readonly StructurePosition[] {
    return this.desk.context.book.structures();
  }

  records(): readonly AuditRecord[] {
    return this.#records;
  }

  /** Bodies of the records of one kind. */
  bodies<K extends AuditKind>(kind: K): Extract<AuditBody, { kind: K }>[] {
    return this.#records.flatMap(({ body }) =>
      body.kind === kind ? [body as Extract<AuditBody, { kind: K }>] : [],
    );
  }

  alerts(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'alert' ? [effect.code] : []));
  }

  /** Another desk from these records, at the same market time, as after a restart. */
  restart(records: readonly AuditRecord[] = this.#records, options: RigOptions = {}): DeskRig {
    const market = this.#market;
    const rig = new DeskRig({ ...this.#options, market, ...options, records, isOpen: false });
    rig.spot = this.spot;
    rig.edit = this.edit;
    if (options.isOpen !== false) rig.open();
    return rig;
  }

  /** The same with its chain open and its feed connected, some ticks of the clock before the first quotes. */
  restartUnquoted(options: RigOptions = {}): DeskRig {
    const again = this.restart(this.records(), { ...options, isOpen: false });
    again.step({ kind: 'listing', at: again.at, listing: again.listing() });
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    again.freeze(2);
    return again;
  }

  /** The same at a broker that outlives the engine, where what works now works on. */
  restartWhileItWorks(): DeskRig {
    const again = this.restart(this.records(), { isOpen: false });
    again.gateway.editSnapshot = (snapshot) => ({
      ...snapshot,
      workingOrders: this.gateway.snapshot(this.at)?.workingOrders ?? [],
    });
    again.open();
    return again;
  }
}

/** The value of a reply. Throws with the denial where there is none. */
export function valueIn<T>(reply: Reply<T>): T {
  if ('value' in reply) return reply.value;
  throw new Error(`denied: ${JSON.stringify(reply.denied)}`);
}

/** The denial of a reply. Throws where it is none. */
export function denialIn(reply: Reply<unknown>): Denial {
  if ('denied' in reply) return reply.denied;
  throw new Error(`not denied: ${JSON.stringify(reply.value)}`);
}
