import type { At } from '../domain/clock.ts';
import {
  type EpochMicros,
  epochMicros,
  MICROS_PER_MILLI,
  MICROS_PER_SECOND,
} from '../domain/units.ts';
import type { FrameBytes } from './byte-frame-decoder.ts';
import { authMessage, keepaliveMessage, setupMessage } from './client-messages.ts';
import type { DxLinkClientOptions } from './client-options.ts';
import {
  type ConnectionPhase,
  isAnswerAwaited,
  PhaseTimer,
  REASON_GRACE_MICROS,
  STATE_OF,
  TOKEN_TIMEOUT_MICROS,
} from './connection-phase.ts';
import {
  classifyClose,
  classifyError,
  type LocalErrorClass,
  REMEDIES,
  type ServerErrorClass,
} from './error-classes.ts';
import { ErrorTally } from './error-tally.ts';
import type { FeedEffect } from './feed-effects.ts';
import type { FeedHandler } from './feed-handler.ts';
import { FeedService } from './feed-service.ts';
import type { FeedStatus } from './feed-status.ts';
import type { FeedSubscription } from './feed-subscription.ts';
import { Keepalive } from './keepalive.ts';
import { isSocketUrl, isUsable, type QuoteToken, withoutToken } from './quote-token.ts';
import { boundsOf, ReconnectPolicy } from './reconnect-policy.ts';
import type { ServerMessage } from './server-message.ts';

/** How often silent subscriptions are counted. */
const MISSING_CHECK_MICROS = 5 * MICROS_PER_SECOND;
const NO_EFFECTS: readonly FeedEffect[] = [];

/**
 * The DXLink protocol, client side, as a state machine without sockets, timers or a clock. One
 * thread's own. Its shell performs the effects of each call in order, calls `onClock` no later than
 * `nextWake()`, and reports what happens. All its waits go by wall time. Nothing that a server
 * sends makes it throw; what it drops is counted by class in `status()`.
 */
export class DxLinkClient {
  private readonly handler: FeedHandler;
  private readonly version: string;
  private readonly feed: FeedService;
  private readonly keepalive = new Keepalive();
  private readonly policy: ReconnectPolicy;
  private readonly tally = new ErrorTally();
  private readonly timer = new PhaseTimer();
  private effects: FeedEffect[] = [];
  private phase: ConnectionPhase = 'idle';
  private now: At = { market: epochMicros(0), wall: epochMicros(0) };
  private since: EpochMicros = epochMicros(0);
  private detail = 'not started';
  /** Wall micros, 0 before the first. */
  private lastFrameMicros = 0;
  private token: QuoteToken | undefined;
  private isSocketUp = false;
  private connections = 0;
  private hasServerSetup = false;
  private isAuthorized: boolean | undefined;
  private suspicion: ServerErrorClass | undefined;
  private nextMissingCheck = 0;
  private reportedMissing = 0;

  constructor(options: DxLinkClientOptions) {
    this.handler = options.handler;
    this.version = options.version;
    this.policy = new ReconnectPolicy(options.jitter);
    this.feed = new FeedService(options, {
      tally: this.tally,
      send: (text) => this.send(text),
      control: (message) => this.control(message),
    });
  }

