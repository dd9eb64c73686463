/** All oracles of a session behind one face, and the violations they found. */

import { createHash } from 'node:crypto';
import { OrderEvidence } from '../../audit/order-evidence.ts';
import { schemaFaults } from '../../audit/record-schema.ts';
import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { HttpSend } from '../../broker/wire-requests.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { Desk } from '../desk.ts';
import { type DeskConfig, exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Command, Input } from '../inputs.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { AbsenceOracle } from './absence-oracle.ts';
import { AlertOracle } from './alert-oracle.ts';
import { AnswerOracle, denialCodeOf, isReplayed } from './answer-oracle.ts';
import { AskOracle } from './ask-oracle.ts';
import { BesideOracle } from './beside-oracle.ts';
import { BookOracle } from './book-oracle.ts';
import type { BrokerObserver } from './broker-tap.ts';
import { CapOracle } from './cap-oracle.ts';
import { CauseOracle } from './cause-oracle.ts';
import { ChainOracle } from './chain-oracle.ts';
import { CloseOracle } from './close-oracle.ts';
import type { BrokerAccount, BrokerKind } from './far-broker.ts';
import { AT_THE_STOP, FlatOracle } from './flat-oracle.ts';
import { HandOracle } from './hand-oracle.ts';
import { HangOracle } from './hang-oracle.ts';
import { JournalOwed } from './journal-owed.ts';
import { MomentOracle, momentWindowOf } from './moment-oracle.ts';
import { OrderOracle, type SendWorld } from './order-oracle.ts';
import { PageOracle } from './page-oracle.ts';
import { PlanOracle } from './plan-oracle.ts';
import { PromiseOracle } from './promise-oracle.ts';
import { ProtectionOracle } from './protection-oracle.ts';
import { RaiseOracle } from './raise-oracle.ts';
import { RestOracle } from './rest-oracle.ts';
import { type Move, TOKEN_MARK } from './scripted-trader.ts';
import { SessionEnd } from './session-end.ts';
import { count, emptyTally, type SessionTally, tallyEvent, tallyRecord } from './session-tally.ts';
import { SheetOracle } from './sheet-oracle.ts';
import { SideOracle } from './side-oracle.ts';
import { StrategyOracle } from './strategy-oracle.ts';
import { type Heard, StreamOracle } from './stream-oracle.ts';
import { TargetOracle } from './target-oracle.ts';

/** Beyond this many, more of the same says nothing new. */
const MOST_VIOLATIONS = 20;

export interface WitnessOptions {
  readonly config: DeskConfig;
  readonly session: SessionTimes;
  /** Goes on while the engine is down; the paper broker of its process where absent. */
  readonly broker: BrokerKind | undefined;
  readonly startCashCents: number;
  readonly world: Omit<SendWorld, 'mayHang'>;
}

export class SessionWitness implements BrokerObserver {
  readonly tally: SessionTally = emptyTally();
  readonly violations: string[] = [];
  readonly flat: FlatOracle;
  readonly plans: PlanOracle;
  readonly sheet: SheetOracle;
  readonly #pages: PageOracle;
  readonly #promises: PromiseOracle;
  readonly #flattenTokens = new Set<string>();
  readonly #owed = new JournalOwed();
  readonly #hangs: HangOracle;
  readonly #orders: OrderOracle;
  readonly #absences: AbsenceOracle;
  readonly #alerts: AlertOracle;
  readonly #caps: CapOracle;
  readonly #end: SessionEnd;
  readonly #causes: CauseOracle;
  readonly #books: BookOracle;
  readonly #answers: AnswerOracle;
  readonly #beside: BesideOracle;
  readonly #moments: MomentOracle;
  readonly #chains: ChainOracle;
  readonly #asks: AskOracle;
  readonly #closes: CloseOracle;
  readonly #strategies: StrategyOracle;
  readonly #streams: StreamOracle;
  readonly #hand: HandOracle;
  readonly #raises: RaiseOracle;
  readonly #rests: RestOracle;
  readonly #sides: SideOracle;
  readonly #targets: TargetOracle;
  readonly #protections: ProtectionOracle;
  readonly #waits: readonly { readonly isWaiting: boolean }[];
  readonly #outlives: boolean;
  /** All that was sent to the broker. */
  readonly #sent = createHash('sha256');
  #lastSeq = 0;

