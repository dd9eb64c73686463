/** The shell of the feed: one websocket, the DXLink state machine, and its events as desk inputs. */
import type { ChainWriter } from '../../engine/chain/chain-writer.ts';
import type { At, Clock, LentAt } from '../../engine/domain/clock.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { FrameBytes } from '../../engine/feed/byte-frame-decoder.ts';
import { DxLinkClient } from '../../engine/feed/dxlink-client.ts';
import { REMEDIES } from '../../engine/feed/error-classes.ts';
import type { FeedEffect } from '../../engine/feed/feed-effects.ts';
import type { FeedHandler } from '../../engine/feed/feed-handler.ts';
import type { FeedStatus } from '../../engine/feed/feed-status.ts';
import type { Counters } from '../../ops/counters.ts';
import type { Input } from '../inputs.ts';
import { FeedLateness } from '../session/feed-lateness.ts';
import { BarStream } from './bar-stream.ts';
import { ChainStreams } from './chain-streams.ts';
import { FeedRows } from './feed-rows.ts';
import type { FeedSocket, FeedTransport, OpenFeedSocket } from './feed-socket.ts';
import { feedWants } from './feed-wants.ts';
import { MarketInputs } from './market-inputs.ts';
import { openOwnSocket } from './own-socket-shell.ts';
import { openWsSocket } from './ws-socket-shell.ts';

/** How often streams are looked at. */
const WATCH_EVERY_MICROS = 1_000_000;
/** A connection that replaced a silent one has proved to be none of the dead: where it is silent too the
 * market stands, and it is left alone for so long. */
const GIVE_UP_EVERY_MICROS = 60_000_000;
/** A batch ends with the read that brought its frames, and in a long one after so many events: some
 * tens of microseconds. A row that was quoted more than once by then is published once. */
const MOST_EVENTS_A_BATCH = 512;
const OPENERS: Readonly<Record<FeedTransport, OpenFeedSocket>> = {
  own: openOwnSocket,
  ws: openWsSocket,
};

/** What the feed's shell needs of its surroundings. */
export interface FeedWorld {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly chain: ChainWriter;
  readonly underlying: string;
  readonly aggregationSeconds: number;
  readonly version: string;
  /** Absent = own framing. */
  readonly transport?: FeedTransport;
  /** Market seconds a second; absent = 1. */
  readonly speed?: number | undefined;
  readonly jitter: () => number;
  /** Market events come in objects that are used again: they are read during the call. */
  step(input: Input): void;
  requestToken(): void;
  /** The session of the day, in which streams must not be silent; undefined where none is. Absent =
   * silence is never judged. */
  session?(): SessionTimes | undefined;
}

/** Core thread only. */
export class FeedShell {
  readonly #world: FeedWorld;
  readonly #client: DxLinkClient;
  readonly #at: LentAt;
  readonly #inputs: MarketInputs;
  readonly #rows: FeedRows;
  #socket: FeedSocket | undefined;
  readonly #lateness: FeedLateness;
  readonly #streams: ChainStreams;
  readonly #bars = new BarStream();
  #connected = false;
  /** Of the read at hand: frames, their bytes, events, and whether there is a batch to be ended. */
  #frames = 0;
  #bytes = 0;
  #events = 0;
  #owesEnd = false;
  #watchedAt = 0;
  /** Just before the open of the session at hand: trades are those of regular hours. */
  #barsFromMillis = 0;
  #gaveUpAt = Number.NEGATIVE_INFINITY;
  #toldLag = false;

