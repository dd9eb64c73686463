/** Orders as the faces show them. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderLeg } from '../../engine/domain/order.ts';
import { LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice, MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { greeksOf } from '../account/book-greeks.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import type { FillView, LegView, OrderStatusView, OrderView } from '../engine-api.ts';
import { isoNewYork } from '../iso-time.ts';
import type { OrderRecord } from './order-book.ts';
import { averageFillNet, filledUnits } from './order-book.ts';

/** Dollars, or null for a price that is not known. */
export function dollarsOrNull(value: Price | undefined): number | null {
  return value === undefined ? null : dollarsFromPrice(value);
}

/** Mid in dollars; half the ask where there is no bid; null without an ask. */
export function midDollars(bid: Price | undefined, ask: Price | undefined): number | null {
  return ask === undefined ? null : ((bid ?? 0) + ask) / 2 / 10_000;
}

/** The legs of an order with their live quotes. */
export function legViews(
  desk: DeskContext,
  legs: readonly OrderLeg[],
  quantity: number,
): readonly LegView[] {
  return legs.map((leg) => {
    const symbol = instrumentSymbol(leg.instrument);
    const quote = quoteOf(desk, symbol);
    const { instrument } = leg;
    return {
      symbol,
      right: instrument.kind === 'option' ? instrument.right : 'shares',
      strike: instrument.kind === 'option' ? dollarsFromPrice(instrument.strike) : 0,
      action: LEG_ACTION_WORDS[leg.action],
      quantity: leg.ratio * quantity,
      bid: dollarsOrNull(quote?.bid),
      ask: dollarsOrNull(quote?.ask),
      mid: quote === undefined ? null : midDollars(quote.bid, quote.ask),
      delta: greeksOf(desk, symbol)?.delta ?? null,
      ageMs:
        quote === undefined ? null : Math.round((desk.at.wall - quote.at.wall) / MICROS_PER_MILLI),
    };
  });
}

export function fillView(fill: Fill): FillView {
  return {
    symbol: instrumentSymbol(fill.instrument),
    action: LEG_ACTION_WORDS[fill.action],
    quantity: fill.quantity,
    price: dollarsFromPrice(fill.price),
    feesCents: fill.feesCents,
    at: isoNewYork(fill.marketAt),
  };
}

/** How an order stands, in the words of the faces. */
export function statusView(order: OrderRecord): OrderStatusView {
  switch (order.status) {
    case 'recorded':
    case 'sending':
      return 'pending';
    case 'working':
      return order.fills.length > 0 ? 'partiallyFilled' : 'working';
    case 'unknown':
    case 'filled':
    case 'cancelled':
    case 'rejected':
    case 'expired':
    case 'denied':
    case 'absentPresumed':
      return order.status;
  }
}

/** One order. Latency is added by the shell, which measures it outside the step. */
export function orderView(desk: DeskContext, order: OrderRecord): OrderView {
  const { intent } = order;
  return {
    orderId: intent.intentId,
    positionId: intent.positionId,
    strategy: intent.strategy,
    purpose: intent.purpose,
    status: statusView(order),
    legs: legViews(desk, intent.legs, intent.quantity),
    quantity: intent.quantity,
    filledQuantity: filledUnits(order),
    limitPrice: dollarsFromPrice(order.limit),
    averageFillPrice: dollarsOrNull(averageFillNet(order)),
    fills: order.fills.map(fillView),
    feesCents: order.fills.reduce((sum, fill) => sum + fill.feesCents, 0),
    createdAt: isoNewYork(order.createdAt.market),
    updatedAt: isoNewYork(order.updatedAt.market),
    reason: order.reason ?? null,
    latency: null,
  };
}

/** Tells subscribers that an order changed. */
export function publishOrder(desk: DeskContext, order: OrderRecord): void {
  if (!desk.out.isHeard) return;
  desk.out.push({ kind: 'publish', event: { kind: 'order', order: orderView(desk, order) } });
}