  constructor(options: WitnessOptions) {
    const report = (what: string): void => this.report(what);
    const met = (what: string): void => count(this.tally.met, what);
    const { config, session } = options;
    const { limits, limitRaises: raises = [] } = config;
    const window = new SessionEnd(session, momentWindowOf(session, options.broker), met);
    this.#end = window;
    const exits = exitSettingsOf(config);
    const world = { ...options.world, mayHang: (wall: number) => this.#owed.mayHang(wall) };
    this.#orders = new OrderOracle(world, report);
    this.#hangs = new HangOracle(this.#owed, report, met);
    this.#absences = new AbsenceOracle(report);
    this.#alerts = new AlertOracle({ session, window }, report, met);
    const day = { lastTrade: session.lastTrade, broker: options.broker, raises };
    this.#caps = new CapOracle(limits, day, report);
    this.#causes = new CauseOracle({ session, exits, window }, report);
    this.#books = new BookOracle(options.startCashCents, report);
    this.flat = new FlatOracle(window, report);
    this.#raises = new RaiseOracle(raises, report, met);
    this.#rests = new RestOracle(report, met);
    this.#sides = new SideOracle(report, met);
    this.#targets = new TargetOracle(report, met);
    this.#protections = new ProtectionOracle(report);
    this.#outlives = options.broker !== undefined;
    this.plans = new PlanOracle(report, met);
    this.#chains = new ChainOracle(report);
    this.#asks = new AskOracle(report);
    this.#closes = new CloseOracle(report);
    this.#pages = new PageOracle(report);
    this.#promises = new PromiseOracle(report);
    this.#answers = new AnswerOracle(report);
    this.#beside = new BesideOracle(report);
    this.#moments = new MomentOracle(limits, window, report, raises);
    this.#streams = new StreamOracle(report);
    this.sheet = new SheetOracle({ sheet: config.plan, session }, report, met);
    const waits = [this.plans, this.sheet, this.#alerts, this.#asks, this.#closes];
    this.#waits = [...waits, this.#books, this.#protections];
    this.#strategies = new StrategyOracle(report, (token) => this.sheet.requestOf(token));
    this.#hand = new HandOracle(report, (what) => count(this.tally.byHand, what), met);
  }

  /** A stop is nearly broken while its quotes are bad on purpose, or something that has to end soon has not yet:
   * every look counts. */
  isTense(isAimed: boolean): boolean {
    return (isAimed && this.plans.isNear) || this.#waits.some(({ isWaiting }) => isWaiting);
  }

  report(what: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push(what);
  }

  onInput(input: Input): void {
    this.tally.inputs += 1;
    this.#owed.onInput(input);
    this.#hangs.onInput(input);
    this.#orders.onInput(input);
    this.sheet.onInput(input);
    this.plans.onInput(input);
    this.#end.onInput(input);
    this.#alerts.onInput(input);
    this.#causes.onInput(input);
    this.#pages.onInput(input);
    this.#streams.onInput(input);
    this.#sides.onInput(input);
    this.#moments.onInput(input);
    this.#caps.onInput(input);
    this.flat.onInput(input);
    this.#strategies.onInput(input);
    this.#hand.onInput(input);
  }

  /** A record on its way to the journal. */
  onRecord(record: AuditRecord): void {
    for (const fault of schemaFaults(record)) {
      this.report(`record ${record.seq} would not verify: ${fault}`);
    }
    const { body, seq } = record;
    tallyRecord(this.tally, record);
    if (seq !== this.#lastSeq + 1) this.report(`record ${seq} came after record ${this.#lastSeq}`);
    this.#lastSeq = seq;
    if (JSON.stringify(body).includes(TOKEN_MARK)) this.report(`record ${seq} holds a plain token`);
    this.#owed.onRecord(record);
    this.#hangs.onRecord(record);
    this.#orders.onRecord(record);
    this.#absences.onRecord(record);
    this.#promises.onRecord(record);
    this.#beside.onRecord(record);
    if (body.kind === 'intentRecorded') this.#caps.onIntent(body.intent);
    this.#caps.onRecord(record);
    this.#moments.onRecord(record);
    this.#strategies.onRecord(record);
    this.sheet.onRecord(record);
    this.#hand.onRecord(record);
    this.plans.onRecord(record);
    this.#alerts.onRecord(record);
    this.#causes.onRecord(record);
    this.#pages.onRecord(record);
    this.#streams.onRecord(record);
    this.#rests.onRecord(record);
    this.#raises.onRecord(record);
    this.#sides.onRecord(record);
    this.#targets.onRecord(record);
    this.#asks.onRecord(record);
    this.#closes.onRecord(record);
    this.#protections.onRecord(record);
    this.flat.onRecord(record);
    const event = brokerEventOf(record);
    if (event === undefined) return;
    // Evidence that the desk found by itself never passed the broker's own stream.
    this.#orders.onEvent(event);
    this.#caps.onEvent(event);
    this.#hand.onEvent(event);
    this.#rests.onEvent(event);
    this.#protections.onEvent(event);
    this.#books.onJournalled(event);
    this.#moments.onEvent(event);
    this.#alerts.onEvent(event);
  }

  /** Hash of the journal's last record with all that was sent; the last word of a session. */
  traceOf(headHash: string): string {
    return this.#sent.update(headHash).digest('hex');
  }

  onSubmit(intent: OrderIntent, at: At): void {
    this.#sent.update(JSON.stringify(['submit', intent, at]));
    this.#orders.onSubmit(intent, at);
    this.#hangs.onSubmit(intent);
    this.sheet.onSubmit(intent);
    this.#hand.onSubmit(intent);
    this.#rests.onSubmit(intent);
    this.#protections.onSubmit(intent);
  }

  /** An order has come to the door of a broker behind wires, which takes or refuses it. */
  onArrival(intentId: string, name?: string, isTaken = true): void {
    this.#orders.onArrival(intentId, name);
    if (isTaken) this.#absences.onArrival(intentId);
  }

  /** What a broker behind wires says of orders reaches the engine. */
  onHeard(heard: Heard, at: At): void {
    this.#streams.onHeard(heard, at.wall);
  }

  /** The first byte of a request leaves for a broker behind wires. */
  onLeave(send: HttpSend): void {
    this.#orders.onLeave(send);
  }

  onCancel(intentId: string): void {
    this.#sent.update(JSON.stringify(['cancel', intentId]));
    this.#rests.onCancel(intentId);
  }

  onReprice(intent: OrderIntent): void {
    this.#sent.update(JSON.stringify(['reprice', intent.intentId, intent.limit]));
    this.#orders.onReprice(intent);
  }

  onEvent(event: BrokerEvent, at: At): void {
    if (event.kind === 'connection') this.#absences.onConnection(event.connected, at.wall);
    tallyEvent(this.tally, event);
    this.#orders.onEvent(event);
    this.#caps.onEvent(event);
    this.#hand.onEvent(event);
    this.#rests.onEvent(event);
    this.#protections.onEvent(event);
    this.#books.onBrokerEvent(event);
  }

  /** A command on its way to the desk; what is recorded until `onCommandDone` is of it. */
  onCommand(id: number, command: Command): void {
    if (command.kind === 'previewFlatten') this.#flattenTokens.add(command.tokenSha256);
    this.#promises.onCommand(id);
  }

  onCommandDone(): void {
    this.#promises.onCommandDone();
  }

  /** The journal said that it does not take these. */
  onRefused(records: readonly AuditRecord[]): void {
    this.#promises.onRefused(records);
    this.#owed.onRefused(records);
  }

  onAnswer(id: number, move: Move, result: unknown, desk: DeskContext): void {
    const code = denialCodeOf(result);
    if (code !== undefined) count(this.tally.denials, code);
    if (JSON.stringify(result)?.includes(TOKEN_MARK) === true) {
      this.report('an answer holds a plain token');
    }
    const isConsole = move.command.kind === 'flattenNow';
    this.#promises.onAnswer(id, !(isConsole && this.#owed.mayHang(desk.at.wall)));
    this.#hangs.onAnswer(id);
    this.#answers.onAnswer(move, result);
    this.#raises.onAnswer(move, result, desk.at.wall);
    this.sheet.onAnswer(move.command, result);
    if (code === undefined && this.#flattens(move.command) && !isReplayed(result)) {
      this.#answers.onFlatten(desk, result);
      this.#beside.onFlatten(desk, result);
      this.flat.onFlatten(desk, 'after a flatten', { isConsole });
    }
  }

  #flattens(command: Command): boolean {
    if (command.kind === 'flattenNow') return true;
    return command.kind === 'confirm' && this.#flattenTokens.delete(command.tokenSha256);
  }

  /** The operator asked for a stop: `how` names its policy and what worked then. */
  onStop(desk: DeskContext, how: string): void {
    count(this.tally.met, how);
    this.#rests.onStop();
    const mayStay = (positionId: string) =>
      desk.orders.protecting(positionId)?.cancelRequested === false;
    if (how.startsWith('flatten')) this.flat.onFlatten(desk, AT_THE_STOP, { mayStay });
  }

  onHiddenFills(): void {
    this.#books.onHiddenFills();
  }

  /** Called after every input from outside and all it led to. */
  afterStep(desk: DeskContext, broker: BrokerAccount, at: At): void {
    this.#books.afterStep(desk, broker, at);
    this.#beside.afterStep(desk);
    this.plans.afterStep(desk);
    this.#end.afterStep(desk);
    this.#alerts.afterStep(desk);
    this.#causes.afterStep(desk);
    this.#pages.afterStep(desk);
    this.#streams.afterStep(at.wall);
    this.#chains.afterStep(desk, at);
    this.#asks.afterStep(desk, at);
    this.#rests.afterStep(desk);
    this.#sides.afterStep(desk, broker, at);
    this.#targets.afterStep(desk);
    this.#protections.afterStep(desk);
    this.#hangs.afterStep(desk);
    this.#closes.afterStep(desk);
    this.flat.afterStep(desk);
  }

  /** Called on the clock, with the faults of the moment. */
  onClock(engine: Desk, faults: Parameters<FlatOracle['onFaults']>[0], at: At): void {
    const desk = engine.context;
    this.flat.onFaults(faults, desk.at.market);
    this.flat.judge(desk);
    this.#closes.judge(desk, faults.isTrouble, at);
    this.sheet.onClock(engine);
  }

  /** The session ran to its end, and what it left has had its time. */
  onQuiet(desk: DeskContext, account: BrokerAccount, at: At): void {
    this.#books.onEnd(desk, account, at);
  }

  /** The whole journal, judged as the verifier does. */
  onEnd(records: readonly AuditRecord[]): void {
    const evidence = new OrderEvidence();
    for (const record of records) evidence.see(record);
    for (const { seq, what } of evidence.faults())
      this.report(`record ${seq} would not verify: ${what}`);
  }

  onCrash(records: readonly AuditRecord[]): void {
    const events = records.map(brokerEventOf).filter((event) => event !== undefined);
    this.#lastSeq = records.at(-1)?.seq ?? 0;
    this.#owed.onCrash();
    this.#hangs.onCrash();
    this.#end.onCrash();
    this.#chains.onCrash();
    this.#asks.onCrash(records);
    this.#closes.onCrash(records);
    this.flat.onCrash(records);
    this.#orders.onCrash(records, this.#outlives);
    this.#absences.onCrash(records);
    this.#books.onCrash(events);
    this.#promises.onCrash(records);
    this.#answers.onCrash();
    this.#moments.onCrash(records, events);
    this.#alerts.onCrash(records, events);
    this.#strategies.onCrash();
    this.sheet.onCrash(records);
    this.plans.onCrash(records);
    this.#causes.onCrash(records);
    this.#pages.onCrash(records);
    this.#streams.onCrash(records);
    this.#sides.onCrash(records);
    this.#targets.onCrash(records);
    const accepted = events.flatMap((event) => (event.kind === 'accepted' ? [event.intentId] : []));
    const remembers = this.#outlives ? undefined : new Set(accepted);
    this.#caps.onCrash(records, events, remembers);
    this.#rests.onCrash(this.#outlives ? undefined : records);
    this.#protections.onCrash(remembers);
    this.tally.restarts += 1;
  }
}