  /** Begins to connect. Does nothing where it has begun. */
  start(at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.phase === 'idle') this.connect();
    return this.drain();
  }

  /** Closes for good; `start` begins anew. */
  stop(at: At): readonly FeedEffect[] {
    this.now = at;
    this.disconnect('stopped');
    this.enter('idle', 'stopped');
    return this.drain();
  }

  /** Gives the connection up and makes a new one, for a caller that sees stale data. */
  reconnect(reason: string, at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.phase !== 'idle' && this.phase !== 'backoff') this.fail('requested', reason);
    return this.drain();
  }

  /** The token service answered. `url` is the address that the token is good for. */
  onToken(url: string, token: string, at: At): readonly FeedEffect[] {
    this.now = at;
    if (isSocketUrl(url)) {
      this.token = { url, token, receivedAt: at.wall };
      if (this.phase === 'token') this.connect();
    } else if (this.phase === 'token') {
      this.fail('tokenFailed', 'the token came without a websocket address');
    }
    return this.drain();
  }

  /** The token service refused or failed. */
  onTokenFailed(reason: string, at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.phase === 'token') this.fail('tokenFailed', `no quote token: ${reason}`);
    return this.drain();
  }

  /** The websocket is open. */
  onSocketOpen(at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.phase === 'socket') {
      this.keepalive.connected(at.wall);
      this.enter('greeting', 'greeting the server');
      this.send(setupMessage(this.version));
      this.timer.stepBegins(this.now.wall);
    }
    return this.drain();
  }

  /** One text frame came. Its bytes, and `at`, are read during the call only. */
  onFrame(frame: string | FrameBytes, at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.isGreeted()) {
      this.lastFrameMicros = at.wall;
      this.keepalive.received(at.wall);
      this.feed.receive(frame, at);
    } else {
      this.tally.count('unexpectedMessage');
    }
    return this.drain();
  }

  /** The socket ended by itself, or could not be opened. `reason` begins with the close code where
   * there is one, or names the HTTP status of a refused upgrade as `HTTP 502`. */
  onSocketClosed(reason: string, at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.isSocketUp) {
      this.isSocketUp = false;
      this.fail(this.suspicion ?? classifyClose(reason), `socket closed: ${reason}`);
    }
    return this.drain();
  }

  /** Does what is due. Calling it early or late is harmless. */
  onClock(at: At): readonly FeedEffect[] {
    this.now = at;
    if (this.phase === 'backoff') {
      if (at.wall >= this.timer.endsAt) this.connect();
    } else if (isAnswerAwaited(this.phase) && at.wall >= this.timer.endsAt) {
      this.phaseTimedOut();
    } else if (this.isGreeted() && at.wall >= this.keepalive.deadAt) {
      this.fail('silence', 'no frame came for longer than the server may be silent');
    } else if (this.isGreeted()) {
      this.tend();
    }
    return this.drain();
  }

  /** Wall time by which `onClock` is to be called; undefined while there is nothing to wait for. */
  nextWake(): EpochMicros | undefined {
    if (this.phase === 'idle') return undefined;
    const due: number[] = [];
    if (this.phase === 'backoff' || isAnswerAwaited(this.phase)) due.push(this.timer.endsAt);
    if (this.isGreeted()) {
      due.push(this.keepalive.sendBy, this.keepalive.deadAt);
      const pumpAt = this.feed.pumpAt(this.now);
      if (pumpAt !== undefined) due.push(pumpAt);
    }
    if (this.phase === 'open') due.push(this.nextMissingCheck);
    return epochMicros(Math.ceil(Math.min(...due)));
  }

  /** Replaces the desired set of subscriptions; the order given is the order of priority. Only the
   * differences are sent, at the server's pace; the set outlives every connection. */
  want(subscriptions: readonly FeedSubscription[], at: At): readonly FeedEffect[] {
    this.now = at;
    this.feed.want(subscriptions, at);
    return this.drain();
  }

  /** How the feed stands, as of the last call that brought a time. */
  status(): FeedStatus {
    return {
      state: STATE_OF[this.phase],
      since: this.since,
      lastFrameAt: this.lastFrameMicros === 0 ? undefined : epochMicros(this.lastFrameMicros),
      reconnects: Math.max(0, this.connections - 1),
      errors: this.tally.byClass(),
      missing: this.feed.missing(this.now),
      detail: this.detail,
    };
  }

  /** What is to be said of the data itself: the age and life of its streams, frames read slowly. */
  get data(): Pick<FeedService, 'streamAges' | 'isLive' | 'slowFrames'> {
    return this.feed;
  }

  private drain(): readonly FeedEffect[] {
    if (this.effects.length === 0) return NO_EFFECTS;
    const effects = this.effects;
    this.effects = [];
    return effects;
  }

  /** True from SETUP on: only then frames are sent and read. */
  private isGreeted(): boolean {
    return this.isSocketUp && this.phase !== 'socket';
  }

  private enter(phase: ConnectionPhase, detail: string): void {
    if (STATE_OF[phase] !== STATE_OF[this.phase]) this.since = this.now.wall;
    this.phase = phase;
    this.report(detail);
  }

  private report(detail: string): void {
    this.detail = withoutToken(detail, this.token);
    const status = this.status();
    this.reportedMissing = status.missing;
    this.handler.status(status, this.now);
  }

  private send(text: string): void {
    this.effects.push({ kind: 'socketSend', text });
    this.keepalive.sent(this.now.wall);
  }

  private connect(): void {
    const { wall } = this.now;
    if (!isUsable(this.token, wall)) {
      this.token = undefined;
      this.timer.endAt(wall + TOKEN_TIMEOUT_MICROS);
      this.enter('token', 'asking for a quote token');
      this.effects.push({ kind: 'tokenRequest' });
      return;
    }
    const { url } = this.token;
    this.connections += 1;
    this.isSocketUp = true;
    this.timer.handshakeBegins(wall);
    this.enter('socket', `connecting to ${url}`);
    this.effects.push({ kind: 'socketOpen', url });
  }

  private disconnect(reason: string): void {
    if (this.isSocketUp) this.effects.push({ kind: 'socketClose', reason });
    this.isSocketUp = false;
    this.hasServerSetup = false;
    this.isAuthorized = undefined;
    this.suspicion = undefined;
    this.feed.connectionLost();
  }

  private fail(errorClass: ServerErrorClass | LocalErrorClass, reason: string): void {
    const remedy = REMEDIES[errorClass];
    const why = withoutToken(reason, this.token);
    this.tally.count(errorClass);
    if (remedy === 'newToken') this.token = undefined;
    if (remedy === 'smallerFrames') this.feed.shrinkFrames();
    this.disconnect(why);
    const waitMillis =
      errorClass === 'requested'
        ? this.policy.givenUp()
        : this.policy.failed(boundsOf(errorClass), this.now.wall);
    this.timer.endAt(this.now.wall + waitMillis * MICROS_PER_MILLI);
    this.enter('backoff', `${why}; next attempt in ${waitMillis} ms`);
  }

  private phaseTimedOut(): void {
    if (this.phase === 'token') this.fail('tokenFailed', 'the token service did not answer');
    else if (this.suspicion !== undefined) this.fail(this.suspicion, 'the token was refused');
    else this.fail('handshakeTimeout', `no answer while ${this.detail}`);
  }

  private tend(): void {
    const { wall } = this.now;
    if (wall >= this.keepalive.sendBy) this.send(keepaliveMessage());
    this.feed.pump(this.now);
    if (this.phase !== 'open' || wall < this.nextMissingCheck) return;
    this.nextMissingCheck = wall + MISSING_CHECK_MICROS;
    if (this.feed.missing(this.now) !== this.reportedMissing) this.report(this.detail);
  }

  private control(message: ServerMessage): void {
    switch (message.type) {
      case 'SETUP':
        this.hasServerSetup = true;
        this.keepalive.agree(message);
        this.greeted();
        break;
      case 'AUTH_STATE':
        this.authState(message.isAuthorized);
        break;
      case 'CHANNEL_OPENED':
        this.channelOpened(message.channel);
        break;
      case 'CHANNEL_CLOSED':
        this.channelClosed(message.channel);
        break;
      case 'ERROR':
        this.serverError(message);
        break;
      case 'KEEPALIVE':
        break;
    }
  }

  /** Goes on once both the server's SETUP and its first AUTH_STATE are here: a token shown any
   * earlier is refused now and then. */
  private greeted(): void {
    if (this.phase !== 'greeting') return;
    this.timer.stepBegins(this.now.wall);
    if (!this.hasServerSetup || this.isAuthorized === undefined) return;
    if (this.isAuthorized) this.requestChannels();
    else this.showToken();
  }

  private showToken(): void {
    this.enter('authorize', 'showing the token');
    const text = authMessage(this.token?.token ?? '');
    this.effects.push({ kind: 'socketSend', text, isSecret: true });
    this.keepalive.sent(this.now.wall);
  }

  private authState(isAuthorized: boolean): void {
    if (this.phase === 'greeting') {
      this.isAuthorized = isAuthorized;
      this.greeted();
    } else if (this.phase === 'authorize' && isAuthorized) {
      this.requestChannels();
    } else if (this.phase === 'authorize') {
      this.suspicion = 'authFailed';
      this.timer.endAt(this.now.wall + REASON_GRACE_MICROS);
    } else if (!isAuthorized) {
      this.fail('unauthorized', 'the server withdrew the authorization');
    }
  }

  private requestChannels(): void {
    this.suspicion = undefined;
    this.timer.stepBegins(this.now.wall);
    this.enter('channels', 'opening channels');
    this.feed.requestChannels(this.now);
  }

  private channelOpened(channel: number): void {
    const isExpected = this.phase === 'channels' || this.phase === 'open';
    if (!isExpected || !this.feed.channelOpened(channel, this.now)) {
      this.tally.count('unexpectedMessage');
      return;
    }
    this.timer.stepBegins(this.now.wall);
    if (this.phase === 'open' || !this.feed.isOpen()) return;
    this.policy.opened(this.now.wall);
    this.nextMissingCheck = this.now.wall + MISSING_CHECK_MICROS;
    this.enter('open', 'receiving');
  }

  /** The server closed a channel: opened again at once, that of the quotes not over and over. */
  private channelClosed(channel: number): void {
    const verdict = this.feed.channelClosed(channel, this.now);
    if (verdict === 'again') {
      this.fail('channelClosed', `channel ${channel} keeps closing`);
      return;
    }
    this.tally.count(verdict === 'unknown' ? 'unexpectedMessage' : 'channelClosed');
    if (verdict !== 'first') return;
    this.timer.handshakeBegins(this.now.wall);
    this.enter('channels', `opening channel ${channel} again, which the server closed`);
  }

  private serverError(error: Extract<ServerMessage, { type: 'ERROR' }>): void {
    const errorClass = classifyError(error.code, error.message);
    const text = `server error on channel ${error.channel}: ${error.code} ${error.message}`;
    const remedy = REMEDIES[errorClass];
    if (remedy !== 'keep' && remedy !== 'heal') {
      this.fail(errorClass, text);
      return;
    }
    this.tally.count(errorClass);
    if (remedy === 'heal') this.feed.rateRefused(this.now);
    this.report(text);
  }
}
