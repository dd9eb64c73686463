/** What the chain's quotes mean: the forward they imply, the smile, and every contract's greeks. */
import type { At } from '../domain/clock.ts';
import { epochMicros } from '../domain/units.ts';
import { OptionStrip } from '../pricing/option-strip.ts';
import { Smile, type SmileColumn } from '../pricing/smile.ts';
import { yearsToExpiry } from '../pricing/time-to-expiry.ts';
import { ABSENT } from '../ring/ring-layout.ts';
import {
  ASK_FIELD,
  ATM_VOL_CELL,
  BID_FIELD,
  DELTA_FIELD,
  EXPECTED_MOVE_CELL,
  FLAG_MODELLED,
  FLAGS_FIELD,
  FORWARD_CELL,
  GAMMA_FIELD,
  IMPLIED_VOL_FIELD,
  LAST_TRADE_CELL,
  MAX_CONTRACTS,
  rowCell,
  THETA_FIELD,
  THETA_NEXT_HOUR_FIELD,
  VEGA_FIELD,
  YEARS_CELL,
} from './chain-layout.ts';
import { ChainQuotes } from './chain-quotes.ts';
import { NO_MARKET, TWO_SIDED, UNUSABLE } from './quote-quality.ts';
import { NO_ROW, type StrikeLadder } from './strike-ladder.ts';

/**
 * Core thread only. Works on the writer's private picture, in place: reads quotes, writes the
 * header's model cells and each row's volatility, greeks and flags. Allocates nothing after
 * construction.
 *
 * A strike has one volatility, for its call and its put: that of its out-of-the-money contract's
 * mid. Where that contract has no usable two-sided quote the smile of the others answers, held
 * within the bid or ask there is, and both rows say so (`FLAG_MODELLED`). Nothing is made up from
 * nothing: without a forward, or where neither contract of a strike has any quote, the volatility
 * and the greeks are ABSENT.
 */
export class ChainModel {
  readonly #image: Float64Array;
  readonly #ladder: StrikeLadder;
  readonly #quotes: ChainQuotes;
  /** By rung of the ladder. */
  readonly #strip = new OptionStrip(MAX_CONTRACTS);
  readonly #smile = new Smile(MAX_CONTRACTS);
  /** By rung: 1 where the volatility is the smile's. */
  readonly #isModelled = new Uint8Array(MAX_CONTRACTS);
  readonly #modelled: SmileColumn;

  constructor(image: Float64Array, ladder: StrikeLadder) {
    this.#image = image;
    this.#ladder = ladder;
    this.#quotes = new ChainQuotes(image, ladder);
    const { strike, vol } = this.#strip;
    this.#modelled = { strike, vol, isWanted: this.#isModelled };
  }

  /** Values every row on the quotes as they stand. */
  revalue(at: At): void {
    const image = this.#image;
    const years = yearsToExpiry(at.market, epochMicros(image[LAST_TRADE_CELL] ?? 0));
    this.#quotes.judge(at.wall);
    const forward = this.#quotes.forward();
    image[YEARS_CELL] = years;
    image[FORWARD_CELL] = forward ?? ABSENT;
    image[EXPECTED_MOVE_CELL] = forward === undefined ? ABSENT : this.#quotes.expectedMove(forward);
    this.#smile.clear();
    if (forward !== undefined && years > 0) this.#takeSmile(forward, years);
    if (forward === undefined || this.#smile.count === 0) {
      image[ATM_VOL_CELL] = ABSENT;
      for (let rung = 0; rung < this.#ladder.count; rung += 1) this.#writeAbsent(rung);
      return;
    }
    image[ATM_VOL_CELL] = this.#smile.at(forward);
    this.#valueStrikes(forward);
  }

  #outOfTheMoneyRow(rung: number, forward: number): number {
    const isCallSide = (this.#ladder.strikeDollars[rung] ?? 0) >= forward;
    return (isCallSide ? this.#ladder.callRow : this.#ladder.putRow)[rung] ?? NO_ROW;
  }

  /** Finds the volatility of each strike whose out-of-the-money contract has a mid: the smile. */
  #takeSmile(forward: number, years: number): void {
    const { count, strikeDollars } = this.#ladder;
    const { strike, timeValue, vol } = this.#strip;
    for (let rung = 0; rung < count; rung += 1) {
      const row = this.#outOfTheMoneyRow(rung, forward);
      const isTwoSided = this.#quotes.qualityOf(row) === TWO_SIDED;
      strike[rung] = strikeDollars[rung] ?? 0;
      timeValue[rung] = isTwoSided ? this.#quotes.midDollars(row) : Number.NaN;
    }
    this.#strip.setMarket(forward, years, count);
    this.#strip.solve(0, count);
    for (let rung = 0; rung < count; rung += 1) {
      const own = vol[rung] ?? Number.NaN;
      this.#isModelled[rung] = Number.isNaN(own) ? 1 : 0;
      if (!Number.isNaN(own)) this.#smile.add(strike[rung] ?? 0, own);
    }
  }

  /** Gives the strikes without a volatility of their own the smile's, where there is any quote. */
  #takeModelled(): void {
    const { count } = this.#ladder;
    const { vol } = this.#strip;
    this.#smile.extend(this.#modelled, count);
    for (let rung = 0; rung < count; rung += 1) {
      if (this.#isModelled[rung] === 1 && !this.#hasMarket(rung)) vol[rung] = Number.NaN;
    }
  }

  #valueStrikes(forward: number): void {
    const { count } = this.#ladder;
    const { vol } = this.#strip;
    this.#takeModelled();
    this.#strip.value(0, count);
    for (let rung = 0; rung < count; rung += 1) {
      if (this.#isModelled[rung] === 1) this.#holdWithinMarket(rung, forward);
      if (Number.isNaN(vol[rung])) this.#writeAbsent(rung);
      else this.#writeStrike(rung, forward);
    }
  }

  #hasMarket(rung: number): boolean {
    const call = this.#ladder.callRow[rung] ?? NO_ROW;
    const put = this.#ladder.putRow[rung] ?? NO_ROW;
    return this.#quotes.qualityOf(call) !== NO_MARKET || this.#quotes.qualityOf(put) !== NO_MARKET;
  }

