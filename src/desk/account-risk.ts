/** The account as risk counts it: everything held, working or UNKNOWN, at its worst. */

import { instrumentSymbol, multiplierOf } from '../engine/domain/instrument.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import { isOpening, legSign } from '../engine/domain/order.ts';
import type { Cents } from '../engine/domain/units.ts';
import { cents } from '../engine/domain/units.ts';
import { markStructure } from '../engine/portfolio/marks.ts';
import type { StructurePosition } from '../engine/portfolio/portfolio-book.ts';
import { structureGreeks } from '../engine/portfolio/portfolio-greeks.ts';
import { payoffSummary } from '../engine/pricing/payoff.ts';
import type { AccountRisk } from '../risk/risk-input.ts';
import type { DeskContext } from './desk-context.ts';
import { quoteOf, viewOf } from './desk-context.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits } from './order-book.ts';

const UNBOUNDED_LOSS_CENTS = 100_000_000_00;

/** The legs of a held structure as the opening legs of one unit. */
export function openingLegs(position: StructurePosition): readonly OrderLeg[] {
  return position.legs
    .filter((leg) => leg.ratio !== 0)
    .map((leg) => ({
      instrument: leg.instrument,
      action: leg.ratio > 0 ? 'buyToOpen' : 'sellToOpen',
      ratio: Math.abs(leg.ratio),
    }));
}

/** Worst case of a held structure at expiry, positive cents; unbounded risk counts as a huge sum. */
export function worstCaseOf(position: StructurePosition): Cents {
  if (position.quantity === 0) return cents(0);
  const payoff = payoffSummary({
    legs: openingLegs(position),
    quantity: position.quantity,
    netPrice: position.entryNet,
    feesCents: cents(0),
  });
  return payoff.maxLossCents ?? cents(UNBOUNDED_LOSS_CENTS);
}

interface DayPnl {
  readonly liquidationCents: Cents | undefined;
  readonly midCents: Cents | undefined;
}

/** Day P&L after fees: realised plus what is held at liquidation value, and at mid. */
export function dayPnl(desk: DeskContext): DayPnl {
  const day = desk.book.day();
  let liquidation: number | undefined = day.realizedCents - day.feesCents;
  let mid: number | undefined = liquidation;
  for (const position of desk.book.structures()) {
    const mark = markStructure(position, (symbol) => quoteOf(desk, symbol));
    const add = (sum: number | undefined, value: number | undefined): number | undefined =>
      sum === undefined || value === undefined ? undefined : sum + value + position.openCashCents;
    liquidation = add(liquidation, mark.liquidationCents);
    mid = add(mid, mark.midCents);
  }
  return {
    liquidationCents: liquidation === undefined ? undefined : cents(Math.round(liquidation)),
    midCents: mid === undefined ? undefined : cents(Math.round(mid)),
  };
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
