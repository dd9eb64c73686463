/**
 * Iron condor: a put vertical sold below the price and a call vertical sold above it, four legs for
 * one net credit. Each side is stopped alone, once closing it costs the whole credit.
 */
import { gridOf } from '../engine/domain/instrument.ts';
import type { ChainSlice, MarketView } from '../engine/domain/market.ts';
import type { ExitPlan, OrderLeg } from '../engine/domain/order.ts';
import { floorToTick, PENNY_GRID } from '../engine/domain/tick-grid.ts';
import type { Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, price, priceFromDollars } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import { condorExitPlan, stopReason } from './condor-exit.ts';
import type { CondorSides, SideChoice, Vertical } from './condor-sides.ts';
import { sidesBalanced, sidesByCredit, sidesByDelta } from './condor-sides.ts';
import { readDelta } from './delta-argument.ts';
import { refuseEntryTime } from './entry-window.ts';
import type { NetPrice } from './net-price.ts';
import { netPrice, openingLegs } from './net-price.ts';
import type { Refusal } from './refusal.ts';
import { refuseOutside, refuseQuantity } from './refusal.ts';
import type { Proposal, Strategy, StrategyDay } from './strategy.ts';
import { contractText, deltaPoints, dollarsText, rounded } from './words.ts';

export const CONDOR_SELECTS = ['delta', 'credit', 'balanced'] as const;
export type CondorSelect = (typeof CONDOR_SELECTS)[number];

export interface CondorParams {
  /** Strike distance of each vertical in dollars. */
  readonly width: number;
  /** Delta of both shorts in points of 100, without sign: 30 is 0.30. For `credit` the shorts may
   * not be nearer the money than this. */
  readonly shortDelta: number;
  /** How the shorts are chosen. */
  readonly select: CondorSelect;
  /** Condors. */
  readonly quantity: number;
  /** For `credit`: wanted credit of each side in dollars per share; 3 % of the width when absent. */
  readonly sideCredit?: number;
  /** Close for a profit of this percentage of the credit; held to the stop or the clock when absent. */
  readonly takeProfitPercent?: number;
}

export const CONDOR_DEFAULTS: CondorParams = {
  width: 10,
  shortDelta: 30,
  select: 'delta',
  quantity: 1,
};

const MOST_WIDTH_DOLLARS = 100;
const MOST_SHORT_DELTA_POINTS = 50;
const DEFAULT_SIDE_CREDIT_OF_WIDTH = 0.03;
/** A credit that leaves less than this fraction of the width (or one tick) to lose is not a market
 * but a wrong quote: nobody pays almost the whole width. */
const PHANTOM_MARGIN_OF_WIDTH = 0.02;
/** Below this fraction of the width, or five ticks, fees and the way out eat the credit. */
const LEAST_CREDIT_OF_WIDTH = 0.01;
const LEAST_CREDIT_TICKS = 5;

function refuseArguments(params: CondorParams): Refusal | undefined {
  const { width, select, quantity, sideCredit, takeProfitPercent } = params;
  if (!CONDOR_SELECTS.includes(select)) {
    const offered = CONDOR_SELECTS.join(', ');
    return deny('argument_invalid', `select must be one of ${offered}, not ${select}.`, {
      offered,
    });
  }
  const least = dollarsFromPrice(PENNY_GRID.step);
  return (
    refuseQuantity(quantity) ??
    refuseOutside('width', width, least, MOST_WIDTH_DOLLARS) ??
    (sideCredit === undefined
      ? undefined
      : refuseOutside('side_credit', sideCredit, least, width)) ??
    (takeProfitPercent === undefined
      ? undefined
      : refuseOutside('take_profit_percent', takeProfitPercent, 1, 99))
  );
}

