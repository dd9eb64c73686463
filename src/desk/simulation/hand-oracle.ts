/**
 * What an order by hand must be, from its request alone: the legs that were named, as many of each, at
 * no worse than the limit that was set; and of a replacement, that it is sent only once the order that
 * it replaces has ended, for no more than that one left.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditBody, AuditRecord } from '../../engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { addMicros, MICROS_PER_SECOND, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { OrderRequest } from '../engine-api-requests.ts';
import type { Input } from '../inputs.ts';
import { contractsOf } from './expiry-payoff.ts';
import type { Report } from './order-oracle.ts';

type Replace = { readonly orderId: string; readonly limit: number };
type PreviewMade = Extract<AuditBody, { kind: 'previewMade' }>;

/** `SPY…C: 2 buyToOpen` of each leg, with all its contracts. */
function askedLegs({ legs, quantity }: OrderRequest): readonly string[] {
  return legs.map(({ symbol, action, ratio }) => `${symbol}: ${ratio * quantity} ${action}`);
}

function madeLegs({ legs, quantity }: OrderIntent): readonly string[] {
  return legs.map(({ instrument, action, ratio }) => {
    return `${instrumentSymbol(instrument)}: ${ratio * quantity} ${action}`;
  });
}

/** An opening is what was asked for. A close may leave a leg that nobody buys. */
function isAsAsked(intent: OrderIntent, request: OrderRequest): boolean {
  const [made, asked] = [madeLegs(intent), askedLegs(request)];
  const isPart = made.length > 0 && made.every((leg) => asked.includes(leg));
  return isPart && (intent.purpose === 'close' || made.length === asked.length);
}

/** A replacement that was agreed to is under way for so long. */
const REPLACING_MICROS = 2 * MICROS_PER_SECOND;

export class HandOracle {
  readonly #report: Report;
  readonly #count: (what: string) => void;
  readonly #met: (what: string) => void;
  readonly #orders = new Map<string, OrderRequest>();
  readonly #replaces = new Map<string, Replace>();
  /** Intents by their ids; of a replacement, which order it replaces. */
  readonly #intents = new Map<string, OrderIntent>();
  readonly #replacedBy = new Map<string, string>();
  readonly #ended = new Set<string>();
  readonly #fills = new Set<string>();
  readonly #filled = new Map<string, number>();
  #replacingUntil = 0;

  /** `count` hears of each order by hand that is recorded, `met` of what is rare and worth meeting. */
  constructor(
    report: Report,
    count: (what: string) => void,
    met: (what: string) => void = () => undefined,
  ) {
    this.#report = report;
    this.#count = count;
    this.#met = met;
  }

  onInput(input: Input): void {
    if (input.kind !== 'command') return;
    const { command } = input;
    if (command.kind === 'previewOrder') this.#orders.set(command.tokenSha256, command.request);
    else if (command.kind === 'previewReplace') this.#replaces.set(command.tokenSha256, command);
    else if (command.kind === 'confirm' && this.#replaces.has(command.tokenSha256)) {
      this.#replacingUntil = addMicros(input.at.wall, REPLACING_MICROS);
    } else if (command.kind === 'kill' && input.at.wall < this.#replacingUntil) {
      this.#met('killedDuringReplace');
    }
  }

  onRecord({ body }: AuditRecord): void {
    if (body.kind === 'previewMade') this.#judge(body);
    else if (body.kind === 'orderResolved') this.#ended.add(body.intentId);
    else if (body.kind === 'intentRecorded') {
      const { intent, tokenSha256 } = body;
      this.#intents.set(intent.intentId, intent);
      const replaced = this.#replaces.get(tokenSha256 ?? '')?.orderId;
      if (replaced !== undefined) {
        this.#count('replaced');
        this.#replacedBy.set(intent.intentId, replaced);
      } else if (this.#orders.has(tokenSha256 ?? '')) {
        this.#count(intent.purpose === 'open' ? 'opened' : 'closed');
      }
    }
  }

  #judge({ previewId, tokenSha256, intent }: PreviewMade): void {
    const request = this.#orders.get(tokenSha256);
    const replace = this.#replaces.get(tokenSha256);
    if (request !== undefined && !isAsAsked(intent, request)) {
      const [made, wanted] = [madeLegs(intent), askedLegs(request)];
      this.#report(`the preview ${previewId} is of ${made.join()}, not of ${wanted.join()}`);
    }
    const asked = request?.limit ?? replace?.limit;
    if (asked === undefined) return;
    const isWorse = intent.worst < Math.round(asked * PRICE_PER_DOLLAR);
    if (isWorse) this.#report(`the preview ${previewId} may trade worse than ${asked}`);
  }

  onSubmit(intent: OrderIntent): void {
    const replaced = this.#replacedBy.get(intent.intentId);
    const old = this.#intents.get(replaced ?? '');
    if (replaced === undefined || old === undefined) return;
    if (!this.#ended.has(replaced)) {
      this.#report(`${intent.intentId} was sent while ${replaced}, which it replaces, may work`);
    }
    const all = contractsOf(intent) + (this.#filled.get(replaced) ?? 0);
    if (all > contractsOf(old)) {
      this.#report(`${intent.intentId} and what ${replaced} filled are ${all} contracts`);
    }
  }

  onEvent(event: BrokerEvent): void {
    if (event.kind === 'cancelled' || event.kind === 'rejected' || event.kind === 'expired') {
      this.#ended.add(event.intentId);
    } else if (event.kind === 'fill') {
      const { fillId, intentId, quantity } = event.fill;
      if (this.#fills.has(fillId)) return;
      this.#fills.add(fillId);
      this.#filled.set(intentId, (this.#filled.get(intentId) ?? 0) + quantity);
    }
  }
}
