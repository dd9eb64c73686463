/** What a token may answer: one result for ever to its principal, nothing to anyone else. */

import type { Report } from './order-oracle.ts';
import type { Move } from './scripted-trader.ts';

interface FirstAnswer {
  readonly principal: string;
  readonly orderIds: string;
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

function ordersOf(value: Fields): string {
  const orders = value['orders'];
  if (!Array.isArray(orders)) return '';
  return orders
    .filter(isFields)
    .map((order) => String(order['orderId']))
    .join(' ');
}

export class AnswerOracle {
  readonly #report: Report;
  readonly #owners = new Map<string, string>();
  readonly #first = new Map<string, FirstAnswer>();
  /** Tokens of replacements: until the new order is sent, only the old one can be named. */
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
    if (code === undefined) this.#onResult(tokenSha256, caller.principal, result);
  }

  #onResult(tokenSha256: string, principal: string, result: unknown): void {
    const value = isFields(result) ? result['value'] : undefined;
    if (!isFields(value)) {
      this.#report('a confirm answered neither with a result nor with a refusal');
      return;
    }
    const orderIds = ordersOf(value);
    const first = this.#first.get(tokenSha256);
    this.#first.set(tokenSha256, { principal, orderIds });
    if (first === undefined) return;
    const isSentSince = this.#replaces.has(tokenSha256) && orderIds.endsWith(` ${first.orderIds}`);
    if (first.orderIds !== orderIds && !isSentSince) {
      this.#report(`a retry answered with "${orderIds}", the first time "${first.orderIds}"`);
    } else if (value['replayed'] !== true) this.#report('a retry did not say that it is one');
  }
}
