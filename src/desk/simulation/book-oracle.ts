/** Three books must agree: the broker's, the desk's, and one folded from the journalled facts. */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { DeskContext } from '../desk-context.ts';
import type { AccountTruth, BrokerAccount } from './far-broker.ts';
import { FillFold, heldText } from './fill-fold.ts';
import type { Report } from './order-oracle.ts';

/** A difference that the desk is not told of must be found by its own comparison this soon. */
const FOUND_WITHIN_MICROS = 60_000_000;
/** A stream that went down is up again by then, and an account that could not be read is read again,
 * however often that has to be tried. */
const BACK_WITHIN_MICROS = 300_000_000;
const LOOK_EVERY_MICROS = 1_000_000;
const HALF_A_CENT = 0.5;
/** Fees are rounded from execution to execution of an order: told in another order than they happened, some of them
 * before a crash and some after, they may add up to a cent or two more or less. A tick of one contract is 100. */
const ROUNDED_FEES_CENTS = 3;
/** And by this many looks: a desk that hears no clock compares nothing, and answers get lost. */
const FOUND_BY_LOOKS = 16;

/** Something that may hold for a while, as long as it does not hold at too many looks in a row. */
class Spell {
  readonly #mostMicros: number;
  #since: number | undefined;
  #looks = 0;
  #lookAgainAt = 0;

  constructor(mostMicros = FOUND_WITHIN_MICROS) {
    this.#mostMicros = mostMicros;
  }

  get isRunning(): boolean {
    return this.#since !== undefined;
  }

