import { WebSocket } from 'ws';
import { systemClock } from '../../../src/engine/domain/clock.ts';
import type { DxLinkClient } from '../../../src/engine/feed/dxlink-client.ts';
import type { FeedEffect } from '../../../src/engine/feed/feed-effects.ts';

/** Performs a client's effects over real sockets and timers: as plain as a shell can be. */
export class SocketShell {
  private readonly client: DxLinkClient;
  private readonly tokens: () => { readonly url: string; readonly token: string };
  private socket: WebSocket | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    client: DxLinkClient,
    tokens: () => { readonly url: string; readonly token: string },
  ) {
    this.client = client;
    this.tokens = tokens;
  }

  start(): void {
    this.perform(this.client.start(systemClock.now()));
  }

  stop(): void {
    this.perform(this.client.stop(systemClock.now()));
    clearTimeout(this.timer);
  }

  private perform(effects: readonly FeedEffect[]): void {
    for (const effect of effects) this.performOne(effect);
    clearTimeout(this.timer);
    const wake = this.client.nextWake();
    if (wake === undefined) return;
    const waitMillis = Math.max(0, (wake - systemClock.now().wall) / 1_000);
    this.timer = setTimeout(() => {
      this.perform(this.client.onClock(systemClock.now()));
    }, waitMillis);
  }

  private performOne(effect: FeedEffect): void {
    switch (effect.kind) {
      case 'tokenRequest': {
        const { url, token } = this.tokens();
        setImmediate(() => this.perform(this.client.onToken(url, token, systemClock.now())));
        break;
      }
      case 'socketOpen':
        this.open(effect.url);
        break;
      case 'socketSend':
        this.socket?.send(effect.text);
        break;
      case 'socketClose':
        this.socket?.removeAllListeners();
        this.socket?.on('error', () => undefined);
        this.socket?.terminate();
        this.socket = undefined;
        break;
    }
  }

  private open(url: string): void {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let reason = '';
    this.socket = socket;
    socket.on('open', () => this.perform(this.client.onSocketOpen(systemClock.now())));
    socket.on('message', (data) => {
      this.perform(this.client.onFrame((data as Buffer).toString(), systemClock.now()));
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', (code, text) => {
      const why = reason === '' ? `${code} ${String(text)}`.trim() : reason;
      this.perform(this.client.onSocketClosed(why, systemClock.now()));
    });
  }
}
