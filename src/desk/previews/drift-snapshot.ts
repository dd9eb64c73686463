/** The market of an order at one moment, for judging how far it drifted. */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { tickAt } from '../../engine/domain/tick-grid.ts';
import type { DriftSnapshot } from '../../risk/drift.ts';
import { greeksOf } from '../account/book-greeks.ts';
import type { DeskContext } from '../desk-context.ts';

/** Net mid, and the delta of each leg that is sold to open. */
export function driftSnapshot(
  desk: DeskContext,
  intent: OrderIntent,
  net: NetPrices,
): DriftSnapshot {
  const shortDeltas = new Map<string, number>();
  for (const leg of intent.legs) {
    if (leg.action !== 'sellToOpen') continue;
    const symbol = instrumentSymbol(leg.instrument);
    const delta = greeksOf(desk, symbol)?.delta;
    if (delta !== undefined) shortDeltas.set(symbol, delta);
  }
  return { net: net.mid, tick: tickAt(gridOf(intent.legs), net.mid), shortDeltas };
}
