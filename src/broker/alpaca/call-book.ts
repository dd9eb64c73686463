/**
 * The orders' share of Alpaca's limit of 200 requests an account in any minute: the account reader, on
 * its own thread, has the other forty. What leaves a position may use all of the share; what opens and
 * what reads leave room for that. Core thread only; its time is an
 * argument.
 */

import type { At } from '../../engine/domain/clock.ts';
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { RateLimiter } from '../../ops/rate-limiter.ts';
import type { GatewayEffect, WireInput } from '../order-gateway.ts';

type HttpSend = Extract<GatewayEffect, { readonly kind: 'httpSend' }>;
export type HttpAnswer = Extract<WireInput, { readonly kind: 'httpResponse' | 'httpFailed' }>;

/** `exit`: cancels, and orders that close · `entry`: what opens; it goes at once or not at all ·
 * `search`: looks for an order whose fate is open · `read`: the account, again and again. */
export type CallKind = 'exit' | 'entry' | 'search' | 'read';

export interface Call {
  readonly kind: CallKind;
  readonly method: HttpSend['method'];
  readonly path: string;
  readonly body?: string;
}

const PER_MINUTE = 160;
/** Requests of each minute that a kind leaves to those before it. */
const LEFT_TO_OTHERS: Readonly<Record<CallKind, number>> = {
  exit: 0,
  entry: 40,
  search: 20,
  read: 60,
};
const WAITING_ORDER: readonly CallKind[] = ['exit', 'search', 'read'];
const TIMEOUT_MILLIS = 5_000;

interface Asked {
  readonly call: Call;
  readonly onAnswer: (answer: HttpAnswer, sentAt: At) => void;
}

export class CallBook {
  readonly #limiter = new RateLimiter({ limit: PER_MINUTE, windowMicros: MICROS_PER_MINUTE });
  readonly #out: GatewayEffect[];
  readonly #waiting: Readonly<Record<CallKind, Asked[]>> = {
    exit: [],
    entry: [],
    search: [],
    read: [],
  };
  readonly #asked = new Map<string, Asked & { readonly sentAt: At }>();
  #lastRequest = 0;

  /** `out` takes what is to be performed. */
  constructor(out: GatewayEffect[]) {
    this.#out = out;
  }

  /** Sends a call now, or as soon as the limit lets it. `onAnswer` is told once. */
  send(call: Call, at: At, onAnswer: Asked['onAnswer']): void {
    const asked = { call, onAnswer };
    if (this.#fits(call.kind, at)) this.#go(asked, at);
    else if (call.kind === 'entry') {
      const reason = "this engine's share of the broker's 200 requests a minute is used up";
      onAnswer({ kind: 'httpFailed', requestId: '', reason, neverSent: true }, at);
    } else this.#waiting[call.kind].push(asked);
  }

  /** Sends what waited, the way out first. */
  onClock(at: At): void {
    for (const kind of WAITING_ORDER) {
      const waiting = this.#waiting[kind];
      while (waiting.length > 0 && this.#fits(kind, at)) {
        const next = waiting.shift();
        if (next !== undefined) this.#go(next, at);
      }
    }
  }

  onAnswer(answer: HttpAnswer): void {
    const asked = this.#asked.get(answer.requestId);
    this.#asked.delete(answer.requestId);
    asked?.onAnswer(answer, asked.sentAt);
  }

  #fits(kind: CallKind, at: At): boolean {
    return this.#limiter.room(at.wall) > LEFT_TO_OTHERS[kind];
  }

  #go(asked: Asked, at: At): void {
    this.#limiter.take(1, at.wall);
    this.#lastRequest += 1;
    const requestId = String(this.#lastRequest);
    this.#asked.set(requestId, { ...asked, sentAt: { market: at.market, wall: at.wall } });
    const { kind, method, path, body } = asked.call;
    const opening = kind === 'entry' ? { opening: true } : {};
    const rest = { headers: {}, body, timeoutMillis: TIMEOUT_MILLIS, ...opening };
    this.#out.push({ kind: 'httpSend', requestId, method, path, ...rest });
  }
}

/** The body of an answer that was given, whole and well. */
export function bodyOf(answer: HttpAnswer): string | undefined {
  if (answer.kind === 'httpFailed') return undefined;
  return answer.status >= 200 && answer.status < 300 ? answer.body : undefined;
}
