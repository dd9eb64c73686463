/**
 * The contract of a strategy: a pure function from one consistent picture of the market, the day so
 * far and typed parameters to an order, or to a named reason why not. No clock, no I/O, no broker.
 */

import type { ExitChoices } from '../engine/domain/exit-choices.ts';
import type { MarketView } from '../engine/domain/market.ts';
import type { ExitPlan, OrderLeg, StrategyName } from '../engine/domain/order.ts';
import type { Cents, EpochMicros, Price } from '../engine/domain/units.ts';
import type { Outcome } from '../engine/domain/verdict.ts';

/** What the day so far means to a strategy. */
export interface StrategyDay {
  /** No opening order after this market time. */
  readonly openingCutoffAt: EpochMicros;
  /** The engine closes what is left from this market time on: no plan exits later. */
  readonly flattenStartAt: EpochMicros;
  /** Lotto premium already paid today, and the day's budget. */
  readonly lottoSpentCents: Cents;
  readonly lottoBudgetCents: Cents;
  /** How positions are left, as chosen for the day. */
  readonly exits: ExitChoices;
  /** Opening breakouts already traded today, as `15:up`; re-entry needs `allowReentry`. */
  readonly breakoutsTaken: readonly string[];
}

/** An order a strategy would make, priced from the slice it read. */
export interface Proposal {
  readonly strategy: StrategyName;
  readonly legs: readonly OrderLeg[];
  /** Units of the structure. */
  readonly quantity: number;
  /** Signed net mid per share for one unit (credit positive), rounded to the tick away from us. */
  readonly limit: Price;
  /** Signed net natural per share for one unit: sell at the bid, buy at the ask. */
  readonly natural: Price;
  /** The worst net the trader is asked to accept; never worse than natural. */
  readonly worst: Price;
  readonly exitPlan: ExitPlan;
  /** Short plain sentences: why this trade, in the order a trader would say them. */
  readonly reasons: readonly string[];
  /** Figures of the strategy itself, e.g. creditToWidth, distanceInExpectedMoves, rangeHigh. */
  readonly figures: Readonly<Record<string, number | string | boolean>>;
  /** Key for `StrategyDay.breakoutsTaken`, for breakouts. */
  readonly breakoutKey?: string;
}

export type Strategy<P> = (view: MarketView, params: P, day: StrategyDay) => Outcome<Proposal>;
