/**
 * The quote of one option: its value under the terminal law put on its class's grid. Every width is
 * an odd number of ticks about the same half-cent (but for one-sided flicker near the money), so
 * that mids fall with moneyness exactly as values do and no vertical of mids is worth less than
 * nothing or more than its width. Where nickels end and dimes begin that holds to half a step.
 * Dollars and cents of the constants are SPY's; another underlying's are in proportion to its level.
 */
import type { Right } from '../../engine/domain/instrument.ts';
import { quoteStepCents } from './market-shape.ts';
import { hashUniform } from './prng.ts';
import type { OptionClimate } from './spot-state.ts';
import { callValue, putValue } from './terminal-law.ts';

const FLICKER_SALT = 21;
const BID_SIZE_SALT = 22;
const ASK_SIZE_SALT = 23;
/** Values are floors of cents; this keeps an exact cent from falling to the one below. */
const ROUNDING_SLACK = 1e-7;
/** At or below this value, in cents, an option is quoted one tick wide. */
const CHEAP_CENTS = 4;
/** Widths grow from this many dollars in the money to 27 ticks. */
const NEAR_DOLLARS = 2;
const TICKS_PER_DOLLAR_DEEP = 1.2;
const TICKS_PER_DOLLAR_OF_TIME = 0.5;
const WIDEST_HALF = 13;
const WIDE_CHANCE = 0.06;
/** One-sided flicker happens only where neighbours differ by more than it can hide: within this
 * many deviations of the money, and while a deviation is at least this many dollars. */
const ONE_SIDED_CHANCE = 0.22;
const FLICKER_REACH = 0.9;
const FLICKER_MIN_DEVIATION = 0.35;
const SHORTEST_BEAT_STEPS = 8;
const BEAT_RANGE_STEPS = 40;
/** Displayed contracts at the money and what a far strike shows more. */
const NEAR_SIZE = 160;
const FAR_SIZE = 900;
const LEAST_DEVIATION = 0.3;

/** What identifies an option to the model. */
export interface QuotedOption {
  readonly right: Right;
  /** Dollars per share. */
  readonly strike: number;
  /** Tells the randomness of one contract from another's. */
  readonly salt: number;
}

/** Prices in cents, sizes in contracts. A bid of 0 is no bid and its size is 0. */
export interface OptionQuote {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number;
  readonly askSize: number;
}

/** What the option is worth, dollars per share. */
export function optionValue(option: QuotedOption, climate: OptionClimate): number {
  const value = option.right === 'call' ? callValue : putValue;
  return value(climate.forward, option.strike, climate.deviation);
}

/** The quote at a moment of the day. */
export function quoteOption(option: QuotedOption, climate: OptionClimate): OptionQuote {
  const value = optionValue(option, climate);
  const step = quoteStepCents(climate.shape, value);
  const ticks = Math.floor((100 * value) / step + ROUNDING_SLACK);
  const { half, bidDrop, askRise } = widthOf(option, climate, value);
  const bid = Math.max(0, ticks - half - bidDrop) * step;
  const above = (ticks + 1 + half + askRise) * step;
  const stepThere = quoteStepCents(climate.shape, above / 100);
  const ask = Math.ceil(above / stepThere) * stepThere;
  const epoch = flickerEpoch(option, climate);
  const bidSize =
    bid === 0 ? 0 : sizeOf(option, climate, hashUniform(BID_SIZE_SALT, option.salt, epoch));
  const askSize = sizeOf(option, climate, hashUniform(ASK_SIZE_SALT, option.salt, epoch));
  return { bid, ask, bidSize, askSize };
}

interface Width {
  /** Ticks added on both sides of the one-tick market around the value. */
  readonly half: number;
  readonly bidDrop: 0 | 1;
  readonly askRise: 0 | 1;
}

function widthOf(option: QuotedOption, climate: OptionClimate, value: number): Width {
  const { scale } = climate.shape;
  const away = (climate.forward - option.strike) / scale;
  const deviation = climate.deviation / scale;
  const intrinsic = Math.max(0, option.right === 'call' ? away : -away);
  if ((100 * value) / scale <= CHEAP_CENTS) return { half: 0, bidDrop: 0, askRise: 0 };
  const deep = TICKS_PER_DOLLAR_DEEP * Math.max(0, intrinsic - NEAR_DOLLARS);
  const timeValue = TICKS_PER_DOLLAR_OF_TIME * Math.max(0, value / scale - intrinsic);
  const half = Math.min(WIDEST_HALF, Math.floor((deep + timeValue) / 2));
  const draw = hashUniform(FLICKER_SALT, option.salt, flickerEpoch(option, climate));
  if (draw < WIDE_CHANCE) return { half: half + 1, bidDrop: 0, askRise: 0 };
  const isNear = deviation > FLICKER_MIN_DEVIATION && Math.abs(away) < FLICKER_REACH * deviation;
  if (!isNear || draw > WIDE_CHANCE + ONE_SIDED_CHANCE) return { half, bidDrop: 0, askRise: 0 };
  const drops = draw < WIDE_CHANCE + ONE_SIDED_CHANCE / 2;
  return { half, bidDrop: drops ? 1 : 0, askRise: drops ? 0 : 1 };
}

/** Quotes of one contract are looked at again every 2 to 12 seconds, each at its own beat. */
function flickerEpoch(option: QuotedOption, climate: OptionClimate): number {
  const beat = SHORTEST_BEAT_STEPS + (option.salt % BEAT_RANGE_STEPS);
  return Math.floor((climate.step + (option.salt % beat)) / beat);
}

function sizeOf(option: QuotedOption, climate: OptionClimate, uniform: number): number {
  const least = LEAST_DEVIATION * climate.shape.scale;
  const away = Math.abs(option.strike - climate.forward) / Math.max(climate.deviation, least);
  return Math.ceil((NEAR_SIZE + FAR_SIZE * Math.min(1, away / 4)) * (0.1 + uniform * uniform));
}
