/**
 * The Alpaca stub over real sockets on loopback: REST, the account stream (binary frames, as the paper
 * environment sends them) and a control door, `POST /control`, for faults and the clock. It holds
 * to what Alpaca publishes; what a live account alone could tell stands in the README.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { epochMicros } from '../../../src/engine/domain/units.ts';
import type { RequestFault, StreamFault } from './stub-faults.ts';
import { StubFaults } from './stub-faults.ts';
import type { StubAnswer } from './stub-routes.ts';
import { StubRateLimit, serve, TOO_MANY, UNAUTHORIZED } from './stub-routes.ts';
import { StubVenue } from './stub-venue.ts';

export interface AlpacaServerOptions {
  readonly key?: string;
  readonly secret?: string;
  /** Micros since the epoch at which the stub's clock stands. */
  readonly now: number;
  readonly isPaper?: boolean;
  readonly account?: string;
}

interface Control {
  readonly advanceTo?: number;
  readonly request?: {
    readonly target: string;
    readonly fault: RequestFault;
    readonly times?: number;
  };
  readonly stream?: readonly StreamFault[];
  readonly breakStreams?: boolean;
  readonly muteStreams?: boolean;
}

type Frame = Readonly<Record<string, unknown>> & {
  readonly action?: string;
  readonly data?: unknown;
};

export class AlpacaServer {
  readonly venue: StubVenue;
  readonly faults = new StubFaults();
  readonly key: string;
  readonly secret: string;
  /** `METHOD /path` of every request that arrived. */
  readonly requests: string[] = [];
  rate = new StubRateLimit();
  /** Micros by which the limit of requests is counted: the stub's clock, unless it stands still. */
  rateNow: () => number = () => this.venue.now;
  /** No stream is accepted while set. */
  isStreamDown = false;
  /** How far the `Date` of its answers is ahead of this machine's clock. */
  dateAheadMillis = 0;
  readonly #isPaper: boolean;
  readonly #server: Server;
  readonly #streams: WebSocketServer;
  readonly #listening = new Set<WebSocket>();
  #isMute = false;

  constructor({
    key = 'PKTESTKEY0001',
    secret = 'stub-secret',
    now,
    isPaper = true,
    account,
  }: AlpacaServerOptions) {
    this.key = key;
    this.secret = secret;
    this.#isPaper = isPaper;
    this.venue = new StubVenue(epochMicros(now), account);
    this.venue.onUpdate = (data) => this.#broadcast({ stream: 'trade_updates', data });
    this.#server = createServer((request, response) => {
      void this.#answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
    this.#streams = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.isStreamDown || request.url !== '/stream') socket.destroy();
      else this.#streams.handleUpgrade(request, socket, head, (stream) => this.#greet(stream));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get streamUrl(): string {
    return `${this.url.replace('http', 'ws')}/stream`;
  }

  async close(): Promise<void> {
    this.breakStreams();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Cuts every stream without a farewell. */
  breakStreams(): void {
    for (const stream of this.#streams.clients) stream.terminate();
    this.#listening.clear();
  }

  get listeners(): number {
    return this.#listening.size;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const path = request.url ?? '/';
    response.setHeader('date', new Date(Date.now() + this.dateAheadMillis).toUTCString());
    if (path === '/control') this.#control(JSON.parse(body) as Control, response);
    else this.#serve({ request, path, body, response });
  }

  #serve(call: {
    request: IncomingMessage;
    path: string;
    body: string;
    response: ServerResponse;
  }): void {
    const { request, path, body, response } = call;
    const { method = 'GET' } = request;
    const target = `${method} ${path}`;
    this.requests.push(target);
    const fault = this.faults.takeRequest(target);
    if (fault === 'dropRequest') {
      response.destroy();
      return;
    }
    const { isOver, headers } = this.rate.take(this.rateNow());
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.setHeader('X-Request-ID', String(this.requests.length));
    if (!this.#isKnown(request)) send(response, UNAUTHORIZED);
    else if (isOver || fault === 'tooMany') send(response, TOO_MANY);
    else if (fault === 'error500') send(response, { status: 500, body: '{"message":"internal"}' });
    else if (fault === 'echo') send(response, this.#echo());
    else if (fault === 'html502') send(response, { status: 502, body: '<html>bad gateway</html>' });
    else spoil(response, serve(this.venue, { method, path, body }), fault);
  }

  /** A broker that says too much. */
  #echo(): StubAnswer {
    const message = `key ${this.key} with secret ${this.secret} was refused`;
    return { status: 422, body: JSON.stringify({ code: 42_210_000, message }) };
  }

  #isKnown({ headers }: IncomingMessage): boolean {
    const { 'apca-api-key-id': key, 'apca-api-secret-key': secret } = headers;
    return key === this.key && secret === this.secret;
  }

  #control(control: Control, response: ServerResponse): void {
    const { advanceTo, request, stream, breakStreams, muteStreams } = control;
    if (advanceTo !== undefined) this.venue.advance(epochMicros(advanceTo));
    if (request !== undefined) this.faults.onRequest(request.target, request.fault, request.times);
    if (stream !== undefined) this.faults.onStream(...stream);
    if (muteStreams !== undefined) this.#isMute = muteStreams;
    if (breakStreams === true) this.breakStreams();
    send(response, { status: 200, body: '{}' });
  }

  #greet(stream: WebSocket): void {
    let isAuthorized = false;
    stream.on('message', (data) => {
      if (this.#isMute) return;
      const frame = JSON.parse((data as Buffer).toString()) as Frame;
      if (frame.action === 'auth' || frame.action === 'authenticate') {
        isAuthorized = this.#isSigned(frame);
        const status = isAuthorized ? 'authorized' : 'unauthorized';
        this.#say(stream, { stream: 'authorization', data: { status, action: 'authenticate' } });
        if (!isAuthorized) stream.close();
      } else if (frame.action === 'listen' && isAuthorized) {
        this.#listening.add(stream);
        this.#say(stream, { stream: 'listening', data: frame.data });
      }
    });
    stream.on('close', () => this.#listening.delete(stream));
  }

  /** Both frames in use: the documented one and the older one of Alpaca's own clients. */
  #isSigned(frame: Frame): boolean {
    const old = (frame.data ?? {}) as Readonly<Record<string, unknown>>;
    const key = frame['key'] ?? old['key_id'];
    const secret = frame['secret'] ?? old['secret_key'];
    return key === this.key && secret === this.secret;
  }

  #broadcast(frame: object): void {
    for (const text of this.faults.pass(JSON.stringify(frame))) {
      for (const stream of this.#listening) if (!this.#isMute) this.#put(stream, text);
    }
  }

  #say(stream: WebSocket, frame: object): void {
    this.#put(stream, JSON.stringify(frame));
  }

  #put(stream: WebSocket, text: string): void {
    stream.send(this.#isPaper ? Buffer.from(text) : text);
  }
}

function send(response: ServerResponse, { status, body }: StubAnswer): void {
  response.statusCode = status;
  response.setHeader('content-type', body.startsWith('<') ? 'text/html' : 'application/json');
  response.end(body);
}

/** Answers a request that was served, in the way that the fault lets it. */
function spoil(
  response: ServerResponse,
  answer: StubAnswer,
  fault: RequestFault | undefined,
): void {
  if (fault === 'dropAnswer') response.destroy();
  else if (fault === 'error503After') send(response, { status: 503, body: '' });
  else if (fault === 'nonsense') send(response, { ...answer, body: answer.body.slice(0, 40) });
  else if (fault !== 'hang') send(response, answer);
}
