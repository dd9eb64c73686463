/**
 * Opening range breakout with a bought option: a call on a break up, a put on a break down.
 * Close-confirmed, the first break of the day only unless re-entry is on.
 */
import type { MarketView } from '../engine/domain/market.ts';
import type { ExitPlan } from '../engine/domain/order.ts';
import { newYorkInstant } from '../engine/domain/session-calendar.ts';
import { dollarsFromPrice, epochMicros, MICROS_PER_MINUTE, price } from '../engine/domain/units.ts';
import { deny } from '../engine/domain/verdict.ts';
import type { Breakout } from './breakout.ts';
import {
  BREAKOUT_FORMS,
  breakNumbers,
  breakoutKey,
  findBreakout,
  rangeNumbers,
} from './breakout.ts';
import { readDelta } from './delta-argument.ts';
import { refuseEntryTime } from './entry-window.ts';
import type { DeltaRow } from './leg-selection.ts';
import { contractByDelta, legMarket } from './leg-selection.ts';
import type { Bought } from './long-premium-exit.ts';
import { longPremiumExit, timeExitBeforeMark } from './long-premium-exit.ts';
import type { NetPrice } from './net-price.ts';
import { bidOf, netPrice, openingLegs, premiumOf } from './net-price.ts';
import type { BreakDirection } from './opening-range.ts';
import { distanceBeyond, isRangeMinutes, RANGE_MINUTES } from './opening-range.ts';
import type { Refusal } from './refusal.ts';
import { refuseOutside, refuseQuantity } from './refusal.ts';
import type { Proposal, Strategy, StrategyDay } from './strategy.ts';
import { clockText, contractText, deltaPoints, dollarsText, rounded } from './words.ts';

export interface OrbParams {
  /** Wanted delta in points of 100, without sign: 30 is 0.30. */
  readonly strikeDelta: number;
  /** Length of the opening range: 5, 10, 15, 20, 30 or 60 minutes. */
  readonly rangeMinutes: number;
  /** Contracts. */
  readonly quantity: number;
  /** Trade a later break too, and one already traded today. */
  readonly allowReentry: boolean;
  /** Entries end at this minute of the New York day: 720 is 12:00. */
  readonly latestEntryMinutes: number;
}

export const ORB_DEFAULTS: OrbParams = {
  strikeDelta: 30,
  rangeMinutes: 15,
  quantity: 1,
  allowReentry: false,
  latestEntryMinutes: 720,
};

/** A win pays twice the premium: one win for two stops. */
const TARGET_MULTIPLE = 2;
/** 15:30 on a full day: the last half hour's decay is not part of a morning's idea. */
const TIME_EXIT_MINUTES_BEFORE_MARK = 30;

const MINUTES_PER_DAY = 1_440;

function refuseArguments(params: OrbParams): Refusal | undefined {
  const { rangeMinutes, quantity, latestEntryMinutes } = params;
  if (!isRangeMinutes(rangeMinutes)) {
    const offered = RANGE_MINUTES.join(', ');
    return deny(
      'argument_invalid',
      `range_minutes must be one of ${offered}, not ${rangeMinutes}.`,
      { rangeMinutes: String(rangeMinutes), offered },
    );
  }
  return (
    refuseQuantity(quantity) ??
    refuseOutside('latest_entry_minutes', latestEntryMinutes, 0, MINUTES_PER_DAY)
  );
}

function refuseTime(view: MarketView, params: OrbParams, day: StrategyDay): Refusal | undefined {
  const { session } = view.slice;
  const latest = newYorkInstant(session.date, params.latestEntryMinutes);
  const timeExitAt = timeExitBeforeMark(view, day, TIME_EXIT_MINUTES_BEFORE_MARK);
  const before = epochMicros(Math.min(latest, timeExitAt));
  return refuseEntryTime(view, day, { from: session.open, before });
}

