/**
 * A whole session in virtual time, from before the open to the end of the day: the production desk,
 * risk, codecs and paper broker against a market, traders and faults that a seed decides, with
 * oracles at every step. The same seed gives the same records, byte for byte.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { addMicros, type EpochMicros } from '../../engine/domain/units.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { Input } from '../inputs.ts';
import { denialCodeOf } from './answer-oracle.ts';
import type { BrokerObserver } from './broker-tap.ts';
import { BrokerWord } from './broker-word.ts';
import { inRow } from './chain-rows.ts';
import { EventQueue, soonest } from './event-queue.ts';
import type { BrokerAccount, FarBroker, QuoteInput, WireEffect } from './far-broker.ts';
import { FaultSwitchboard } from './fault-switchboard.ts';
import { FeedModel } from './feed-model.ts';
import { JournalDoor } from './journal-door.ts';
import { answerInput, type JournalAnswer, JournalModel } from './journal-model.ts';
import { OperatorStop } from './operator-stop.ts';
import { RunLog } from './run-log.ts';
import type { Move } from './scripted-trader.ts';
import { OPERATOR, ScriptedTrader } from './scripted-trader.ts';
import { type SeededRandom, type StreamName, streamOf } from './seeded-random.ts';
import {
  endOf,
  habitsOf,
  type SessionShape,
  STARTING_CASH_CENTS,
  setUp,
} from './session-config.ts';
import { planFaults } from './session-faults.ts';
import { TAKES_MICROS, tickMicros } from './session-pace.ts';
import type { SessionOptions, SessionReport } from './session-report.ts';
import { count } from './session-tally.ts';
import { SessionWitness } from './session-witness.ts';
import type { SessionWraps } from './session-wraps.ts';
import { type EngineWorld, SimulatedEngine } from './simulated-engine.ts';
import { type ClockJump, SkewedClock } from './skewed-clock.ts';
import { traderView } from './trader-view.ts';
import { VirtualMarket } from './virtual-market.ts';

const ACCOUNT_ID = 'SIM00001';
type Later =
  | { readonly kind: 'answer'; readonly answer: JournalAnswer }
  | { readonly kind: 'command'; readonly id: number; readonly move: Move };

/** Runs one session to its end. */
export function runSession(options: SessionOptions): SessionReport {
  return new SimulatedSession(options).run();
}

class SimulatedSession implements EngineWorld {
  readonly wraps: SessionWraps;
  readonly shape: SessionShape;
  readonly #options: SessionOptions;
  readonly #session: SessionTimes;
  readonly #config: DeskConfig;
  readonly #random: SeededRandom;
  readonly #market: VirtualMarket;
  readonly #feed: FeedModel;
  readonly #journal: JournalModel;
  readonly #door: JournalDoor;
  readonly #trader: ScriptedTrader;
  readonly #witness: SessionWitness;
  readonly #faults: FaultSwitchboard;
  readonly #later = new EventQueue<Later>();
  readonly #pending = new Map<number, Move>();
  readonly #runs: RunLog;
  /** Absent where the broker is part of the engine. */
  readonly #far: FarBroker | undefined;
  readonly #end: EpochMicros;
  readonly #operator: OperatorStop;
  readonly #clock: SkewedClock;
  #engine: SimulatedEngine;
  #nextTick: EpochMicros;
  #clockedAt = 0;
  #movedAt: EpochMicros;
  #killWord = false;
  #isStopped = false;
  #lastId = 0;

