/**
 * Which break of the opening range may be traded now. A break is good while the price is beyond its
 * level and at most one range width past it. Only the first break of the day counts, and once a
 * minute closes beyond the other side it is over, unless re-entry is on: then the latest counts.
 */
import type { MarketView } from '../engine/domain/market.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, price } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import type {
  BreakDirection,
  OpeningRange,
  OpeningRangeReading,
  RangeBreak,
} from './opening-range.ts';
import { areBarsLate, breakStanding, distanceBeyond, readOpeningRange } from './opening-range.ts';
import type { Refusal } from './refusal.ts';
import type { StrategyDay } from './strategy.ts';
import { clockText, dollarsText } from './words.ts';

/** What a break up and a break down are called, and what is bought on them. */
export const BREAKOUT_FORMS = {
  up: { strategy: 'orb_long_call', right: 'call', beyond: 'above', edge: 'high' },
  down: { strategy: 'orb_long_put', right: 'put', beyond: 'below', edge: 'low' },
} as const;

export interface BreakoutRules {
  /** Length of the opening range in minutes. */
  readonly rangeMinutes: number;
  /** Trade a later break too, and one already traded today. */
  readonly allowReentry: boolean;
  /** When the break that was chosen before was confirmed: with re-entry that one alone is traded. */
  readonly chosenAt?: EpochMicros | undefined;
}

/** A break that may be traded now, at the price it was judged by. */
export interface Breakout {
  readonly range: OpeningRange;
  readonly rangeBreak: RangeBreak;
  readonly missingBars: number;
  readonly spot: Price;
}

/** The range in dollars, for figures and refusals. */
export function rangeNumbers(range: OpeningRange): Record<string, number> {
  return {
    rangeMinutes: range.minutes,
    rangeHigh: dollarsFromPrice(range.high),
    rangeLow: dollarsFromPrice(range.low),
    rangeWidth: dollarsFromPrice(range.width),
  };
}

function spotNumbers(range: OpeningRange, spot: Price): Record<string, number> {
  return {
    ...rangeNumbers(range),
    spot: dollarsFromPrice(spot),
    distanceToHigh: dollarsFromPrice(price(range.high - spot)),
    distanceToLow: dollarsFromPrice(price(spot - range.low)),
  };
}

/** The break in dollars and New York time, for figures and refusals. */
export function breakNumbers(rangeBreak: RangeBreak): Record<string, number | string> {
  return {
    breakDirection: rangeBreak.direction,
    breakAt: clockText(rangeBreak.confirmedAt),
    breakClose: dollarsFromPrice(rangeBreak.close),
  };
}

function refuseForming(reading: OpeningRangeReading & { state: 'rangeForming' }): Refusal {
  const { barsComplete, barsNeeded, missingBars, endsAt } = reading;
  const advice =
    missingBars > 0
      ? `minutes without a bar: ${missingBars}; wait for the history to reload, its high and low ` +
        'are not known until then.'
      : `it ends at ${clockText(endsAt)}: try again then.`;
  return deny(
    'range_incomplete',
    `The ${barsNeeded}-minute opening range has ${barsComplete} of ${barsNeeded} complete bars; ${advice}`,
    { barsComplete, barsNeeded, missingBars, rangeEndsAt: clockText(endsAt) },
  );
}

/** Bars of minutes ago tell neither the first break nor that it was undone since. */
function refuseLateBars({ bars }: MarketView): Refusal {
  const newest = bars.at(-1);
  const newestBarAt = newest === undefined ? 'none' : clockText(newest.startsAt);
  return deny(
    'data_stale',
    `The newest one-minute bar is that of ${newestBarAt}: whether a minute has closed beyond the range ` +
      'since is not known. Wait for the bars, then try again.',
    { newestBarAt },
  );
}

function refuseUnbroken(range: OpeningRange, direction: BreakDirection, spot: Price): Refusal {
  const { beyond, edge } = BREAKOUT_FORMS[direction];
  const level = range[edge];
  const away = price(0 - distanceBeyond(range, direction, spot));
  const where =
    away >= 0
      ? `the price ${dollarsText(spot)} is ${dollarsText(away)} short of it`
      : `the price ${dollarsText(spot)} is beyond it, but that minute has not closed`;
  return deny(
    'no_breakout',
    `No one-minute close ${beyond} the ${range.minutes}-minute ${edge} ${dollarsText(level)} yet; ` +
      `${where}. Wait for a close ${beyond} ${dollarsText(level)}.`,
    { ...spotNumbers(range, spot), direction },
  );
}

/** `next`: the words of what may still come, or the later break this way. */
function refuseOtherWay(
  found: Breakout,
  direction: BreakDirection,
  next: RangeBreak | '' | ', or wait',
): Refusal {
  const { range, rangeBreak, spot } = found;
  const other = BREAKOUT_FORMS[rangeBreak.direction];
  const advice =
    typeof next === 'string'
      ? `use ${other.strategy}${next}.`
      : `the break ${direction} at ${clockText(next.confirmedAt)} is not the first, which alone is traded.`;
  return deny(
    'no_breakout',
    `The first close beyond the ${range.minutes}-minute range was ${other.beyond} it, at ` +
      `${clockText(rangeBreak.confirmedAt)}; ${advice}`,
    { ...spotNumbers(range, spot), ...breakNumbers(rangeBreak), direction },
  );
}

