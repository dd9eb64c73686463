/** The writing end of the 0DTE chain: takes what the feed says, publishes what readers may see. */
import type { At } from '../domain/clock.ts';
import { DeltaringError } from '../domain/errors.ts';
import {
  type OptionContract,
  occSymbol,
  parseOccSymbol,
  streamerSymbol,
} from '../domain/instrument.ts';
import type { ChainListing } from '../domain/market.ts';
import type { SessionTimes } from '../domain/session-calendar.ts';
import type { Price } from '../domain/units.ts';
import { ABSENT } from '../ring/ring-layout.ts';
import type { RingWriter } from '../ring/ring-writer.ts';
import {
  AS_OF_MARKET_CELL,
  AS_OF_WALL_CELL,
  ASK_FIELD,
  ASK_SIZE_FIELD,
  BID_FIELD,
  BID_SIZE_FIELD,
  CHAIN_CELLS,
  checkChainBuffer,
  DATE_CELL,
  EXERCISE_MARK_CELL,
  EXPIRY_FIELD,
  FEED_DELTA_FIELD,
  FEED_IMPLIED_VOL_FIELD,
  FEED_MARKET_FIELD,
  FEED_WALL_FIELD,
  FLAGS_FIELD,
  HALF_DAY_CELL,
  LAST_FIELD,
  LAST_TRADE_CELL,
  MAX_CONTRACTS,
  OPEN_CELL,
  OPEN_INTEREST_FIELD,
  QUOTE_MARKET_FIELD,
  QUOTE_WALL_FIELD,
  RIGHT_FIELD,
  ROOT_FIELD,
  rowCell,
  STATE_CELL,
  STATE_EXPIRED,
  STATE_NONE,
  STATE_OPEN,
  STRIKE_FIELD,
  UNDERLYING,
  UNDERLYING_CELL,
  VOLUME_FIELD,
} from './chain-layout.ts';
import { ChainModel } from './chain-model.ts';
import { ChainPublisher } from './chain-publisher.ts';
import { checkFeedDeltas, type FeedGap, feedGapOf } from './feed-check.ts';
import { CHANGED, QUOTED, RowMarks, TOLD } from './row-marks.ts';
import { StrikeLadder } from './strike-ladder.ts';
import { codeOfDate, codeOfTicker } from './symbol-code.ts';
import { ValuationPace } from './valuation-pace.ts';

/** Both sides of a market as the feed gave them. */
export interface QuoteFields {
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  readonly bidSize: number;
  readonly askSize: number;
}

/**
 * Core thread only: the one writer of a chain, any number of ChainReaders on any thread. What the
 * setters take stands in a private picture, some nanoseconds each and without an allocation; readers
 * see it all at once when `endBatch` publishes the rows that changed, each under its lock. Forward,
 * volatilities and greeks are worked out anew at a batch's end too, at a bounded pace
 * (valuation-pace.ts): a storm of quotes costs what storing them costs. What is published depends on
 * the calls alone.
 */
export class ChainWriter {
  readonly #image = new Float64Array(CHAIN_CELLS);
  readonly #marks = new RowMarks();
  readonly #pace = new ValuationPace();
  #owesValuation = false;
  readonly #publisher: ChainPublisher;
  readonly #ladder = new StrikeLadder();
  readonly #model: ChainModel;
  readonly #rowOf = new Map<string, number>();
  #contracts: OptionContract[] = [];
  /** OCC symbols by row: made once, asked for with every quote. */
  #symbols: string[] = [];
  #listing: Pick<ChainListing, 'date' | 'underlying'> | undefined;
  #listings = 0;
  #crossed = 0;
  #locked = 0;

  /** Takes a chain over; it holds no session until `openSession`. Throws `INPUT_INVALID` on a buffer
   * that `createChainBuffer` of this build did not make. */
  constructor(buffer: SharedArrayBuffer, ring?: RingWriter) {
    checkChainBuffer(buffer);
    this.#clear();
    this.#publisher = new ChainPublisher(buffer, this.#image, ring);
    this.#model = new ChainModel(this.#image, this.#ladder);
  }

  /** Quotes taken with the bid above the ask. */
  get crossedQuotes(): number {
    return this.#crossed;
  }

  /** Quotes of contracts taken with the bid equal to the ask; an index's level always is. */
  get lockedQuotes(): number {
    return this.#locked;
  }

