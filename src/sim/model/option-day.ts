/** What an option traded and held through a day: pure functions of the day's path. */

import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { QuotedOption } from './option-quote.ts';
import { optionValue, quoteOption } from './option-quote.ts';
import { hashUniform } from './prng.ts';
import type { SpotPath } from './spot-path.ts';
import type { ClimateOfDay, OptionClimate } from './spot-state.ts';

const PHASE_SALT = 31;
const SIDE_SALT = 32;
const INTEREST_SALT = 33;
const DAY_VOLUME_SALT = 34;
/** Contracts traded in a day at the money, and what every strike trades. */
const NEAR_DAY_VOLUME = 120_000;
const FAR_DAY_VOLUME = 120;
const VOLUME_DECAY_DOLLARS = 3.5;
const PRINTS_PER_DAY = 12_000;
const NEAR_INTEREST = 9_000;
const FAR_INTEREST = 400;
const INTEREST_DECAY_DOLLARS = 12;
const ROUND_STRIKE_BOOST = 1.8;
/** One strike in so many is a round one. */
const ROUND_EVERY = 5;

/** The last print of an option at some step. Price in cents, sizes in contracts. */
export interface OptionPrint {
  readonly step: number;
  readonly price: number;
  readonly size: number;
  readonly dayVolume: number;
  readonly side: 'BUY' | 'SELL';
}

function opensAt(path: SpotPath): number {
  return (path.prices[path.grid.openStep] ?? 0) / PRICE_PER_DOLLAR;
}

function boost(strike: number, { shape }: SpotPath): number {
  return strike % (ROUND_EVERY * shape.spec.strikeSpacing) === 0 ? ROUND_STRIKE_BOOST : 1;
}

/** Contracts open from the days before: the exchange's daily number. */
export function openInterestOf(path: SpotPath, option: QuotedOption): number {
  const away = Math.abs(option.strike - opensAt(path)) / path.shape.scale;
  const usual = FAR_INTEREST + NEAR_INTEREST * Math.exp(-away / INTEREST_DECAY_DOLLARS);
  return Math.round(
    boost(option.strike, path) * usual * (0.4 + 1.2 * hashUniform(INTEREST_SALT, option.salt, 0)),
  );
}

/** Traded contracts through the day follow the underlying's own volume, in lots. */
interface VolumePlan {
  readonly day: number;
  readonly lot: number;
  readonly phase: number;
}

function volumePlan(path: SpotPath, option: QuotedOption): VolumePlan {
  const away = Math.abs(option.strike - opensAt(path)) / path.shape.scale;
  const usual = FAR_DAY_VOLUME + NEAR_DAY_VOLUME * Math.exp(-away / VOLUME_DECAY_DOLLARS);
  const noise = 0.5 + hashUniform(DAY_VOLUME_SALT, option.salt, 0);
  const day = Math.round(boost(option.strike, path) * usual * noise);
  const lot = Math.max(1, Math.round(day / PRINTS_PER_DAY));
  return { day, lot, phase: hashUniform(PHASE_SALT, option.salt, 0) };
}

/** Answers trading of the options of one day. */
export class OptionTrading {
  readonly #path: SpotPath;
  readonly #climate: ClimateOfDay;
  readonly #from: number;
  readonly #whole: number;

  constructor(path: SpotPath, climate: ClimateOfDay) {
    this.#path = path;
    this.#climate = climate;
    const { openStep, lastTradeStep } = path.grid;
    this.#from = path.volumeSoFar[openStep - 1] ?? 0;
    this.#whole = Math.max(1, (path.volumeSoFar[lastTradeStep - 1] ?? 0) - this.#from);
  }

  /** Contracts traded up to and including a step. */
  volumeAt(option: QuotedOption, step: number): number {
    const plan = volumePlan(this.#path, option);
    return plan.lot * this.#lotsAt(plan, step);
  }

  /** The last print up to a step, or undefined where none was. `size` counts from `since` on. */
  lastPrint(option: QuotedOption, step: number): OptionPrint | undefined {
    const plan = volumePlan(this.#path, option);
    const lots = this.#lotsAt(plan, step);
    if (lots === 0) return undefined;
    const printed = this.#stepOfLot(plan, lots, step);
    const before = this.#lotsAt(plan, printed - 1);
    const climate = this.#climate.at(printed);
    const side = hashUniform(SIDE_SALT, option.salt, printed) < 0.5 ? 'BUY' : 'SELL';
    return {
      step: printed,
      price: printPrice(option, climate, side),
      size: plan.lot * (lots - before),
      dayVolume: plan.lot * lots,
      side,
    };
  }

  #lotsAt(plan: VolumePlan, step: number): number {
    const { openStep, lastTradeStep } = this.#path.grid;
    if (step < openStep) return 0;
    const soFar = this.#path.volumeSoFar[Math.min(step, lastTradeStep - 1)] ?? 0;
    const share = (soFar - this.#from) / this.#whole;
    return Math.floor((plan.day / plan.lot) * share + plan.phase * Math.min(1, share * 50));
  }

  /** The first step at which a number of lots had traded (a search by halves). */
  #stepOfLot(plan: VolumePlan, lots: number, latest: number): number {
    let low = this.#path.grid.openStep;
    let high = latest;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#lotsAt(plan, middle) >= lots) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function printPrice(option: QuotedOption, climate: OptionClimate, side: 'BUY' | 'SELL'): number {
  const quote = quoteOption(option, climate);
  return side === 'BUY' || quote.bid === 0 ? quote.ask : quote.bid;
}

/** Open, high, low of a day's values, dollars per share, sampled every few minutes. */
export interface ValueRange {
  readonly open: number;
  readonly high: number;
  readonly low: number;
}

/** Widens a range by the value at a climate. */
export function widenRange(
  range: ValueRange | undefined,
  option: QuotedOption,
  climate: OptionClimate,
): ValueRange {
  const value = optionValue(option, climate);
  if (range === undefined) return { open: value, high: value, low: value };
  return {
    open: range.open,
    high: Math.max(range.high, value),
    low: Math.min(range.low, value),
  };
}