  constructor(world: FeedWorld) {
    this.#world = world;
    this.#at = { ...world.clock.now() };
    this.#inputs = new MarketInputs(this.#at);
    this.#rows = new FeedRows(world.chain, world.underlying);
    this.#lateness = new FeedLateness(world.speed ?? 1);
    this.#streams = new ChainStreams(world.underlying);
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
    if (this.#at.wall - this.#watchedAt < WATCH_EVERY_MICROS) return;
    this.#watchedAt = this.#at.wall;
    this.#watch();
  }

  /** Receive minus exchange time where the feed told it, milliseconds. */
  lagMillis(): number | undefined {
    return this.#lateness.lagMillis;
  }

  /** Frames of data that the byte decoder left to the complete one. */
  slowFrames(): number {
    return this.#client.data.slowFrames;
  }

  /** Looks at every stream: quotes that went silent in session, or those of the options or of the
   * underlying alone, end the connection, bars do so too, and a feed that is late or ahead, or on time
   * again, is told. */
  #watch(): void {
    const { counters } = this.#world;
    const session = this.#world.session?.();
    this.#lateness.passed(this.#at.market);
    const stale = this.#client.data.streamAges(this.#at, session).filter(({ isStale }) => isStale);
    const lag = this.#lateness.lagMillis;
    counters.set('feed_lag_micros', lag === undefined ? undefined : lag * MICROS_PER_MILLI);
    const silence = this.#streams.silence(this.#at, session);
    counters.set('feed_streams_stale', stale.length + (silence === undefined ? 0 : 1));
    const quotes = stale.find(({ stream }) => stream === 'Quote');
    if (quotes !== undefined) {
      this.#giveUp('quotes', quotes.ageMillis ?? quotes.limitMillis ?? 0);
    } else if (silence?.of === 'options') {
      this.#streams.optionsWentSilent();
      this.#giveUp('quotes of options', silence.millis);
    } else if (silence !== undefined) {
      this.#giveUp('quotes of the underlying');
    } else if (this.#bars.isOwed(stale.some(({ stream }) => stream === 'Candle'))) {
      if (this.#giveUp('bars')) this.#bars.askedAnew();
    }
    const { behindMillis, aheadMillis } = this.#lateness;
    const isOff = this.#lateMillis() > 0 || behindMillis > 0 || aheadMillis > 0;
    if (this.#connected && (isOff || this.#toldLag)) this.#tellFeed(this.#client.status());
  }

  /** Quotes that were silent have to prove themselves on the next one. False where it is left alone. */
  #giveUp(what: string, silentMillis = 0): boolean {
    const { wall } = this.#at;
    if (!this.#connected || wall - this.#gaveUpAt < GIVE_UP_EVERY_MICROS) return false;
    this.#gaveUpAt = wall;
    if (silentMillis > 0) this.#lateness.wentSilent(wall - silentMillis * MICROS_PER_MILLI);
    this.#tell((at) => this.#client.reconnect(`${what} went silent in session`, at));
    return true;
  }

  #lateMillis(): number {
    const isLive = this.#client.data.isLive('Quote') && this.#streams.areOptionsLive;
    const isDue = this.#streams.areOptionsDue(this.#at, this.#world.session?.());
    return this.#lateness.lateMillis(this.#at.wall, isLive || !isDue);
  }

  nextWake(): EpochMicros | undefined {
    return this.#client.nextWake();
  }

  /** Wants the underlying and these option contracts. */
  subscribe(symbols: readonly string[], barsFromMillis: number): void {
    const { underlying } = this.#world;
    const options = symbols.filter((symbol) => symbol !== underlying);
    const wanted = feedWants(underlying, options, barsFromMillis);
    this.#barsFromMillis = barsFromMillis;
    this.#rows.forget();
    this.#streams.want(options.length);
    this.#bars.want(barsFromMillis * MICROS_PER_MILLI);
    this.#tell((at) => {
      this.#streams.begin(at.wall);
      return this.#client.want(wanted, at);
    });
  }

  #tell(call: (at: At) => readonly FeedEffect[]): void {
    this.#readClock();
    this.#performAll(call(this.#at));
  }

  #readClock(): void {
    const { clock } = this.#world;
    if (clock.readInto === undefined) Object.assign(this.#at, clock.now());
    else clock.readInto(this.#at);
  }

  /** The time at hand, for an input that is kept. */
  #keptAt(): At {
    return { market: this.#at.market, wall: this.#at.wall };
  }

  #performAll(effects: readonly FeedEffect[]): void {
    for (let i = 0; i < effects.length; i += 1) {
      const effect = effects[i];
      if (effect !== undefined) this.#perform(effect);
    }
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
    const isOurs = (): boolean => this.#socket === socket;
    const socket = OPENERS[this.#world.transport ?? 'own'](url, {
      opened: () => {
        if (isOurs()) this.#tell((at) => this.#client.onSocketOpen(at));
      },
      frame: (frame) => {
        if (isOurs()) this.#onFrame(frame);
      },
      readEnd: () => this.#endRead(),
      gone: (reason) => {
        if (!isOurs()) return;
        this.#socket = undefined;
        this.#tell((at) => this.#client.onSocketClosed(reason, at));
      },
    });
    this.#socket = socket;
  }

  /** What came in one read came at one time. */
  #onFrame(frame: FrameBytes): void {
    if (this.#frames === 0) this.#readClock();
    this.#frames += 1;
    this.#bytes += frame.end - frame.start;
    this.#performAll(this.#client.onFrame(frame, this.#at));
    if (this.#events >= MOST_EVENTS_A_BATCH) this.#endRead();
  }

  /** Ends the batch of the frames that were read together, and counts them. */
  #endRead(): void {
    if (this.#frames === 0) return;
    this.#endBatch();
    const { counters } = this.#world;
    counters.add('feed_frames', this.#frames);
    counters.add('feed_bytes', this.#bytes);
    counters.add('feed_events', this.#events);
    counters.observe('tick_to_chain_micros', wallMicros() - this.#at.wall);
    this.#frames = 0;
    this.#bytes = 0;
    this.#events = 0;
  }

  #endBatch(): void {
    if (!this.#owesEnd) return;
    this.#owesEnd = false;
    this.#world.step(this.#inputs.batchEnd);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #handler(): FeedHandler {
    const world = this.#world;
    const inputs = this.#inputs;
    const step = (input: Input): void => {
      this.#events += 1;
      world.step(input);
    };
    return {
      quote: (symbol, ...[bid, ask, bidSize, askSize, key]) => {
        const index = this.#rows.find(symbol, key);
        if (index === undefined || !this.#streams.quoted(index)) return;
        const { quote } = inputs;
        quote.index = index;
        quote.bid = bid;
        quote.ask = ask;
        quote.bidSize = bidSize;
        quote.askSize = askSize;
        step(quote);
      },
      trade: (symbol, { price, dayVolume, timeMillis }) => {
        const index = this.#rows.of(symbol);
        if (index === undefined) return;
        if (index < 0) {
          this.#lateness.traded(timeMillis, this.#at.market, world.clock.aheadMillis?.());
        }
        if (!this.#streams.traded(index)) return;
        const { last } = inputs;
        last.index = index;
        last.price = price;
        // Until a contract first trades its last trade is of an earlier day, and tells that day's volume.
        const isOfToday = !(timeMillis < this.#barsFromMillis);
        last.volume = isOfToday && !Number.isNaN(dayVolume) ? dayVolume : undefined;
        step(last);
      },
      greeks: (symbol, { delta, impliedVol }) => {
        const index = this.#rows.of(symbol);
        if (index === undefined) return;
        const { feedGreeks } = inputs;
        feedGreeks.index = index;
        feedGreeks.delta = delta;
        feedGreeks.impliedVol = impliedVol;
        step(feedGreeks);
      },
      summary: (symbol, { openInterest }) => {
        const index = this.#rows.of(symbol);
        if (index === undefined || openInterest === undefined) return;
        inputs.openInterest.index = index;
        inputs.openInterest.contracts = openInterest;
        step(inputs.openInterest);
      },
      timeAndSale: () => undefined,
      candle: (symbol, bar) => {
        if (!symbol.startsWith(world.underlying)) return;
        this.#bars.came(bar.startsAt);
        step({ kind: 'bar', at: this.#keptAt(), bar });
      },
      removeCandle: (symbol, startsAt) => {
        if (!symbol.startsWith(world.underlying)) return;
        step({ kind: 'barGone', at: this.#keptAt(), startsAt });
      },
      batchEnd: () => {
        this.#owesEnd = true;
      },
      status: (status) => this.#onStatus(status),
    };
  }

  #onStatus(status: FeedStatus): void {
    const connected = status.state === 'open';
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected && status.reconnects > 0) this.#world.counters.add('feed_reconnects');
    if (connected) {
      this.#lateness.connected();
      this.#streams.begin(this.#at.wall);
    }
    this.#tellFeed(status);
  }

  /** Behind what came before it. */
  #tellFeed({ detail }: FeedStatus): void {
    this.#endBatch();
    const [at, connected, lateMillis] = [this.#keptAt(), this.#connected, this.#lateMillis()];
    const { behindMillis, aheadMillis } = this.#lateness;
    this.#toldLag = lateMillis > 0 || behindMillis > 0 || aheadMillis > 0;
    const lag = {
      ...(lateMillis > 0 && { lateMillis }),
      ...(behindMillis > 0 && { behindMillis }),
      ...(aheadMillis > 0 && { aheadMillis }),
    };
    this.#world.step({ kind: 'feed', at, connected, detail, ...lag });
  }
}

/** Milliseconds of an instant, for subscriptions. */
export function millisOf(at: EpochMicros): number {
  return Math.floor(at / MICROS_PER_MILLI);
}
