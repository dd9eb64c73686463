/**
 * The requests of an adapter: numbered, paced, each answered once. Reads wait for their turn here;
 * what changes an order goes out within the call or not at all. Pure, core thread only.
 */

import type { At } from '../engine/domain/clock.ts';
import type { GatewayEffect, WireInput } from './order-gateway.ts';
import type { PaceLimits } from './request-pacer.ts';
import { RequestPacer } from './request-pacer.ts';

export type HttpSend = Extract<GatewayEffect, { readonly kind: 'httpSend' }>;
export type WireAnswer = Extract<WireInput, { readonly kind: 'httpResponse' | 'httpFailed' }>;

/** What is done with an answer. */
export type OnAnswer = (answer: WireAnswer, at: At) => readonly GatewayEffect[];

interface Waiting {
  readonly endpoint: string;
  readonly send: HttpSend;
}

export interface ReadRequest {
  /** By which its ceiling is found. */
  readonly endpoint: string;
  readonly path: string;
}

export interface ChangeRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  /** True for what opens or increases: it may be refused a turn, and then nothing was sent. */
  readonly opening: boolean;
}

const TOO_MANY_REQUESTS = 429;
const READ_MILLIS = 10_000;
const CHANGE_MILLIS = 8_000;
const NOTHING: readonly GatewayEffect[] = [];

export class WireRequests {
  readonly #pacer: RequestPacer;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #asked = new Map<string, OnAnswer>();
  readonly #reads = new Set<string>();
  #waiting: Waiting[] = [];
  #last = 0;

  constructor(limits: PaceLimits, headers: Readonly<Record<string, string>> = {}) {
    this.#pacer = new RequestPacer(limits);
    this.#headers = headers;
  }

  read({ endpoint, path }: ReadRequest, at: At, onAnswer: OnAnswer): readonly GatewayEffect[] {
    const fixed = { body: undefined, timeoutMillis: READ_MILLIS };
    const send = this.#number({ method: 'GET', path, ...fixed }, onAnswer);
    this.#reads.add(send.requestId);
    this.#waiting.push({ endpoint, send });
    return this.onClock(at);
  }

  /** Undefined where there is no room for an opening now: nothing was sent. */
  change(request: ChangeRequest, at: At, onAnswer: OnAnswer): readonly GatewayEffect[] | undefined {
    const { method, path, body, opening } = request;
    if (!opening) this.#pacer.noteExit(at.wall);
    else if (!this.#pacer.takeOpening(at.wall)) return undefined;
    const timeoutMillis = CHANGE_MILLIS;
    const send = this.#number({ method, path, body, timeoutMillis }, onAnswer);
    return [opening ? { ...send, opening } : send];
  }

  onAnswer(answer: WireAnswer, at: At): readonly GatewayEffect[] {
    const { requestId } = answer;
    const onAnswer = this.#asked.get(requestId);
    this.#asked.delete(requestId);
    const isRead = this.#reads.delete(requestId);
    if (answer.kind === 'httpResponse' && isRead) {
      if (answer.status === TOO_MANY_REQUESTS) this.#pacer.onRefused(at.wall);
      else this.#pacer.onAnswered();
    }
    return onAnswer?.(answer, at) ?? NOTHING;
  }

  /** Reads whose turn has come. One that has to wait holds up those of its own endpoint only. */
  onClock(at: At): readonly GatewayEffect[] {
    if (this.#waiting.length === 0) return NOTHING;
    const due: HttpSend[] = [];
    const held = new Set<string>();
    this.#waiting = this.#waiting.filter(({ endpoint, send }) => {
      const mayGo = !held.has(endpoint) && this.#pacer.takeRead(endpoint, at.wall);
      if (mayGo) due.push(send);
      else held.add(endpoint);
      return !mayGo;
    });
    return due;
  }

  #number(
    request: Pick<HttpSend, 'method' | 'path' | 'body' | 'timeoutMillis'>,
    onAnswer: OnAnswer,
  ): HttpSend {
    this.#last += 1;
    const requestId = String(this.#last);
    this.#asked.set(requestId, onAnswer);
    return { kind: 'httpSend', requestId, headers: this.#headers, ...request };
  }
}
