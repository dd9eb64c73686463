/**
 * Performs what an adapter asks of its wires: one request for each `httpSend`, the account's socket,
 * and every answer back to the desk as a `wire` input. Knows no broker: `BrokerWire` tells how one is
 * reached. Core thread only.
 *
 * What opens is held against the kill word once more where its connection stands, right before its first
 * byte: a connection that is made first takes longer than a kill.
 *
 * A submit is sent once, whatever becomes of it. Only reads and cancels, which change nothing when
 * they are done twice, are sent again, once, where the login had run out. Reads rest for a while
 * after failures in a row; orders, cancels and amendments do not. Every request takes its turn of
 * what the broker allows the account.
 */

import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
} from 'cockatiel';
import type { GatewayEffect, WireInput } from '../../broker/order-gateway.ts';
import { restOf } from '../../ops/outgoing-call.ts';
import { BrokerHttp, type HttpOutcome } from './broker-http-shell.ts';
import { BrokerSocket } from './broker-socket-shell.ts';
import type { BrokerWire } from './broker-wire.ts';
import { RequestTurns } from './request-turns-shell.ts';
import {
  type Secrets,
  type WireSecrets,
  withoutSecrets,
  withSecrets,
} from './wire-secrets-shell.ts';

export type WireEffect = Exclude<GatewayEffect, { kind: 'event' }>;
type HttpSend = Extract<GatewayEffect, { kind: 'httpSend' }>;

const UNAUTHORIZED = 401;
const SERVER_FAULT = 500;
const FAILURES_TO_OPEN = 5;
const REST_MILLIS = 10_000;
const KILLED = 'not sent: the kill switch is engaged';
const NO_TURN = 'not sent: the requests that the broker allows are used up, but for exits';

export interface BrokerWireOptions {
  readonly wire: BrokerWire;
  readonly secrets: WireSecrets;
  /** Takes what came in; called from the event loop, never inside `perform`. */
  readonly onInput: (input: WireInput) => void;
  readonly jitter: () => number;
  /** The kill word, which main sets without asking this thread. */
  readonly isKilled: () => boolean;
}

/** A read that failed, for the breaker's count. */
class ReadFailed extends Error {
  readonly outcome: HttpOutcome;
  constructor(outcome: HttpOutcome) {
    super('a read failed');
    this.outcome = outcome;
  }
}

