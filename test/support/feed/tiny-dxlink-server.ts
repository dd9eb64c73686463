import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { ANNOUNCED, SERVER_SETUP } from './client-rig.ts';

interface Received {
  readonly type: string;
  readonly channel: number;
  readonly token?: string;
  readonly add?: readonly { readonly type: string; readonly symbol: string }[];
}

/** The least DXLink server that a strict client is content with, on a loopback port of its own. */
export class TinyDxLinkServer {
  readonly received: Received[] = [];
  private readonly server: WebSocketServer;
  private readonly token: string;

  private constructor(server: WebSocketServer, token: string) {
    this.server = server;
    this.token = token;
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        this.answer(socket, JSON.parse((data as Buffer).toString()) as Received);
      });
    });
  }

  static async listen(token: string): Promise<TinyDxLinkServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    await new Promise((resolve) => server.once('listening', resolve));
    return new TinyDxLinkServer(server, token);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Sends everybody a frame of quotes of a symbol: bid, ask and their sizes of each. */
  quote(symbol: string, ...quotes: readonly (readonly number[])[]): void {
    const values = quotes.flatMap((sides) => [symbol, ...sides]);
    const frame = { type: 'FEED_DATA', channel: 1, data: ['Quote', values] };
    for (const socket of this.server.clients) socket.send(JSON.stringify(frame));
  }

  /** Sends everybody a trade of a symbol, of which so many had traded that day. */
  trade(symbol: string, timeMillis: number, dayVolume: number | 'NaN'): void {
    const { Trade } = ANNOUNCED;
    const config = { type: 'FEED_CONFIG', channel: 1, dataFormat: 'COMPACT' };
    const data = ['Trade', [symbol, 1.05, dayVolume, 1, timeMillis]];
    for (const socket of this.server.clients) {
      socket.send(JSON.stringify({ ...config, eventFields: { Trade } }));
      socket.send(JSON.stringify({ type: 'FEED_DATA', channel: 1, data }));
    }
  }

  /** Sends everybody one candle that began at a time. */
  candle(symbol: string, timeMillis: number, flags = 0): void {
    const data = ['Candle', [symbol, flags, timeMillis, 669, 670, 668, 669.5, 100]];
    const frame = { type: 'FEED_DATA', channel: 3, data };
    for (const socket of this.server.clients) socket.send(JSON.stringify(frame));
  }

  /** Breaks every connection without a farewell. */
  breakAll(): void {
    for (const socket of this.server.clients) socket.terminate();
  }

  async close(): Promise<void> {
    this.breakAll();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  private answer(socket: WebSocket, message: Received): void {
    const { channel } = message;
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    this.received.push(message);
    switch (message.type) {
      case 'SETUP':
        send(SERVER_SETUP);
        send({ type: 'AUTH_STATE', channel: 0, state: 'UNAUTHORIZED' });
        break;
      case 'AUTH': {
        const state = message.token === this.token ? 'AUTHORIZED' : 'UNAUTHORIZED';
        send({ type: 'AUTH_STATE', channel: 0, state });
        break;
      }
      case 'CHANNEL_REQUEST':
        send({ type: 'CHANNEL_OPENED', channel, service: 'FEED', parameters: {} });
        break;
      case 'FEED_SETUP':
        send({ type: 'FEED_CONFIG', channel, dataFormat: 'COMPACT', aggregationPeriod: 0.1 });
        break;
      case 'FEED_SUBSCRIPTION':
        for (const { type, symbol } of message.add ?? []) this.serve(send, channel, [type, symbol]);
        break;
      default:
        break;
    }
  }

  private serve(
    send: (frame: object) => void,
    channel: number,
    [type, symbol]: readonly [string, string],
  ): void {
    if (type !== 'Quote' && type !== 'Candle') return;
    const eventFields = { [type]: ANNOUNCED[type] };
    send({
      type: 'FEED_CONFIG',
      channel,
      dataFormat: 'COMPACT',
      aggregationPeriod: 0.1,
      eventFields,
    });
    if (type === 'Candle') return;
    send({ type: 'FEED_DATA', channel, data: ['Quote', [symbol, 669.12, 669.13, 7, 13]] });
  }
}
