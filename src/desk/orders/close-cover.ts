/**
 * Whether what a close has still to take is held. Somebody else may have closed it meanwhile, it may have
 * been assigned or taken back, and an earlier close may have filled after its end was told. Such a close
 * would open the position the other way round.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { DeskContext } from '../desk-context.ts';
import { quantitiesOf } from '../exits/close-legs.ts';
import type { OrderRecord } from './order-book.ts';
import { contractsLeft } from './order-book.ts';

/**
 * True while the position holds all that is left of a close, beside what older closes of it take. It is
 * judged leg by leg: a fill takes as much from what is left as from what is held, so that legs of one
 * execution may be told one after another. A close that is being called back takes nothing from the others.
 */
export function isCovered({ book, orders }: DeskContext, close: OrderRecord): boolean {
  const { positionId, legs } = close.intent;
  const held = new Map(quantitiesOf(book.structure(positionId)?.legs ?? []));
  for (const order of orders.closing(positionId)) {
    if (order !== close && order.cancelRequested) continue;
    for (const leg of order.intent.legs) {
      const symbol = instrumentSymbol(leg.instrument);
      held.set(symbol, (held.get(symbol) ?? 0) + legSign(leg.action) * contractsLeft(order, leg));
    }
    if (order === close) break;
  }
  return legs.every((leg) => {
    const after = -legSign(leg.action) * (held.get(instrumentSymbol(leg.instrument)) ?? 0);
    return after >= 0 || contractsLeft(close, leg) === 0;
  });
}