function readChoice(params: CondorParams): Outcome<SideChoice> {
  const refusal = refuseArguments(params);
  if (refusal !== undefined) return refusal;
  const delta = readDelta('short_delta', params.shortDelta, 'both');
  if ('denied' in delta) return delta;
  const tooHigh = refuseOutside('short_delta', delta.points, 1, MOST_SHORT_DELTA_POINTS);
  if (tooHigh !== undefined) return tooHigh;
  const width = priceFromDollars(params.width);
  const sideCredit = params.sideCredit ?? params.width * DEFAULT_SIDE_CREDIT_OF_WIDTH;
  return { width, deltaPoints: delta.points, sideCredit: priceFromDollars(sideCredit) };
}

function chooseSides(
  slice: ChainSlice,
  select: CondorSelect,
  choice: SideChoice,
): Outcome<CondorSides> {
  switch (select) {
    case 'delta':
      return sidesByDelta(slice, choice);
    case 'credit':
      return sidesByCredit(slice, choice);
    case 'balanced':
      return sidesBalanced(slice, choice);
  }
}

function strikeOf(side: Vertical): Price {
  return side.short.row.contract.strike;
}

function refuseCrossedShorts({ put, call }: CondorSides): Refusal | undefined {
  if (strikeOf(put) < strikeOf(call)) return undefined;
  return deny(
    'no_candidate',
    `The shorts meet: the ${contractText(put.short.row.contract)} is not below the ` +
      `${contractText(call.short.row.contract)}. Use a smaller short_delta.`,
    {
      putStrike: dollarsFromPrice(strikeOf(put)),
      callStrike: dollarsFromPrice(strikeOf(call)),
    },
  );
}

interface PricedCondor {
  readonly sides: CondorSides;
  readonly net: NetPrice;
  readonly width: Price;
}

function legsOf({ put, call }: CondorSides): OrderLeg[] {
  return openingLegs([put.long, put.short, call.short, call.long]);
}

function creditNumbers(sides: CondorSides, net: NetPrice, width: Price): Record<string, number> {
  return {
    credit: dollarsFromPrice(net.limit),
    naturalCredit: dollarsFromPrice(net.natural),
    putCredit: dollarsFromPrice(sides.put.credit),
    callCredit: dollarsFromPrice(sides.call.credit),
    width: dollarsFromPrice(width),
  };
}

function refuseCredit(sides: CondorSides, net: NetPrice, width: Price): Refusal | undefined {
  const numbers = creditNumbers(sides, net, width);
  const grid = gridOf(legsOf(sides));
  const margin = floorToTick(grid, width * PHANTOM_MARGIN_OF_WIDTH);
  const most = price(width - Math.max(grid.step, margin));
  const highest = Math.max(net.mid, sides.put.credit, sides.call.credit);
  if (highest >= most) {
    return deny(
      'price_bounds',
      `A credit of ${dollarsText(price(highest))} on a width of ${dollarsText(width)} is not a real ` +
        'market: a quote is wrong. Wait for fresh quotes.',
      { ...numbers, mostCredit: dollarsFromPrice(most) },
    );
  }
  const leastOfWidth = floorToTick(grid, width * LEAST_CREDIT_OF_WIDTH);
  const least = price(Math.max(LEAST_CREDIT_TICKS * grid.step, leastOfWidth));
  const poorest = Math.min(sides.put.credit, sides.call.credit);
  if (net.limit >= least && net.natural > 0 && poorest > 0) return undefined;
  return deny(
    'credit_too_small',
    `The condor pays ${dollarsText(net.limit)} at mid and ${dollarsText(net.natural)} at natural; ` +
      `at least ${dollarsText(least)} at mid, a credit at natural and one from each side are needed. ` +
      'Use a larger short_delta or come earlier in the day.',
    { ...numbers, leastCredit: dollarsFromPrice(least) },
  );
}

function movesAway(slice: ChainSlice, side: Vertical): number | undefined {
  const { spot, expectedMove } = slice;
  if (spot === undefined || expectedMove === undefined || expectedMove <= 0) return undefined;
  const away = dollarsFromPrice(price(Math.abs(strikeOf(side) - spot)));
  return rounded(away / expectedMove, 2);
}

