/**
 * What goes by itself goes as the sheet says and the operator allows: every order of the plan belongs to one
 * turn, is the only one of it over all crashes, comes at its time, under a leave that stands, within its budget
 * and past every gate; each turn that came due has one end, and what is told of the plan agrees. Whether the
 * moment takes openings at all is for moment-oracle.ts. Reckoned from what went in and what was recorded.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkInstant } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { epochMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Desk } from '../desk.ts';
import type { PlanSlotView, PlanView } from '../engine-api-plan.ts';
import type { StrategyRequest } from '../engine-api-requests.ts';
import type { Command, Input } from '../inputs.ts';
import type { PlanSheet } from '../plan/plan-sheet.ts';
import { denialCodeOf } from './answer-oracle.ts';
import { worstOfIntent } from './cap-oracle.ts';
import type { Report } from './order-oracle.ts';
import { OPERATOR } from './scripted-trader.ts';
import { SheetDay, type TurnEnd } from './sheet-day.ts';
import { PLAN, type Turn } from './sheet-turns.ts';

/** The broker's dry run is waited for so long, and the clock is looked at so much later at most. */
const DRY_RUN_MICROS = 5 * MICROS_PER_SECOND;
const LOOK_MICROS = 5 * MICROS_PER_SECOND;
/** The day's plan is shown until then, in minutes after midnight. */
const DAY_OVER_MINUTES = 17 * 60 + 30;

const ASKED_EVERY_LOOKS = 20;

/** Sheet of a session without one. */
const NO_SHEET: PlanSheet = { sha256: '', entries: [] };

export class SheetOracle {
  readonly #sheet: PlanSheet;
  readonly #session: SessionTimes;
  readonly #report: Report;
  readonly #met: (what: string) => void;
  /** The turn of each order of the plan that was ever recorded, and the order that was sent for it. */
  readonly #turnOf = new Map<string, string>();
  readonly #sent = new Map<string, string>();
  /** What lasts is reported once. */
  readonly #reported = new Set<string>();
  #day: SheetDay;
  #isListed = false;
  #isNews = true;
  /** Looks at the clock. */
  #looks = 0;
  #market: EpochMicros = epochMicros(0);

  /** `met` hears of what is rare and worth meeting. */
  constructor(
    { sheet = NO_SHEET, session }: { sheet?: PlanSheet | undefined; session: SessionTimes },
    report: Report,
    met: (what: string) => void = () => undefined,
  ) {
    this.#sheet = sheet;
    this.#session = session;
    this.#report = (what) => {
      if (!this.#reported.has(what)) report(what);
      this.#reported.add(what);
    };
    this.#met = met;
    this.#day = new SheetDay(sheet, session);
  }

  /** When the next turn comes due by the engine's clock. */
  nextDue(): EpochMicros | undefined {
    return this.#day.turns.find(({ dueAt }) => dueAt > this.#market)?.dueAt;
  }

