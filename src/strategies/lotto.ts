/**
 * Lotto: a far out-of-the-money option bought in the last two hours, for a premium that is written
 * off when it is paid. Limit only, and never more premium a day than the budget.
 */
import type { Right } from '../engine/domain/instrument.ts';
import { multiplierOf } from '../engine/domain/instrument.ts';
import type { ContractView, MarketView } from '../engine/domain/market.ts';
import type { ExitPlan } from '../engine/domain/order.ts';
import type { Cents } from '../engine/domain/units.ts';
import {
  addMicros,
  amountCents,
  cents,
  dollarsFromCents,
  dollarsFromPrice,
  MICROS_PER_MINUTE,
  price,
} from '../engine/domain/units.ts';
import { deny } from '../engine/domain/verdict.ts';
import { readDelta } from './delta-argument.ts';
import { refuseEntryTime } from './entry-window.ts';
import type { DeltaRow } from './leg-selection.ts';
import { contractByDelta, legMarket } from './leg-selection.ts';
import { type Bought, longPremiumExit } from './long-premium-exit.ts';
import type { Concession, NetPrice } from './net-price.ts';
import { bidOf, netPrice, openingLegs, premiumOf } from './net-price.ts';
import type { Refusal } from './refusal.ts';
import { refuseQuantity } from './refusal.ts';
import type { Proposal, Strategy, StrategyDay } from './strategy.ts';
import { contractText, deltaPoints, dollarsText, rounded } from './words.ts';

export interface LottoParams {
  readonly side: Right;
  /** Wanted delta in points of 100, without sign: 5 is 0.05. */
  readonly targetDelta: number;
  /** Contracts. */
  readonly quantity: number;
}

export const LOTTO_DEFAULTS: LottoParams = { side: 'call', targetDelta: 5, quantity: 1 };

/** 14:00 on a full day, 11:00 on a half day. */
const OPENS_MINUTES_BEFORE_MARK = 120;
/** On a price of a few cents two ticks are already much: no percentage on top. */
const CONCESSION: Concession = { ticks: 2, fractionOfNet: 0 };
const TARGET_MULTIPLE = 5;

function refuseArguments(params: LottoParams): Refusal | undefined {
  if (params.side !== 'call' && params.side !== 'put') {
    return deny('argument_invalid', 'side must be call or put.', { side: String(params.side) });
  }
  return refuseQuantity(params.quantity);
}

interface PricedLotto {
  readonly row: ContractView;
  readonly net: NetPrice;
}

/** What the order may cost at worst, premium only. */
function costOf({ net, row }: PricedLotto, quantity: number): Cents {
  return amountCents(premiumOf(net.worst), quantity, multiplierOf(row.contract));
}

function refuseBudget(
  priced: PricedLotto,
  params: LottoParams,
  day: StrategyDay,
): Refusal | undefined {
  const cost = costOf(priced, params.quantity);
  const remaining = cents(Math.max(0, day.lottoBudgetCents - day.lottoSpentCents));
  if (cost <= remaining) return undefined;
  const affordable = Math.floor(remaining / costOf(priced, 1));
  const advice = affordable > 0 ? `Use quantity=${affordable} or less.` : 'No more lotto today.';
  return deny(
    'premium_budget',
    `This would cost up to $${dollarsFromCents(cost).toFixed(2)}; of today's lotto budget of ` +
      `$${dollarsFromCents(day.lottoBudgetCents).toFixed(2)} there is ` +
      `$${dollarsFromCents(remaining).toFixed(2)} left. ${advice}`,
    {
      costCents: cost,
      budgetCents: day.lottoBudgetCents,
      spentCents: day.lottoSpentCents,
      remainingCents: remaining,
      affordableQuantity: affordable,
    },
  );
}

function moveToBreakEven(view: MarketView, row: ContractView, net: NetPrice): number | undefined {
  const { spot } = view.slice;
  if (spot === undefined) return undefined;
  const { right, strike } = row.contract;
  const away = right === 'call' ? strike - spot : spot - strike;
  return dollarsFromPrice(price(away - net.limit));
}

function figuresFor(
  view: MarketView,
  picked: DeltaRow,
  net: NetPrice,
  after: { readonly remainingAfterCents: Cents },
): Proposal['figures'] {
  const { row, delta } = picked;
  const move = moveToBreakEven(view, row, net);
  const { expectedMove } = view.slice;
  const inMoves =
    move === undefined || expectedMove === undefined || expectedMove <= 0
      ? {}
      : { breakevenInExpectedMoves: rounded(move / expectedMove, 2) };
  return {
    strike: dollarsFromPrice(row.contract.strike),
    delta,
    deltaModelled: row.modelled,
    premium: dollarsFromPrice(premiumOf(net.limit)),
    ask: dollarsFromPrice(premiumOf(net.natural)),
    ...(move === undefined ? {} : { breakevenMove: move }),
    ...inMoves,
    budgetRemainingAfterCents: after.remainingAfterCents,
    expectedFill: dollarsFromPrice(net.expected),
  };
}

function reasonsFor({ row, delta }: DeltaRow, net: NetPrice, day: StrategyDay): string[] {
  const { contract, modelled } = row;
  const source = modelled ? ', modelled from the edge of the smile' : '';
  const premium = premiumOf(net.limit);
  return [
    `Buys the ${contractText(contract)}, delta ${deltaPoints(delta)}${source}.`,
    `The premium ${dollarsText(premium)} is the whole loss; there is no stop.`,
    day.exits.policy === 'trailing'
      ? 'It is sold once its profit has grown and shrinks again, or by the clock.'
      : `It is sold at ${TARGET_MULTIPLE} times the premium, or by the clock.`,
  ];
}

/** How a lotto is left: for a profit or by the clock. */
export function lottoExit(bought: Bought): ExitPlan {
  return longPremiumExit({ ...bought, hasStop: false, targetMultiple: TARGET_MULTIPLE });
}

/** Buys a lotto option, or says by name and number why not. */
export const lotto: Strategy<LottoParams> = (view, params, day) => {
  const invalid = refuseArguments(params);
  if (invalid !== undefined) return invalid;
  const { exerciseMark } = view.slice.session;
  const from = addMicros(exerciseMark, -OPENS_MINUTES_BEFORE_MARK * MICROS_PER_MINUTE);
  const delta = readDelta('target_delta', params.targetDelta, params.side);
  if ('denied' in delta) return delta;
  const early = refuseEntryTime(view, day, { from });
  if (early !== undefined) return early;
  const picked = contractByDelta(view.slice, params.side, delta.points);
  if ('denied' in picked) return picked;
  const leg = legMarket(picked.row, 'buy');
  if ('denied' in leg) return leg;
  const net = netPrice([leg], CONCESSION);
  const priced = { row: leg.row, net };
  const overBudget = refuseBudget(priced, params, day);
  if (overBudget !== undefined) return overBudget;
  const { quantity } = params;
  const spent = day.lottoSpentCents + costOf(priced, quantity);
  const remainingAfterCents = cents(day.lottoBudgetCents - spent);
  const legs = openingLegs([leg]);
  return {
    strategy: 'lotto_play_5_delta',
    legs,
    quantity,
    limit: net.limit,
    natural: net.natural,
    worst: net.worst,
    exitPlan: lottoExit({
      legs,
      premium: premiumOf(net.limit),
      worstPremium: premiumOf(net.worst),
      bid: bidOf(net),
      quantity,
      timeExitAt: day.flattenStartAt,
      choices: day.exits,
    }),
    reasons: reasonsFor(picked, net, day),
    figures: figuresFor(view, picked, net, { remainingAfterCents }),
  };
};
