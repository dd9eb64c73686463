/** Performs a feed client's effects over a real websocket, on a clock that it is given. */
import WebSocket from 'ws';
import type { At, Clock } from '../../src/engine/domain/clock.ts';
import type { DxLinkClient } from '../../src/engine/feed/dxlink-client.ts';
import type { FeedEffect } from '../../src/engine/feed/feed-effects.ts';

const CLOCK_MILLIS = 20;

export class FeedSocket {
  readonly #client: DxLinkClient;
  readonly #clock: Clock;
  readonly #address: { readonly url: string; readonly token: string };
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: DxLinkClient, clock: Clock, address: { url: string; token: string }) {
    this.#client = client;
    this.#clock = clock;
    this.#address = address;
  }

  start(): void {
    this.#tell((at) => this.#client.start(at));
    this.#timer = setInterval(() => this.#tell((at) => this.#client.onClock(at)), CLOCK_MILLIS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#tell((at) => this.#client.stop(at));
  }

  #tell(call: (at: At) => readonly FeedEffect[]): void {
    for (const effect of call(this.#clock.now())) this.#perform(effect);
  }

  #perform(effect: FeedEffect): void {
    const { url, token } = this.#address;
    if (effect.kind === 'tokenRequest') {
      setImmediate(() => this.#tell((at) => this.#client.onToken(url, token, at)));
    } else if (effect.kind === 'socketOpen') this.#open(effect.url);
    else if (effect.kind === 'socketSend') this.#socket?.send(effect.text);
    else this.#socket?.terminate();
  }

  #open(url: string): void {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('open', () => this.#tell((at) => this.#client.onSocketOpen(at)));
    socket.on('message', (data: Buffer) => {
      this.#tell((at) => this.#client.onFrame(data.toString('utf8'), at));
    });
    socket.on('close', (code) => this.#tell((at) => this.#client.onSocketClosed(`${code}`, at)));
  }
}