function refuseReversed(found: Breakout, reversal: RangeBreak): Refusal {
  const { range, rangeBreak, spot } = found;
  const { direction } = rangeBreak;
  return deny(
    'breakout_failed',
    `The break ${direction} at ${clockText(rangeBreak.confirmedAt)} was undone: a minute closed on ` +
      `the other side of the range at ${clockText(reversal.confirmedAt)}. Stand aside: only the first ` +
      'break of a day is traded.',
    {
      ...spotNumbers(range, spot),
      ...breakNumbers(rangeBreak),
      reversedAt: clockText(reversal.confirmedAt),
      reversalClose: dollarsFromPrice(reversal.close),
    },
  );
}

function refuseTaken(found: Breakout): Refusal {
  const { range, rangeBreak } = found;
  return deny(
    'breakout_stale',
    `The ${range.minutes}-minute break ${rangeBreak.direction} was already traded today, and each is ` +
      'traded once: wait for another range, or for the next session.',
    { ...rangeNumbers(range), ...breakNumbers(rangeBreak), alreadyTraded: true },
  );
}

/** The break this direction may trade, before the price is looked at. */
function chooseBreak(
  broken: OpeningRangeReading & { state: 'broken' },
  direction: BreakDirection,
  { allowReentry, chosenAt }: BreakoutRules,
  spot: Price,
): Outcome<Breakout> {
  const { range, breaks, missingBars } = broken;
  const [first] = breaks;
  const latest = breaks.at(-1) ?? first;
  const found = (rangeBreak: RangeBreak): Breakout => ({ range, rangeBreak, missingBars, spot });
  if (allowReentry) {
    const own = breaks.filter((one) => one.direction === direction);
    const chosen = own.find(({ confirmedAt }) => confirmedAt === chosenAt) ?? own.at(-1);
    if (chosen === undefined) return refuseOtherWay(found(latest), direction, ', or wait');
    const reversal = breaks[breaks.indexOf(chosen) + 1];
    return reversal === undefined ? found(chosen) : refuseReversed(found(chosen), reversal);
  }
  if (first.direction !== direction) {
    return refuseOtherWay(found(first), direction, breaks[1] ?? '');
  }
  const [, reversal] = breaks;
  return reversal === undefined ? found(first) : refuseReversed(found(first), reversal);
}

function refuseStanding(found: Breakout): Refusal | undefined {
  const { range, rangeBreak, spot } = found;
  const { direction } = rangeBreak;
  const standing = breakStanding(range, direction, spot);
  if (standing === 'valid') return undefined;
  const { beyond, edge } = BREAKOUT_FORMS[direction];
  const level = dollarsText(range[edge]);
  const distance = distanceBeyond(range, direction, spot);
  const numbers = {
    ...spotNumbers(range, spot),
    ...breakNumbers(rangeBreak),
    distanceBeyond: dollarsFromPrice(distance),
  };
  const broke = `The ${range.minutes}-minute range broke ${direction} at ${clockText(rangeBreak.confirmedAt)}`;
  if (standing === 'failed') {
    return deny(
      'breakout_failed',
      `${broke}, but the price ${dollarsText(spot)} is no longer ${beyond} ${level}. Wait until it is.`,
      numbers,
    );
  }
  return deny(
    'breakout_stale',
    `${broke}, and the price ${dollarsText(spot)} is already ${dollarsText(distance)} past ${level}, ` +
      `more than the range's width ${dollarsText(range.width)}. Wait for it to come nearer.`,
    numbers,
  );
}

/** How the day remembers that a break was traded: `15:up`. */
export function breakoutKey(found: Breakout): string {
  return `${found.range.minutes}:${found.rangeBreak.direction}`;
}

const KEY = /^(\d+):(up|down)$/;

/** The break of a key, where it may be traded at this price, whether it was taken or not: the latest, or the
 * one that was chosen before. */
export function findBreakOf(
  view: MarketView,
  key: string,
  chosenAt?: EpochMicros,
): Outcome<Breakout> {
  const [, minutes, direction] = KEY.exec(key) ?? [];
  const rules = { rangeMinutes: Number(minutes), allowReentry: true, chosenAt };
  return findBreakout(view, rules, { breakoutsTaken: [] }, direction === 'up' ? 'up' : 'down');
}

/** The break in this direction that may be traded now, or the named reason why none may. */
export function findBreakout(
  view: MarketView,
  rules: BreakoutRules,
  day: Pick<StrategyDay, 'breakoutsTaken'>,
  direction: BreakDirection,
): Outcome<Breakout> {
  const { spot, session } = view.slice;
  const { rangeMinutes: minutes, allowReentry } = rules;
  if (spot === undefined) {
    return deny('data_stale', 'The underlying has no quote: wait for the feed, then try again.', {
      spot: 'none',
    });
  }
  const reading = readOpeningRange({ bars: view.bars, session, minutes, now: view.at.market });
  if (reading.state === 'rangeForming') return refuseForming(reading);
  if (areBarsLate({ bars: view.bars, session, now: view.at.market })) return refuseLateBars(view);
  if (reading.state === 'noBreakout') return refuseUnbroken(reading.range, direction, spot);
  const found = chooseBreak(reading, direction, rules, spot);
  if ('denied' in found) return found;
  const taken = day.breakoutsTaken.includes(breakoutKey(found));
  if (taken && !allowReentry) return refuseTaken(found);
  return refuseStanding(found) ?? found;
}
