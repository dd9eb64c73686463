/**
 * The server's side of one DXLink connection as a state machine: SETUP, AUTH_STATE, AUTH, channels,
 * keepalive. It has no socket and no timer of its own: frames, time and the delayed AUTH_STATE come
 * from outside. One owner.
 */
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Market } from '../market.ts';
import type { KnobBoard } from '../sim-knobs.ts';
import type { ClientMessage } from './client-message.ts';
import { parseClientMessage } from './client-message.ts';
import type { EventRow } from './event-schema.ts';
import type { DeliveryTime } from './feed-channel.ts';
import { FeedChannel } from './feed-channel.ts';
import type { QuoteTokens } from './quote-tokens.ts';
import type { DxlinkError } from './server-message.ts';
import {
  authStateFrame,
  channelClosedFrame,
  channelOpenedFrame,
  errorFrame,
  keepaliveFrame,
  setupFrame,
} from './server-message.ts';
import { SubscriptionLimits } from './subscription-limits.ts';

const NORMAL_CLOSE = 1000;
const SESSION_NOT_FOUND = 'com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api';
const TOKEN_EXPIRED = 'Your authentication token has expired, reauthentication is required';
const TOO_MANY_SESSIONS = 'The number of user sessions has exceeded the configured limit';

/** The socket under a session. */
export interface SessionSocket {
  send(frame: string): void;
  close(code: number, reason: string): void;
}

/** What all sessions of a server share. */
export interface SessionHost {
  readonly market: Market;
  readonly knobs: KnobBoard;
  readonly tokens: QuoteTokens;
  readonly keepaliveSeconds: number;
  readonly leastPeriodSeconds: number;
  wall(): EpochMicros;
  /** Sessions authorised at this moment. */
  authorizedSessions(): number;
}

type Stage = 'connected' | 'preparing' | 'unauthorized' | 'authorized' | 'closed';

type ChannelMessage = Extract<ClientMessage, { readonly channel: number }>;

/** One connection, from its first frame to its close. */
export class DxlinkSession {
  readonly #socket: SessionSocket;
  readonly #host: SessionHost;
  readonly #userId: string;
  readonly #channels = new Map<number, FeedChannel>();
  readonly #limits = new SubscriptionLimits();
  #stage: Stage = 'connected';
  #earlyToken: string | undefined;
  #silenceSeconds: number;
  #heardAt: EpochMicros;
  #keptAliveAt: EpochMicros;

  constructor(socket: SessionSocket, host: SessionHost, userId: string) {
    this.#socket = socket;
    this.#host = host;
    this.#userId = userId;
    this.#silenceSeconds = host.keepaliveSeconds;
    this.#heardAt = host.wall();
    this.#keptAliveAt = this.#heardAt;
  }

  get isAuthorized(): boolean {
    return this.#stage === 'authorized';
  }

  /** True from SETUP until `announceAuthState`: the server is still making the session. */
  get isPreparing(): boolean {
    return this.#stage === 'preparing';
  }

  /** Takes one text frame of the client. */
  receive(text: string): void {
    if (this.#stage === 'closed') return;
    this.#heardAt = this.#host.wall();
    const message = parseClientMessage(text);
    if (message === undefined) this.#error(0, 'INVALID_MESSAGE', 'Message cannot be read');
    else if ('channel' in message) this.#onChannelMessage(message);
    else this.#onConnectionMessage(message);
  }

  #onConnectionMessage(message: Exclude<ClientMessage, ChannelMessage>): void {
    if (message.type === 'SETUP') this.#onSetup(message.keepaliveTimeout);
    else if (message.type === 'AUTH') this.#onAuth(message.token);
  }

  #onSetup(keepaliveTimeout: number | undefined): void {
    const most = this.#host.keepaliveSeconds;
    this.#silenceSeconds = Math.min(most, Math.max(1, keepaliveTimeout ?? most));
    this.#send(setupFrame(most));
    if (this.#stage === 'connected') this.#stage = 'preparing';
  }