  /** True while a turn whose time has come may still run. */
  get isWaiting(): boolean {
    return this.#day.turns.some(({ id, dueAt, latestAt, isInSession }) => {
      const isDue = this.#market >= dueAt && this.#market <= latestAt + 2 * DRY_RUN_MICROS;
      return isInSession && isDue && !this.#day.ends.has(id);
    });
  }

  /** What is asked for under the token of a turn. */
  requestOf(tokenSha256: string): StrategyRequest | undefined {
    return this.#day.turnOf(tokenSha256)?.entry.request;
  }

  onInput(input: Input): void {
    this.#market = input.at.market;
    if (input.kind === 'listing') this.#isListed ||= input.listing.date === this.#session.date;
  }

  /** The answer to a command. */
  onAnswer({ kind }: Command, result: unknown): void {
    const isRefused = kind === 'planGrant' && denialCodeOf(result) === 'session_window';
    if (isRefused) this.#met('grant without a session');
  }

  onRecord(record: AuditRecord): void {
    const { body, at, session } = record;
    if (body.kind === 'intentRecorded' && body.intent.principal === PLAN) {
      this.#judgeOrder(body.intent, body.tokenSha256, at);
    } else if (body.kind === 'previewMade' && body.principal === PLAN) {
      const turn = this.#day.turnOf(body.tokenSha256);
      for (const why of this.#againstPreview(turn, at.market)) {
        this.#report(`the plan made ${body.previewId} ${why}`);
      }
    } else if (session === this.#session.date) {
      if (body.kind === 'planRun') this.#judgeEnd(body, at);
      if (body.kind === 'planGranted') this.#hearLeave(body.principal);
      if (body.kind === 'planRevoked') this.#hearRevoke();
    }
    this.#day.see(record);
    this.#isNews ||= body.kind.startsWith('plan') || body.kind === 'engineStarted';
  }

  #hearLeave(principal: string): void {
    if (principal !== 'console') this.#report(`the plan was let send by ${principal}`);
    if (this.#day.leave !== undefined) this.#met('granted twice');
  }

  #hearRevoke(): void {
    const isLeft = this.#day.turns.some(({ entry, dueAt }) => {
      return entry.sends && dueAt > this.#market;
    });
    if (isLeft && this.#day.leave !== undefined) this.#met('revoked with turns left');
  }

  #againstPreview(turn: Turn | undefined, market: EpochMicros): readonly string[] {
    if (turn === undefined) return ['of no turn of its sheet'];
    const found = [...this.#againstMoment(turn, market)];
    if (market > turn.latestAt) found.push(`later than ${turn.id} may be`);
    if (!turn.isInSession) found.push(`though ${turn.id} lies outside the session`);
    return found;
  }

  #judgeOrder(intent: OrderIntent, tokenSha256: string | null, { market }: At): void {
    const { intentId, purpose } = intent;
    const turn = this.#day.turnOf(tokenSha256);
    if (turn === undefined || purpose !== 'open') {
      this.#report(`${intentId} is of the plan and opens no turn of its sheet`);
      return;
    }
    this.#turnOf.set(intentId, turn.id);
    const why = [...this.#againstOrder(turn, intent), ...this.#againstMoment(turn, market)];
    if (market > turn.latestAt + DRY_RUN_MICROS + LOOK_MICROS) why.push(`long after ${turn.id}`);
    for (const each of why) this.#report(`${intentId} goes by itself ${each}`);
  }

  #againstOrder({ id, entry }: Turn, intent: OrderIntent): readonly string[] {
    const { orders, leave, ends } = this.#day;
    const found: string[] = [];
    const before = orders.get(id)?.intentId ?? this.#sent.get(id);
    if (before !== undefined) found.push(`though ${id} has the order ${before}`);
    if (ends.has(id)) found.push(`though ${id} has ended`);
    if (!entry.sends) found.push(`though ${id} only previews`);
    if (leave === undefined) return [...found, 'without a leave'];
    const spent = this.#day.worstCents();
    const worst = worstOfIntent(intent);
    if (spent + worst > leave.budgetCents) {
      found.push(`and may lose ${worst} cents beside ${spent} of a budget of ${leave.budgetCents}`);
    }
    return found;
  }

  #againstMoment(turn: Turn, market: EpochMicros): readonly string[] {
    const found: string[] = [];
    if (market < turn.dueAt) found.push(`before the time of ${turn.id}`);
    if (this.#day.isGated(turn, market)) found.push(`though an event keeps ${turn.id} away`);
    if (this.#day.rests(turn, market)) found.push(`within the cool-down of ${turn.id}`);
    return found;
  }

  #judgeEnd(end: TurnEnd, { market }: At): void {
    const { slotId, outcome, orderId } = end;
    const turn = this.#day.turns.find(({ id }) => id === slotId);
    if (turn === undefined) {
      this.#report(`${slotId} is told to be ${outcome} and is no turn of the sheet`);
      return;
    }
    const order = this.#day.orders.get(slotId)?.intentId ?? null;
    const fault = this.#faultOf(turn, end, market);
    if (this.#day.ends.has(slotId))
      this.#report(`${slotId} ends twice, the second time ${outcome}`);
    if (market < turn.dueAt && outcome !== 'sent') this.#report(`${slotId} ends before its time`);
    if (order !== orderId || (outcome === 'sent') !== (order !== null)) {
      this.#report(`${slotId} is told to be ${outcome} with order ${orderId}, and has ${order}`);
    }
    if (fault !== undefined) this.#report(`${slotId} is ${outcome} ${fault}`);
    this.#meet(turn, outcome, market);
  }

  #faultOf(turn: Turn, { outcome, maxLossCents }: TurnEnd, market: EpochMicros) {
    const { leave } = this.#day;
    if (outcome === 'missed' && market <= turn.latestAt) return 'while it may still run';
    if (outcome === 'skipped' && this.#skipOf(turn, market) === undefined) return 'for nothing';
    const room = leave === undefined ? -1 : leave.budgetCents - this.#day.toldCents();
    const mayGo = turn.entry.sends && maxLossCents <= room;
    return outcome === 'ready' && mayGo ? 'though it may go by itself' : undefined;
  }

  #skipOf(turn: Turn, market: EpochMicros): string | undefined {
    if (!turn.isInSession) return 'out of session';
    if (this.#day.isGated(turn, market)) return 'by event';
    return this.#day.rests(turn, market) ? 'by cool-down' : undefined;
  }

  #meet(turn: Turn, outcome: TurnEnd['outcome'], market: EpochMicros): void {
    const skip = outcome === 'skipped' ? ` ${this.#skipOf(turn, market)}` : '';
    this.#met(`turn ${outcome}${skip}`);
    const isLet = turn.entry.sends && this.#day.leave !== undefined;
    if (outcome === 'ready' && isLet) this.#met('budget spent');
  }

  onSubmit({ intentId }: OrderIntent): void {
    const turn = this.#turnOf.get(intentId);
    if (turn === undefined) return;
    const before = this.#sent.get(turn);
    if (before !== undefined) this.#report(`${turn} was sent twice, as ${before} and ${intentId}`);
    this.#sent.set(turn, intentId);
  }

  /** Called on the clock, behind its step: turns have their ends, and the faces are told of them as they are,
   * asked once something is recorded, and now and then. */
  onClock(desk: Pick<Desk, 'context' | 'query'>): void {
    const { at } = desk.context;
    for (const turn of this.#day.turns) {
      if (!this.#isOwed(turn, at)) continue;
      this.#report(`${turn.id} came due and nothing tells what became of it`);
    }
    this.#looks += 1;
    const isAsked = this.#isNews || this.#looks % ASKED_EVERY_LOOKS === 0;
    this.#isNews = false;
    if (!isAsked || this.#day.turns.length === 0) return;
    this.#onStatus(desk.query({ kind: 'planStatus' }, OPERATOR, at), at);
  }

  /** True of a turn that must have ended by now. The broker's dry run is waited for by the wall clock. */
  #isOwed({ id, latestAt }: Turn, { market, wall }: At): boolean {
    if (this.#day.ends.has(id) || !this.#isListed) return false;
    const waitsUntil = (this.#day.previews.get(id)?.wall ?? 0) + DRY_RUN_MICROS;
    return market > latestAt && market < this.#session.lastTrade && wall >= waitsUntil;
  }

  /** What the faces are told of the plan. */
  #onStatus(answer: unknown, { market }: At): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the desk's own answer to this question
    const { value: view } = answer as { readonly value: PlanView };
    const { date } = this.#session;
    if (market >= newYorkInstant(date, DAY_OVER_MINUTES)) return;
    const told = JSON.stringify(view.grant);
    const expected = JSON.stringify(this.#leaveView());
    if (told !== expected) this.#report(`the plan's leave is told as ${told}, and is ${expected}`);
    if (view.grant === null && view.held === null)
      this.#report('the plan may send without a leave');
    if (this.#day.worstCents() > this.#day.toldCents()) {
      this.#report(`the plan tells less than the ${this.#day.worstCents()} cents it may lose`);
    }
    const ids = view.slots.map(({ slotId }) => slotId);
    if (ids.join() !== this.#day.turns.map(({ id }) => id).join()) {
      this.#report(`the plan tells of ${ids.join()}`);
    }
    for (const turn of this.#day.turns) {
      const slot = view.slots.find(({ slotId }) => slotId === turn.id);
      if (slot !== undefined) this.#judgeView(turn, slot, market);
    }
  }

  #leaveView(): PlanView['grant'] {
    const { leave } = this.#day;
    if (leave === undefined) return null;
    const { principal: by, budgetCents } = leave;
    const spentCents = this.#day.toldCents();
    return { by, budgetCents, spentCents, leftCents: budgetCents - spentCents };
  }

  #judgeView({ id, isInSession, latestAt }: Turn, slot: PlanSlotView, market: EpochMicros): void {
    const end = this.#day.ends.get(id);
    const isOver = market > latestAt || market >= this.#session.lastTrade;
    const otherwise = isOver ? ['waiting', 'missed'] : ['waiting'];
    const expected = end === undefined ? otherwise : [end.outcome];
    const isRight = end === undefined || end.orderId === slot.orderId;
    if (expected.includes(slot.outcome) && isRight) return;
    if (end === undefined && !isInSession && slot.outcome === 'skipped') return;
    this.#report(`${id} is told to be ${slot.outcome}, and is ${expected.join(' or ')}`);
  }

  /** Begins again from what the journal kept, without a leave. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#day = new SheetDay(this.#sheet, this.#session);
    for (const record of records) this.#day.see(record);
    this.#day.leave = undefined;
    for (const { slotId, outcome, orderId } of this.#day.ends.values()) {
      if (outcome !== 'sent' || this.#day.orders.has(slotId)) continue;
      this.#report(`${slotId} is told to be sent, and the journal holds no ${orderId}`);
    }
    for (const id of this.#day.previews.keys()) {
      if (this.#day.ends.has(id)) continue;
      const isSent = this.#day.orders.has(id);
      this.#met(isSent ? 'crash behind a sent turn' : 'crash between preview and send');
    }
    this.#day.previews.clear();
    this.#isListed = false;
  }
}