function reasonsFor(found: Breakout, picked: DeltaRow, { stop }: ExitPlan): string[] {
  const { range, rangeBreak, spot } = found;
  const { direction, closesBackInside } = rangeBreak;
  const { beyond, edge } = BREAKOUT_FORMS[direction];
  const distance = distanceBeyond(range, direction, spot);
  const reasons = [
    `A minute closed at ${dollarsText(rangeBreak.close)}, ${beyond} the ${range.minutes}-minute ` +
      `${edge} ${dollarsText(range[edge])}, at ${clockText(rangeBreak.confirmedAt)}.`,
    `The price ${dollarsText(spot)} is still ${dollarsText(distance)} ${beyond} the level, within ` +
      `one range width (${dollarsText(range.width)}).`,
    `The ${contractText(picked.row.contract)} has delta ${deltaPoints(picked.delta)}.`,
  ];
  if (stop === undefined) {
    reasons.push('The premium is the whole loss: a stop at half of it would be broken at once.');
  }
  if (closesBackInside > 0) {
    reasons.push(`Minutes that closed back inside the range since then: ${closesBackInside}.`);
  }
  if (found.missingBars > 0) {
    reasons.push(
      `Minutes without a bar: ${found.missingBars}; an earlier break there would be unseen.`,
    );
  }
  return reasons;
}

function figuresFor(
  view: MarketView,
  found: Breakout,
  picked: DeltaRow,
  net: NetPrice,
): Proposal['figures'] {
  const { range, rangeBreak, spot, missingBars } = found;
  const distance = distanceBeyond(range, rangeBreak.direction, spot);
  const sinceMicros = view.at.market - rangeBreak.confirmedAt;
  return {
    ...rangeNumbers(range),
    ...breakNumbers(rangeBreak),
    spot: dollarsFromPrice(spot),
    distanceBeyond: dollarsFromPrice(distance),
    roomToWidth: dollarsFromPrice(price(range.width - distance)),
    minutesSinceBreak: rounded(sinceMicros / MICROS_PER_MINUTE, 1),
    closesBackInside: rangeBreak.closesBackInside,
    missingBars,
    strike: dollarsFromPrice(picked.row.contract.strike),
    delta: picked.delta,
    deltaModelled: picked.row.modelled,
    expectedFill: dollarsFromPrice(net.expected),
  };
}

/** How the option that was bought on a break is left, but for the range. */
export function orbExit(bought: Bought): ExitPlan {
  return longPremiumExit({ ...bought, hasStop: true, targetMultiple: TARGET_MULTIPLE });
}

/** The idea is over once a minute closes beyond the other side of the range. */
function oppositeBreak({ range, rangeBreak }: Breakout): NonNullable<ExitPlan['rangeExit']> {
  return rangeBreak.direction === 'up'
    ? { closes: 'below', level: range.low }
    : { closes: 'above', level: range.high };
}

function propose(direction: BreakDirection): Strategy<OrbParams> {
  const { strategy, right } = BREAKOUT_FORMS[direction];
  return (view, params, day) => {
    const delta = readDelta('strike_delta', params.strikeDelta, right);
    if ('denied' in delta) return delta;
    const refusal = refuseArguments(params) ?? refuseTime(view, params, day);
    if (refusal !== undefined) return refusal;
    const found = findBreakout(view, params, day, direction);
    if ('denied' in found) return found;
    const picked = contractByDelta(view.slice, right, delta.points);
    if ('denied' in picked) return picked;
    const leg = legMarket(picked.row, 'buy');
    if ('denied' in leg) return leg;
    const net = netPrice([leg]);
    const { limit, natural, worst } = net;
    const legs = openingLegs([leg]);
    const exitPlan = orbExit({
      legs,
      premium: premiumOf(limit),
      worstPremium: premiumOf(worst),
      bid: bidOf(net),
      quantity: params.quantity,
      timeExitAt: timeExitBeforeMark(view, day, TIME_EXIT_MINUTES_BEFORE_MARK),
      choices: day.exits,
    });
    const rangeExit = oppositeBreak(found);
    return {
      strategy,
      legs,
      quantity: params.quantity,
      limit,
      natural,
      worst,
      exitPlan: { ...exitPlan, rangeExit },
      reasons: reasonsFor(found, picked, exitPlan),
      figures: figuresFor(view, found, picked, net),
      breakoutKey: breakoutKey(found),
    };
  };
}

/** Buys a call on a close-confirmed break above the opening range. */
export const orbLongCall: Strategy<OrbParams> = propose('up');

/** Buys a put on a close-confirmed break below the opening range. */
export const orbLongPut: Strategy<OrbParams> = propose('down');