  constructor(options: SessionOptions) {
    const { seed } = options;
    const stream = (name: StreamName) => streamOf(seed, name);
    const { session, shape, config, temper, sheet } = setUp(options);
    this.wraps = options.wraps ?? {};
    this.#options = options;
    this.shape = shape;
    this.#session = session;
    this.#random = stream('session');
    this.#config = config;
    this.#market = new VirtualMarket(stream('market'), temper, session);
    this.#feed = new FeedModel(this.#market, new BrokerWord(stream('rules'), session));
    this.#journal = new JournalModel(stream('journal'));
    this.#clock = new SkewedClock(addMicros(session.open, -TAKES_MICROS.start));
    this.#nextTick = this.#now;
    this.#movedAt = this.#now;
    this.#end = endOf(session, options.minutes);
    this.#operator = new OperatorStop(this.#random, session, this.#end);
    const { limitRaises: raises } = config;
    const habits = { shape, raises, ...habitsOf(stream, options), sheet: sheet?.operator };
    this.#trader = new ScriptedTrader(stream('trader'), session.open, habits);
    const isDurable = (seq: number): boolean => this.#journal.isDurable(seq, this.#now);
    this.#witness = new SessionWitness({
      config: this.#config,
      session,
      broker: options.broker?.name,
      startCashCents: STARTING_CASH_CENTS,
      world: { isDurable, isKilled: () => this.#killWord },
    });
    const faults = stream('faults');
    const planned = options.faults ?? planFaults(faults, session, sheet?.faults);
    this.#faults = new FaultSwitchboard(planned, faults, {
      journal: this.#journal,
      feed: this.#feed,
      broker: () => this.#drilled(),
      step: (input) => this.#step({ ...input, at: this.#at }),
      crash: (set) => this.#crash(set),
      setClocks: (jump) => this.#clock.jump(jump),
      onHiddenFills: () => this.#witness.onHiddenFills(),
      onFault: (kind) => count(this.#witness.tally.faults, kind),
    });
    this.#door = new JournalDoor({
      journal: this.#journal,
      witness: this.#witness,
      faults: this.#faults,
      wraps: this.wraps,
      plainTokens: () => this.#trader.plainTokens(),
    });
    this.#runs = new RunLog(options.broker?.name ?? 'paper');
    this.#far = options.broker?.open({
      accountId: ACCOUNT_ID,
      seed,
      random: stream('broker'),
      at: this.#clock.trueAt,
      session,
      listing: this.#market.listing,
      ear: this.#witness,
      door: {
        isKilled: () => this.wraps.connectWord?.(this.#killWord) ?? this.#killWord,
        onLeave: (send) => this.#witness.onLeave(send),
        met: (what) => count(this.#witness.tally.met, what),
      },
    });
    this.#engine = this.#boot([]);
  }

  get observer(): BrokerObserver {
    return this.#witness;
  }

  /** What the engine's machine says. */
  get #at(): At {
    return this.#clock.at;
  }

  get #now(): EpochMicros {
    return this.#clock.now;
  }

  /** Starts the engine on what the journal holds. */
  #boot(records: readonly AuditRecord[]): SimulatedEngine {
    const start = {
      config: this.wraps.config?.(this.#config) ?? this.#config,
      seed: this.#options.seed,
      accountId: ACCOUNT_ID,
      at: this.#at,
      records,
      isRecorded: this.#options.isRecorded ?? false,
      far: this.#far && { broker: this.#far, at: this.#clock.trueAt },
    };
    const engine = new SimulatedEngine(start, this);
    if (this.#far !== undefined) this.#witness.onHiddenFills();
    this.#runs.begin(engine.chunks, records);
    return engine;
  }

  /** The broker for a fault to act on. */
  #drilled(): BrokerAccount {
    return this.#runs.drilled(this.#engine.account);
  }

  /** A promise that the program breaks ends the session and is a violation like any other. */
  run(): SessionReport {
    try {
      this.#play();
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#witness.report(`the program broke: ${what}`);
    }
    return this.#report();
  }

  #play(): void {
    this.#engine.begin();
    this.#connect();
    const [{ sought }, { violations }] = [this.#options, this.#witness];
    const isSaid = (words: RegExp): boolean => violations.some((what) => words.test(what));
    while (!this.#isStopped && this.#now < this.#end && sought?.every(isSaid) !== true) {
      this.#clock.passTo(this.#nextMoment());
      this.#faults.run(this.#clock.trueAt);
      this.#deliver();
      if (this.#isClockDue()) this.#pass();
      this.#faults.crashIfDue();
    }
  }

  #report(): SessionReport {
    const isToEnd = !this.#isStopped && this.#now >= this.#end;
    const isWhole = isToEnd && this.#options.minutes === undefined;
    const { desk, account } = this.#engine;
    if (isWhole) this.#witness.onQuiet(desk.context, account, this.#clock.trueAt);
    const records = this.#journal.records();
    this.#witness.onEnd(records);
    const { tally, violations } = this.#witness;
    const runs = this.#runs.runs(records);
    const trace = this.#witness.traceOf(this.#journal.headHash);
    return { seed: this.#options.seed, trace, violations, tally, runs };
  }

  #nextMoment(): EpochMicros {
    const wake = this.#engine.desk.nextWake();
    const isNews = wake !== undefined && wake > this.#clockedAt;
    const woken = isNews ? this.#clock.whenMarketShows(wake) : undefined;
    const far = soonest(this.#far?.next(), this.#far?.beat());
    const asked = soonest(this.#later.next(), this.#feed.listingDue);
    const own = soonest(this.#nextTick, asked, this.#faults.next(), woken);
    return addMicros(this.#now, Math.max(0, (soonest(own, far) ?? this.#now) - this.#now));
  }

  #connect(): void {
    for (const input of this.#feed.connected(this.#at)) this.#step(input);
  }

  #deliver(): void {
    for (const wire of this.#far?.run(this.#clock.trueAt) ?? []) {
      this.#step({ kind: 'wire', at: this.#at, wire });
    }
    for (const input of this.#feed.listing(this.#now, this.#at, this.#engine.desk.context)) {
      this.#step(input);
    }
    for (let event = this.#later.take(this.#now); event; event = this.#later.take(this.#now)) {
      if (event.kind === 'command') this.#command(event.id, event.move);
      else this.#step(answerInput(event.answer, this.#at));
    }
  }

  /** The clock comes with whatever happens, or at the beat that the adapter lives by. */
  #isClockDue(): boolean {
    const beat = this.#far?.beat();
    const wake = this.#engine.desk.nextWake() ?? Number.POSITIVE_INFINITY;
    if (beat === undefined || this.#at.market >= wake) return true;
    return this.#now >= Math.min(beat, this.#nextTick);
  }

  /** A tick of feed, clock and trader, or only the clock where the broker asked for it. */
  #pass(): void {
    const isTick = this.#now >= this.#nextTick;
    if (isTick || this.#feed.isStale(this.#now)) this.#hearFeed();
    this.#clockedAt = this.#at.market;
    this.#far?.onClock(this.#clock.trueAt, this.#session);
    this.#step({ kind: 'clock', at: this.#at });
    this.#witness.onClock(this.#engine.desk, this.#faults, this.#clock.trueAt);
    if (isTick) this.#tick();
    // What is waited for brings the next tick nearer, whatever brought the clock.
    const until = addMicros(this.#now, this.#tickMicros());
    this.#hasten(isTick || until < this.#nextTick ? until : this.#nextTick);
  }

  /** The trader and the operator have their turn. */
  #tick(): void {
    const desk = this.#engine.desk.context;
    const { thin: isThin } = this.#feed.temper;
    const seen = { spotDollars: this.#market.spotDollars, isThin, tally: this.#witness.tally };
    const view = traderView(desk, this.#clock.trueAt, seen);
    for (const move of this.#trader.moves(view)) this.#ask(move);
    const [policy, beside] = this.#operator.ask(desk, this.#now, this.#witness.tally) ?? [];
    if (policy === undefined) return;
    this.#ask({ caller: OPERATOR, command: { kind: 'shutdown', policy } });
    this.#witness.onStop(desk, `${policy} beside ${beside}`);
  }

  #tickMicros(): number {
    const isTense = this.#witness.isTense(this.#feed.isAimed);
    const movedAt = this.#clock.shown(this.#movedAt).market;
    const moment = { now: this.#at.market, movedAt, isTense };
    return tickMicros(this.#engine.desk.context, moment, this.shape);
  }

  /** Nobody at the faces is kept waiting, also where an answer came late, and no turn of the sheet. */
  #hasten(tick = this.#nextTick): void {
    const turn = this.#witness.sheet.nextDue();
    const due = turn === undefined ? undefined : this.#clock.whenMarketShows(turn);
    const untilMove = Math.max(1, (soonest(this.#trader.next(), due) ?? tick) - this.#now);
    this.#nextTick = addMicros(this.#now, Math.min(tick - this.#now, untilMove));
  }

  #hearFeed(): void {
    const { context } = this.#engine.desk;
    const isBeat = this.#far?.beat() !== undefined && this.#now < this.#nextTick;
    for (const input of this.#feed.round(this.#now, this.#at, context, isBeat)) this.#step(input);
  }

  /** A command at the faces. A kill sets the kill word at once and reaches the desk a little later. */
  #ask(move: Move): void {
    this.#lastId += 1;
    this.#movedAt = this.#now;
    if (move.command.kind !== 'kill') {
      this.#command(this.#lastId, move);
      return;
    }
    this.#killWord = true;
    const due = addMicros(this.#now, this.#random.between(0, TAKES_MICROS.kill));
    this.#later.add(due, { kind: 'command', id: this.#lastId, move });
  }

  #command(id: number, move: Move): void {
    const { caller, command } = move;
    this.#pending.set(id, move);
    this.#witness.onCommand(id, command);
    this.#step({ kind: 'command', at: this.#at, id, caller, command });
    this.#witness.onCommandDone();
  }

  #step(input: Input): void {
    const engine = this.#engine;
    if (input.kind === 'batchEnd') this.#far?.onBatchEnd(this.#clock.trueAt);
    if (input.kind === 'quote') this.#quote(input);
    else engine.step(input);
    this.#witness.afterStep(engine.desk.context, engine.account, this.#clock.trueAt);
  }

  /** A quote, by its row of the market, for broker and desk: heard by a desk in whose chain it is. */
  #quote(quote: QuoteInput): void {
    this.#far?.onQuote({ ...quote, at: this.#clock.trueAt }, this.#market.listing);
    const index = this.#feed.rows.toDesk(this.#engine.desk.context.chain, quote.index);
    if (index !== undefined) this.#engine.step(inRow(quote, index));
  }

  onSend(effect: WireEffect): void {
    this.#far?.onSend(effect, this.#clock.trueAt);
  }

  /** The process dies and is started again, its machine's clocks set by so much meanwhile. */
  #crash(set: ClockJump | undefined): void {
    const records = this.#journal.crash(this.#now);
    this.#later.clear();
    this.#feed.onCrash();
    this.#far?.onCrash(this.#clock.trueAt);
    this.#pending.clear();
    this.#witness.onCrash(records);
    this.#clock.passTo(addMicros(this.#now, this.#random.whole(1, TAKES_MICROS.restart)));
    if (set !== undefined) this.#clock.jump(set);
    this.#witness.flat.onTrouble(this.#at.market);
    this.#engine = this.#boot(records);
    this.#engine.begin();
    this.#operator.onCrash();
    this.#trader.onCrash(this.#now);
    this.#connect();
    if (!this.#killWord || this.#engine.desk.context.day.killed) return;
    const caller = { principal: 'latch', authority: 'observe' } as const;
    this.#command(0, { caller, command: { kind: 'kill', reason: 'the latch stood at the start' } });
  }

  isKilled(): boolean {
    return this.#killWord;
  }

  toJournal(records: readonly AuditRecord[], urgent: boolean): void {
    const answers = this.#door.write(records, urgent, this.#clock.trueAt);
    for (const answer of answers) this.#later.add(answer.due, { kind: 'answer', answer });
  }

  onInput(input: Input): void {
    const isQuote = input.kind === 'quote';
    this.#witness.onInput(isQuote ? inRow(input, this.#feed.rows.toMarket(input.index)) : input);
  }

  onReply(id: number, result: unknown): void {
    const move = this.#pending.get(id);
    if (move === undefined) return;
    this.#pending.delete(id);
    this.#witness.onAnswer(id, move, result, this.#engine.desk.context);
    this.#trader.onAnswer(move, result, this.#clock.trueAt);
    this.#hasten();
    if (move.command.kind === 'rearm' && denialCodeOf(result) === undefined) this.#killWord = false;
  }

  fetchListing(date: string): void {
    if (date === this.#session.date) this.#feed.askListing(this.#now);
  }

  onStopped(): void {
    this.#isStopped = true;
  }
}