export class BrokerWireShell {
  readonly #options: BrokerWireOptions;
  readonly #http = new BrokerHttp();
  readonly #socket: BrokerSocket;
  readonly #turns: RequestTurns;
  readonly #reads: CircuitBreakerPolicy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    halfOpenAfter: restOf(REST_MILLIS),
  });
  /** Messages leave in the order in which they were given. */
  #sending: Promise<void> = Promise.resolve();

  constructor(options: BrokerWireOptions) {
    this.#options = options;
    const { onInput, wire, secrets, jitter } = options;
    this.#turns = new RequestTurns(wire.pace, jitter);
    this.#socket = new BrokerSocket({
      url: wire.socketUrl,
      jitter,
      events: {
        opened: () => onInput({ kind: 'socketOpen' }),
        frame: (text) => {
          onInput({ kind: 'socketFrame', text: withoutSecrets(text, secrets.now()) });
        },
        closed: (reason) => onInput({ kind: 'socketClosed', reason }),
      },
    });
  }

  /** Opens the account's socket, once there is a login. */
  start(): void {
    this.#options.secrets.fetch().catch(() => undefined);
    this.#socket.start();
  }

  stop(): void {
    this.#turns.stop();
    this.#socket.stop();
    this.#http.close();
  }

  perform(effect: WireEffect): void {
    switch (effect.kind) {
      case 'httpSend':
        this.#request(effect);
        return;
      case 'socketSend':
        this.#say(effect.text);
        return;
      case 'socketReset': {
        const { reason } = effect;
        setImmediate(() => this.#socket.reset(reason));
        return;
      }
      case 'loginDoubted':
        this.#options.secrets.doubted();
        return;
    }
  }

  /** Where the login is at hand, which is nearly always, the request leaves within this call. */
  #request(send: HttpSend): void {
    const secrets = this.#options.secrets.now();
    if (send.method === 'GET') void this.#read(send);
    else if (secrets !== undefined) {
      this.#send(send, secrets, (outcome) => this.#onChanged(send, secrets, outcome));
    } else if (send.turn === 'entry') {
      const reason = 'not sent: there is no access token at this moment';
      setImmediate(() => this.#tell(send, { kind: 'failed', reason, neverSent: true }));
    } else void this.#changeLater(send);
  }

  async #changeLater(send: HttpSend): Promise<void> {
    try {
      const secrets = await this.#options.secrets.fetch();
      this.#send(send, secrets, (outcome) => this.#tell(send, outcome));
    } catch (error) {
      this.#tell(send, { kind: 'failed', reason: reasonOf(error), neverSent: true });
    }
  }

  /** A login that is taken no more never costs a cancel; a submit is not repeated. */
  #onChanged(send: HttpSend, secrets: Secrets, outcome: HttpOutcome): void {
    const isRefused = outcome.kind === 'answered' && outcome.status === UNAUTHORIZED;
    if (isRefused) this.#options.secrets.refused(secrets);
    if (isRefused && send.method === 'DELETE') void this.#changeLater(send);
    else this.#tell(send, outcome);
  }

  async #read(send: HttpSend): Promise<void> {
    try {
      // What a way out waits for does not rest with the other reads.
      const read = () => this.#readOnce(send);
      this.#tell(send, await (send.turn === 'exit' ? read() : this.#reads.execute(read)));
    } catch (error) {
      if (error instanceof ReadFailed) this.#tell(send, error.outcome);
      else {
        const isResting = isBrokenCircuitError(error);
        const reason = isResting ? 'reads rest after repeated failures' : reasonOf(error);
        this.#tell(send, { kind: 'failed', reason, neverSent: true });
      }
    }
  }

  async #readOnce(send: HttpSend): Promise<HttpOutcome> {
    const secrets = await this.#options.secrets.fetch();
    let outcome = await this.#sent(send, secrets);
    if (outcome.kind === 'answered' && outcome.status === UNAUTHORIZED) {
      this.#options.secrets.refused(secrets);
      outcome = await this.#sent(send, await this.#options.secrets.fetch());
    }
    if (outcome.kind === 'failed' || outcome.status >= SERVER_FAULT) throw new ReadFailed(outcome);
    return outcome;
  }

  #sent(send: HttpSend, secrets: Secrets): Promise<HttpOutcome> {
    return new Promise((resolve) => {
      this.#send(send, secrets, resolve);
    });
  }

  /** Every request goes through here, and leaves in its turn. */
  #send(send: HttpSend, secrets: Secrets, tell: (outcome: HttpOutcome) => void): void {
    const { turn, method, path, timeoutMillis: patienceMillis } = send;
    this.#turns.take(
      { turn, method, path, patienceMillis },
      () => this.#leave(send, this.#options.secrets.now() ?? secrets, tell),
      () => tell({ kind: 'failed', reason: NO_TURN, neverSent: true }),
    );
  }

  #leave(send: HttpSend, secrets: Secrets, tell: (outcome: HttpOutcome) => void): void {
    const { method, path, body, timeoutMillis, turn } = send;
    const { wire, isKilled } = this.#options;
    const whyNot = turn === 'entry' ? () => (isKilled() ? KILLED : undefined) : undefined;
    const headers = { ...wire.headers, ...send.headers, ...secrets.headers };
    const url = new URL(wire.restUrl + path);
    this.#http.send({ method, url, headers, body, timeoutMillis, whyNot }, (outcome) => {
      if (outcome.kind === 'answered') this.#turns.onStatus(outcome.status, outcome.retryAfter);
      tell(outcome);
    });
  }

  #tell({ requestId }: HttpSend, outcome: HttpOutcome): void {
    const { secrets, onInput } = this.#options;
    if (outcome.kind === 'answered') {
      const { status } = outcome;
      const body = withoutSecrets(outcome.body, secrets.now());
      onInput({ kind: 'httpResponse', requestId, status, body });
      return;
    }
    const { reason, neverSent } = outcome;
    onInput({ kind: 'httpFailed', requestId, reason, ...(neverSent && { neverSent }) });
  }

  #say(text: string): void {
    const { secrets } = this.#options;
    this.#sending = this.#sending.then(async () => {
      try {
        this.#socket.send(withSecrets(text, secrets.now() ?? (await secrets.fetch())));
      } catch (error) {
        this.#socket.reset(`there is nothing to log in with: ${reasonOf(error)}`);
      }
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
