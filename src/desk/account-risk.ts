/** The account as risk counts it: everything held, working or UNKNOWN, at its worst. */

import { instrumentSymbol, multiplierOf } from '../engine/domain/instrument.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import { isOpening, legSign } from '../engine/domain/order.ts';
import type { Cents } from '../engine/domain/units.ts';
import { cents, price } from '../engine/domain/units.ts';
import type { StructurePosition } from '../engine/portfolio/portfolio-book.ts';
import { structureGreeks } from '../engine/portfolio/portfolio-greeks.ts';
import { payoffSummary } from '../engine/pricing/payoff.ts';
import type { AccountRisk } from '../risk/risk-input.ts';
import { dayPnl } from './day-pnl.ts';
import type { DeskContext } from './desk-context.ts';
import { viewOf } from './desk-context.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits } from './order-book.ts';

/** What a loss without a bound counts as. */
export const UNBOUNDED_LOSS_CENTS = cents(100_000_000_00);
/** A contract's price in 1/10,000 dollar per share is its price in cents; a share's is not. */
const PRICE_PER_CENT = 100;

/** What is held of a structure as the legs of one order that would open it now. */
function heldLegs(position: StructurePosition): readonly OrderLeg[] {
  return position.legs
    .filter((leg) => leg.quantity !== 0)
    .map((leg) => ({
      instrument: leg.instrument,
      action: leg.quantity > 0 ? 'buyToOpen' : 'sellToOpen',
      ratio: Math.abs(leg.quantity),
    }));
}

/**
 * Worst case of a held structure at expiry, positive cents; unbounded risk counts as a huge sum. It
 * is reckoned from what is still held and the cash of just that: what a side that is closed brought
 * in protects nothing any more.
 */
export function worstCaseOf(position: StructurePosition): Cents {
  const legs = heldLegs(position);
  if (legs.length === 0) return cents(0);
  const isShares = legs.every(({ instrument }) => instrument.kind === 'shares');
  const netPrice = price(position.openCashCents * (isShares ? PRICE_PER_CENT : 1));
  const payoff = payoffSummary({ legs, quantity: 1, netPrice, feesCents: cents(0) });
  return payoff.maxLossCents ?? UNBOUNDED_LOSS_CENTS;
}

/** Net delta of what is held, in share equivalents; undefined when a leg has no delta. */
export function heldDelta(desk: DeskContext): number | undefined {
  let total = 0;
  for (const position of desk.book.structures()) {
    const greeks = structureGreeks(position, (symbol) => greeksOf(desk, symbol));
    if (greeks === undefined) return undefined;
    total += greeks.delta;
  }
  return total;
}

/** Greeks of an option in the chain. */
export function greeksOf(desk: DeskContext, symbol: string) {
  const index = desk.chain.indexOf(symbol);
  return index === undefined ? undefined : desk.reader.view(index)?.greeks;
}

function orderDelta(desk: DeskContext, order: OrderRecord): number | undefined {
  const units = order.intent.quantity - filledUnits(order);
  let total = 0;
  for (const leg of order.intent.legs) {
    const delta =
      leg.instrument.kind === 'shares' ? 1 : viewOf(desk, leg.instrument)?.greeks?.delta;
    if (delta === undefined) return undefined;
    total += legSign(leg.action) * leg.ratio * units * delta * multiplierOf(leg.instrument);
  }
  return total;
}

function deltaExtremes(desk: DeskContext, held: number | undefined) {
  let highest = held;
  let lowest = held;
  for (const order of desk.orders.live()) {
    const delta = orderDelta(desk, order);
    if (delta === undefined || highest === undefined || lowest === undefined) {
      return { highest: undefined, lowest: undefined };
    }
    if (delta > 0) highest += delta;
    else lowest += delta;
  }
  return { highest, lowest };
}

function remainingShare(order: OrderRecord): number {
  return (order.intent.quantity - filledUnits(order)) / order.intent.quantity;
}

function plannedLoss(position: StructurePosition, worst: Cents): number {
  const planned = position.exitPlan?.plannedLossCents;
  const whole = position.openingIntent?.quantity ?? position.quantity;
  return planned === undefined ? worst : Math.min(worst, (planned * position.quantity) / whole);
}

function contractsBySymbol(desk: DeskContext): Map<string, number> {
  const contracts = new Map(desk.book.held());
  for (const order of desk.orders.live()) {
    const units = order.intent.quantity - filledUnits(order);
    for (const leg of order.intent.legs) {
      if (!isOpening(leg.action)) continue;
      const symbol = instrumentSymbol(leg.instrument);
      const change = legSign(leg.action) * leg.ratio * units;
      contracts.set(symbol, (contracts.get(symbol) ?? 0) + change);
    }
  }
  return contracts;
}

/** Builds the account's risk picture at this step. */
export function accountRisk(desk: DeskContext): AccountRisk {
  let openRisk = 0;
  let planned = 0;
  for (const position of desk.book.structures()) {
    const worst = worstCaseOf(position);
    openRisk += worst;
    planned += plannedLoss(position, worst);
  }
  for (const order of desk.orders.live()) {
    if (order.intent.purpose !== 'open') continue;
    const share = remainingShare(order);
    openRisk += order.worstCaseCents * share;
    planned += (order.intent.exitPlan?.plannedLossCents ?? order.worstCaseCents) * share;
  }
  const held = heldDelta(desk);
  const extremes = deltaExtremes(desk, held);
  return {
    dayPnlCents: dayPnl(desk).liquidationCents,
    plannedLossCents: cents(Math.round(planned)),
    openRiskCents: cents(Math.round(openRisk)),
    netDelta: held,
    netDeltaHighest: extremes.highest,
    netDeltaLowest: extremes.lowest,
    buyingPowerCents: desk.gateway.snapshot(desk.at)?.buyingPowerCents,
    sharesHeld: desk.book.sharesHeld(),
    contractsBySymbol: contractsBySymbol(desk),
    unknownStrategies: new Set(
      desk.orders
        .live()
        .filter((o) => o.status === 'unknown')
        .map((o) => o.intent.strategy),
    ),
  };
}
