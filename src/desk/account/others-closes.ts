/**
 * What working orders that this engine did not give may make of what is held, as far as they close: one that
 * sells a long may leave the short that it covers. Pure.
 */

import { instrumentSymbol, multiplierOf } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import { amountCents, cents } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { contractsLeft, isExternal } from '../orders/order-book.ts';

/** What is held, structure by structure. */
type Holdings = readonly StructurePosition[];

function closingLegs({ intent }: OrderRecord): readonly OrderLeg[] {
  return intent.legs.filter(({ action }) => !isOpening(action));
}

function heldOf({ legs }: StructurePosition, symbol: string): number {
  return legs.find(({ instrument }) => instrumentSymbol(instrument) === symbol)?.quantity ?? 0;
}

/** So much less of one contract, signed as it is held, and of what that was opened at. */
function less(position: StructurePosition, symbol: string, taken: number): StructurePosition {
  if (taken === 0) return position;
  let { openCashCents } = position;
  const legs = position.legs.map((leg) => {
    const { instrument, averagePrice, quantity } = leg;
    if (instrumentSymbol(instrument) !== symbol) return leg;
    const cash = amountCents(averagePrice, taken, multiplierOf(instrument));
    openCashCents = cents(openCashCents + cash);
    return { ...leg, quantity: quantity - taken };
  });
  return { ...position, legs, openCashCents };
}

/** How much of the rest of an order a structure holds, of the leg's own right above all: the book takes a leg
 * from the one that holds most, else from the oldest. */
function fitOf(position: StructurePosition, of: OrderLeg, legs: readonly OrderLeg[]): number {
  const rightOf = ({ instrument }: OrderLeg) =>
    instrument.kind === 'option' ? instrument.right : undefined;
  let fit = 0;
  for (const leg of legs) {
    const held = heldOf(position, instrumentSymbol(leg.instrument));
    if (leg === of || held * legSign(leg.action) >= 0) continue;
    fit += rightOf(leg) === rightOf(of) ? legs.length : 1;
  }
  return fit;
}

/** What is held once the rest of an order has filled. */
function after(held: Holdings, order: OrderRecord): Holdings {
  const legs = closingLegs(order);
  let left = held;
  for (const leg of legs) {
    const symbol = instrumentSymbol(leg.instrument);
    const side = -legSign(leg.action);
    const fits = new Map(held.map((each) => [each.positionId, fitOf(each, leg, legs)]));
    const byFit = ({ positionId }: StructurePosition): number => fits.get(positionId) ?? 0;
    const taken = new Map<string, number>();
    let contracts = contractsLeft(order, leg);
    for (const position of left.toSorted((a, b) => byFit(b) - byFit(a))) {
      const most = Math.min(contracts, Math.max(0, side * heldOf(position, symbol)));
      taken.set(position.positionId, side * most);
      contracts -= most;
    }
    left = left.map((position) => less(position, symbol, taken.get(position.positionId) ?? 0));
  }
  return left;
}

/** True of an order that only sells: the more of those fill, the more shorts they may leave. */
function sells(order: OrderRecord): boolean {
  return closingLegs(order).every(({ action }) => legSign(action) < 0);
}

/**
 * What may be held once they filled, place by place as it is now: all that only sell together, and each of the
 * others beside those. Empty while none of them works.
 */
export function afterOthersCloses(
  held: Holdings,
  live: readonly OrderRecord[],
): readonly Holdings[] {
  const closes = live.filter((order) => isExternal(order) && closingLegs(order).length > 0);
  if (closes.length === 0) return [];
  const sold = closes.filter(sells).reduce(after, held);
  const others = closes.filter((order) => !sells(order));
  return [sold, ...others.map((order) => after(sold, order))];
}
