/** At what net an order by hand is worked. Pure. */
import { gridOf } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { ceilToTick, floorToTick, tickAt } from '../../engine/domain/tick-grid.ts';
import type { Price } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';
import { packageBounds } from '../../risk/package-bounds.ts';
import { worstOpeningNet } from '../../strategies/net-price.ts';

/** The worst net at which a package is still worth something to its buyer or seller: a tick short of a
 * sure loss. */
function leastNet(legs: readonly OrderLeg[], limit: Price, spot: Price | undefined): number {
  const grid = gridOf(legs);
  const { greatest } = packageBounds(legs, spot);
  if (!Number.isFinite(greatest)) return Number.NEGATIVE_INFINITY;
  return ceilToTick(grid, tickAt(grid, limit) - greatest);
}

/** Limit and worst price: from mid, never beyond natural, and never worse than asked for. A limit
 * better than mid is where the order rests. Where a wide market's natural is a sure loss the worst
 * price stops short of it; a limit that is one itself is left to the gate, which refuses it. */
export function workedPrices(
  legs: readonly OrderLeg[],
  { net, spot }: { readonly net: NetPrices; readonly spot: Price | undefined },
  asked: Price | undefined,
) {
  const grid = gridOf(legs);
  const conceded =
    asked === undefined
      ? worstOpeningNet(grid, net)
      : price(Math.max(asked, ceilToTick(grid, net.natural)));
  const limit = price(Math.max(conceded, floorToTick(grid, net.mid)));
  const least = leastNet(legs, limit, spot);
  return { limit, worst: price(Math.max(conceded, Math.min(least, limit))) };
}
