/** Everything about one simulated session that its symbols share. Immutable. */
import { previousSessionDate } from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { DayGrid } from '../model/day-grid.ts';
import type { MarketSource } from '../model/market-source.ts';
import { OptionTrading } from '../model/option-day.ts';
import type { QuotedOption } from '../model/option-quote.ts';
import { optionValue } from '../model/option-quote.ts';
import type { SpotPath } from '../model/spot-path.ts';
import { ClimateOfDay } from '../model/spot-state.ts';

const MILLIS_PER_DAY = 86_400_000;
/** A night's and a day's movement, as a fraction of spot: what a one-day option was worth at the
 * last close. */
const ONE_DAY_DEVIATION = 0.0075;

/** One session: its path, and the sums that follow from it. */
export interface DayContext {
  readonly seed: number;
  readonly date: SessionDate;
  readonly grid: DayGrid;
  readonly path: SpotPath;
  readonly previousPath: SpotPath;
  readonly climate: ClimateOfDay;
  readonly trading: OptionTrading;
  /** Days since 1970-01-01. */
  readonly dayId: number;
  readonly previousDayId: number;
  /** The underlying's last close, dollars. */
  readonly previousClose: number;
  /** What an option was worth at the last close, dollars per share. */
  previousValue(option: QuotedOption): number;
}

function dayIdOf(date: SessionDate): number {
  return Date.parse(`${date}T00:00:00Z`) / MILLIS_PER_DAY;
}

/** Builds the context of a date. */
export function dayContext(seed: number, source: MarketSource, date: SessionDate): DayContext {
  const path = source.pathOf(date);
  const before = previousSessionDate(date);
  const previousPath = source.pathOf(before);
  const closing = previousPath.prices[previousPath.grid.closeStep - 1] ?? 0;
  const previousClose = closing / PRICE_PER_DOLLAR;
  const climate = new ClimateOfDay(path);
  const lastNight = {
    shape: previousPath.shape,
    step: 0,
    forward: previousClose,
    deviation: previousClose * ONE_DAY_DEVIATION,
  };
  return {
    seed,
    date,
    grid: path.grid,
    path,
    previousPath,
    climate,
    trading: new OptionTrading(path, climate),
    dayId: dayIdOf(date),
    previousDayId: dayIdOf(before),
    previousClose,
    previousValue: (option) => optionValue(option, lastNight),
  };
}