  /** The session is made: says that it wants authorisation, and takes a token that came early. */
  announceAuthState(): void {
    if (this.#stage !== 'preparing') return;
    this.#stage = 'unauthorized';
    this.#send(authStateFrame(undefined));
    if (this.#earlyToken !== undefined) this.#onAuth(this.#earlyToken);
    this.#earlyToken = undefined;
  }

  #onAuth(token: string): void {
    if (this.#stage === 'connected' || this.#stage === 'preparing') {
      const isStrict = this.#host.knobs.now.strictAuth;
      if (isStrict) this.#error(0, 'UNAUTHORIZED', SESSION_NOT_FOUND);
      else this.#earlyToken = token;
      return;
    }
    if (!this.#host.tokens.isGood(token, this.#host.wall())) {
      this.#error(0, 'UNAUTHORIZED', 'Authentication failed');
      this.#send(authStateFrame(undefined));
      this.close(NORMAL_CLOSE, 'Bye');
      return;
    }
    const others = this.#host.authorizedSessions() - (this.isAuthorized ? 1 : 0);
    if (others >= this.#host.knobs.now.sessionLimit) {
      this.#error(0, 'UNAUTHORIZED', TOO_MANY_SESSIONS);
      this.close(NORMAL_CLOSE, 'Bye');
      return;
    }
    this.#stage = 'authorized';
    this.#send(authStateFrame(this.#userId));
  }

  /** Takes the authorisation away, as when a token has run out. Channels wait for a new one. */
  expire(): void {
    if (this.#stage !== 'authorized') return;
    this.#stage = 'unauthorized';
    this.#error(0, 'UNAUTHORIZED', TOKEN_EXPIRED);
    this.#send(authStateFrame(undefined));
  }

  #onChannelMessage(message: ChannelMessage): void {
    const { channel: id } = message;
    if (!this.isAuthorized) {
      this.#error(id, 'UNAUTHORIZED', 'Authorization is required');
      return;
    }
    if (message.type === 'CHANNEL_REQUEST') {
      this.#openChannel(message);
      return;
    }
    const channel = this.#channels.get(id);
    if (channel === undefined) this.#error(id, 'BAD_ACTION', `Channel ${id} is not open`);
    else if (message.type === 'FEED_SETUP') channel.configure(message.setup);
    else if (message.type === 'FEED_SUBSCRIPTION') this.#subscribe(channel, message);
    else {
      this.#channels.delete(id);
      this.#send(channelClosedFrame(id));
    }
  }

  #openChannel(request: Extract<ClientMessage, { readonly type: 'CHANNEL_REQUEST' }>): void {
    const { channel: id, service, contract } = request;
    if (this.#channels.has(id)) {
      this.#error(id, 'BAD_ACTION', `Channel ${id} is already open`);
    } else if (service !== 'FEED') {
      this.#error(id, 'BAD_ACTION', `Service ${service} is not available`);
    } else {
      const { market, knobs, leastPeriodSeconds } = this.#host;
      const send = (frame: string): void => this.#send(frame);
      this.#channels.set(id, new FeedChannel(id, { market, knobs, leastPeriodSeconds, send }));
      this.#send(channelOpenedFrame(id, contract));
    }
  }

  #subscribe(
    channel: FeedChannel,
    message: Extract<ClientMessage, { readonly type: 'FEED_SUBSCRIPTION' }>,
  ): void {
    const { reset, remove, add } = message;
    const dropped = reset ? channel.subscriptions : undefined;
    const refusal = this.#limits.judge(
      { changes: remove.length + add.length, add },
      (type) => this.#countOf(type) - (dropped?.count(type) ?? 0),
      this.#host.wall(),
    );
    if (refusal !== undefined) {
      this.#error(channel.id, 'BAD_ACTION', refusal);
      return;
    }
    if (reset) channel.subscriptions.clear();
    for (const entry of remove) channel.subscriptions.remove(entry);
    for (const entry of add) channel.subscriptions.add(entry);
    if (add.length > 0) channel.hurry();
  }

  #countOf(type: string | undefined): number {
    let count = 0;
    for (const channel of this.#channels.values()) count += channel.subscriptions.count(type);
    return count;
  }

  /** One beat of the server: prints go to those who want every one, changes are delivered, and a
   * client that has said nothing for too long is shown out. */
  beat(time: DeliveryTime, sales: readonly EventRow[]): void {
    if (this.#stage === 'closed' || this.#host.knobs.now.zombie) return;
    if (time.wall - this.#heardAt > this.#silenceSeconds * MICROS_PER_SECOND) {
      this.close(NORMAL_CLOSE, 'Bye');
      return;
    }
    const keepaliveMicros = (this.#host.keepaliveSeconds / 2) * MICROS_PER_SECOND;
    if (time.wall - this.#keptAliveAt >= keepaliveMicros) {
      this.#keptAliveAt = time.wall;
      this.#send(keepaliveFrame());
    }
    if (!this.isAuthorized) return;
    for (const channel of this.#channels.values()) {
      for (const row of sales) channel.offerSale(row);
      channel.deliver(time);
    }
  }

  close(code: number, reason: string): void {
    this.#stage = 'closed';
    this.#socket.close(code, reason);
  }

  /** The socket is gone. */
  onClosed(): void {
    this.#stage = 'closed';
    this.#channels.clear();
  }

  #send(frame: string): void {
    if (!this.#host.knobs.now.zombie) this.#socket.send(frame);
  }

  #error(channel: number, error: DxlinkError, message: string): void {
    this.#send(errorFrame(channel, error, message));
  }
}
