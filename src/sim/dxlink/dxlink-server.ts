/** The sockets of the DXLink server: upgrades, frames, closing. A shell over sessions. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { SessionHost } from './dxlink-session.ts';
import { DxlinkSession } from './dxlink-session.ts';
import type { EventRow } from './event-schema.ts';
import type { DeliveryTime } from './feed-channel.ts';
import { MAX_FRAME_BYTES } from './subscription-limits.ts';

/** Where the websocket answers. */
export const DXLINK_PATH = '/realtime';
/** The real server takes a moment to make a session; until then it knows no token. */
const PREPARING_MILLIS = 5;
/** A client that reads too slowly gets no more data until it has caught up. */
const MAX_UNREAD_BYTES = 8_000_000;
const BAD_GATEWAY = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** Owns the sockets and their sessions. */
export class DxlinkServer {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    autoPong: false,
  });
  readonly #sessions = new Map<WebSocket, DxlinkSession>();
  readonly #host: SessionHost;
  #sessionsSoFar = 0;

  constructor(host: Omit<SessionHost, 'authorizedSessions'>) {
    this.#host = {
      ...host,
      authorizedSessions: () =>
        [...this.#sessions.values()].filter((session) => session.isAuthorized).length,
    };
  }

  /** Takes an upgrade request of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#host.knobs.now.upgrade502) socket.end(BAD_GATEWAY);
    else if (request.url?.split('?')[0] !== DXLINK_PATH) socket.end(NOT_FOUND);
    else this.#sockets.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
  }

  #welcome(client: WebSocket): void {
    this.#sessionsSoFar += 1;
    const socket = {
      send: (frame: string) => {
        if (client.readyState === client.OPEN) client.send(frame);
      },
      close: (code: number, reason: string) => client.close(code, reason),
    };
    const session = new DxlinkSession(socket, this.#host, `sim-user-${this.#sessionsSoFar}`);
    this.#sessions.set(client, session);
    client.on('message', (data) => {
      session.receive(frameText(data));
      if (session.isPreparing) setTimeout(() => session.announceAuthState(), PREPARING_MILLIS);
    });
    client.on('ping', (payload) => {
      setTimeout(() => {
        if (client.readyState === client.OPEN) client.pong(payload);
      }, this.#host.knobs.now.pongDelayMillis);
    });
    client.on('close', () => {
      session.onClosed();
      this.#sessions.delete(client);
    });
    client.on('error', () => client.terminate());
  }

  /** One beat for every session whose client keeps up. */
  beat(time: DeliveryTime, sales: readonly EventRow[]): void {
    for (const [client, session] of this.#sessions) {
      if (client.bufferedAmount < MAX_UNREAD_BYTES) session.beat(time, sales);
    }
  }

  /** Takes every session's authorisation away. */
  expireSessions(): void {
    for (const session of this.#sessions.values()) session.expire();
  }

  /** Tears every socket down without a closing handshake. */
  resetSockets(): void {
    for (const client of this.#sessions.keys()) client.terminate();
  }

  /** Ends every connection; no more are taken. */
  stop(): void {
    this.resetSockets();
    this.#sockets.close();
  }
}

function frameText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
