/** What the model can say of an underlying's volatility: its own numbers, nothing made up. Pure. */
import { previousSessionDate } from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { volatilityOf } from './market-shape.ts';
import type { MarketSource } from './market-source.ts';

const SESSIONS_A_YEAR = 252;

export interface VolatilityFacts {
  /** Of the session as its options think of it now, a year's fraction. */
  readonly annual: number;
  /** Where the day's level lies between the lowest and the highest of the 252 sessions before, 0 to 1,
   * and the share of them that were calmer; undefined where the source knows no such levels. */
  readonly rank: number | undefined;
  readonly percentile: number | undefined;
  /** How much more it moves than the S&P 500, which it follows step for step in this model. */
  readonly beta: number;
}

function levelsBefore(source: MarketSource, date: SessionDate): readonly number[] {
  const levels: number[] = [];
  let day = date;
  for (let count = 0; count < SESSIONS_A_YEAR; count += 1) {
    day = previousSessionDate(day);
    const level = source.volatilityLevel(day);
    if (level !== undefined) levels.push(level);
  }
  return levels;
}

/** The facts of a moment whose session is thought to deviate by `dayDeviation`, a fraction. */
export function volatilityFacts(
  source: MarketSource,
  date: SessionDate,
  dayDeviation: number,
): VolatilityFacts {
  const annual = dayDeviation * Math.sqrt(SESSIONS_A_YEAR);
  const beta = volatilityOf(source.spec);
  const today = source.volatilityLevel(date);
  if (today === undefined) return { annual, beta, rank: undefined, percentile: undefined };
  const before = levelsBefore(source, date);
  const lowest = Math.min(today, ...before);
  const highest = Math.max(today, ...before);
  return {
    annual,
    beta,
    rank: highest === lowest ? 0 : (today - lowest) / (highest - lowest),
    percentile: before.filter((level) => level < today).length / before.length,
  };
}