function distanceFigures(slice: ChainSlice, sides: CondorSides): Record<string, number> {
  const put = movesAway(slice, sides.put);
  const call = movesAway(slice, sides.call);
  if (put === undefined || call === undefined) return {};
  return {
    distanceInExpectedMovesPut: put,
    distanceInExpectedMovesCall: call,
    distanceInExpectedMoves: Math.min(put, call),
    ...(slice.expectedMove === undefined ? {} : { expectedMove: rounded(slice.expectedMove, 2) }),
  };
}

function sideFigures(side: Vertical): Record<string, number> {
  const { right, short, long } = side;
  const figures: Record<string, number> = {
    [`${right}ShortStrike`]: dollarsFromPrice(strikeOf(side)),
    [`${right}LongStrike`]: dollarsFromPrice(long.row.contract.strike),
  };
  const delta = short.row.greeks?.delta;
  return delta === undefined ? figures : { ...figures, [`${right}ShortDelta`]: delta };
}

function deltaText(side: Vertical): string {
  const delta = side.short.row.greeks?.delta;
  return delta === undefined ? 'of unknown delta' : `at delta ${deltaPoints(delta)}`;
}

function reasonsFor(
  slice: ChainSlice,
  sides: CondorSides,
  priced: { readonly net: NetPrice; readonly width: Price; readonly exitPlan: ExitPlan },
): string[] {
  const { net, width, exitPlan } = priced;
  const share = rounded((net.limit / width) * 100, 1);
  const shorts = [sides.put, sides.call].map((side) => {
    const away = movesAway(slice, side);
    const distance = away === undefined ? '' : `, ${away} expected moves away`;
    const name = contractText(side.short.row.contract);
    return `Sells the ${name} ${deltaText(side)}${distance}, side credit ${dollarsText(side.credit)}.`;
  });
  return [
    ...shorts,
    `The credit ${dollarsText(net.limit)} is ${share} % of the width ${dollarsText(width)}.`,
    stopReason(exitPlan),
  ];
}

function proposalFor(
  view: MarketView,
  params: CondorParams,
  day: StrategyDay,
  priced: PricedCondor,
): Proposal {
  const { sides, net, width } = priced;
  const { put, call } = sides;
  const legs = legsOf(sides);
  const exitPlan = condorExitPlan(
    { ...params, legs, credit: net.limit, worstCredit: net.worst, width },
    day,
  );
  const sideStop = exitPlan.sideStop?.debit;
  return {
    strategy: 'iron_condor_30_delta',
    legs,
    quantity: params.quantity,
    limit: net.limit,
    natural: net.natural,
    worst: net.worst,
    exitPlan,
    reasons: reasonsFor(view.slice, sides, { net, width, exitPlan }),
    figures: {
      select: params.select,
      ...creditNumbers(sides, net, width),
      creditToWidth: rounded(net.limit / width, 4),
      ...distanceFigures(view.slice, sides),
      ...sideFigures(put),
      ...sideFigures(call),
      ...(sideStop === undefined ? {} : { sideStopDebit: dollarsFromPrice(sideStop) }),
      expectedFill: dollarsFromPrice(net.expected),
    },
  };
}

/** Sells an iron condor for one net credit, or says by name and number why not. */
export const ironCondor: Strategy<CondorParams> = (view, params, day) => {
  const choice = readChoice(params);
  if ('denied' in choice) return choice;
  const early = refuseEntryTime(view, day, { from: view.slice.session.open });
  if (early !== undefined) return early;
  const sides = chooseSides(view.slice, params.select, choice);
  if ('denied' in sides) return sides;
  const { put, call } = sides;
  const net = netPrice([put.long, put.short, call.short, call.long]);
  const { width } = choice;
  const refusal = refuseCrossedShorts(sides) ?? refuseCredit(sides, net, width);
  return refusal ?? proposalFor(view, params, day, { sides, net, width });
};
