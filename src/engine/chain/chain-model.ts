/** What the chain's quotes mean: the forward they imply, the smile, and every contract's greeks. */
import { assert } from '../domain/assert.ts';
import type { At } from '../domain/clock.ts';
import type { Right } from '../domain/instrument.ts';
import { epochMicros } from '../domain/units.ts';
import {
  BLACK_DELTA,
  BLACK_GAMMA,
  BLACK_LENGTH,
  BLACK_THETA,
  BLACK_THETA_NEXT_HOUR,
  BLACK_VEGA,
  blackInto,
} from '../pricing/black.ts';
import { parityForward } from '../pricing/forward.ts';
import { impliedVol } from '../pricing/implied-vol.ts';
import { interpolateVol, type SmilePoint, wingVol } from '../pricing/smile.ts';
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
import { NO_MARKET, ONE_SIDED, TWO_SIDED } from './quote-quality.ts';
import { NO_ROW, type StrikeLadder } from './strike-ladder.ts';

/** The slope of a wing is taken over this many strikes, so that one tick at its edge cannot tilt it. */
const WING_SLOPE_STRIKES = 4;

/**
 * Core thread only. Works on the writer's private picture, in place: reads quotes, writes the
 * header's model cells and each row's volatility, greeks and flags.
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
  readonly #ownVol = new Float64Array(MAX_CONTRACTS);
  readonly #greeks = new Float64Array(BLACK_LENGTH);
  readonly #black = { right: 'call' as Right, forward: 0, strike: 0, years: 0, vol: 0 };
  readonly #implied = { right: 'call' as Right, forward: 0, strike: 0, years: 0, price: 0 };

  constructor(image: Float64Array, ladder: StrikeLadder) {
    this.#image = image;
    this.#ladder = ladder;
    this.#quotes = new ChainQuotes(image, ladder);
  }

  /** Values every row on the quotes as they stand. */
  revalue(at: At): void {
    const image = this.#image;
    const years = yearsToExpiry(at.market, epochMicros(image[LAST_TRADE_CELL] ?? 0));
    this.#quotes.judge(at.wall);
    const forward = parityForward(this.#quotes.parityPairs());
    image[YEARS_CELL] = years;
    image[FORWARD_CELL] = forward ?? ABSENT;
    image[EXPECTED_MOVE_CELL] = forward === undefined ? ABSENT : this.#quotes.expectedMove(forward);
    const smile = forward === undefined ? [] : this.#smile(forward, years);
    const atmVol = forward === undefined ? undefined : interpolateVol(smile, forward);
    image[ATM_VOL_CELL] = atmVol ?? ABSENT;
    for (let rung = 0; rung < this.#ladder.count; rung += 1) {
      if (forward === undefined || atmVol === undefined) this.#writeAbsent(rung);
      else this.#valueStrike(rung, { forward, years, smile });
    }
  }

  #isCallSide(rung: number, forward: number): boolean {
    return (this.#ladder.strikeDollars[rung] ?? 0) >= forward;
  }

  #outOfTheMoneyRow(rung: number, forward: number): number {
    const rows = this.#isCallSide(rung, forward) ? this.#ladder.callRow : this.#ladder.putRow;
    return rows[rung] ?? NO_ROW;
  }

  /** The strikes whose out-of-the-money mid gives a volatility; it is kept for each in `#ownVol`. */
  #smile(forward: number, years: number): SmilePoint[] {
    const points: SmilePoint[] = [];
    const implied = this.#implied;
    implied.forward = forward;
    implied.years = years;
    for (let rung = 0; rung < this.#ladder.count; rung += 1) {
      this.#ownVol[rung] = ABSENT;
      const row = this.#outOfTheMoneyRow(rung, forward);
      if (this.#quotes.qualityOf(row) !== TWO_SIDED) continue;
      implied.right = this.#isCallSide(rung, forward) ? 'call' : 'put';
      implied.strike = this.#ladder.strikeDollars[rung] ?? 0;
      implied.price = this.#quotes.midDollars(row);
      const vol = impliedVol(implied);
      if (vol === undefined) continue;
      this.#ownVol[rung] = vol;
      points.push({ strike: implied.strike, vol });
    }
    return points;
  }

  #valueStrike(rung: number, market: PricedMarket): void {
    const own = this.#ownVol[rung] ?? ABSENT;
    const vol = own === ABSENT ? this.#modelledVol(rung, market) : own;
    if (vol === undefined) {
      this.#writeAbsent(rung);
      return;
    }
    const isCallSide = this.#isCallSide(rung, market.forward);
    const black = this.#black;
    black.right = isCallSide ? 'call' : 'put';
    black.forward = market.forward;
    black.years = market.years;
    black.strike = this.#ladder.strikeDollars[rung] ?? 0;
    black.vol = vol;
    blackInto(this.#greeks, black);
    const flag = own === ABSENT ? FLAG_MODELLED : 0;
    const delta = this.#greeks[BLACK_DELTA] ?? ABSENT;
    const callDelta = isCallSide ? delta : delta + 1;
    const putDelta = isCallSide ? delta - 1 : delta;
    this.#writeGreeks(this.#ladder.callRow[rung] ?? NO_ROW, callDelta, flag);
    this.#writeGreeks(this.#ladder.putRow[rung] ?? NO_ROW, putDelta, flag);
  }

  /** The smile's volatility at a strike that has none of its own, within the market it has. */
  #modelledVol(rung: number, { forward, years, smile }: PricedMarket): number | undefined {
    const row = this.#outOfTheMoneyRow(rung, forward);
    const quality = this.#quotes.qualityOf(row);
    const isCallSide = this.#isCallSide(rung, forward);
    if (quality === NO_MARKET && this.#quotes.qualityOf(this.#otherRow(rung, row)) === NO_MARKET) {
      return undefined;
    }
    const strike = this.#ladder.strikeDollars[rung] ?? 0;
    const isBounded = quality === ONE_SIDED || quality === TWO_SIDED;
    return wingVol({
      right: isCallSide ? 'call' : 'put',
      strike,
      forward,
      years,
      ...edgeAt(smile, strike),
      bid: isBounded ? this.#quotes.knownDollars(rowCell(row) + BID_FIELD) : undefined,
      ask: isBounded ? this.#quotes.knownDollars(rowCell(row) + ASK_FIELD) : undefined,
    });
  }

  #otherRow(rung: number, row: number): number {
    const call = this.#ladder.callRow[rung] ?? NO_ROW;
    return row === call ? (this.#ladder.putRow[rung] ?? NO_ROW) : call;
  }

  /** Parity without a discount: a strike's call and put share every greek but delta, and their
   * deltas lie one apart. So the strike is valued once, on its out-of-the-money side, where a small
   * delta keeps all its digits. */
  #writeGreeks(row: number, delta: number, flag: number): void {
    if (row === NO_ROW) return;
    const image = this.#image;
    const greeks = this.#greeks;
    const first = rowCell(row);
    image[first + IMPLIED_VOL_FIELD] = this.#black.vol;
    image[first + DELTA_FIELD] = delta;
    image[first + GAMMA_FIELD] = greeks[BLACK_GAMMA] ?? ABSENT;
    image[first + THETA_FIELD] = greeks[BLACK_THETA] ?? ABSENT;
    image[first + THETA_NEXT_HOUR_FIELD] = greeks[BLACK_THETA_NEXT_HOUR] ?? ABSENT;
    image[first + VEGA_FIELD] = greeks[BLACK_VEGA] ?? ABSENT;
    image[first + FLAGS_FIELD] = (image[first + FLAGS_FIELD] ?? 0) | flag;
  }

  #writeAbsent(rung: number): void {
    for (const row of [this.#ladder.callRow[rung] ?? NO_ROW, this.#ladder.putRow[rung] ?? NO_ROW]) {
      if (row === NO_ROW) continue;
      const first = rowCell(row);
      this.#image.fill(ABSENT, first + IMPLIED_VOL_FIELD, first + VEGA_FIELD + 1);
    }
  }
}

interface PricedMarket {
  readonly forward: number;
  readonly years: number;
  readonly smile: readonly SmilePoint[];
}

/** Where the smile is left off for a strike: its edge and a point further in for the slope, or,
 * between two points, the smile's own value there. */
function edgeAt(smile: readonly SmilePoint[], strike: number) {
  const lowest = smile[0];
  const highest = smile.at(-1);
  assert(lowest !== undefined && highest !== undefined, 'a smile with a forward has a point');
  const slopeReach = Math.min(WING_SLOPE_STRIKES, smile.length - 1);
  if (strike < lowest.strike) return { edge: lowest, inner: smile[slopeReach] };
  if (strike > highest.strike)
    return { edge: highest, inner: smile[smile.length - 1 - slopeReach] };
  return { edge: { strike, vol: interpolateVol(smile, strike) ?? lowest.vol } };
}
