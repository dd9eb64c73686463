/**
 * Quotes as exits and marks judge by them, without an object for each look: one a symbol, lent until
 * the next look and written again then. Held positions are judged on every batch of quotes.
 */
import { UNDERLYING } from '../../engine/chain/chain-layout.ts';
import type { ChainReader } from '../../engine/chain/chain-reader.ts';
import { type LentQuote, lentQuote, readQuote } from '../../engine/chain/chain-view.ts';
import type { ChainWriter } from '../../engine/chain/chain-writer.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { Quote } from '../../engine/domain/market.ts';
import { findUnderlying } from '../../engine/domain/underlying.ts';
import {
  asEvidence,
  QUIET_CONTRACT_CEILING_MILLIS,
  type QuoteStream,
  stoodUntil,
} from '../../risk/quote-age.ts';

/** What the feed says of its quotes as a whole. */
interface FeedNow {
  readonly feedSince: number | undefined;
  readonly feedLateMillis: number;
  /** When the newest quote of an option came that was news; 0 before the first. */
  readonly quoteNews: At;
  /** The underlying's last quote, also once the chain is closed. */
  readonly lastSpot: Quote | undefined;
}

interface Line {
  readonly symbol: string;
  readonly quote: LentQuote;
  /** The look that the quote was written for. */
  look: number;
  isQuoted: boolean;
}

/** Core thread only. What it lends is valid until the next `look`, which within one step finds the same. */
export class LentEvidence {
  readonly #underlying: string;
  readonly #quietSpotMillis: number;
  readonly #chain: ChainWriter;
  readonly #reader: ChainReader;
  readonly #lines = new Map<string, Line>();
  readonly #stream: { -readonly [K in keyof QuoteStream]: QuoteStream[K] } = {
    sinceWall: undefined,
    newsAt: undefined,
    lateMillis: 0,
  };
  #lastSpot: Quote | undefined;
  #look = 0;

  constructor(underlying: string, chain: ChainWriter, reader: ChainReader) {
    this.#underlying = underlying;
    this.#quietSpotMillis = findUnderlying(underlying)?.quietSpotMillis ?? 0;
    this.#chain = chain;
    this.#reader = reader;
  }

  /** Begins a look at the market as it stands now. */
  look({ feedSince, feedLateMillis, quoteNews, lastSpot }: FeedNow): void {
    const stream = this.#stream;
    stream.sinceWall = feedSince;
    stream.newsAt = quoteNews.wall === 0 ? undefined : quoteNews;
    stream.lateMillis = feedLateMillis;
    this.#lastSpot = lastSpot;
    this.#look += 1;
  }

  /** Nothing is held any more. */
  forget(): void {
    if (this.#lines.size > 0) this.#lines.clear();
  }

  /** The quote of a contract, or of the underlying for its ticker, with the time until which it is known
   * to have stood. */
  readonly of = (symbol: string): Quote | undefined => {
    const line = this.#lines.get(symbol) ?? this.#newLine(symbol);
    if (line.look !== this.#look) this.#write(line);
    if (line.isQuoted) return line.quote;
    const last = symbol === this.#underlying ? this.#lastSpot : undefined;
    return last === undefined ? undefined : asEvidence(last, this.#stream, this.#quietSpotMillis);
  };

  #newLine(symbol: string): Line {
    const line = { symbol, quote: lentQuote(), look: 0, isQuoted: false };
    this.#lines.set(symbol, line);
    return line;
  }

  #write(line: Line): void {
    const { quote, symbol } = line;
    const isSpot = symbol === this.#underlying;
    const index = isSpot ? UNDERLYING : this.#chain.indexOf(symbol);
    const cells = index === undefined ? undefined : this.#reader.cellsOf(index);
    line.look = this.#look;
    line.isQuoted = cells !== undefined && readQuote(cells, 0, quote);
    if (!line.isQuoted) return;
    const ceilingMillis = isSpot ? this.#quietSpotMillis : QUIET_CONTRACT_CEILING_MILLIS;
    const { market, wall } = stoodUntil(quote, this.#stream, ceilingMillis);
    quote.at.market = market;
    quote.at.wall = wall;
  }
}
