/** How a position that was opened by hand is left: by a stop wherever the loss is not already paid,
 * for a profit where asked for, and by the clock. Pure. */
import { gridOf, multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import type { ExitPlan, OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { ceilToTick, floorToTick, tickAt } from '../../engine/domain/tick-grid.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import {
  amountCents,
  CENTS_PER_DOLLAR,
  cents,
  PRICE_PER_DOLLAR,
  price,
} from '../../engine/domain/units.ts';
import { type Denial, deny, type Outcome } from '../../engine/domain/verdict.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import { FURTHEST_STOP, leastToClose } from '../../strategies/plan-choices.ts';

/** A structure as it is opened. Prices per share and unit. */
export interface Opened {
  readonly legs: readonly OrderLeg[];
  readonly quantity: number;
  /** Signed, credit positive: what is asked for, and the worst that is accepted. */
  readonly net: Price;
  readonly worst: Price;
  readonly timeExitAt: EpochMicros;
  /** Loss and gain at which it is closed, positive; the stop is chosen here where absent. */
  readonly stopLoss: Price | undefined;
  readonly takeProfit: Price | undefined;
}

type Priced = Pick<Opened, 'legs' | 'net'>;

const PRICE_PER_CENT = PRICE_PER_DOLLAR / CENTS_PER_DOLLAR;
/** A stop nearer than this share of the worst case would be noise. */
const NEAREST_STOP = 0.25;

/** Worst and best case per share of one unit, before fees, positive; undefined where one has no end. */
function casesOf({ legs, net }: Priced): { worst: number | undefined; best: number | undefined } {
  const facts = { legs, quantity: 1, netPrice: net, feesCents: cents(0) };
  const { maxLossCents, maxProfitCents } = payoffSummary(facts);
  const shareOf = (amount: number | undefined): number | undefined =>
    amount === undefined ? undefined : (amount * PRICE_PER_CENT) / multiplierOfLegs(legs);
  return { worst: shareOf(maxLossCents), best: shareOf(maxProfitCents) };
}

/** As much as was taken in, within bounds by the worst case: for a credit, a stop at twice of it. */
function usualStop(net: Price, worst: number): number {
  return Math.min(Math.max(Math.abs(net), worst * NEAREST_STOP), worst * FURTHEST_STOP);
}

/** A debit to close at is a stop of what costs something to close, a value one of what is worth it.
 * The planned loss is that from the worst price to the stop, before fees. */
function stopAt(opened: Opened, loss: number): Pick<ExitPlan, 'stop' | 'plannedLossCents'> {
  const { legs, quantity, net, worst } = opened;
  const grid = gridOf(legs);
  const debit = net + loss;
  const stop =
    debit > 0
      ? ({ kind: 'debitAtOrAbove', price: floorToTick(grid, debit) } as const)
      : ({ kind: 'valueAtOrBelow', price: ceilToTick(grid, -debit) } as const);
  const planned = price(Math.round(debit - worst));
  return { stop, plannedLossCents: amountCents(planned, quantity, multiplierOfLegs(legs)) };
}

/** A price at which it can be closed: none at the best case itself, to which rounding could take it. */
function targetAt(
  { legs, net }: Opened,
  gain: number,
  best = Number.POSITIVE_INFINITY,
): Pick<ExitPlan, 'target'> {
  const grid = gridOf(legs);
  const debit = Math.max(net - gain, net - best + leastToClose(legs));
  return {
    target:
      debit > 0
        ? { kind: 'debitAtOrBelow', price: floorToTick(grid, debit) }
        : { kind: 'valueAtOrAbove', price: ceilToTick(grid, -debit) },
  };
}

/** The exit plan, or why the stop or target that was asked for is none. */
export function manualExit(opened: Opened): Outcome<{ readonly exitPlan: ExitPlan }> {
  const { net, stopLoss, takeProfit, timeExitAt } = opened;
  const { worst, best } = casesOf(opened);
  if (takeProfit !== undefined && best !== undefined && takeProfit >= best) {
    const most = best / PRICE_PER_DOLLAR;
    const message = `take_profit must be less than the best case of ${most.toFixed(2)} a share: give less, or leave it out`;
    return deny('argument_invalid', message, { argument: 'take_profit', bestCase: most });
  }
  if (takeProfit !== undefined && best !== undefined && best <= leastToClose(opened.legs)) {
    const most = best / PRICE_PER_DOLLAR;
    const message = `a best case of ${most.toFixed(2)} a share is no more than closing takes: leave take_profit out`;
    return deny('argument_invalid', message, { argument: 'take_profit', bestCase: most });
  }
  const profit = takeProfit === undefined ? {} : targetAt(opened, takeProfit, best);
  const plain = { ...profit, timeExitAt };
  if (worst === undefined) return { exitPlan: plain };
  if (stopLoss !== undefined && stopLoss >= worst) {
    const most = worst / PRICE_PER_DOLLAR;
    const message = `stop_loss must be less than the worst case of ${most.toFixed(2)} a share: give less, or leave it out`;
    return deny('argument_invalid', message, { argument: 'stop_loss', worstCase: most });
  }
  const isPaid = worst + net <= PRICE_PER_CENT;
  if (stopLoss === undefined && isPaid) return { exitPlan: plain };
  return { exitPlan: { ...stopAt(opened, stopLoss ?? usualStop(net, worst)), ...plain } };
}

function perShare(amount: number): string {
  return (amount / PRICE_PER_DOLLAR).toFixed(2);
}

/** What to do about a stop that is broken at entry, from the least loss a share at which it would not be. */
function adviceFor(opened: Priced, least: number): string {
  const { worst = Number.POSITIVE_INFINITY } = casesOf(opened);
  const isPaid = worst + opened.net <= PRICE_PER_CENT;
  if (least < worst)
    return `a stop_loss of at least ${perShare(least)}${isPaid ? ', or none' : ''}`;
  return isPaid ? 'no stop_loss' : 'other legs, for no stop fits so wide a market';
}

/** Why a stop would be broken at entry: what is opened at natural and closed at natural loses as much as the market
 * is wide, and is stopped for that a moment later. A target is never met there: it lies beyond the entry. `how`
 * leads to what to ask for instead. Nets per share in 1/10,000 dollar, credit positive. */
export function brokenAtEntry(
  opened: Priced,
  stop: ExitPlan['stop'],
  { mid, natural }: NetPrices,
  how: string,
): Denial | undefined {
  const { legs, net } = opened;
  const width = 2 * (mid - natural);
  if (stop === undefined || debitAt(stop) > net + width) return undefined;
  const grid = gridOf(legs);
  const atEntry = net + width;
  const least = floorToTick(grid, atEntry) + tickAt(grid, atEntry) - net;
  const debit = natural + width;
  const closes = `${debit < 0 ? 'brings' : 'costs'} ${perShare(Math.abs(debit))}`;
  const message = `a stop at a loss of ${perShare(debitAt(stop) - net)} a share is broken at entry: closing at natural ${closes} now, ${perShare(width)} a share worse than opening at natural; ${how} ${adviceFor(opened, least)}`;
  return deny('argument_invalid', message, {
    argument: 'stop_loss',
    closingDebitPrice: debit / PRICE_PER_DOLLAR,
    leastStopLoss: least / PRICE_PER_DOLLAR,
  }).denied;
}

/** What closing one unit costs at a stop or target, negative where it brings something in. */
export function debitAt({
  kind,
  price: at,
}: {
  readonly kind: string;
  readonly price: Price;
}): number {
  return kind.startsWith('debit') ? at : 0 - at;
}

/** The plan of an opening by hand at another price: distances that were asked for are kept, and a stop that was
 * chosen here is chosen anew. */
export function manualExitAnew(
  { legs, quantity, limit, worst, exitPlan }: OrderIntent,
  anew: Pick<Opened, 'quantity' | 'net' | 'worst' | 'timeExitAt'>,
): Outcome<{ readonly exitPlan: ExitPlan }> {
  const { timeExitAt } = anew;
  const chosenHere = { stopLoss: undefined, takeProfit: undefined };
  const before = manualExit({ legs, quantity, net: limit, worst, timeExitAt, ...chosenHere });
  const usual = 'denied' in before ? undefined : before.exitPlan.stop;
  const { stop, target } = exitPlan ?? {};
  const isAsked = stop !== undefined && stop.price !== usual?.price;
  return manualExit({
    legs,
    ...anew,
    stopLoss: isAsked ? price(debitAt(stop) - limit) : undefined,
    takeProfit: target === undefined ? undefined : price(limit - debitAt(target)),
  });
}
