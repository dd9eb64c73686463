/**
 * Answers to commands. One that promises something leaves the desk when the journal holds what it
 * promises: a flatten, a kill or a cancel that was answered is not forgotten by a crash in the next
 * instant. A preview is an offer and a refusal is none: they do not wait.
 */

import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros } from '../engine/domain/units.ts';
import type { DeskContext } from './desk-context.ts';
import type { Command } from './inputs.ts';
import type { AwaitedPreview } from './previews/awaited-preview.ts';
import { answerOf, isAnswered } from './previews/awaited-preview.ts';
import { confirmResult, isSettled } from './previews/confirm-results.ts';
import type { ConfirmedOrders } from './previews/confirms.ts';
import { keepTime } from './session/market-turn.ts';

/** A confirm waits this long, on the wall clock, for its orders to end before it answers. */
const CONFIRM_WAIT_MICROS = 2_000_000;

/** A preview waits this long for the broker's dry run; without it the card says so. */
const DRY_RUN_WAIT_MICROS = 1_500_000;

/** A preview that waits for the broker's dry run. */
interface Asking {
  readonly id: number;
  readonly preview: AwaitedPreview;
  readonly until: EpochMicros;
}

interface Awaiting {
  readonly id: number;
  readonly orders: ConfirmedOrders;
  readonly until: EpochMicros;
}

/** An answer that is ready, and the newest records that stood when it was given. */
interface Owed {
  readonly id: number;
  readonly result: unknown;
  readonly seq: number;
  /** The newest of those that the journal's reserve would still take. */
  readonly urgentSeq: number;
  /** It tells of the operator's own flatten, which waits for no disk that hangs. */
  readonly isOfConsole: boolean;
}

/** True for an offer, and for a refusal. */
function promisesNothing({ kind }: Command, result: unknown): boolean {
  if (kind.startsWith('preview')) return true;
  return typeof result === 'object' && result !== null && 'denied' in result;
}

/** True once a crash cannot take away what the answer says. A failed journal keeps urgent records
 * only; one whose reserve is full keeps none, which has been paged: then nothing is waited for. */
function isKept({ day }: DeskContext, { seq, urgentSeq, isOfConsole }: Owed): boolean {
  if (isOfConsole && day.journalStalled) return true;
  if (day.journalHealthy) return seq <= day.durableSeq;
  return day.reserveExhausted || urgentSeq <= day.durableSeq;
}

/** Core thread only. */
export class Replies {
  #asking: Asking[] = [];
  #awaiting: Awaiting[] = [];
  #owed: Owed[] = [];

  /** Answers a command as soon as its answer can be relied on. */
  answer(desk: DeskContext, id: number, command: Command, result: unknown): void {
    if (promisesNothing(command, result)) desk.out.reply(id, result);
    else this.#owe(desk, id, result, command.kind === 'flattenNow');
  }

  /** Answers a preview as soon as the broker has said what it thinks of it, or after a moment. */
  answerPreview(desk: DeskContext, id: number, preview: AwaitedPreview): void {
    const until = addMicros(desk.at.wall, DRY_RUN_WAIT_MICROS);
    this.#asking.push({ id, preview, until });
  }

  /** Answers when the orders have ended, or with what they are after a while. */
  answerWhenSettled(desk: DeskContext, id: number, orders: ConfirmedOrders): void {
    const until = addMicros(desk.at.wall, CONFIRM_WAIT_MICROS);
    this.#awaiting.push({ id, orders, until });
  }

  /** Called at the end of each step. */
  release(desk: DeskContext): void {
    if (this.#asking.length > 0) this.#tellPreviews(desk);
    if (this.#awaiting.length > 0) this.#settle(desk);
    if (this.#owed.length > 0) this.#pay(desk);
  }

  #pay(desk: DeskContext): void {
    const ready = this.#owed.filter((owed) => isKept(desk, owed));
    this.#owed = this.#owed.filter((owed) => !ready.includes(owed));
    for (const { id, result } of ready) desk.out.reply(id, result);
  }

  #tellPreviews(desk: DeskContext): void {
    const ready = ({ preview, until }: Asking): boolean =>
      isAnswered(desk, preview) || desk.at.wall >= until;
    if (!this.#asking.some(ready)) return;
    keepTime(desk);
    for (const { id, preview } of this.#asking.filter(ready)) {
      desk.out.reply(id, answerOf(desk, preview));
    }
    this.#asking = this.#asking.filter((asking) => !ready(asking));
  }

  #settle(desk: DeskContext): void {
    const ready = ({ orders, until }: Awaiting): boolean =>
      isSettled(desk, orders.orderIds) || desk.at.wall >= until;
    if (!this.#awaiting.some(ready)) return;
    keepTime(desk);
    for (const { id, orders } of this.#awaiting.filter(ready)) {
      this.#owe(desk, id, { value: confirmResult(desk, orders) });
    }
    this.#awaiting = this.#awaiting.filter((awaiting) => !ready(awaiting));
  }

  #owe({ out }: DeskContext, id: number, result: unknown, isOfConsole = false): void {
    this.#owed.push({ id, result, seq: out.seq, urgentSeq: out.urgentSeq, isOfConsole });
  }
}
