/** The underlying at one step of a day: its quote, and what options take from it. */
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import { minutesSinceOpen, STEPS_PER_MINUTE } from './day-grid.ts';
import type { MarketShape } from './market-shape.ts';
import { hashUniform } from './prng.ts';
import { shockAt } from './session-activity.ts';
import type { SpotPath } from './spot-path.ts';
import { VarianceProfile } from './variance-profile.ts';

const PRICE_PER_CENT = PRICE_PER_DOLLAR / 100;
/** One quote in thirty is two cents wide. */
const WIDE_CHANCE = 1 / 30;
const SIDE_SALT = 11;
const WIDE_SALT = 12;
const SIZE_SALT = 13;
const LARGEST_SIZE = 2_000;

/** The NBBO of the underlying. Prices in cents, sizes in shares. */
export interface SpotQuote {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

/** What an option's value hangs on besides its contract. Dollars per share. */
export interface OptionClimate {
  readonly shape: MarketShape;
  readonly step: number;
  readonly forward: number;
  /** Standard deviation of the spot at the last trade. */
  readonly deviation: number;
}

/** The quote at a step: the last price lies on or between its two sides. */
export function spotQuoteAt(path: SpotPath, step: number): SpotQuote {
  const price = path.prices[step] ?? 0;
  const floor = Math.floor(price / PRICE_PER_CENT);
  const isOnGrid = price % PRICE_PER_CENT === 0;
  const soldAtBid = isOnGrid && hashUniform(SIDE_SALT, step, floor) < 0.5;
  const low = isOnGrid && !soldAtBid ? floor - 1 : floor;
  const wide = hashUniform(WIDE_SALT, step, floor) < WIDE_CHANCE ? 1 : 0;
  return {
    bid: soldAtBid ? low : low - wide,
    ask: soldAtBid ? low + 1 + wide : low + 1,
    bidSize: roundLots(hashUniform(SIZE_SALT, step, low)),
    askSize: roundLots(hashUniform(SIZE_SALT, step, low + 1)),
  };
}

function roundLots(uniform: number): number {
  return 100 * Math.ceil((LARGEST_SIZE / 100) * uniform * uniform + 0.01);
}

/** Answers the climate of any step of one day. */
export class ClimateOfDay {
  readonly #path: SpotPath;
  readonly #profile: VarianceProfile;

  constructor(path: SpotPath) {
    this.#path = path;
    const { openStep, closeStep, lastTradeStep } = path.grid;
    const minutes = (to: number): number => Math.round((to - openStep) / STEPS_PER_MINUTE);
    this.#profile = new VarianceProfile(minutes(closeStep), minutes(lastTradeStep));
  }

  at(step: number): OptionClimate {
    const { bid, ask } = spotQuoteAt(this.#path, step);
    const forward = (bid + ask) / 200;
    const left = this.#profile.deviationLeft(minutesSinceOpen(this.#path.grid, step));
    const deviation = forward * left * this.#volFactor(step);
    return { shape: this.#path.shape, step, forward, deviation };
  }

  /** Standard deviation of the whole session as the options think of it at a step, a fraction. */
  dayDeviation(step: number): number {
    return this.#profile.deviationLeft(0) * this.#volFactor(step);
  }

  /** Nothing of a minute's factor is known before the minute has begun, nor a jump before its step. */
  #volFactor(step: number): number {
    const { volFactors, jumpSteps } = this.#path;
    const minute = Math.floor(step / STEPS_PER_MINUTE);
    const here = volFactors[minute] ?? 1;
    const before = volFactors[minute - 1] ?? here;
    const calm = before + (here - before) * (step / STEPS_PER_MINUTE - minute);
    return calm * Math.exp(shockAt(jumpSteps, step));
  }
}