  /** True once it has held for too long; it begins anew then. */
  isTooLong(holds: boolean, wall: number): boolean {
    if (!holds) this.#since = undefined;
    else this.#since ??= wall;
    if (this.#since === undefined || wall < this.#lookAgainAt) return false;
    this.#lookAgainAt = wall + LOOK_EVERY_MICROS;
    this.#looks = this.#since === wall ? 1 : this.#looks + 1;
    if (this.#looks <= FOUND_BY_LOOKS || wall - this.#since <= this.#mostMicros) return false;
    this.#since = undefined;
    return true;
  }
}

function heldAt({ positions }: AccountTruth): string {
  return heldText(new Map(positions.map((p) => [p.symbol, p.quantity])));
}

function workingAt({ workingOrders }: AccountTruth): string {
  return textOf(workingOrders.map(({ intentId }) => intentId));
}

function workingIn({ orders }: DeskContext): string {
  const working = orders.live().filter(({ status }) => status === 'working');
  return textOf(working.map(({ intent }) => intent.intentId));
}

function textOf(ids: readonly string[]): string {
  return ids.toSorted((a, b) => (a < b ? -1 : 1)).join(' ');
}

export class BookOracle {
  readonly #report: Report;
  readonly #startCashCents: number;
  #fold = new FillFold();
  /** Fills the broker reported and the journal has not shown yet. */
  readonly #reported = new Set<string>();
  readonly #unnoticed = new Spell();
  readonly #falseAlarm = new Spell();
  readonly #deaf = new Spell(BACK_WITHIN_MICROS);
  readonly #blind = new Spell(BACK_WITHIN_MICROS);
  readonly #spells = [this.#unnoticed, this.#falseAlarm, this.#deaf, this.#blind];
  #lookAgainAt = 0;
  #isDrilled = false;
  #isChanged = true;

  constructor(startCashCents: number, report: Report) {
    this.#startCashCents = startCashCents;
    this.#report = report;
  }

  /** A difference or a silence that has to end. */
  get isWaiting(): boolean {
    return this.#spells.some(({ isRunning }) => isRunning);
  }

  /** From here on the broker may hide an execution: only the desk's own comparison can find it. */
  onHiddenFills(): void {
    this.#isDrilled = true;
  }

  onBrokerEvent(event: BrokerEvent): void {
    if (event.kind === 'fill') this.#reported.add(event.fill.fillId);
  }

  onJournalled(event: BrokerEvent): void {
    if (event.kind === 'fill') this.#reported.delete(event.fill.fillId);
    this.#fold.apply(event);
    this.#isChanged = true;
  }

  /** Called after every step that ended: nothing the broker said may be lost on the way. */
  afterStep(desk: DeskContext, broker: Pick<BrokerAccount, 'snapshot'>, at: At): void {
    for (const fillId of this.#reported) this.#report(`fill ${fillId} was not journalled`);
    this.#reported.clear();
    if (this.#isChanged) this.#compareRealized(desk);
    if (this.#isDrilled) this.#watchComparison(desk, broker, at);
    else if (this.#isChanged) this.#compare(desk, broker, at);
    this.#isChanged = false;
    this.#watchFalseAlarm(desk, broker, at);
  }

  /** While nothing is held, what the desk has realised, less fees, is the cash that came and went. */
  #compareRealized({ book }: DeskContext): void {
    if (this.#fold.text() !== '' || heldText(book.held()) !== '') return;
    const { realizedCents, feesCents } = book.day();
    const realized = realizedCents - feesCents;
    if (Math.abs(realized - this.#fold.cashCents) < HALF_A_CENT) return;
    this.#report(`the desk has realised ${realized} cents, the facts say ${this.#fold.cashCents}`);
  }

  /** A desk that says the books differ has a difference to show, or it refuses trades for nothing. */
  #watchFalseAlarm(desk: DeskContext, broker: Pick<BrokerAccount, 'snapshot'>, at: At): void {
    const isDeaf = desk.day.stream.connected === false;
    if (this.#deaf.isTooLong(isDeaf, at.wall)) this.#report('the stream stays down');
    const { reconciled } = desk.day;
    const isBlind = !reconciled && desk.gateway.snapshot(desk.at) === undefined;
    if (this.#blind.isTooLong(isBlind, at.wall)) this.#report('the account stays unread');
    const snapshot = reconciled || isDeaf || isBlind ? undefined : broker.snapshot(at);
    const differs =
      snapshot === undefined ||
      heldAt(snapshot) !== heldText(desk.book.held()) ||
      workingAt(snapshot) !== workingIn(desk) ||
      this.#isUnexplained(desk, snapshot);
    if (this.#falseAlarm.isTooLong(!differs, at.wall)) {
      this.#report('the books agree and the desk says that they differ');
    }
  }

  /** True where executions that the broker lists and no fact tells of would not lead to what it holds. */
  #isUnexplained(desk: DeskContext, truth: AccountTruth): boolean {
    const listed = desk.gateway.snapshot(desk.at)?.fills ?? [];
    const untold = listed.filter(({ fillId }) => !this.#fold.knows(fillId));
    if (untold.length === 0) return false;
    const held = new Map(desk.book.held());
    for (const { instrument, action, quantity } of untold) {
      const symbol = instrumentSymbol(instrument);
      held.set(symbol, (held.get(symbol) ?? 0) + legSign(action) * quantity);
    }
    return heldText(held) !== heldAt(truth);
  }

  #compare(desk: DeskContext, broker: Pick<BrokerAccount, 'snapshot'>, at: At): void {
    const facts = this.#fold.text();
    const ours = heldText(desk.book.held());
    if (ours !== facts) this.#report(`the desk holds "${ours}", the facts say "${facts}"`);
    const snapshot = broker.snapshot(at);
    if (snapshot === undefined) return;
    const theirs = heldAt(snapshot);
    if (theirs !== facts) this.#report(`the broker holds "${theirs}", the facts say "${facts}"`);
    this.#compareCash(snapshot);
  }

  #compareCash({ cashCents, isBeforeFees = false }: AccountTruth): void {
    const fees = isBeforeFees ? this.#fold.feesCents : 0;
    const { cashCents: moved, adoptedCents } = this.#fold;
    const expected = this.#startCashCents + moved - adoptedCents + fees;
    if (Math.abs(cashCents - expected) < ROUNDED_FEES_CENTS) return;
    this.#report(`the broker has ${cashCents} cents, the facts say ${expected}`);
  }

  /** A while after the last trade, with nothing under way any more: whatever was hidden meanwhile, a
   * desk that says that the books agree knows of every execution, at its price. */
  onEnd(desk: DeskContext, broker: Pick<BrokerAccount, 'snapshot'>, at: At): void {
    const snapshot = desk.day.reconciled ? broker.snapshot(at) : undefined;
    if (snapshot === undefined) return;
    const [theirs, ours] = [heldAt(snapshot), heldText(desk.book.held())];
    if (theirs !== ours)
      this.#report(`at the end the broker holds "${theirs}", the desk "${ours}"`);
    else this.#compareCash(snapshot);
  }

  #watchComparison(desk: DeskContext, broker: Pick<BrokerAccount, 'snapshot'>, at: At): void {
    if (at.wall < this.#lookAgainAt) return;
    this.#lookAgainAt = at.wall + LOOK_EVERY_MICROS;
    const snapshot = broker.snapshot(at);
    if (snapshot === undefined) return;
    const theirs = heldAt(snapshot);
    const differs = theirs !== heldText(desk.book.held());
    if (this.#unnoticed.isTooLong(differs && desk.day.reconciled, at.wall)) {
      this.#report('the broker and the desk hold different things and nobody has noticed');
    }
  }

  /** Begins again from what the journal kept. */
  onCrash(events: readonly BrokerEvent[]): void {
    this.#fold = new FillFold();
    this.#reported.clear();
    this.#isDrilled = false;
    this.#isChanged = true;
    for (const event of events) this.#fold.apply(event);
  }
}
