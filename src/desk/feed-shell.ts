/** The shell of the feed: one websocket, the DXLink state machine, and its events as desk inputs. */
import WebSocket from 'ws';
import type { ChainWriter } from '../engine/chain/chain-writer.ts';
import type { At, Clock } from '../engine/domain/clock.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { canonicalCandleSymbol } from '../engine/feed/candle-symbol.ts';
import { DxLinkClient } from '../engine/feed/dxlink-client.ts';
import { REMEDIES } from '../engine/feed/error-classes.ts';
import type { FeedEffect } from '../engine/feed/feed-effects.ts';
import type { FeedHandler } from '../engine/feed/feed-handler.ts';
import type { FeedStatus } from '../engine/feed/feed-status.ts';
import type { FeedSubscription } from '../engine/feed/feed-subscription.ts';
import type { Counters } from '../ops/counters.ts';
import type { Input } from './inputs.ts';

const MICROS_PER_MILLI = 1_000;
const MAX_FRAME_BYTES = 100 * 1024 * 1024;

/** What the feed's shell needs of its surroundings. */
export interface FeedWorld {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly chain: ChainWriter;
  readonly underlying: string;
  readonly aggregationSeconds: number;
  readonly version: string;
  readonly jitter: () => number;
  step(input: Input): void;
  requestToken(): void;
}

/** Core thread only. */
export class FeedShell {
  readonly #world: FeedWorld;
  readonly #client: DxLinkClient;
  #socket: WebSocket | undefined;
  #connected = false;
  #at: At;

  constructor(world: FeedWorld) {
    this.#world = world;
    this.#at = world.clock.now();
    this.#client = new DxLinkClient({
      aggregationSeconds: world.aggregationSeconds,
      channelQuotes: 1,
      channelCandles: 3,
      version: world.version,
      jitter: world.jitter,
      handler: this.#handler(),
    });
  }

  start(): void {
    this.#tell((at) => this.#client.start(at));
  }

  stop(): void {
    this.#tell((at) => this.#client.stop(at));
  }

  status(): FeedStatus {
    return this.#client.status();
  }

  /** Frames, and parts of frames, that could not be used so far. */
  decodeErrors(): number {
    const isFault = ([name]: [string, number]): boolean => !(name in REMEDIES);
    const faults = Object.entries(this.#client.status().errors).filter(isFault);
    return faults.reduce((sum, [, count]) => sum + count, 0);
  }

  onToken(url: string, token: string): void {
    this.#tell((at) => this.#client.onToken(url, token, at));
  }

  onTokenFailed(reason: string): void {
    this.#tell((at) => this.#client.onTokenFailed(reason, at));
  }

  onClock(): void {
    this.#tell((at) => this.#client.onClock(at));
  }

  nextWake(): EpochMicros | undefined {
    return this.#client.nextWake();
  }

  /** Wants the underlying and these option contracts: quotes first, the slow types behind. */
  subscribe(symbols: readonly string[], barsFromMillis: number): void {
    const { underlying } = this.#world;
    const options = symbols.filter((symbol) => symbol !== underlying);
    const wanted: FeedSubscription[] = [
      { type: 'Quote', symbol: underlying },
      { type: 'Trade', symbol: underlying },
      {
        type: 'Candle',
        symbol: canonicalCandleSymbol(`${underlying}{=1m,tho=true}`),
        fromTimeMillis: barsFromMillis,
      },
    ];
    for (const type of ['Quote', 'Greeks', 'Trade', 'Summary'] as const) {
      for (const symbol of options) wanted.push({ type, symbol });
    }
    this.#tell((at) => this.#client.want(wanted, at));
  }

  #tell(call: (at: At) => readonly FeedEffect[]): void {
    this.#at = this.#world.clock.now();
    for (const effect of call(this.#at)) this.#perform(effect);
  }

  #perform(effect: FeedEffect): void {
    switch (effect.kind) {
      case 'tokenRequest':
        this.#world.requestToken();
        return;
      case 'socketOpen':
        this.#open(effect.url);
        return;
      case 'socketSend':
        this.#socket?.send(effect.text);
        return;
      case 'socketClose':
        this.#drop();
        return;
    }
  }

  #open(url: string): void {
    this.#drop();
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
    this.#socket = socket;
    socket.on('open', () => this.#tell((at) => this.#client.onSocketOpen(at)));
    socket.on('message', (data) => this.#onFrame(bytesOf(data)));
    socket.on('error', (error) => this.#onGone(socket, error.message));
    socket.on('close', (code, reason) => this.#onGone(socket, `${code} ${String(reason)}`.trim()));
  }

  #onFrame(bytes: Uint8Array): void {
    const receivedAt = wallMicros();
    const { counters } = this.#world;
    counters.add('feed_frames');
    counters.add('feed_bytes', bytes.length);
    const frame = { bytes, start: 0, end: bytes.length };
    this.#tell((at) => this.#client.onFrame(frame, at));
    counters.observe('tick_to_chain_micros', wallMicros() - receivedAt);
  }

  #onGone(socket: WebSocket, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#tell((at) => this.#client.onSocketClosed(reason, at));
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    socket.close();
  }

  #indexOf(symbol: string): number | undefined {
    return symbol === this.#world.underlying ? -1 : this.#world.chain.indexOf(symbol);
  }

  #handler(): FeedHandler {
    const { counters } = this.#world;
    const step = (input: Input): void => {
      counters.add('feed_events');
      this.#world.step(input);
    };
    return {
      quote: (symbol, ...[bid, ask, bidSize, askSize]) => {
        const index = this.#indexOf(symbol);
        if (index === undefined) return;
        step({ kind: 'quote', at: this.#at, index, bid, ask, bidSize, askSize });
      },
      trade: (symbol, { price, dayVolume }) => {
        const index = this.#indexOf(symbol);
        if (index === undefined) return;
        const volume = Number.isNaN(dayVolume) ? undefined : dayVolume;
        step({ kind: 'last', at: this.#at, index, price, volume });
      },
      greeks: (symbol, { delta, impliedVol }) => {
        const index = this.#indexOf(symbol);
        if (index === undefined) return;
        step({ kind: 'feedGreeks', at: this.#at, index, delta, impliedVol });
      },
      summary: (symbol, { openInterest }) => {
        const index = this.#indexOf(symbol);
        if (index === undefined || openInterest === undefined) return;
        step({ kind: 'openInterest', at: this.#at, index, contracts: openInterest });
      },
      timeAndSale: () => undefined,
      candle: (symbol, bar) => {
        if (symbol.startsWith(this.#world.underlying)) step({ kind: 'bar', at: this.#at, bar });
      },
      removeCandle: () => undefined,
      batchEnd: () => this.#world.step({ kind: 'batchEnd', at: this.#at }),
      status: (status) => this.#onStatus(status),
    };
  }

  #onStatus(status: FeedStatus): void {
    const connected = status.state === 'open';
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected && status.reconnects > 0) this.#world.counters.add('feed_reconnects');
    this.#world.step({ kind: 'feed', at: this.#at, connected, detail: status.detail });
  }
}

/** The bytes of a frame: `ws` hands over one buffer, or the parts of a fragmented message. */
function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** Milliseconds of an instant, for subscriptions. */
export function millisOf(at: EpochMicros): number {
  return Math.floor(at / MICROS_PER_MILLI);
}
