/** The adapter's wires, in process: its effects reach the venue, answers and frames come back in time. */
import type {
  BrokerEvent,
  GatewayEffect,
  OrderGateway,
  WireInput,
} from '../../../src/broker/order-gateway.ts';
import { SECRET_MARKS } from '../../../src/broker/order-gateway.ts';
import { sessionFor } from '../../../src/desk/session/session-clock.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import { epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import { isDone } from './stub-faults.ts';
import type { StreamClient } from './stub-stream.ts';
import type { TastytradeVenue } from './tastytrade-venue.ts';

export type WireEffect = Exclude<GatewayEffect, { kind: 'event' }>;
type HttpSend = Extract<WireEffect, { kind: 'httpSend' }>;

const LATENCY_MILLIS = 2;
const HOURS = underlyingOf('SPY');

export class VenueWire {
  readonly venue: TastytradeVenue;
  readonly #onInput: (input: WireInput) => void;
  #client: StreamClient | undefined;
  #token = '';
  #isDead = false;
  /** Logins happen by themselves, as the shell's keeper has it; false = the token is let run out. */
  keepsLogin = true;
  /** Of everything, each way. */
  latencyMillis = LATENCY_MILLIS;

  constructor(venue: TastytradeVenue, onInput: (input: WireInput) => void) {
    this.venue = venue;
    this.#onInput = (input) => {
      if (!this.#isDead) onInput(input);
    };
  }

  open(): void {
    const client: StreamClient = {
      send: (text) =>
        this.#later(() => this.#isHere(client) && this.#onInput({ kind: 'socketFrame', text })),
      close: () => this.#later(() => this.#closed(client, 'the broker closed the stream')),
    };
    this.#client = client;
    this.venue.stream.join(client);
    this.#onInput({ kind: 'socketOpen' });
  }

  /** The connection breaks. */
  cut(reason = 'the network went away'): void {
    const client = this.#client;
    if (client === undefined) return;
    this.venue.stream.leave(client);
    this.#closed(client, reason);
  }

  /** The process behind it is gone: nothing reaches it any more, and nothing comes back. */
  die(): void {
    if (this.#client !== undefined) this.venue.stream.leave(this.#client);
    this.#isDead = true;
  }

  perform(effect: WireEffect): void {
    if (effect.kind === 'httpSend') this.#request(effect);
    else if (effect.kind === 'socketReset') this.cut(effect.reason);
    else if (effect.kind === 'loginDoubted') this.#token = '';
    else {
      const client = this.#client;
      const text = effect.text.replaceAll(SECRET_MARKS.accessToken, this.#login());
      this.#later(() => client !== undefined && this.venue.stream.onMessage(client, text));
    }
  }

  #isHere(client: StreamClient): boolean {
    return this.#client === client;
  }

  #closed(client: StreamClient, reason: string): void {
    if (!this.#isHere(client)) return;
    this.#client = undefined;
    this.#onInput({ kind: 'socketClosed', reason });
    this.venue.clock.after(500, () => {
      if (this.#client === undefined && !this.#isDead) this.open();
    });
  }

  #later(act: () => unknown): void {
    this.venue.clock.after(this.latencyMillis, act);
  }

  /** A token that is valid now. */
  token(): string {
    return this.#login();
  }

  #login(): string {
    const { login } = this.venue;
    if (this.keepsLogin && !login.isValid(`Bearer ${this.#token}`)) {
      const grant = { grant_type: 'refresh_token', client_secret: login.clientSecret };
      const body = JSON.stringify({ ...grant, refresh_token: login.refreshToken });
      const answer = login.token(body, 'application/json').body as { access_token?: string };
      this.#token = answer.access_token ?? '';
    }
    return this.#token;
  }

  #request(send: HttpSend): void {
    const { requestId, method, path, body, timeoutMillis } = send;
    const fault = this.venue.faults.take(method, path);
    const fail = (reason: string, neverSent?: true): void => {
      this.#onInput({ kind: 'httpFailed', requestId, reason, ...(neverSent && { neverSent }) });
    };
    const answer = (status: number, text: string): void => {
      this.#later(() => this.#onInput({ kind: 'httpResponse', requestId, status, body: text }));
    };
    this.#later(() => {
      const headers = { 'user-agent': 'deltaring/test', authorization: `Bearer ${this.#login()}` };
      const url = path;
      const isArriving = fault === undefined || isDone(fault);
      const reply = isArriving
        ? this.venue.handle({ method, url, headers, body: body ?? '' })
        : undefined;
      if (fault === undefined && reply !== undefined)
        answer(reply.status, JSON.stringify(reply.body));
      else if (fault === 'gateway') answer(502, '<html>bad gateway</html>');
      else if (fault === 'throttled') answer(429, '{"error":{"code":"too_many_requests"}}');
      else if (fault === 'nonsense') answer(200, '<html>hello</html>');
      else if (fault === 'reset') this.#later(() => fail('socket hang up'));
      else
        this.venue.clock.after(timeoutMillis, () => fail(`no answer within ${timeoutMillis} ms`));
    });
  }
}

/** A gateway before a venue, with virtual time: what comes out is kept in order. */
export class VenueRig {
  readonly venue: TastytradeVenue;
  readonly gateway: OrderGateway;
  readonly wire: VenueWire;
  #events: BrokerEvent[] = [];

  constructor(venue: TastytradeVenue, gateway: OrderGateway) {
    this.venue = venue;
    this.gateway = gateway;
    this.wire = new VenueWire(venue, (input) => this.#take(gateway.onWire(input, this.at())));
  }

  at(): At {
    const micros = epochMicrosFromMillis(this.venue.clock.millis);
    return { market: micros, wall: micros };
  }

  /** Opens the stream and waits for the first picture. */
  connect(): BrokerEvent[] {
    this.wire.open();
    return this.pass(8_000);
  }

  call(use: (gateway: OrderGateway, at: At) => readonly GatewayEffect[]): BrokerEvent[] {
    this.#take(use(this.gateway, this.at()));
    return this.#drain();
  }

  /** Time passes, in steps of the clock input. */
  pass(millis: number, stepMillis = 50): BrokerEvent[] {
    for (let passed = 0; passed < millis; passed += stepMillis) {
      this.venue.clock.advance(stepMillis);
      const session = sessionFor(this.at().market, HOURS);
      this.#take(this.gateway.onClock(this.at(), session));
    }
    return this.#drain();
  }

  #take(effects: readonly GatewayEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'event') this.#events.push(effect.event);
      else this.wire.perform(effect);
    }
  }

  #drain(): BrokerEvent[] {
    return this.#events.splice(0);
  }
}
