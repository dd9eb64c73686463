/** How an iron condor is left: by a stop of each side or of the whole, for a profit, by the clock. */

import type { CondorStop, ExitChoices } from '../engine/domain/exit-choices.ts';
import { gridOf, multiplierOfLegs } from '../engine/domain/instrument.ts';
import type { ExitPlan, OrderLeg } from '../engine/domain/order.ts';
import { floorToTick } from '../engine/domain/tick-grid.ts';
import type { Price } from '../engine/domain/units.ts';
import { amountCents, price } from '../engine/domain/units.ts';
import {
  confirmationOf,
  FURTHEST_STOP,
  leastToClose,
  profitAtShare,
  trailInsteadOf,
} from './plan-choices.ts';
import type { StrategyDay } from './strategy.ts';
import { dollarsText } from './words.ts';

/** A condor as it was sold. */
export interface SoldCondor {
  readonly legs: readonly OrderLeg[];
  /** Per share, positive: what is asked for, and the least that is accepted. */
  readonly credit: Price;
  readonly worstCredit: Price;
  readonly width: Price;
  readonly quantity: number;
  /** Close for a profit of this percentage of the credit, whatever the day's choice is. */
  readonly takeProfitPercent?: number;
}

type Sold = Pick<SoldCondor, 'legs' | 'credit' | 'width'>;

/** With the breakeven stop a side is closed at this fraction of the credit: what is left of it pays
 * for closing the other side. */
const BREAKEVEN_SIDE_FRACTION = 0.9;
const WHOLE_STOP_MULTIPLE = 2;

/** What the whole costs at its stop. All of it costs the width at most: near that a stop would hardly break, and
 * beyond it never. */
function wholeStop({ legs, credit, width }: Sold): Price {
  const furthest = credit + FURTHEST_STOP * (width - credit);
  return floorToTick(gridOf(legs), Math.min(credit * WHOLE_STOP_MULTIPLE, furthest));
}

/** The stop as chosen. One side stopped at the total credit with the other left to expire about
 * breaks even. */
function stopFor(sold: Sold, condorStop: CondorStop): Pick<ExitPlan, 'stop' | 'sideStop'> {
  const { legs, credit } = sold;
  switch (condorStop) {
    case 'side':
      return { sideStop: { debit: credit } };
    case 'breakeven': {
      const debit = floorToTick(gridOf(legs), credit * BREAKEVEN_SIDE_FRACTION);
      return { sideStop: { debit, afterOther: 'breakeven' } };
    }
    case 'whole':
      return { stop: { kind: 'debitAtOrAbove', price: wholeStop(sold) } };
  }
}

/** Where profit is taken, at a price at which all of it can be closed; nothing: the condor is held to its stop
 * or the clock. */
function profitFor(sold: SoldCondor, choices: ExitChoices): Partial<ExitPlan> {
  const { legs, credit, takeProfitPercent } = sold;
  const percent = takeProfitPercent ?? choices.profitTargetPercent;
  if (takeProfitPercent === undefined && choices.policy === 'trailing') {
    return { trail: trailInsteadOf(credit, gridOf(legs)) };
  }
  if (percent === undefined) return {};
  const debit = floorToTick(gridOf(legs), credit * (1 - percent / 100));
  return {
    target: { kind: 'debitAtOrBelow', price: price(Math.max(debit, leastToClose(legs))) },
  };
}

/** What it costs to close a condor by its stops. Two sides that a reversal closes one after the other may cost
 * more than the width. */
function costOfStops(sold: SoldCondor, condorStop: CondorStop): number {
  return condorStop === 'whole' ? wholeStop(sold) : 2 * sold.credit;
}

/**
 * The exit plan. The planned loss is that from the least credit that may be received to the stop of the whole,
 * or to both sides stopped at the credit. Fees come on top.
 */
export function condorExitPlan(
  sold: SoldCondor,
  day: Pick<StrategyDay, 'exits' | 'flattenStartAt'>,
): ExitPlan {
  const { legs, worstCredit, quantity } = sold;
  const stopped = price(costOfStops(sold, day.exits.condorStop) - worstCredit);
  return {
    ...stopFor(sold, day.exits.condorStop),
    ...profitFor(sold, day.exits),
    ...confirmationOf(day.exits),
    timeExitAt: day.flattenStartAt,
    plannedLossCents: amountCents(stopped, quantity, multiplierOfLegs(legs)),
  };
}

function chosenStop({ stop, sideStop }: ExitPlan): CondorStop {
  if (stop !== undefined) return 'whole';
  return sideStop?.afterOther === undefined ? 'side' : 'breakeven';
}

/** The plan of a condor that brought less than the credit it was made for: stop and profit stand at their part of
 * what was received, the stop never further away than planned. */
export function condorExitAt(
  plan: ExitPlan,
  { legs, credit, width, received }: Sold & { readonly received: Price },
): ExitPlan {
  const grid = gridOf(legs);
  const least = price(Math.max(grid.step, floorToTick(grid, received)));
  const { stop, sideStop } = stopFor({ legs, credit: least, width }, chosenStop(plan));
  const nearer = (planned: Price, at: Price = planned): Price => price(Math.min(planned, at));
  return {
    ...plan,
    ...(plan.stop && { stop: { ...plan.stop, price: nearer(plan.stop.price, stop?.price) } }),
    ...(plan.sideStop && {
      sideStop: { ...plan.sideStop, debit: nearer(plan.sideStop.debit, sideStop?.debit) },
    }),
    ...profitAtShare(plan, legs, received / credit),
  };
}

/** The stop in a sentence of its own. */
export function stopReason({ stop, sideStop }: ExitPlan): string {
  if (stop !== undefined) return `It is closed whole once it costs ${dollarsText(stop.price)}.`;
  if (sideStop === undefined) return 'It has no stop.';
  const either = `Either side is closed once it alone costs ${dollarsText(sideStop.debit)}`;
  return sideStop.afterOther === 'breakeven'
    ? `${either}; the other side then, once it has cost no more, where the trade breaks even.`
    : `${either}.`;
}
