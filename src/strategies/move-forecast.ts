/**
 * The move to expect until the exercise mark, from two witnesses: what the chain's volatility says
 * is left, and what the day has done so far, carried on by the intraday variance profile.
 */
import type { Bar, MarketView } from '../engine/domain/market.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import { normalCdf } from '../engine/pricing/normal.ts';
import { completeBars } from './opening-range.ts';
import { varianceShare } from './variance-profile.ts';

/** A forecast, all in dollars of the underlying. A mean move is the mean of |close - now|. */
export interface MoveForecast {
  /** Standard deviation of the underlying at the mark, from the witnesses that were there. */
  readonly standardDeviation: number;
  /** Mean absolute move to the mark. */
  readonly expectedMove: number;
  /** The same from the chain's at-the-money volatility alone. */
  readonly impliedMove: number | undefined;
  /** The same from today's one-minute returns alone. */
  readonly realisedMove: number | undefined;
  readonly minutesLeft: number;
}

/** Fewer returns than this say too little about the day. */
const LEAST_RETURNS = 30;
/** Mean of |x| of a normal variable over its standard deviation. */
const MEAN_ABSOLUTE = Math.sqrt(2 / Math.PI);

/** The sum of the bars that were asked about last: between two bars it is asked on every batch of quotes. */
let lastSum: { readonly bars: readonly Bar[]; readonly sum: number } = { bars: [], sum: 0 };

function sumOfSquares(bars: readonly Bar[]): number {
  const isSame =
    bars.length === lastSum.bars.length && bars.every((bar, i) => bar === lastSum.bars[i]);
  if (isSame) return lastSum.sum;
  const sum = bars.reduce((squares, bar, i) => {
    const before = bars[i - 1];
    if (before === undefined) return squares;
    return squares + Math.log(bar.close / before.close) ** 2;
  }, 0);
  lastSum = { bars, sum };
  return sum;
}

function realisedVariance(view: MarketView, shareLeft: number): number | undefined {
  const { session } = view.slice;
  const bars = completeBars({ bars: view.bars, session });
  const [first] = bars;
  const last = bars.at(-1);
  if (first === undefined || last === undefined || bars.length <= LEAST_RETURNS) return undefined;
  const closeOf = (bar: Bar): EpochMicros => addMicros(bar.startsAt, MICROS_PER_MINUTE);
  const shareSeen = varianceShare(session, closeOf(first), closeOf(last));
  if (shareSeen <= 0) return undefined;
  return sumOfSquares(bars) * (shareLeft / shareSeen);
}

function impliedVariance(view: MarketView): number | undefined {
  const { atmVol, yearsToExpiry } = view.slice;
  if (atmVol === undefined || yearsToExpiry <= 0) return undefined;
  return atmVol * atmVol * yearsToExpiry;
}

/** Forecasts the move to the exercise mark around `forward` dollars. Both witnesses count the same
 * (their variances are averaged); with one missing the other stands alone; undefined with none, or
 * when the mark has passed. */
export function forecastMove(view: MarketView, forward: number): MoveForecast | undefined {
  const { session } = view.slice;
  const now = view.at.market;
  const minutesLeft = (session.exerciseMark - now) / MICROS_PER_MINUTE;
  if (minutesLeft <= 0) return undefined;
  const shareLeft = varianceShare(session, now, session.exerciseMark);
  const implied = impliedVariance(view);
  const realised = realisedVariance(view, shareLeft);
  const known = [implied, realised].filter((variance) => variance !== undefined);
  if (known.length === 0) return undefined;
  const mean = known.reduce((sum, variance) => sum + variance, 0) / known.length;
  const dollars = (variance: number | undefined): number | undefined =>
    variance === undefined ? undefined : forward * Math.sqrt(variance) * MEAN_ABSOLUTE;
  const standardDeviation = forward * Math.sqrt(mean);
  return {
    standardDeviation,
    expectedMove: standardDeviation * MEAN_ABSOLUTE,
    impliedMove: dollars(implied),
    realisedMove: dollars(realised),
    minutesLeft,
  };
}

/** Mean of |close - strike| in dollars when the close is normal around the forward: what a straddle
 * at the strike is expected to pay. */
export function expectedPayoff(forward: number, strike: number, standardDeviation: number): number {
  const away = Math.abs(forward - strike);
  if (standardDeviation <= 0) return away;
  const d = away / standardDeviation;
  const density = Math.exp((-d * d) / 2) / Math.sqrt(2 * Math.PI);
  return standardDeviation * 2 * density + away * (2 * normalCdf(d) - 1);
}
