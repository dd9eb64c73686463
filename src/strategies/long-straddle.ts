/** Long straddle: buys the call and the put of one strike, from the scan or as asked. */
import type { MarketView } from '../engine/domain/market.ts';
import type { ExitPlan } from '../engine/domain/order.ts';
import { dollarsFromPrice, priceFromDollars } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';
import { refuseEntryTime } from './entry-window.ts';
import type { LegMarket } from './leg-selection.ts';
import { contractByStrike, legMarket } from './leg-selection.ts';
import { type Bought, longPremiumExit } from './long-premium-exit.ts';
import type { NetPrice } from './net-price.ts';
import { bidOf, netPrice, openingLegs, premiumOf } from './net-price.ts';
import type { Refusal } from './refusal.ts';
import { refuseOutside, refuseQuantity } from './refusal.ts';
import type { StraddleRow } from './straddle-scan.ts';
import { straddleRow } from './straddle-scan.ts';
import type { Proposal, Strategy } from './strategy.ts';
import { dollarsText, strikeText } from './words.ts';

export interface StraddleParams {
  /** Strike of both legs in dollars. */
  readonly strike: number;
  /** Straddles. */
  readonly quantity: number;
}

const LEAST_STRIKE_DOLLARS = 0.5;
const MOST_STRIKE_DOLLARS = 100_000;
const TARGET_MULTIPLE = 2;

type Legs = readonly [call: LegMarket, put: LegMarket];

function refuseArguments({ strike, quantity }: StraddleParams): Refusal | undefined {
  return (
    refuseQuantity(quantity) ??
    refuseOutside('strike', strike, LEAST_STRIKE_DOLLARS, MOST_STRIKE_DOLLARS)
  );
}

function selectLegs(view: MarketView, strikeDollars: number): Outcome<Legs> {
  const strike = priceFromDollars(strikeDollars);
  const call = contractByStrike(view.slice, 'call', strike);
  if ('denied' in call) return call;
  const put = contractByStrike(view.slice, 'put', strike);
  if ('denied' in put) return put;
  const callLeg = legMarket(call, 'buy');
  if ('denied' in callLeg) return callLeg;
  const putLeg = legMarket(put, 'buy');
  return 'denied' in putLeg ? putLeg : [callLeg, putLeg];
}

function reasonsFor(legs: Legs, net: NetPrice, row: StraddleRow | undefined): string[] {
  const name = strikeText(legs[0].row.contract.strike);
  const cost = premiumOf(net.limit);
  const bought = `Buys the ${name} call and put for ${dollarsText(cost)} together.`;
  if (row === undefined) return [bought];
  const moves = row.breakevenInExpectedMoves;
  const inMoves = moves === undefined ? '' : `, ${moves} expected moves`;
  const value = row.ratio < 1 ? 'less than' : 'no less than';
  return [
    bought,
    `It costs ${row.ratio} times its expected payoff at the close, ${value} the forecast pays.`,
    `The price must move $${row.breakevenMove.toFixed(2)} to the nearer breakeven${inMoves}.`,
  ];
}

function figuresFor(
  view: MarketView,
  legs: Legs,
  net: NetPrice,
  row: StraddleRow | undefined,
): Proposal['figures'] {
  const { expectedMove } = view.slice;
  return {
    strike: dollarsFromPrice(legs[0].row.contract.strike),
    ...row,
    ...(expectedMove === undefined ? {} : { straddleAtMoney: expectedMove }),
    expectedFill: dollarsFromPrice(net.expected),
  };
}

/** How a straddle is left. */
export function straddleExit(bought: Bought): ExitPlan {
  return longPremiumExit({ ...bought, hasStop: true, targetMultiple: TARGET_MULTIPLE });
}

/** Buys a straddle at the strike, or says by name and number why not. Long only. */
export const longStraddle: Strategy<StraddleParams> = (view, params, day) => {
  const invalid = refuseArguments(params);
  if (invalid !== undefined) return invalid;
  const early = refuseEntryTime(view, day, { from: view.slice.session.open });
  if (early !== undefined) return early;
  const markets = selectLegs(view, params.strike);
  if ('denied' in markets) return markets;
  const net = netPrice(markets);
  const row = straddleRow(view, markets[0].row, markets[1].row);
  const legs = openingLegs(markets);
  return {
    strategy: 'straddle_scan',
    legs,
    quantity: params.quantity,
    limit: net.limit,
    natural: net.natural,
    worst: net.worst,
    exitPlan: straddleExit({
      legs,
      premium: premiumOf(net.limit),
      worstPremium: premiumOf(net.worst),
      bid: bidOf(net),
      quantity: params.quantity,
      timeExitAt: day.flattenStartAt,
      choices: day.exits,
    }),
    reasons: reasonsFor(markets, net, row),
    figures: figuresFor(view, markets, net, row),
  };
};
