/** What the paper broker's books and the engine's orders say together, for the account reader. */

import type { PaperBooks, PaperStatement } from '../../broker/paper/paper-statement.ts';
import type { OrderRow } from '../../engine/domain/account-facts.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { isoNewYork } from '../iso-time.ts';
import { averageFillNet, filledUnits, type OrderRecord } from '../orders/order-book.ts';
import { dollarsOrNull, statusView } from '../orders/order-views.ts';

/** How a broker would say that an order stands. What it never had is none of its orders. */
function brokerStatus(order: OrderRecord): OrderRow['status'] | undefined {
  const status = statusView(order);
  return status === 'denied' || status === 'absentPresumed' ? undefined : status;
}

function orderRow(order: OrderRecord): readonly OrderRow[] {
  const { intent, brokerOrderId, fills } = order;
  const status = brokerStatus(order);
  if (status === undefined) return [];
  const filledOf = (symbol: string) =>
    fills
      .filter(({ instrument }) => instrumentSymbol(instrument) === symbol)
      .reduce((sum, { quantity }) => sum + quantity, 0);
  const row: OrderRow = {
    orderId: brokerOrderId ?? intent.intentId,
    clientOrderId: intent.intentId,
    status,
    legs: intent.legs.map(({ instrument, action, ratio }) => ({
      symbol: instrumentSymbol(instrument),
      action: LEG_ACTION_WORDS[action],
      quantity: ratio * intent.quantity,
      filledQuantity: filledOf(instrumentSymbol(instrument)),
    })),
    quantity: intent.quantity,
    filledQuantity: filledUnits(order),
    limitPrice: dollarsFromPrice(order.limit),
    averageFillPrice: dollarsOrNull(averageFillNet(order)),
    createdAt: isoNewYork(order.createdAt.market),
    updatedAt: isoNewYork(order.updatedAt.market),
    reason: order.reason ?? null,
  };
  return [row];
}

/** The statement. Plain data: it crosses to the I/O worker. */
export function paperStatement(desk: DeskContext, books: PaperBooks): PaperStatement {
  return { ...books, orders: desk.orders.all().flatMap(orderRow) };
}
