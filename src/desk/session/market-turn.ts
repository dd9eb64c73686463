/** What the market does to the desk: quotes into the chain and to the broker, batches to be judged. */

import type { GatewayEffect } from '../../broker/order-gateway.ts';
import { MAX_CONTRACTS } from '../../engine/chain/chain-layout.ts';
import { ValuationPace } from '../../engine/chain/valuation-pace.ts';
import type { At, LentAt } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import { epochMicros } from '../../engine/domain/units.ts';
import { govern } from '../account/governing.ts';
import { watchAlerts } from '../alerts/alert-watch.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import { performGateway } from '../orders/broker-events.ts';
import type { ExitRunner } from '../orders/exit-runner.ts';
import { sendRecorded } from '../orders/sending.ts';
import { hearMark } from './exercise-mark.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Core thread only. Inputs of the market are lent: what of them is kept is copied here, and in steady
 * state nothing is. `#quote` is lent on to the gateway in the same way.
 */
export class MarketTurn {
  readonly #desk: DeskContext;
  readonly #exits: ExitRunner;
  readonly #at: LentAt = { market: epochMicros(0), wall: epochMicros(0) };
  readonly #quote: Writable<Quote> = {
    bid: undefined,
    ask: undefined,
    bidSize: 0,
    askSize: 0,
    at: this.#at,
  };
  readonly #pace = new ValuationPace();
  /** 1 for each row quoted on this connection: its next quote is news of the options' stream. */
  readonly #isHeard = new Uint8Array(MAX_CONTRACTS);
  #owesGoverning = false;

  constructor(desk: DeskContext, exits: ExitRunner) {
    this.#desk = desk;
    this.#exits = exits;
  }

  /** A connection was made, or rows were listed: the first quote of each may be as old as the day. */
  forget(): void {
    this.#isHeard.fill(0);
    this.#desk.gateway.forgetQuotes();
    const { quoteNews } = this.#desk.day;
    quoteNews.market = epochMicros(0);
    quoteNews.wall = epochMicros(0);
  }

  /** An index has a level and no market: a quote of it is somebody's reckoning and not taken. */
  quote(input: Extract<Input, { kind: 'quote' }>): void {
    const { index, bid, ask, bidSize, askSize, at } = input;
    if (index < 0 && this.#desk.spec.settlement === 'cash') return;
    const quote = this.#quote;
    quote.bid = bid;
    quote.ask = ask;
    quote.bidSize = bidSize;
    quote.askSize = askSize;
    this.#take(index, at);
  }

  last({ index, price, volume, at }: Extract<Input, { kind: 'last' }>): void {
    const { chain, spec } = this.#desk;
    chain.setLast(index, price, volume);
    if (index >= 0 || spec.settlement !== 'cash') return;
    const quote = this.#quote;
    quote.bid = price;
    quote.ask = price;
    quote.bidSize = 0;
    quote.askSize = 0;
    this.#take(index, at);
  }

  /** Takes the quote at hand. */
  #take(index: number, at: At): void {
    const desk = this.#desk;
    this.#at.market = at.market;
    this.#at.wall = at.wall;
    const quote = this.#quote;
    desk.chain.setQuote(index, quote, at);
    if (index >= 0) this.#note(index, at);
    if (index < 0) {
      desk.day.lastSpot = { ...quote, at: { ...at } };
      hearMark(desk, quote);
    }
    const symbol = index < 0 ? desk.config.underlying : desk.chain.symbolOf(index);
    if (symbol === undefined) return;
    const place = index < 0 ? undefined : index;
    this.#perform(desk.gateway.onQuote(symbol, quote, this.#at, place));
  }

  #perform(effects: readonly GatewayEffect[]): void {
    if (effects.length === 0) return;
    keepTime(this.#desk);
    performGateway(this.#desk, effects);
  }

  #note(row: number, at: At): void {
    if (this.#isHeard[row] === 1) {
      const { quoteNews } = this.#desk.day;
      quoteNews.market = at.market;
      quoteNews.wall = at.wall;
    }
    this.#isHeard[row] = 1;
  }

  /** Ends a batch: the broker and readers see its quotes, and every position is judged by them. The
   * chain is valued and the day governed at a bounded pace; a stop never waits for either. Where nothing
   * is held no quote can change how the day is judged: the clock and whoever decides have it judged then. */
  batchEnd(): void {
    const desk = this.#desk;
    this.#perform(desk.gateway.onBatchEnd(desk.at));
    const isHeld = desk.book.hasStructures();
    const isGoverned = this.#pace.take(desk.at.wall) && isHeld;
    const { nativeStops } = desk.gateway.capabilities;
    if (isHeld || nativeStops || desk.alerts.size > 0) keepTime(desk);
    desk.chain.showQuotes(desk.at);
    desk.chain.endBatch(desk.at);
    this.#exits.run(desk);
    if (nativeStops) sendRecorded(desk);
    if (isGoverned) govern(desk);
    this.#owesGoverning = !isGoverned;
    watchAlerts(desk);
  }

  /** Makes up for what batches went without, before something is decided. */
  settle(): void {
    const desk = this.#desk;
    desk.chain.settle(desk.at);
    if (this.#owesGoverning) govern(desk);
    this.#owesGoverning = false;
  }
}

/** Gives the step a time of its own, before anything can keep it: that of the input is lent. */
export function keepTime(desk: DeskContext): void {
  const { market, wall } = desk.at;
  desk.at = { market, wall };
  desk.out.begin(desk.at);
}
