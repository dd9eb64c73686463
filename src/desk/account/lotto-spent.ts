/** The premium that the lotto strategy has paid today, and what its working orders may still pay. */

import { multiplierOf } from '../../engine/domain/instrument.ts';
import type { Cents } from '../../engine/domain/units.ts';
import { amountCents, cents } from '../../engine/domain/units.ts';
import { worstPremiumCents } from '../../risk/checks/premium-budget.ts';
import type { DeskContext } from '../desk-context.ts';
import { filledUnits, isFinal, type OrderRecord } from '../orders/order-book.ts';

function paidBy({ fills }: OrderRecord): number {
  let paid = 0;
  for (const fill of fills) {
    paid += amountCents(fill.price, fill.quantity, multiplierOf(fill.instrument));
  }
  return paid;
}

/** At the worst price, for every unit that can still fill. An order that another takes the place of promises
 * nothing more. */
function promisedBy({ orders }: DeskContext, order: OrderRecord): number {
  if (isFinal(order) || order === orders.leftOut) return 0;
  return worstPremiumCents(order.intent, order.intent.quantity - filledUnits(order));
}

function isLottoOf(session: string, { intent }: OrderRecord): boolean {
  const { strategy, purpose, intentId } = intent;
  return strategy === 'lotto_play_5_delta' && purpose === 'open' && intentId.startsWith(session);
}

/** Lotto premium of this session, paid or promised; positive. */
export function lottoSpent(desk: DeskContext): Cents {
  const session = desk.day.session.date.replaceAll('-', '');
  let spent = 0;
  for (const order of desk.orders.all()) {
    if (isLottoOf(session, order)) spent += paidBy(order) + promisedBy(desk, order);
  }
  return cents(spent);
}
