/** How a bought option or straddle is left: a stop on its value, a target, and the clock. */

import type { ExitChoices } from '../engine/domain/exit-choices.ts';
import { gridOf, multiplierOfLegs } from '../engine/domain/instrument.ts';
import type { MarketView } from '../engine/domain/market.ts';
import type { ExitPlan, OrderLeg } from '../engine/domain/order.ts';
import { ceilToTick, floorToTick } from '../engine/domain/tick-grid.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import {
  addMicros,
  amountCents,
  epochMicros,
  MICROS_PER_MINUTE,
  price,
} from '../engine/domain/units.ts';
import { confirmationOf, profitAtShare, trailInsteadOf } from './plan-choices.ts';
import type { StrategyDay } from './strategy.ts';

export interface LongPremium {
  readonly legs: readonly OrderLeg[];
  /** Paid per share for one unit, positive: what is offered, and the most that is accepted. */
  readonly premium: Price;
  readonly worstPremium: Price;
  /** What one unit brings where it is sold at once, per share. */
  readonly bid: Price;
  readonly quantity: number;
  readonly timeExitAt: EpochMicros;
  /** Sell once half of the premium is given up: by then the trade is called wrong. */
  readonly hasStop: boolean;
  /** Sell once the value reaches this multiple of the premium. */
  readonly targetMultiple: number;
  readonly choices: ExitChoices;
}

/** A stop stands at this fraction of the premium. */
const STOP_FRACTION = 0.5;

/** Premium as it is bought, before its strategy says how it is left. */
export type Bought = Omit<LongPremium, 'hasStop' | 'targetMultiple'>;

/** Where profit is taken: at the multiple, or by a trail that begins half way there. */
function profitExit(position: LongPremium): Pick<ExitPlan, 'target' | 'trail'> {
  const { legs, premium, targetMultiple, choices } = position;
  const grid = gridOf(legs);
  if (choices.policy === 'trailing') {
    return { trail: trailInsteadOf(premium * (targetMultiple - 1), grid) };
  }
  return { target: { kind: 'valueAtOrAbove', price: floorToTick(grid, premium * targetMultiple) } };
}

/** The exit plan of bought premium: the planned loss is that from the most paid to the stop, before
 * fees. Premium so cheap that its stop would be broken at the bid of its entry has none. Without a stop
 * the premium itself is the loss, and no planned loss is stated: risk then counts the whole of it. */
export function longPremiumExit(position: LongPremium): ExitPlan {
  const { legs, premium, worstPremium, bid, quantity, timeExitAt, hasStop, choices } = position;
  const plan = { ...profitExit(position), ...confirmationOf(choices), timeExitAt };
  if (!hasStop) return plan;
  const stopPrice = ceilToTick(gridOf(legs), premium * STOP_FRACTION);
  if (stopPrice >= bid) return plan;
  return {
    stop: { kind: 'valueAtOrBelow', price: stopPrice },
    ...plan,
    plannedLossCents: amountCents(
      price(worstPremium - stopPrice),
      quantity,
      multiplierOfLegs(legs),
    ),
  };
}

/** So many ticks wide may the market of one option be that breaks a stop. */
const WIDEST_TICKS = 5;

/** The plan of premium that cost more than it was made for: stop and profit stand at their part of what was paid,
 * the stop never further away than planned. It stays where it stands where the market in which so much was paid
 * might break the nearer one at once. */
export function longPremiumExitAt(
  plan: ExitPlan,
  { legs, premium, paid }: Pick<LongPremium, 'legs' | 'premium'> & { readonly paid: Price },
): ExitPlan {
  const grid = gridOf(legs);
  const profit = profitAtShare(plan, legs, paid / premium);
  const { stop } = plan;
  if (stop === undefined) return { ...plan, ...profit };
  const nearer = Math.max(stop.price, ceilToTick(grid, paid * STOP_FRACTION));
  const isClear = paid - nearer > WIDEST_TICKS * grid.step * legs.length;
  return { ...plan, ...profit, stop: { ...stop, price: isClear ? price(nearer) : stop.price } };
}

/** The earlier of the engine's flatten start and so many minutes before the exercise mark. */
export function timeExitBeforeMark(
  view: MarketView,
  day: StrategyDay,
  minutesBeforeMark: number,
): EpochMicros {
  const before = addMicros(view.slice.session.exerciseMark, -minutesBeforeMark * MICROS_PER_MINUTE);
  return epochMicros(Math.min(before, day.flattenStartAt));
}
