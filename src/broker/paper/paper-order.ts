/** One order at the paper broker. */

import { instrumentSymbol, multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { isOpening } from '../../engine/domain/order.ts';
import type { Cents, EpochMicros, Price } from '../../engine/domain/units.ts';
import { amountCents, cents } from '../../engine/domain/units.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import { orderFees } from '../fees.ts';
import type { EndedOrder, OrderStanding } from '../order-gateway.ts';

/** Changed by the paper broker alone. `arriving`: sent, not yet accepted or rejected. */
export interface PaperOrder {
  readonly intent: OrderIntent;
  /** Symbols of the legs, in their order. */
  readonly symbols: readonly string[];
  readonly brokerOrderId: string;
  status: 'arriving' | 'working' | 'ended';
  /** Why it ended, in words for a late request. */
  ending: string;
  limit: Price;
  /** False while a stop order waits for its trigger. */
  isTriggered: boolean;
  /** True where a leg was quoted since the last look at the market. */
  isQuoted: boolean;
  /** Contracts filled of each leg, in the order of the legs. */
  readonly filled: number[];
  /** Executions of legs so far; numbers the fills. */
  executions: number;
  /** The latest time anything asked of this order takes effect: requests keep their order. */
  lastDue: EpochMicros;
}

export function brokerOrderId(intentId: string): string {
  return `paper-${intentId}`;
}

/** Units whose every leg has filled. */
export function filledUnits({ intent, filled }: PaperOrder): number {
  return intent.legs.reduce(
    (least, leg, index) => Math.min(least, Math.floor((filled[index] ?? 0) / leg.ratio)),
    intent.quantity,
  );
}

export function remainingUnits(order: PaperOrder): number {
  return order.intent.quantity - filledUnits(order);
}

/** Contracts or shares of a leg still to be traded. */
export function remainingOfLeg(order: PaperOrder, index: number): number {
  const leg = order.intent.legs[index];
  return leg === undefined ? 0 : leg.ratio * order.intent.quantity - (order.filled[index] ?? 0);
}

/**
 * Legs that lag behind the others, with what they lack as their ratio. An execution fills all legs
 * at once; only a journal that was cut in the middle of one leaves such legs.
 */
export function laggingLegs(order: PaperOrder): readonly OrderLeg[] {
  const { legs } = order.intent;
  const ahead = legs.reduce(
    (most, leg, index) => Math.max(most, Math.ceil((order.filled[index] ?? 0) / leg.ratio)),
    0,
  );
  return legs.flatMap((leg, index) => {
    const lacking = ahead * leg.ratio - (order.filled[index] ?? 0);
    return lacking > 0 ? [{ ...leg, ratio: lacking }] : [];
  });
}

/** Counts an execution. Numbers go on behind the highest one seen: a journal that lacks a fill must
 * not make the next one take the number of one that it holds. */
export function countFill(order: PaperOrder, fill: Fill): void {
  const index = order.symbols.indexOf(instrumentSymbol(fill.instrument));
  order.filled[index] = (order.filled[index] ?? 0) + fill.quantity;
  const number = Number(fill.fillId.slice(fill.fillId.lastIndexOf('-') + 1));
  const isNumbered = Number.isSafeInteger(number);
  order.executions = Math.max(order.executions + 1, isNumbered ? number : 0);
}

/** What the rest of an order would take from buying power at a limit: collateral and fees, less the
 * premium it brings. Orders that only close take nothing. */
export function reserveCents(order: PaperOrder, limit: Price): Cents {
  const { legs } = order.intent;
  const quantity = remainingUnits(order);
  if (quantity === 0 || !legs.some((leg) => isOpening(leg.action))) return cents(0);
  const feesCents = orderFees('paper', legs, quantity);
  const { marginCents } = payoffSummary({ legs, quantity, netPrice: limit, feesCents });
  return cents(
    Math.max(0, marginCents - amountCents(limit, quantity, multiplierOfLegs(legs)) + feesCents),
  );
}

const STANDINGS: readonly EndedOrder['standing'][] = ['filled', 'cancelled', 'rejected', 'expired'];

/** How an order stands; undefined while it has not arrived. */
export function standingOf({ status, ending }: PaperOrder): OrderStanding | undefined {
  if (status === 'working') return 'working';
  return status === 'ended' ? STANDINGS.find((how) => how === ending) : undefined;
}

/** The order as one that has ended; nothing where it has not. */
export function endedOrder(order: PaperOrder): readonly EndedOrder[] {
  const standing = standingOf(order);
  if (standing === undefined || standing === 'working') return [];
  return [{ intentId: order.intent.intentId, standing, remaining: remainingUnits(order) }];
}
