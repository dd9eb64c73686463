/** At what net an order by hand is worked. Pure. */
import { gridOf } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { ceilToTick, floorToTick } from '../../engine/domain/tick-grid.ts';
import type { Price } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';
import { worstOpeningNet } from '../../strategies/net-price.ts';

/** Limit and worst price: from mid, never beyond natural, and never worse than asked for. A limit
 * better than mid is where the order rests. */
export function workedPrices(legs: readonly OrderLeg[], net: NetPrices, asked: Price | undefined) {
  const grid = gridOf(legs);
  const worst =
    asked === undefined
      ? worstOpeningNet(grid, net)
      : price(Math.max(asked, ceilToTick(grid, net.natural)));
  return { limit: price(Math.max(worst, floorToTick(grid, net.mid))), worst };
}
