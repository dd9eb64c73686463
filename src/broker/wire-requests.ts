/**
 * The requests of an adapter: numbered, each answered once. When a request may leave is not asked
 * here: the shell, which alone knows what other threads ask of the same account, gives it its turn
 * (`request-pacer.ts`), so an adapter reads no shared word and replays the same. Pure, core thread
 * only.
 */

import type { At } from '../engine/domain/clock.ts';
import type { GatewayEffect, NoWord, WireInput } from './order-gateway.ts';
import { sendOutcome } from './order-gateway.ts';
import { TOO_MANY_REQUESTS } from './request-pacer.ts';

export type HttpSend = Extract<GatewayEffect, { readonly kind: 'httpSend' }>;
export type WireAnswer = Extract<WireInput, { readonly kind: 'httpResponse' | 'httpFailed' }>;

/** What is to be asked. */
export type WireRequest = Pick<HttpSend, 'turn' | 'method' | 'path'> & { readonly body?: string };

export interface WireRequestLimits {
  /** How long an answer is waited for once a request has left: reads, and everything else. A read waits
   * as long for its turn before, at most. */
  readonly readMillis: number;
  readonly changeMillis: number;
}

/** `askedAt` is when the request was given, which is at or before the moment at which it left. */
export type OnAnswer<T> = (answer: WireAnswer, at: At, askedAt: At) => T;

interface Asked<T> {
  readonly onAnswer: OnAnswer<T>;
  readonly askedAt: At;
}

/** The status of an answer to a login that is taken no more. */
const UNAUTHORIZED = 401;

/** `T`: what an answer leads to. */
export class WireRequests<T> {
  readonly #limits: WireRequestLimits;
  readonly #asked = new Map<string, Asked<T>>();
  #last = 0;

  constructor(limits: WireRequestLimits) {
    this.#limits = limits;
  }

  /** The effect that asks. An opening, or a move, may be answered `neverSent`: there was no turn for it. */
  ask({ turn, method, path, body }: WireRequest, at: At, onAnswer: OnAnswer<T>): HttpSend {
    this.#last += 1;
    const requestId = String(this.#last);
    this.#asked.set(requestId, { onAnswer, askedAt: { market: at.market, wall: at.wall } });
    const timeoutMillis = method === 'GET' ? this.#limits.readMillis : this.#limits.changeMillis;
    return { kind: 'httpSend', requestId, turn, method, path, headers: {}, body, timeoutMillis };
  }

  /** Undefined for an answer to nothing that waits for one. */
  onAnswer(answer: WireAnswer, at: At): T | undefined {
    const asked = this.#asked.get(answer.requestId);
    this.#asked.delete(answer.requestId);
    return asked?.onAnswer(answer, at, asked.askedAt);
  }
}

/** True where the broker says that it was asked too often. */
export function isThrottled(answer: WireAnswer): boolean {
  return answer.kind === 'httpResponse' && answer.status === TOO_MANY_REQUESTS;
}

/** True where not one byte left. */
export function isUnsent(answer: WireAnswer): boolean {
  return answer.kind === 'httpFailed' && answer.neverSent === true;
}

/** Why an answer is no word of the broker's about what was asked; undefined for a definite refusal. One against
 * the login, which is renewed, says nothing of the rest. */
export function noWordIn(answer: WireAnswer): NoWord | undefined {
  if (isUnsent(answer)) return 'unsent';
  if (answer.kind === 'httpResponse' && answer.status === UNAUTHORIZED) return 'unproven';
  return sendOutcome(answer, { rateLimitRefuses: false }) === 'rejected' ? undefined : 'unproven';
}

/** The body of an answer that was given, whole and well. */
export function bodyOf(answer: WireAnswer): string | undefined {
  if (answer.kind === 'httpFailed') return undefined;
  return answer.status >= 200 && answer.status < 300 ? answer.body : undefined;
}
