/**
 * How a replacement is left: by the plan of the order that it replaces, made anew at its own price and
 * for its own quantity by what made that one. The clock, the range of a breakout and the distances
 * that a trader asked for are kept.
 */
import { assert } from '../../engine/domain/assert.ts';
import { gridOf, multiplierOfLegs } from '../../engine/domain/instrument.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { ExitPlan, OrderIntent } from '../../engine/domain/order.ts';
import { floorToTick } from '../../engine/domain/tick-grid.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import {
  CENTS_PER_DOLLAR,
  epochMicros,
  PRICE_PER_DOLLAR,
  price,
} from '../../engine/domain/units.ts';
import { deny, type Outcome } from '../../engine/domain/verdict.ts';
import { packageBounds } from '../../risk/package-bounds.ts';
import { condorExitPlan } from '../../strategies/condor-exit.ts';
import type { Bought } from '../../strategies/long-premium-exit.ts';
import { straddleExit } from '../../strategies/long-straddle.ts';
import { lottoExit } from '../../strategies/lotto.ts';
import { bidOf, premiumOf } from '../../strategies/net-price.ts';
import { orbExit } from '../../strategies/orb.ts';
import { lossOfBothSides, payoffOf } from '../account/opening-payoff.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import { debitAt, manualExitAnew } from './manual-exit.ts';
import { withFees } from './planned-loss.ts';

/** What a replacement changes. */
type Repriced = Pick<OrderIntent, 'quantity' | 'limit' | 'worst'>;
type Exit = Outcome<{ readonly exitPlan: ExitPlan }>;

function timeExitOf({ day }: DeskContext, { exitPlan }: OrderIntent): EpochMicros {
  const { flattenStartAt } = day.schedule;
  return epochMicros(Math.min(exitPlan?.timeExitAt ?? flattenStartAt, flattenStartAt));
}

function bought(desk: DeskContext, old: OrderIntent, { quantity, limit, worst }: Repriced): Bought {
  const net = netPrices(old.legs, (symbol) => quoteOf(desk, symbol));
  return {
    legs: old.legs,
    premium: premiumOf(limit),
    worstPremium: premiumOf(worst),
    bid: 'missing' in net ? price(0) : bidOf(net),
    quantity,
    timeExitAt: timeExitOf(desk, old),
    choices: exitSettingsOf(desk.config),
  };
}

function condorAnew(desk: DeskContext, { legs }: OrderIntent, repriced: Repriced): ExitPlan {
  const { quantity, limit, worst } = repriced;
  const width = price(0 - packageBounds(legs, undefined).least);
  const sold = { legs, quantity, credit: limit, worstCredit: worst, width };
  const { flattenStartAt } = desk.day.schedule;
  return condorExitPlan(sold, { exits: exitSettingsOf(desk.config), flattenStartAt });
}

/** The plan of an order by hand. A stop that was chosen for the trader is chosen anew. */
function handAnew(desk: DeskContext, old: OrderIntent, { quantity, limit, worst }: Repriced): Exit {
  const timeExitAt = timeExitOf(desk, old);
  const exit = manualExitAnew(old, { quantity, net: limit, worst, timeExitAt });
  if (!('denied' in exit)) return exit;
  const { numbers } = exit.denied;
  const what =
    numbers['argument'] === 'take_profit'
      ? 'profit that was asked for is not below the best case'
      : 'stop that was asked for is beyond the worst case';
  const message = `at this limit the ${what}: cancel the order and place it anew`;
  return deny('argument_invalid', message, numbers);
}

function planAnew(desk: DeskContext, old: OrderIntent, repriced: Repriced): Exit {
  const { rangeExit } = old.exitPlan ?? {};
  switch (old.strategy) {
    case 'orb_long_call':
    case 'orb_long_put': {
      const plan = orbExit(bought(desk, old, repriced));
      return { exitPlan: rangeExit === undefined ? plan : { ...plan, rangeExit } };
    }
    case 'lotto_play_5_delta':
      return { exitPlan: lottoExit(bought(desk, old, repriced)) };
    case 'straddle_scan':
      return { exitPlan: straddleExit(bought(desk, old, repriced)) };
    case 'iron_condor_30_delta':
      return { exitPlan: condorAnew(desk, old, repriced) };
    case 'place_order':
    case 'external':
      return handAnew(desk, old, repriced);
  }
}

/** The exit plan of what takes the place of `old`, or why it has none. */
export function exitOfReplacement(desk: DeskContext, old: OrderIntent, repriced: Repriced): Exit {
  const exit = planAnew(desk, old, repriced);
  if ('denied' in exit) return exit;
  const { quantity } = repriced;
  return { exitPlan: withFees(desk, { legs: old.legs, quantity }, exit.exitPlan) };
}

/** The plan of a better limit with the stops of two sides no further away than the worst case that was
 * agreed: what is taken in more would else be lost twice over, by the stop of each side. */
function withinWorstCase(
  desk: DeskContext,
  agreed: OrderIntent,
  repriced: Repriced,
  exitPlan: ExitPlan,
): ExitPlan {
  const { legs } = agreed;
  const bothStopped = lossOfBothSides({ ...agreed, exitPlan });
  const { maxLossCents } = payoffOf(desk, agreed);
  if (bothStopped === undefined || maxLossCents === undefined) return exitPlan;
  if (bothStopped <= maxLossCents) return exitPlan;
  const beyond = (bothStopped - maxLossCents) / (repriced.quantity * multiplierOfLegs(legs));
  const each = (beyond / 2) * (PRICE_PER_DOLLAR / CENTS_PER_DOLLAR);
  const limit = floorToTick(gridOf(legs), repriced.limit - each);
  const nearer = exitOfReplacement(desk, agreed, { ...repriced, limit });
  assert(!('denied' in nearer), 'a condor has a plan at each credit');
  const { sideStop, plannedLossCents } = nearer.exitPlan;
  assert(sideStop !== undefined && plannedLossCents !== undefined, 'its sides have stops too');
  return { ...exitPlan, sideStop, plannedLossCents };
}

/** The same for an opening that goes out at a better limit than was agreed, which has to have one: where a
 * stop that was asked for is as far away as the worst case of this limit, so much cannot be lost any more.
 * What is paid for needs none then; anything else is closed at what was agreed to close it at. */
export function exitAtBetterLimit(
  desk: DeskContext,
  agreed: OrderIntent,
  repriced: Repriced,
): ExitPlan {
  const asked = exitOfReplacement(desk, agreed, repriced);
  if (!('denied' in asked)) return withinWorstCase(desk, agreed, repriced, asked.exitPlan);
  const plan = agreed.exitPlan ?? { timeExitAt: timeExitOf(desk, agreed) };
  const { stop, ...unstopped } = plan;
  const usual = exitOfReplacement(desk, { ...agreed, exitPlan: unstopped }, repriced);
  assert(!('denied' in usual), 'a stop that is chosen here lies within the worst case');
  const { stop: chosen, plannedLossCents: _, ...others } = usual.exitPlan;
  const isPassed = stop === undefined || debitAt(stop) <= repriced.limit;
  // What it plans to lose is reckoned from the worst price, which stays.
  return chosen === undefined || isPassed ? usual.exitPlan : { ...plan, ...others };
}
