/** The quotes of the chain as its model sees them: judged, in dollars, strike by strike. */
import { PRICE_PER_DOLLAR } from '../domain/units.ts';
import { ForwardVote, type ParityPair } from '../pricing/forward.ts';
import { ABSENT } from '../ring/ring-layout.ts';
import {
  ASK_FIELD,
  BID_FIELD,
  FLAGS_FIELD,
  FORWARD_CELL,
  MAX_CONTRACTS,
  rowCell,
  UNDERLYING,
} from './chain-layout.ts';
import {
  midOf,
  NO_MARKET,
  type QuoteQuality,
  quoteFlags,
  quoteQuality,
  TWO_SIDED,
} from './quote-quality.ts';
import { NO_ROW, type StrikeLadder } from './strike-ladder.ts';

/** Strikes on either side of the money that are asked for the forward: more than vote. */
const PARITY_REACH = 12;

/** Core thread only. Reads the writer's private picture; writes each row's flags there. Allocates
 * nothing after construction. */
export class ChainQuotes {
  readonly #image: Float64Array;
  readonly #ladder: StrikeLadder;
  readonly #quality: QuoteQuality[] = Array(MAX_CONTRACTS).fill(NO_MARKET);
  readonly #vote = new ForwardVote();
  /** Made of fractions, so that its fields hold doubles from the first pair on. */
  readonly #pair: ParityPair = {
    strike: 0.5,
    callBid: 0.5,
    callAsk: 0.5,
    putBid: 0.5,
    putAsk: 0.5,
  };

  constructor(image: Float64Array, ladder: StrikeLadder) {
    this.#image = image;
    this.#ladder = ladder;
  }

  /** Judges every row's quote at a wall time: first of all, once a batch. */
  judge(wallMicros: number): void {
    const { callRow, putRow, count } = this.#ladder;
    for (let rung = 0; rung < count; rung += 1) {
      this.#judgeRow(callRow[rung] ?? NO_ROW, wallMicros);
      this.#judgeRow(putRow[rung] ?? NO_ROW, wallMicros);
    }
  }

  #judgeRow(row: number, wallMicros: number): void {
    if (row === NO_ROW) return;
    const first = rowCell(row);
    const flags = quoteFlags(this.#image, first, wallMicros);
    this.#image[first + FLAGS_FIELD] = flags;
    this.#quality[row] = quoteQuality(this.#image, first, flags);
  }

  /** The last judgement of a row; NO_MARKET for NO_ROW. */
  qualityOf(row: number): QuoteQuality {
    return row === NO_ROW ? NO_MARKET : (this.#quality[row] ?? NO_MARKET);
  }

  /** The parity forward in dollars: from the pairs around the last known money, from all there are
   * when that gives none; undefined without any. */
  forward(): number | undefined {
    const money = this.#moneyRung();
    this.#vote.clear();
    if (money !== undefined) this.#addPairs(money - PARITY_REACH, money + PARITY_REACH);
    if (this.#vote.count === 0) this.#addPairs(0, this.#ladder.count - 1);
    return this.#vote.forward();
  }

  #addPairs(lowest: number, highest: number): void {
    const { strikeDollars, callRow, putRow, count } = this.#ladder;
    const pair = this.#pair;
    for (let rung = Math.max(0, lowest); rung <= highest && rung < count; rung += 1) {
      if (!this.#isTwoSidedPair(rung)) continue;
      const call = rowCell(callRow[rung] ?? NO_ROW);
      const put = rowCell(putRow[rung] ?? NO_ROW);
      pair.strike = strikeDollars[rung] ?? 0;
      pair.callBid = this.#dollars(call + BID_FIELD);
      pair.callAsk = this.#dollars(call + ASK_FIELD);
      pair.putBid = this.#dollars(put + BID_FIELD);
      pair.putAsk = this.#dollars(put + ASK_FIELD);
      this.#vote.add(pair);
    }
  }

  #isTwoSidedPair(rung: number): boolean {
    return (
      this.qualityOf(this.#ladder.callRow[rung] ?? NO_ROW) === TWO_SIDED &&
      this.qualityOf(this.#ladder.putRow[rung] ?? NO_ROW) === TWO_SIDED
    );
  }

  /** By the last forward, which one wild tick of the underlying cannot move; before the first one,
   * by the underlying. Parity holds away from the money too, so a stale guess corrects itself. */
  #moneyRung(): number | undefined {
    const forward = this.#image[FORWARD_CELL] ?? ABSENT;
    if (forward !== ABSENT) return this.#ladder.rungAtOrAbove(forward);
    const spot = midOf(this.#image, rowCell(UNDERLYING));
    return spot === ABSENT ? undefined : this.#ladder.rungAtOrAbove(spot / PRICE_PER_DOLLAR);
  }

  /** Mid in dollars of the straddle nearest to the forward; ABSENT while neither of the strikes on
   * its two sides has four sides of a market. */
  expectedMove(forward: number): number {
    const { strikeDollars, callRow, putRow, count } = this.#ladder;
    const above = this.#ladder.rungAtOrAbove(forward);
    let nearest = Number.POSITIVE_INFINITY;
    let move = ABSENT;
    for (let rung = Math.max(0, above - 1); rung <= above && rung < count; rung += 1) {
      const distance = Math.abs((strikeDollars[rung] ?? 0) - forward);
      if (distance >= nearest || !this.#isTwoSidedPair(rung)) continue;
      nearest = distance;
      move = this.midDollars(callRow[rung] ?? NO_ROW) + this.midDollars(putRow[rung] ?? NO_ROW);
    }
    return move;
  }

  #dollars(cell: number): number {
    return (this.#image[cell] ?? 0) / PRICE_PER_DOLLAR;
  }

  /** A price cell in dollars, NaN where it is ABSENT. */
  knownDollars(cell: number): number {
    return this.#image[cell] === ABSENT ? Number.NaN : this.#dollars(cell);
  }

  /** Mid of a two-sided row in dollars, unrounded: half a tick counts where an option costs two. */
  midDollars(row: number): number {
    const first = rowCell(row);
    return 0.5 * (this.#dollars(first + BID_FIELD) + this.#dollars(first + ASK_FIELD));
  }
}
