/**
 * The desk: one writer of chain, orders, positions, tokens and limits. `step` is a function of its
 * state and one input; it asks no clock, awaits nothing and touches no socket. All it wants done
 * comes back as effects, in order.
 */

import type { OrderGateway } from '../broker/order-gateway.ts';
import { ChainPast } from '../engine/chain/chain-past.ts';
import { ChainReader } from '../engine/chain/chain-reader.ts';
import type { ChainWriter } from '../engine/chain/chain-writer.ts';
import { unreachable } from '../engine/domain/assert.ts';
import type { At } from '../engine/domain/clock.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros } from '../engine/domain/units.ts';
import { PortfolioBook } from '../engine/portfolio/portfolio-book.ts';
import { TokenBook } from '../risk/confirm-token.ts';
import { MessageThrottle } from '../risk/message-throttle.ts';
import { govern, holdTrading, holdWhileFlattening } from './account/governing.ts';
import { configInForce, LimitKeeper, recordLimits } from './account/limit-keeping.ts';
import { AlertBook } from './alerts/alert-book.ts';
import { watchAlerts } from './alerts/alert-watch.ts';
import { answerQuery } from './answer-query.ts';
import { runCommand } from './commands.ts';
import type { DeskConfig } from './desk-config.ts';
import type { DeskContext } from './desk-context.ts';
import type { Effect } from './effects.ts';
import type { Caller } from './engine-api.ts';
import type { Input, Query } from './inputs.ts';
import type { JournalSummary } from './journal-summary.ts';
import { performGateway } from './orders/broker-events.ts';
import { ExitRunner } from './orders/exit-runner.ts';
import { cancelOpenings } from './orders/flattening.ts';
import { keepClosing } from './orders/kept-closes.ts';
import { onRepriceBlocked, onRepriceCleared, walkLimits } from './orders/limit-walker.ts';
import { OrderBook } from './orders/order-book.ts';
import { keepProtection } from './orders/protecting.ts';
import { watchRatios } from './orders/ratio-watch.ts';
import { endRefused } from './orders/refused-closes.ts';
import {
  callBackFaulty,
  onBlockedByKill,
  onCleared,
  onJournalDurable,
  repeatCancels,
  sendRecorded,
  sendUnjournalled,
} from './orders/sending.ts';
import { pageUnknown, searchUnknown } from './orders/unknown-outcomes.ts';
import { Outbox } from './outbox.ts';
import { endPastIncidents } from './past-incidents.ts';
import { PlanBook } from './plan/plan-book.ts';
import { beginPlan, runPlan } from './plan/plan-runner.ts';
import { awaitedPreview } from './previews/awaited-preview.ts';
import { DecisionLog } from './previews/decision-log.ts';
import { DryRunBook } from './previews/dry-run-book.ts';
import { PreviewShelf } from './previews/preview-shelf.ts';
import { keepReplacements } from './previews/replacing.ts';
import { endLost } from './previews/restored-replacements.ts';
import { Reconciler } from './reconciling/reconciling.ts';
import { recover } from './recovery.ts';
import { Replies } from './replies.ts';
import { BarBook } from './session/bar-book.ts';
import { onBrokerRules } from './session/broker-rules.ts';
import { watchClockBehind } from './session/clock-behind.ts';
import { closeBefore } from './session/closing-price.ts';
import { watchDeadline } from './session/deadline-watch.ts';
import { tellFeedDown, watchFeedDown } from './session/feed-down.ts';
import { watchFeedLag } from './session/feed-lag-watch.ts';
import { failJournal, keepJournalWait, watchJournal } from './session/journal-watch.ts';
import { LentEvidence } from './session/lent-evidence.ts';
import { listingCame, onListingFailed, watchListing } from './session/listing-watch.ts';
import { MarketTurn } from './session/market-turn.ts';
import { newDay } from './session/new-day.ts';
import { watchPins } from './session/pin-watch.ts';
import { sessionFor } from './session/session-clock.ts';
import { askForListing, keepSession, onListing, scheduleFor } from './session/session-life.ts';
import { recordStart } from './starting.ts';
import type { Stop, StopPolicy } from './stopping.ts';
import { beginStop, watchStop } from './stopping.ts';

