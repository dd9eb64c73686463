/** The wires between an Alpaca adapter and the stub in virtual time: what the adapter sends arrives, is
 * served or spoilt, and what comes back is handed out as the adapter's inputs, in order. */

import type { GatewayEffect, WireInput } from '../../../src/broker/order-gateway.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import { StubFaults } from './stub-faults.ts';
import { StubRateLimit, serve, TOO_MANY } from './stub-routes.ts';
import type { StubVenue } from './stub-venue.ts';

type HttpSend = Extract<GatewayEffect, { readonly kind: 'httpSend' }>;

/** An answer that never comes is given up by the shell after this long. */
const HUNG_MICROS = 5_000_000;

export class StubWires {
  readonly venue: StubVenue;
  readonly faults = new StubFaults();
  /** `METHOD /path` of each request that was sent, with its body where it has one. */
  readonly requests: string[] = [];
  rate = new StubRateLimit(1_000_000);
  isStreamUp = false;
  /** What the stream tells comes before the answer that it belongs to. */
  isStreamFirst = false;
  /** Called once a request was served, before anything else is. */
  onServed: (target: string) => void = () => undefined;
  readonly #sends: HttpSend[] = [];
  readonly #inputs: WireInput[] = [];
  readonly #hung: { readonly requestId: string; readonly due: EpochMicros }[] = [];

  constructor(venue: StubVenue) {
    this.venue = venue;
    venue.onUpdate = (data) => {
      const frame = JSON.stringify({ stream: 'trade_updates', data });
      if (this.isStreamUp) this.#frames(...this.faults.pass(frame));
    };
  }

  open(): void {
    this.#inputs.push({ kind: 'socketOpen' });
  }

  cut(reason = 'cut by the test'): void {
    this.isStreamUp = false;
    this.#inputs.push({ kind: 'socketClosed', reason });
  }

  /** Performs an effect of the adapter that is no event. */
  perform(effect: Exclude<GatewayEffect, { kind: 'event' }>): void {
    if (effect.kind === 'httpSend') this.#sends.push(effect);
    else if (effect.kind === 'socketSend') this.#hear(effect.text);
    else if (effect.kind === 'socketReset') this.cut(effect.reason);
  }

  /** Serves what was sent by now, and hands out the next thing that came back. */
  next(): WireInput | undefined {
    const { now } = this.venue;
    for (let send = this.#sends.shift(); send; send = this.#sends.shift()) this.#serve(send, now);
    const index = this.#hung.findIndex(({ due }) => due <= now);
    const [hung] = index < 0 ? [] : this.#hung.splice(index, 1);
    if (hung !== undefined) this.#fail(hung.requestId, 'no answer in time');
    return this.#inputs.shift();
  }

  #frames(...texts: readonly string[]): void {
    this.#inputs.push(...texts.map((text) => ({ kind: 'socketFrame', text }) as const));
  }

  #hear(text: string): void {
    const frame = JSON.parse(text) as { action: string; data?: unknown };
    if (frame.action === 'auth') {
      this.#frames('{"stream":"authorization","data":{"status":"authorized"}}');
    } else {
      this.isStreamUp = true;
      this.#frames(JSON.stringify({ stream: 'listening', data: frame.data }));
    }
  }

  /** There is no turn for a request. */
  refuse(requestId: string): void {
    this.#inputs.push({ kind: 'httpFailed', requestId, reason: 'no turn', neverSent: true });
  }

  #fail(requestId: string, reason: string): void {
    this.#inputs.push({ kind: 'httpFailed', requestId, reason });
  }

  #answer(requestId: string, status: number, body: string): void {
    this.#inputs.push({ kind: 'httpResponse', requestId, status, body });
  }

  #serve({ requestId, method, path, body }: HttpSend, now: EpochMicros): void {
    const target = `${method} ${path}`;
    this.requests.push(body === undefined ? target : `${target} ${body}`);
    const fault = this.faults.takeRequest(target);
    if (fault === 'unsent') this.refuse(requestId);
    else if (fault === 'dropRequest') this.#fail(requestId, 'connection reset');
    else if (this.rate.take(now).isOver || fault === 'tooMany') {
      this.#answer(requestId, 429, TOO_MANY.body);
    } else if (fault === 'error500') this.#answer(requestId, 500, '{"message":"internal"}');
    else if (fault === 'html502') this.#answer(requestId, 502, '<html>bad gateway</html>');
    else {
      const before = this.#inputs.length;
      const { status, body: text } = serve(this.venue, { method, path, body });
      const streamed = this.#inputs.splice(before);
      if (this.isStreamFirst) this.#inputs.push(...streamed);
      if (fault === undefined) this.#answer(requestId, status, text);
      else if (fault === 'dropAnswer') this.#fail(requestId, 'socket hang up');
      else if (fault === 'error503After') this.#answer(requestId, 503, '');
      else if (fault === 'nonsense') this.#answer(requestId, status, text.slice(0, 40));
      else this.#hung.push({ requestId, due: addMicros(now, HUNG_MICROS) });
      if (!this.isStreamFirst) this.#inputs.push(...streamed);
      this.onServed(target);
    }
  }
}
