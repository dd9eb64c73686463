/** What a token may answer: one result for ever to its principal, nothing to anyone else. And what a flatten
 * has to: everything that is open, by the order that closes it or with why none does. */

import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { isClose } from '../orders/order-book.ts';
import type { Report } from './order-oracle.ts';
import type { Move } from './scripted-trader.ts';

interface FirstAnswer {
  readonly orderId: unknown;
  readonly orderIds: string;
  /** Without the orders that were denied: a disk that took no record of them is one reason to be, and
   * then a restart does not know them. */
  readonly keptIds: string;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** The code of a refusal; undefined for an answer that is none. */
export function denialCodeOf(result: unknown): string | undefined {
  if (!isFields(result) || !isFields(result['denied'])) return undefined;
  return String(result['denied']['code']);
}

/** True for the answer to a token that had been used before: nothing was done for it now. */
export function isReplayed(result: unknown): boolean {
  const value = isFields(result) ? result['value'] : undefined;
  return isFields(value) && value['replayed'] === true;
}

/** A list of an answer. */
function listIn(value: Fields, name: 'orders' | 'unclosed'): readonly Fields[] {
  const list = value[name];
  return Array.isArray(list) ? list.filter(isFields) : [];
}

/** What an answer names as not closed. */
export function unclosedIn(result: unknown): readonly Fields[] {
  const value = isFields(result) ? result['value'] : undefined;
  return isFields(value) ? listIn(value, 'unclosed') : [];
}

const GUARDS_OR_OPENS: ReadonlySet<unknown> = new Set(['open', 'protective']);
const ENDED_UNFILLED: ReadonlySet<unknown> = new Set([
  'rejected',
  'denied',
  'cancelled',
  'expired',
  'absentPresumed',
]);
/** An answer is as old as this, where the disk took its time with what it promises. */
const OLDEST_ANSWER_MICROS = 10 * MICROS_PER_SECOND;

/** True for an order that closed, or was about to, when it was answered. */
function isOnItsWay({ purpose, status }: Fields): boolean {
  return !GUARDS_OR_OPENS.has(purpose) && !ENDED_UNFILLED.has(status);
}

/** True where a close of the position was given that the answer need not know. */
function isOrderedSince(desk: DeskContext, positionId: string): boolean {
  return desk.orders.all().some((order) => {
    const isRecent = desk.at.wall - order.createdAt.wall <= OLDEST_ANSWER_MICROS;
    return order.intent.positionId === positionId && isClose(order) && isRecent;
  });
}

function idsOf(orders: readonly Fields[]): string {
  return orders.map((order) => String(order['orderId'])).join(' ');
}

export class AnswerOracle {
  readonly #report: Report;
  readonly #owners = new Map<string, string>();
  readonly #first = new Map<string, FirstAnswer>();
  /** Tokens first answered by an engine that has died since. */
  readonly #restarted = new Set<string>();
  /** Tokens of replacements: until the new order is sent, only the old one can be shown beside its id. */
  readonly #replaces = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  onAnswer({ caller, command }: Move, result: unknown): void {
    if (command.kind !== 'confirm') {
      const isIssued = 'tokenSha256' in command && isFields(result) && 'value' in result;
      if (!isIssued) return;
      this.#owners.set(command.tokenSha256, caller.principal);
      if (command.kind === 'previewReplace') this.#replaces.add(command.tokenSha256);
      return;
    }
    const { tokenSha256 } = command;
    const owner = this.#owners.get(tokenSha256);
    const code = denialCodeOf(result);
    if (owner !== caller.principal) {
      const mayConfirm = caller.authority !== 'observe';
      if (code !== (mayConfirm ? 'token_invalid' : 'not_authorized')) {
        this.#report(`a foreign or guessed token answered ${code ?? 'with a result'}`);
      }
      return;
    }
    if (code === undefined) this.#onResult(tokenSha256, result);
  }

  /** The first answer to a flatten. */
  onFlatten(desk: DeskContext, result: unknown): void {
    const value = isFields(result) ? result['value'] : undefined;
    if (!isFields(value)) return;
    const named = [...listIn(value, 'orders').filter(isOnItsWay), ...listIn(value, 'unclosed')];
    const names = new Set(named.map(({ positionId }) => positionId));
    for (const position of desk.book.structures()) {
      const { positionId } = position;
      if (!isOpen(position) || names.has(positionId)) continue;
      if (isOrderedSince(desk, positionId)) continue;
      this.#report(`a flatten was answered without a word of ${positionId}, which is open`);
    }
  }

  /** The engine starts anew, with what its journal kept. */
  onCrash(): void {
    for (const token of this.#first.keys()) this.#restarted.add(token);
  }

  #onResult(tokenSha256: string, result: unknown): void {
    const value = isFields(result) ? result['value'] : undefined;
    if (!isFields(value)) {
      this.#report('a confirm answered neither with a result nor with a refusal');
      return;
    }
    const orders = listIn(value, 'orders');
    const orderIds = idsOf(orders);
    const keptIds = idsOf(orders.filter(({ status }) => status !== 'denied'));
    const first = this.#first.get(tokenSha256);
    const { orderId } = value;
    this.#first.set(tokenSha256, { orderId, orderIds, keptIds });
    if (first === undefined) return;
    const isSentSince = this.#replaces.has(tokenSha256) && orderIds.endsWith(` ${first.orderIds}`);
    const isKept = this.#restarted.has(tokenSha256) && orderIds === first.keptIds;
    if (this.#replaces.has(tokenSha256) && orderId !== first.orderId) {
      this.#report(`a replacement was ${String(first.orderId)} and is ${String(orderId)} now`);
    }
    if (first.orderIds !== orderIds && !isSentSince && !isKept) {
      this.#report(`a retry answered with "${orderIds}", the first time "${first.orderIds}"`);
    } else if (value['replayed'] !== true) this.#report('a retry did not say that it is one');
  }
}
