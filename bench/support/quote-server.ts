/** A DXLink server on loopback that lets everybody in and sends the frames it is told to send. */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { QUOTE_FIELDS } from './quote-frames.ts';

/** What every message of a client has. */
export const messageShape = z.object({ type: z.string(), channel: z.number() });

const SERVER_SETUP = {
  type: 'SETUP',
  channel: 0,
  keepaliveTimeout: 60,
  acceptKeepaliveTimeout: 60,
  version: '1.0-bench',
};

/** One for all contenders: each has a connection of its own, and frames go to one at a time. */
export class QuoteServer {
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => answer(socket, data.toString('utf8')));
    });
  }

  static async listen(): Promise<QuoteServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    await new Promise((resolve) => server.once('listening', resolve));
    return new QuoteServer(server);
  }

  get url(): string {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is no string
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connects a contender and resolves with the server's end of its connection. */
  async joinedBy(connect: () => void): Promise<WebSocket> {
    const joined = new Promise<WebSocket>((resolve) => {
      this.#server.once('connection', resolve);
    });
    connect();
    return joined;
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

function answer(socket: WebSocket, text: string): void {
  const { type, channel } = messageShape.parse(JSON.parse(text));
  const send = (frame: object): void => socket.send(JSON.stringify(frame));
  switch (type) {
    case 'SETUP':
      send(SERVER_SETUP);
      send({ type: 'AUTH_STATE', channel: 0, state: 'UNAUTHORIZED' });
      return;
    case 'AUTH':
      send({ type: 'AUTH_STATE', channel: 0, state: 'AUTHORIZED', userId: 'bench' });
      return;
    case 'CHANNEL_REQUEST':
      send({ type: 'CHANNEL_OPENED', channel, service: 'FEED', parameters: { contract: 'AUTO' } });
      return;
    case 'FEED_SETUP':
      send({
        type: 'FEED_CONFIG',
        channel,
        dataFormat: 'COMPACT',
        aggregationPeriod: 0.1,
        eventFields: { Quote: QUOTE_FIELDS },
      });
      return;
    default:
  }
}
