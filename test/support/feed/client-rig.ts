import type { At } from '../../../src/engine/domain/clock.ts';
import { epochMicrosFromMillis, MICROS_PER_MILLI } from '../../../src/engine/domain/units.ts';
import { DxLinkClient } from '../../../src/engine/feed/dxlink-client.ts';
import type { FeedEffect } from '../../../src/engine/feed/feed-effects.ts';
import type { FeedSubscription } from '../../../src/engine/feed/feed-subscription.ts';
import { RecordingHandler } from './recording-handler.ts';

/** 2026-11-20 09:30 ET. */
export const OPEN_MILLIS = 1_795_185_000_000;
export const FEED_URL = 'wss://feed.example/realtime';

export interface SentFrame {
  readonly type: string;
  readonly channel: number;
  readonly [field: string]: unknown;
}

export const SERVER_SETUP = {
  type: 'SETUP',
  channel: 0,
  keepaliveTimeout: 60,
  acceptKeepaliveTimeout: 60,
  version: '1.0-1.2.3-20240912-171526',
};

/** What the server announces for a full set of fields, type by type. */
export const ANNOUNCED: Readonly<Record<string, readonly string[]>> = {
  Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'],
  Trade: ['eventSymbol', 'price', 'dayVolume', 'size', 'time'],
  Greeks: ['eventSymbol', 'time', 'delta', 'gamma', 'theta', 'vega', 'volatility', 'price'],
  Summary: ['eventSymbol', 'openInterest', 'dayOpenPrice', 'prevDayClosePrice'],
  TimeAndSale: [
    'eventSymbol',
    'eventFlags',
    'time',
    'sequence',
    'price',
    'size',
    'aggressorSide',
    'type',
  ],
  Candle: ['eventSymbol', 'eventFlags', 'time', 'open', 'high', 'low', 'close', 'volume'],
};

/** A client on a fake clock: performs nothing, keeps every effect, and plays the server by hand. */
export class ClientRig {
  readonly handler = new RecordingHandler();
  readonly client: DxLinkClient;
  effects: FeedEffect[] = [];
  millis = OPEN_MILLIS;

  constructor(jitter: () => number = () => 0) {
    this.client = new DxLinkClient({
      aggregationSeconds: 0.1,
      channelQuotes: 1,
      channelCandles: 3,
      version: '0.1.0',
      jitter,
      handler: this.handler,
    });
  }

  get at(): At {
    const now = epochMicrosFromMillis(this.millis);
    return { market: now, wall: now };
  }

  /** The status now, after letting the client see the time. */
  get status() {
    return this.client.status();
  }

  take(): FeedEffect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  /** Kinds of the effects since the last take. */
  takeKinds(): string[] {
    return this.take().map(({ kind }) => kind);
  }

  /** Frames sent since the last take. */
  takeFrames(): SentFrame[] {
    return this.take().flatMap((effect) =>
      effect.kind === 'socketSend' ? [JSON.parse(effect.text) as SentFrame] : [],
    );
  }

  start(): void {
    this.effects.push(...this.client.start(this.at));
  }

  token(token = 'secret-token', url = FEED_URL): void {
    this.effects.push(...this.client.onToken(url, token, this.at));
  }

  tokenFails(reason: string): void {
    this.effects.push(...this.client.onTokenFailed(reason, this.at));
  }

  socketOpens(): void {
    this.effects.push(...this.client.onSocketOpen(this.at));
  }

  socketCloses(reason: string): void {
    this.effects.push(...this.client.onSocketClosed(reason, this.at));
  }

  /** Frames as they come from a socket: as bytes. */
  says(...frames: readonly (object | string)[]): void {
    for (const frame of frames) {
      const bytes = Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame));
      const whole = { bytes, start: 0, end: bytes.length };
      this.effects.push(...this.client.onFrame(whole, this.at));
    }
  }

  want(...subscriptions: readonly FeedSubscription[]): void {
    this.effects.push(...this.client.want(subscriptions, this.at));
  }

  /** Lets time pass, waking the client exactly when it asks, at most `wakes` times. */
  pass(millis: number, wakes = 100_000): void {
    const end = epochMicrosFromMillis(this.millis + millis);
    for (let i = 0; i < wakes; i += 1) {
      const wake = this.client.nextWake();
      if (wake === undefined || wake > end) break;
      this.millis = Math.max(wake, this.at.wall) / MICROS_PER_MILLI;
      this.effects.push(...this.client.onClock(this.at));
    }
    this.millis = end / MICROS_PER_MILLI;
    this.effects.push(...this.client.onClock(this.at));
  }

  /** Lets time pass under a server that sends a KEEPALIVE every 20 s. */
  passAlive(millis: number): void {
    for (let left = millis; left > 0; left -= 20_000) {
      this.pass(Math.min(left, 20_000));
      this.says({ type: 'KEEPALIVE', channel: 0 });
    }
  }

  /** Lets time pass until the client, now in back-off, makes its next attempt. */
  retry(): void {
    const wake = this.client.nextWake() ?? this.at.wall;
    this.pass((wake - this.at.wall) / MICROS_PER_MILLI);
  }

  /** From an open socket to AUTHORIZED. */
  authorize(): void {
    this.socketOpens();
    this.says(SERVER_SETUP, { type: 'AUTH_STATE', channel: 0, state: 'UNAUTHORIZED' });
    this.says({ type: 'AUTH_STATE', channel: 0, state: 'AUTHORIZED', userId: 'u-123' });
  }

  openChannels(): void {
    for (const channel of [1, 3]) {
      this.says({
        type: 'CHANNEL_OPENED',
        channel,
        service: 'FEED',
        parameters: { contract: 'AUTO', subFormat: 'LIST' },
      });
      const config = {
        type: 'FEED_CONFIG',
        channel,
        dataFormat: 'COMPACT',
        aggregationPeriod: 0.1,
      };
      this.says(config);
    }
  }

  /** Announces the usual fields of every type. */
  announce(): void {
    const { Candle, ...quotes } = ANNOUNCED;
    this.announceFields(1, quotes);
    this.announceFields(3, { Candle });
  }

  announceFields(channel: number, eventFields: object): void {
    this.says({
      type: 'FEED_CONFIG',
      channel,
      dataFormat: 'COMPACT',
      aggregationPeriod: 0.1,
      eventFields,
    });
  }

  data(channel: number, ...data: readonly unknown[]): void {
    this.says({ type: 'FEED_DATA', channel, data });
  }

  /** A client that is open, with every field announced; its effects so far are dropped. */
  static opened(...subscriptions: readonly FeedSubscription[]): ClientRig {
    const rig = new ClientRig();
    rig.want(...subscriptions);
    rig.start();
    rig.token();
    rig.authorize();
    rig.openChannels();
    rig.announce();
    rig.take();
    return rig;
  }
}