  /** Moves a smile's volatility to where the model price meets the bid or ask that it would leave. */
  #holdWithinMarket(rung: number, forward: number): void {
    const row = this.#outOfTheMoneyRow(rung, forward);
    const quality = this.#quotes.qualityOf(row);
    if (quality === NO_MARKET || quality === UNUSABLE) return;
    const value = this.#strip.timeValue[rung] ?? Number.NaN;
    const ask = this.#quotes.knownDollars(rowCell(row) + ASK_FIELD);
    const bid = this.#quotes.knownDollars(rowCell(row) + BID_FIELD);
    if (!(value > ask) && !(value < bid)) return;
    this.#strip.timeValue[rung] = value > ask ? ask : bid;
    this.#strip.solve(rung, rung + 1);
    this.#strip.value(rung, rung + 1);
  }

  /** Parity without a discount: a strike's call and put share every greek but delta, and their
   * deltas lie one apart. So the strike is valued once, on its out-of-the-money side, where a small
   * delta keeps all its digits. */
  #writeStrike(rung: number, forward: number): void {
    const delta = this.#strip.delta[rung] ?? ABSENT;
    const isCallSide = (this.#ladder.strikeDollars[rung] ?? 0) >= forward;
    this.#writeGreeks(rung, this.#ladder.callRow[rung] ?? NO_ROW, isCallSide ? delta : delta + 1);
    this.#writeGreeks(rung, this.#ladder.putRow[rung] ?? NO_ROW, isCallSide ? delta - 1 : delta);
  }

  #writeGreeks(rung: number, row: number, delta: number): void {
    if (row === NO_ROW) return;
    const image = this.#image;
    const strip = this.#strip;
    const first = rowCell(row);
    image[first + IMPLIED_VOL_FIELD] = strip.vol[rung] ?? ABSENT;
    image[first + DELTA_FIELD] = delta;
    image[first + GAMMA_FIELD] = strip.gamma[rung] ?? ABSENT;
    image[first + THETA_FIELD] = strip.theta[rung] ?? ABSENT;
    image[first + THETA_NEXT_HOUR_FIELD] = strip.thetaNextHour[rung] ?? ABSENT;
    image[first + VEGA_FIELD] = strip.vega[rung] ?? ABSENT;
    if (this.#isModelled[rung] === 1) {
      image[first + FLAGS_FIELD] = (image[first + FLAGS_FIELD] ?? 0) | FLAG_MODELLED;
    }
  }

  #writeAbsent(rung: number): void {
    this.#writeAbsentRow(this.#ladder.callRow[rung] ?? NO_ROW);
    this.#writeAbsentRow(this.#ladder.putRow[rung] ?? NO_ROW);
  }

  #writeAbsentRow(row: number): void {
    if (row === NO_ROW) return;
    const first = rowCell(row);
    this.#image.fill(ABSENT, first + IMPLIED_VOL_FIELD, first + VEGA_FIELD + 1);
  }
}
