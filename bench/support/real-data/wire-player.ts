/**
 * Plays recorded markets through the wire: a DXLink server on loopback sends each step as frames, the
 * product's own client reads them into its chain, and the chain is looked at after each.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Input } from '../../../src/desk/inputs.ts';
import { FeedShell } from '../../../src/desk/threads/feed-shell.ts';
import { createChainBuffer } from '../../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { streamerSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ChainSlice } from '../../../src/engine/domain/market.ts';
import { sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { Counters, createCountersBuffer } from '../../../src/ops/counters.ts';
import { QUOTE_CHANNEL } from '../quote-frames.ts';
import type { QuoteServer } from '../quote-server.ts';
import { messageShape } from '../quote-server.ts';
import type { RealDay, RealQuote, RealStep } from './real-sets.ts';

const QUOTES_PER_FRAME = 40;
const PATIENCE_TURNS = 20_000;
/** The client paces its subscriptions by the wall clock. */
const PACE_MICROS = 1_000;
/** A cent around the underlying's last price. */
const HALF_SPREAD = 0.005;

/** What stands quoted at a step, and the chain made of it. */
export interface SeenStep {
  readonly day: RealDay;
  readonly step: RealStep;
  readonly quotes: ReadonlyMap<string, RealQuote>;
  readonly slice: ChainSlice;
}

/** Plays the steps of a day; `look` sees the chain after each of them. */
export async function playDay(
  server: QuoteServer,
  day: RealDay,
  look: (seen: SeenStep) => void,
): Promise<void> {
  const player = new DayPlayer(day);
  try {
    await player.connect(server);
    for (const step of day.steps) look(await player.play(step));
  } finally {
    player.stop();
  }
}

class DayPlayer {
  readonly #day: RealDay;
  readonly #chain: ChainWriter;
  readonly #reader: ChainReader;
  readonly #feed: FeedShell;
  readonly #standing = new Map<string, RealQuote>();
  #at: At;
  #taken = 0;
  #socket: WebSocket | undefined;

  constructor(day: RealDay) {
    const { underlying, date, hours, contracts } = day;
    const session = sessionTimes(date, hours);
    if (session === undefined) throw new Error(`${date} is no session`);
    this.#day = day;
    this.#at = { market: session.open, wall: session.open };
    const buffer = createChainBuffer();
    this.#chain = new ChainWriter(buffer);
    this.#chain.openSession({ underlying, date, contracts }, session, this.#at);
    this.#reader = new ChainReader(buffer);
    this.#feed = new FeedShell({
      clock: { now: () => this.#at },
      counters: new Counters(createCountersBuffer()),
      chain: this.#chain,
      underlying,
      aggregationSeconds: 0.1,
      version: 'real-data',
      jitter: () => 0,
      step: (input) => this.#take(input),
      requestToken: () => undefined,
    });
  }

  async connect(server: QuoteServer): Promise<void> {
    const { underlying, contracts } = this.#day;
    this.#socket = await server.joinedBy(() => {
      this.#feed.start();
      this.#feed.onToken(server.url, 'any');
      this.#feed.subscribe([underlying, ...contracts.map(streamerSymbol)], 0);
    });
    let isSubscribed = false;
    this.#socket.on('message', (data: Buffer) => {
      const { type, channel } = messageShape.parse(JSON.parse(data.toString('utf8')));
      isSubscribed ||= type === 'FEED_SUBSCRIPTION' && channel === QUOTE_CHANNEL;
    });
    await this.#until(() => {
      this.#at = later(this.#at, PACE_MICROS);
      this.#feed.onClock();
      return isSubscribed;
    });
  }

  /** Sends a step and resolves with the chain once all of it has arrived. */
  async play(step: RealStep): Promise<SeenStep> {
    for (const [symbol, quote] of step.quotes) this.#standing.set(symbol, quote);
    this.#at = { market: step.at, wall: step.at };
    const { underlying } = this.#day;
    const spot = [underlying, step.spot - HALF_SPREAD, step.spot + HALF_SPREAD, 100, 100];
    const rows = [...this.#standing].map(([symbol, { bid, ask, bidSize, askSize }]) => {
      return [symbol, orNaN(bid), orNaN(ask), bidSize, askSize];
    });
    this.#taken = 0;
    const all = [...rows, spot];
    for (let from = 0; from < all.length; from += QUOTES_PER_FRAME) {
      const values = all.slice(from, from + QUOTES_PER_FRAME).flat();
      const frame = { type: 'FEED_DATA', channel: QUOTE_CHANNEL, data: ['Quote', values] };
      this.#socket?.send(JSON.stringify(frame));
    }
    await this.#until(() => this.#taken >= all.length);
    await turn();
    const slice = this.#reader.slice();
    if (slice === undefined) throw new Error(`${this.#day.name}: no chain at ${step.at}`);
    return { day: this.#day, step, quotes: this.#standing, slice };
  }

  stop(): void {
    this.#feed.stop();
    this.#socket?.terminate();
  }

  #take(input: Input): void {
    if (input.kind === 'quote') {
      const { index, bid, ask, bidSize, askSize, at } = input;
      this.#chain.setQuote(index, { bid, ask, bidSize, askSize }, at);
      this.#taken += 1;
    } else if (input.kind === 'batchEnd') this.#chain.endBatch(this.#beyondPace());
  }

  /** Each batch on a later wall time than the last, so that every one of them is valued. */
  #beyondPace(): At {
    this.#at = later(this.#at, MICROS_PER_SECOND);
    return this.#at;
  }

  /** The client's own clock is not asked on the way: between two steps the market's time jumps, and
   * a watchdog would take that for silence. */
  async #until(condition: () => boolean): Promise<void> {
    for (let turns = 0; !condition(); turns += 1) {
      if (turns > PATIENCE_TURNS)
        throw new Error(
          `${this.#day.name}: the wire fell silent: ${this.#taken} of ${this.#standing.size + 1} quotes, ${this.#feed.decodeErrors()} frames lost`,
        );
      await turn();
    }
  }
}

function later({ market, wall }: At, micros: number): At {
  return { market, wall: addMicros(wall, micros) };
}

function orNaN(dollars: number): number | 'NaN' {
  return dollars > 0 ? Number(dollars.toFixed(4)) : 'NaN';
}
