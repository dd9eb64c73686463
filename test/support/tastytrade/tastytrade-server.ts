/** The venue on loopback: REST, account socket, faults of the wire, and a door to control it. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type WebSocket from 'ws';
import { WebSocketServer } from 'ws';
import type { Fault } from './stub-faults.ts';
import { isDone } from './stub-faults.ts';
import type { StubReply } from './stub-wire.ts';
import type { TastytradeVenue } from './tastytrade-venue.ts';

const TICK_MILLIS = 5;

/** What the control door takes: POST /control with one of these. */
export interface Control {
  readonly advanceMillis?: number;
  readonly quote?: {
    readonly symbol: string;
    readonly bid: number;
    readonly ask: number;
    readonly size?: number;
  };
  readonly fault?: { readonly match: string; readonly fault: Fault; readonly times?: number };
  readonly dropStreams?: boolean;
  readonly halfOpen?: boolean;
}

export class TastytradeServer {
  readonly venue: TastytradeVenue;
  /** How far the `Date` of its answers is ahead of this machine's clock. */
  dateAheadMillis = 0;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #ticker: NodeJS.Timeout | undefined;

  private constructor(venue: TastytradeVenue, server: Server) {
    this.venue = venue;
    this.#server = server;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on('connection', (socket) => this.#join(socket));
  }

  static async start(venue: TastytradeVenue): Promise<TastytradeServer> {
    const server = createServer((request, response) => void started.#onRequest(request, response));
    const started = new TastytradeServer(venue, server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get restUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The venue's clock goes on by itself, `speed` times as fast as this machine's. */
  run(speed = 1): void {
    let last = performance.now();
    this.#ticker = setInterval(() => {
      const now = performance.now();
      this.venue.clock.advance((now - last) * speed);
      last = now;
    }, TICK_MILLIS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  control(order: Control): void {
    const { venue } = this;
    if (order.quote !== undefined) {
      const { symbol, bid, ask, size } = order.quote;
      venue.quote(symbol, bid, ask, size);
      venue.orders.match();
    }
    if (order.fault !== undefined) {
      venue.faults.add(new RegExp(order.fault.match), order.fault.fault, order.fault.times);
    }
    if (order.halfOpen !== undefined) venue.stream.isHalfOpen = order.halfOpen;
    if (order.dropStreams === true) venue.stream.dropAll();
    if (order.advanceMillis !== undefined) venue.clock.advance(order.advanceMillis);
  }

  #join(socket: WebSocket): void {
    const client = { send: (text: string) => socket.send(text), close: () => socket.close() };
    this.venue.stream.join(client);
    socket.on('message', (data) => this.venue.stream.onMessage(client, String(data as Buffer)));
    socket.on('close', () => this.venue.stream.leave(client));
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    const { method = 'GET', url = '/' } = request;
    if (method === 'POST' && url === '/control') {
      this.control(JSON.parse(body) as Control);
      response.end('{}');
      return;
    }
    const fault = this.venue.faults.take(method, url);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    response.setHeader('date', new Date(Date.now() + this.dateAheadMillis).toUTCString());
    const isArriving = fault === undefined || isDone(fault);
    const said = `${headers['authorization']} is refused`;
    const echo = {
      status: 422,
      body: { error: { code: 'preflight_check_failure', message: said } },
    };
    const reply = isArriving ? this.venue.handle({ method, url, headers, body }) : echo;
    answer(response, fault, reply);
  }
}

function answer(
  response: ServerResponse,
  fault: Fault | undefined,
  reply: StubReply | undefined,
): void {
  switch (fault) {
    case undefined:
    case 'echo': {
      const text = JSON.stringify(reply?.body);
      response.writeHead(reply?.status ?? 500, { 'content-type': 'application/json' }).end(text);
      return;
    }
    case 'gateway':
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>bad gateway</html>');
      return;
    case 'throttled':
      response.writeHead(429).end('{"error":{"code":"too_many_requests","message":"slow down"}}');
      return;
    case 'nonsense':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'slow':
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data":');
      return;
    case 'lost':
    case 'mute':
      return;
  }
}
