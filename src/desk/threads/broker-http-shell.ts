/** One request to a broker over a pool of kept connections. What is known of its fate is told plainly. */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http';
import { Agent as HttpsAgent, request as secureRequest } from 'node:https';
import type { Socket } from 'node:net';

/** A body larger than this is not read to its end: the request has failed. */
export const MOST_BODY_BYTES = 8 * 1024 * 1024;
const MOST_IDLE_CONNECTIONS = 4;
/** An idle connection is given up before servers commonly do: a request that meets their farewell on
 * its way has an outcome that nobody knows. */
const IDLE_MILLIS = 45_000;

export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMillis: number;
  /** Asked once the connection stands, right before the first byte: a reason not to send. */
  readonly whyNot?: (() => string | undefined) | undefined;
}

export type HttpOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: string;
      /** The header `Retry-After`, as it stands. */
      readonly retryAfter: string | undefined;
    }
  | { readonly kind: 'failed'; readonly reason: string; readonly neverSent: boolean };

/** Connections to one broker, kept open between requests. One thread's own. */
export class BrokerHttp {
  readonly #plain = new HttpAgent(POOL);
  readonly #secure = new HttpsAgent(POOL);

  /** Sends once and tells once. A redirect is an answer like any other: it is not followed. */
  send(call: HttpCall, tell: (outcome: HttpOutcome) => void): void {
    const isSecure = call.url.protocol === 'https:';
    const headers = { accept: 'application/json', ...call.headers, ...bodyHeaders(call.body) };
    const { method } = call;
    const sent = isSecure
      ? secureRequest(call.url, { method, headers, agent: this.#secure })
      : request(call.url, { method, headers, agent: this.#plain });
    new Exchange(sent, isSecure, tell).begin(call);
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** No bound on connections in use: an order never waits behind reads. Adapters pace those. */
const POOL = {
  keepAlive: true,
  maxFreeSockets: MOST_IDLE_CONNECTIONS,
  scheduling: 'lifo',
  timeout: IDLE_MILLIS,
} as const;

function bodyHeaders(body: string | undefined): Record<string, string> {
  if (body === undefined) return {};
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
}

/** One request and what becomes of it. */
class Exchange {
  readonly #request: ClientRequest;
  readonly #isSecure: boolean;
  readonly #tell: (outcome: HttpOutcome) => void;
  /** True once a connection stood that bytes could leave on. */
  #wasConnected = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(sent: ClientRequest, isSecure: boolean, tell: (outcome: HttpOutcome) => void) {
    this.#request = sent;
    this.#isSecure = isSecure;
    this.#tell = tell;
  }

  begin(call: HttpCall): void {
    const sent = this.#request;
    const { timeoutMillis } = call;
    this.#timer = setTimeout(
      () => this.#fail(`no answer within ${timeoutMillis} ms`),
      timeoutMillis,
    );
    sent.on('socket', (socket) => this.#onSocket(socket, call));
    sent.on('error', (error) => this.#fail(error.message));
    sent.on('close', () => this.#fail('the connection ended without an answer'));
    sent.on('response', (response) => this.#read(response));
  }

  #onSocket(socket: Socket, call: HttpCall): void {
    if (this.#request.reusedSocket) this.#write(call);
    // A TLS connection carries bytes of ours only after its handshake.
    else socket.once(this.#isSecure ? 'secureConnect' : 'connect', () => this.#write(call));
  }

  #write({ body, whyNot }: HttpCall): void {
    if (this.#isOver) return;
    const reason = whyNot?.();
    if (reason !== undefined) {
      this.#fail(reason);
      return;
    }
    this.#wasConnected = true;
    this.#request.end(body);
  }

  #read(response: IncomingMessage): void {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > MOST_BODY_BYTES) this.#fail(`an answer of more than ${MOST_BODY_BYTES} bytes`);
      else parts.push(part);
    });
    response.on('error', (error) => this.#fail(error.message));
    response.on('end', () => {
      if (!response.complete) this.#fail('the answer broke off');
      else {
        const body = Buffer.concat(parts).toString('utf8');
        const { statusCode: status = 0, headers } = response;
        this.#end({ kind: 'answered', status, body, retryAfter: headers['retry-after'] });
      }
    });
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.#end({ kind: 'failed', reason, neverSent: !this.#wasConnected });
    this.#request.destroy();
  }

  #end(outcome: HttpOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#tell(outcome);
  }
}