/** Twice this, for a difference is seen twice before it is told, stays well within five seconds. */
const RECONCILE_EVERY_MICROS = 1_500_000;

/** What a desk is built from. */
export interface DeskParts {
  readonly config: DeskConfig;
  /** Writes the chain and the ring that the two buffers hold. */
  readonly chain: ChainWriter;
  readonly chainBuffer: SharedArrayBuffer;
  readonly ringBuffer: SharedArrayBuffer;
  readonly gateway: OrderGateway;
  readonly at: At;
  /** What the journal holds from before. */
  readonly past: JournalSummary;
}

/** Core thread only. */
export class Desk {
  readonly #desk: DeskContext;
  readonly #shelf = new PreviewShelf();
  readonly #exits = new ExitRunner();
  readonly #reconciler = new Reconciler();
  readonly #replies = new Replies();
  readonly #limits: LimitKeeper;
  readonly #market: MarketTurn;
  #reconcileAt: EpochMicros;
  #stop: Stop | undefined;
  #stopped = false;

  constructor(parts: DeskParts) {
    const { chain, chainBuffer, ringBuffer, gateway, at, past } = parts;
    const config = configInForce(parts.config, at.wall);
    this.#limits = new LimitKeeper(parts.config);
    const spec = underlyingOf(config.underlying);
    const session = sessionFor(at.market, spec);
    this.#reconcileAt = at.wall;
    const reader = new ChainReader(chainBuffer);
    this.#desk = {
      config,
      spec,
      chain,
      reader,
      evidence: new LentEvidence(config.underlying, chain, reader),
      past: new ChainPast(chainBuffer, ringBuffer, 'market'),
      bars: new BarBook(session),
      gateway,
      book: new PortfolioBook(),
      tokens: new TokenBook({
        accountId: gateway.accountId,
        environment: config.environment,
        limitsVersion: config.limits.version,
      }),
      orders: new OrderBook(),
      out: new Outbox(at, session.date, past.lastSeq, config.monotonicOffsetMicros),
      decisions: new DecisionLog(past.decisions),
      dryRuns: new DryRunBook(),
      messages: new MessageThrottle(),
      at,
      plan: new PlanBook(config.plan),
      alerts: new AlertBook(),
      day: newDay(session, scheduleFor(config, gateway.capabilities, session), at),
    };
    this.#market = new MarketTurn(this.#desk, this.#exits);
    this.#desk.plan.beginSession(session.date);
    this.#begin(past, recover(this.#desk, this.#shelf, past));
  }

  /** The desk's state, for queries and for the shell's counters. Not to be changed. */
  get context(): DeskContext {
    return this.#desk;
  }

  /** Effects of the start itself: its record, the listing to fetch. */
  start(): readonly Effect[] {
    return this.#drain();
  }

  #begin(past: JournalSummary, { untold, lost }: ReturnType<typeof recover>): void {
    const desk = this.#desk;
    const { day } = desk;
    if (past.lastSession !== day.session.date) {
      desk.book.startSession(day.session.date, closeBefore(desk, day.session.date));
      day.breakoutsTaken.length = 0;
    }
    desk.orders.beginRun({
      session: day.session.date,
      wall: desk.at.wall,
      broker: desk.gateway.capabilities.name,
      isBehindCut: past.ended === 'cutOff',
    });
    desk.orders.forgetOld(desk.at.market);
    recordStart(desk, past);
    endPastIncidents(desk, past.incidents, past.ended === 'cutOff');
    for (const { severity, code, text, subject } of untold) {
      desk.out.alert(severity, code, text, subject);
    }
    recordLimits(desk);
    endLost(desk, lost);
    repeatCancels(desk);
    pageUnknown(desk);
    beginPlan(desk);
    this.#reconciler.check(desk);
    askForListing(desk);
  }

  /** One input in, its effects out. */
  step(input: Input): readonly Effect[] {
    const desk = this.#desk;
    desk.at = input.at;
    desk.out.begin(input.at);
    this.#apply(input);
    sendUnjournalled(desk);
    keepJournalWait(desk);
    this.#replies.release(desk);
    return this.#drain();
  }

  /** The effects so far; what they record is remembered as decisions. */
  #drain(): readonly Effect[] {
    const { out, decisions } = this.#desk;
    const effects = out.drain();
    for (const effect of effects) if (effect.kind === 'append') decisions.note(effect.record);
    return effects;
  }

  /** Answers a question; the state does not change and nothing is recorded. */
  query(query: Query, caller: Caller, at: At): unknown {
    this.#desk.at = at;
    return answerQuery(this.#desk, this.#shelf, query, caller);
  }

  /** The market time at which the broker adapter wants the clock, if any. */
  nextWake(): EpochMicros | undefined {
    return this.#desk.gateway.nextWake();
  }

  #apply(input: Input): void {
    const desk = this.#desk;
    switch (input.kind) {
      case 'quote':
        this.#market.quote(input);
        return;
      case 'batchEnd':
        this.#market.batchEnd();
        return;
      case 'last':
        this.#market.last(input);
        return;
      case 'feedGreeks':
        desk.chain.setFeedGreeks(input.index, input.delta, input.impliedVol, desk.at);
        return;
      case 'openInterest':
        desk.chain.setOpenInterest(input.index, input.contracts);
        return;
      case 'bar':
      case 'barGone':
        desk.bars.hear(input);
        return;
      case 'clock':
        this.#onClock();
        return;
      case 'listing':
      case 'listingFailed':
        this.#onListing(input);
        return;
      case 'brokerRules':
        onBrokerRules(desk, input.date, input.rules);
        return;
      case 'feed':
        this.#onFeed(input);
        return;
      case 'command':
        this.#onCommand(input);
        return;
      case 'journalDurable':
        onJournalDurable(desk, input.seq);
        return;
      case 'journalFailed':
        failJournal(desk, input.reason, input.reserveExhausted);
        return;
      case 'cleared':
      case 'blockedByKill':
        this.#onClearance(input);
        return;
      case 'wire':
        performGateway(desk, desk.gateway.onWire(input.wire, desk.at));
        this.#reconciler.onAnswer(desk);
        callBackFaulty(desk);
        return;
      case 'auditBehind':
        this.#onAuditBehind(input);
        return;
      case 'alertDelivered':
        this.#onAlertDelivered(input);
        return;
      default:
        unreachable(input);
    }
  }

  #onListing(input: Extract<Input, { kind: 'listing' | 'listingFailed' }>): void {
    const desk = this.#desk;
    if (input.kind === 'listingFailed') {
      onListingFailed(desk, input.date, input.reason);
      return;
    }
    this.#whereItOpens(() => onListing(desk, input.listing));
    listingCame(desk, input.listing.date);
  }

  /** A chain that opens has heard nothing yet. Rows that are added to an open one have not either, and of
   * the others nothing changed. */
  #whereItOpens(takeListing: () => void): void {
    const { day } = this.#desk;
    const wasOpen = day.chainOpen;
    takeListing();
    if (!wasOpen && day.chainOpen) this.#market.forget();
  }

  #onClearance(input: Extract<Input, { kind: 'cleared' | 'blockedByKill' }>): void {
    const { kind, act, intentId } = input;
    const isCleared = kind === 'cleared';
    if (act === 'reprice') (isCleared ? onRepriceCleared : onRepriceBlocked)(this.#desk, intentId);
    else (isCleared ? onCleared : onBlockedByKill)(this.#desk, intentId);
  }

  #onFeed(input: Extract<Input, { kind: 'feed' }>): void {
    const { connected, detail, lateMillis = 0, behindMillis = 0, aheadMillis = 0 } = input;
    const { day, out, at } = this.#desk;
    if (connected !== day.feedConnected) {
      out.append({ kind: 'feedOutage', state: connected ? 'connected' : 'down', detail });
      if (!connected) tellFeedDown(this.#desk, detail);
    }
    if (connected && !day.feedConnected) {
      day.feedSince = at.wall;
      this.#market.forget();
    }
    if (lateMillis > 0 && day.feedLateMillis === 0) out.alert('warning', 'FEED_LATE', detail);
    if (lateMillis === 0 && day.feedLateMillis > 0) out.settle('resolve', 'FEED_LATE', detail);
    day.feedConnected = connected;
    day.feedDetail = detail;
    day.feedLateMillis = lateMillis;
    day.feedBehindMillis = behindMillis;
    day.feedAheadMillis = aheadMillis;
  }

  #onAlertDelivered(input: Extract<Input, { kind: 'alertDelivered' }>): void {
    const { code, channel, ok, alertSeq, undelivered = 0 } = input;
    this.#desk.day.undeliveredAlerts = undelivered;
    const of = alertSeq === undefined ? {} : { alertSeq };
    this.#desk.out.append({ kind: 'alertDelivered', code, channel, ok, ...of });
  }

  /** Nothing is lost meanwhile, but what opens waits until outsiders can see the log again. */
  #onAuditBehind({ behind, detail }: Extract<Input, { kind: 'auditBehind' }>): void {
    const desk = this.#desk;
    if (behind === desk.day.status.causes.includes('auditBehind')) return;
    if (behind) {
      desk.out.alert('critical', 'AUDIT_BEHIND', `${detail}; openings are halted`);
      cancelOpenings(desk, 'engine');
    } else desk.out.settle('resolve', 'AUDIT_BEHIND', detail);
    holdTrading(desk, 'auditBehind', behind);
  }

  #onClock(): void {
    const desk = this.#desk;
    this.#limits.keep(desk);
    desk.chain.settle(desk.at);
    performGateway(desk, desk.gateway.onClock(desk.at, desk.day.session));
    keepSession(desk, this.#shelf);
    this.#whereItOpens(() => watchListing(desk));
    runPlan(desk, this.#shelf);
    searchUnknown(desk);
    if (desk.at.wall >= this.#reconcileAt) {
      this.#reconcileAt = addMicros(desk.at.wall, RECONCILE_EVERY_MICROS);
      this.#reconciler.check(desk);
    }
    watchRatios(desk);
    this.#exits.run(desk);
    keepClosing(desk);
    endRefused(desk);
    keepProtection(desk);
    watchPins(desk);
    watchDeadline(desk);
    watchFeedDown(desk);
    watchFeedLag(desk);
    watchClockBehind(desk);
    keepReplacements(desk);
    callBackFaulty(desk);
    watchJournal(desk);
    sendRecorded(desk);
    walkLimits(desk);
    govern(desk);
    watchAlerts(desk);
    if (this.#stop !== undefined && !this.#stopped) this.#stopped = watchStop(desk, this.#stop);
  }

  #onCommand(input: Extract<Input, { kind: 'command' }>): void {
    const room = {
      desk: this.#desk,
      shelf: this.#shelf,
      reconciler: this.#reconciler,
      stop: (policy: StopPolicy) => this.#beginStop(policy),
    };
    const { id, caller, command } = input;
    this.#market.settle();
    this.#limits.keep(room.desk);
    const result = runCommand(room, caller, command);
    holdWhileFlattening(room.desk);
    const preview = 'answer' in result ? awaitedPreview(room, caller, command) : undefined;
    if (preview !== undefined) this.#replies.answerPreview(room.desk, id, preview);
    else if ('answer' in result) this.#replies.answer(room.desk, id, command, result.answer);
    else this.#replies.answerWhenSettled(room.desk, id, result);
  }

  #beginStop(policy: StopPolicy): void {
    this.#stop ??= beginStop(this.#desk, policy);
  }
}