  /** How far the feed's own deltas lie from ours, at the last valuation. */
  get feedGap(): FeedGap {
    return feedGapOf(this.#image);
  }

  /** Contracts in the chain; rows are numbered from 0 in the order they were listed. */
  get contractCount(): number {
    return this.#contracts.length;
  }

  /** Grows whenever a symbol's row may have become another one, or none. */
  get listings(): number {
    return this.#listings;
  }

  /** Starts a session: everything of the one before is void from this instant on, even when the
   * listing is refused. Throws `INPUT_INVALID` as `addContracts` does, and on another day's listing. */
  openSession(listing: ChainListing, session: SessionTimes, at: At): void {
    this.#clear();
    this.#publisher.publishSession(0);
    if (listing.date !== session.date) {
      throw new DeltaringError(
        'INPUT_INVALID',
        `the listing is of ${listing.date}, the session of ${session.date}: fetch the listing again`,
      );
    }
    this.#listing = { date: listing.date, underlying: listing.underlying };
    this.#rowOf.set(listing.underlying, UNDERLYING);
    this.addContracts(listing.contracts);
    const image = this.#image;
    image[STATE_CELL] = STATE_OPEN;
    image[UNDERLYING_CELL] = codeOfTicker(listing.underlying);
    image[DATE_CELL] = codeOfDate(session.date);
    image[HALF_DAY_CELL] = session.kind === 'half' ? 1 : 0;
    image[OPEN_CELL] = session.open;
    image[EXERCISE_MARK_CELL] = session.exerciseMark;
    image[LAST_TRADE_CELL] = session.lastTrade;
    this.#revalue(at);
    this.#stamp(at);
    this.#publisher.publishSession(this.#contracts.length);
  }

  /**
   * Adds contracts listed during the session; those already in the chain keep their row. Readers see
   * them with the next batch. Throws `INPUT_INVALID`, and adds nothing, without an open session,
   * above MAX_CONTRACTS or when one expires on another day.
   */
  addContracts(contracts: readonly OptionContract[]): void {
    const added = this.#newContracts(contracts);
    this.#listings += 1;
    for (const contract of added) {
      const row = this.#contracts.length;
      this.#contracts.push(contract);
      const symbol = occSymbol(contract);
      this.#symbols.push(symbol);
      this.#rowOf.set(symbol, row);
      this.#rowOf.set(streamerSymbol(contract), row);
      this.#clearRow(row);
      this.#identify(row, contract);
      this.#marks.add(row, CHANGED);
    }
    this.#ladder.rebuild(this.#contracts);
  }

  /** The row of a contract by its OCC or DXLink symbol, UNDERLYING for the underlying's ticker;
   * undefined for anything that is not in the chain. */
  indexOf(symbol: string): number | undefined {
    const row = this.#rowOf.get(symbol);
    if (row !== undefined) return row;
    const contract = parseOccSymbol(symbol);
    return contract === undefined ? undefined : this.#rowOf.get(occSymbol(contract));
  }

  /** The OCC symbol of a row, the underlying's ticker for UNDERLYING; undefined for a row that the
   * chain does not have. */
  symbolOf(index: number): string | undefined {
    return index === UNDERLYING ? this.#listing?.underlying : this.#symbols[index];
  }

  /** Takes a quote. A side at or below zero is a side without a price. */
  setQuote(index: number, quote: QuoteFields, at: At): void {
    const first = this.#firstCell(index);
    const bid = quote.bid !== undefined && quote.bid > 0 ? quote.bid : ABSENT;
    const ask = quote.ask !== undefined && quote.ask > 0 ? quote.ask : ABSENT;
    if (bid !== ABSENT && ask !== ABSENT && bid >= ask) {
      if (bid > ask) this.#crossed += 1;
      else if (index !== UNDERLYING) this.#locked += 1;
    }
    const image = this.#image;
    image[first + BID_FIELD] = bid;
    image[first + ASK_FIELD] = ask;
    image[first + BID_SIZE_FIELD] = quote.bidSize;
    image[first + ASK_SIZE_FIELD] = quote.askSize;
    image[first + QUOTE_MARKET_FIELD] = at.market;
    image[first + QUOTE_WALL_FIELD] = at.wall;
    this.#marks.add(index, QUOTED | TOLD);
  }

  /** Takes a trade's price and, where the feed tells, the contracts traded today. */
  setLast(index: number, last: Price, volume: number | undefined): void {
    const first = this.#firstCell(index);
    this.#image[first + LAST_FIELD] = last;
    if (volume !== undefined) this.#image[first + VOLUME_FIELD] = volume;
    this.#marks.add(index, CHANGED | TOLD);
  }

  /** Takes the feed's own delta and volatility of a contract: a cross-check that nothing reads. */
  setFeedGreeks(index: number, delta: number, impliedVol: number, at: At): void {
    if (index === UNDERLYING) return;
    const first = this.#firstCell(index);
    this.#image[first + FEED_DELTA_FIELD] = delta;
    this.#image[first + FEED_IMPLIED_VOL_FIELD] = impliedVol;
    this.#image[first + FEED_MARKET_FIELD] = at.market;
    this.#image[first + FEED_WALL_FIELD] = at.wall;
    this.#marks.add(index, CHANGED);
  }

  /** Takes a contract's open interest. */
  setOpenInterest(index: number, contracts: number): void {
    if (index === UNDERLYING) return;
    this.#image[this.#firstCell(index) + OPEN_INTEREST_FIELD] = contracts;
    this.#marks.add(index, CHANGED);
  }

  /** Publishes what changed ahead of an `endBatch` at the same time that is going to value the chain,
   * so that readers do not wait for that. Where it is not, `endBatch` publishes at once anyway. */
  showQuotes(at: At): void {
    if (this.#image[STATE_CELL] !== STATE_OPEN || !this.#pace.isDue(at.wall)) return;
    this.#stamp(at);
    this.#publisher.publishAhead(this.#contracts.length, this.#marks);
  }

  /** Publishes what changed as one batch, and values every contract on the quotes as they stand
   * unless that was done too often just now. */
  endBatch(at: At): void {
    if (this.#image[STATE_CELL] !== STATE_OPEN) return;
    const isDue = this.#pace.take(at.wall);
    if (isDue) this.#revalue(at);
    this.#owesValuation = !isDue;
    this.#stamp(at);
    this.#publisher.publishBatch(this.#contracts.length, this.#marks, isDue);
  }

  /** Makes up for a valuation that the last batch went without. For the clock: when a storm ends in
   * silence, no later batch does it. */
  settle(at: At): void {
    if (!this.#owesValuation) return;
    this.#owesValuation = false;
    this.#revalue(at);
    this.#publisher.publishBatch(this.#contracts.length, this.#marks, true);
  }

  /** Ends the session: from now on readers find no chain. The next `openSession` starts afresh. */
  expire(at: At): void {
    if (this.#image[STATE_CELL] !== STATE_OPEN) return;
    this.#clear();
    this.#image[STATE_CELL] = STATE_EXPIRED;
    this.#stamp(at);
    this.#publisher.publishSession(0);
  }

  #newContracts(contracts: readonly OptionContract[]): OptionContract[] {
    const listing = this.#listing;
    if (listing === undefined) {
      throw new DeltaringError('INPUT_INVALID', 'no session is open: call openSession first');
    }
    const added = new Map<string, OptionContract>();
    for (const contract of contracts) {
      const symbol = occSymbol(contract);
      if (contract.expiry !== listing.date) {
        throw new DeltaringError(
          'INPUT_INVALID',
          `${symbol} does not expire on ${listing.date}: list the contracts of one day only`,
        );
      }
      if (!this.#rowOf.has(symbol)) added.set(symbol, contract);
    }
    const count = this.#contracts.length + added.size;
    if (count > MAX_CONTRACTS) {
      throw new DeltaringError(
        'INPUT_INVALID',
        `${count} contracts are more than the ${MAX_CONTRACTS} a chain holds: list fewer strikes`,
      );
    }
    return [...added.values()];
  }

  #identify(row: number, contract: OptionContract): void {
    const first = rowCell(row);
    this.#image[first + RIGHT_FIELD] = contract.right === 'call' ? 0 : 1;
    this.#image[first + ROOT_FIELD] = codeOfTicker(contract.root);
    this.#image[first + EXPIRY_FIELD] = codeOfDate(contract.expiry);
    this.#image[first + STRIKE_FIELD] = contract.strike;
  }

  #firstCell(index: number): number {
    const isRow = index >= 0 && index < this.#contracts.length;
    if (!isRow && index !== UNDERLYING) {
      throw new DeltaringError(
        'INPUT_INVALID',
        `the chain has no row ${index}, it has ${this.#contracts.length}: ask indexOf`,
      );
    }
    return rowCell(index);
  }

  #revalue(at: At): void {
    this.#model.revalue(at);
    checkFeedDeltas(this.#image, this.#contracts.length, at.wall);
  }

  #stamp(at: At): void {
    this.#image[AS_OF_MARKET_CELL] = at.market;
    this.#image[AS_OF_WALL_CELL] = at.wall;
  }

  #clear(): void {
    this.#listings += 1;
    this.#rowOf.clear();
    this.#contracts = [];
    this.#symbols = [];
    this.#listing = undefined;
    this.#marks.clear();
    this.#owesValuation = false;
    this.#image.fill(ABSENT);
    this.#image[STATE_CELL] = STATE_NONE;
  }

  #clearRow(row: number): void {
    const first = rowCell(row);
    this.#image.fill(ABSENT, first, rowCell(row + 1));
    this.#image[first + FLAGS_FIELD] = 0;
  }
}
