/** The market of an order at one moment, and how far it drifted from the preview. */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import { type NetPrices, netPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { tickAt } from '../../engine/domain/tick-grid.ts';
import { type Denial, deny } from '../../engine/domain/verdict.ts';
import type { TokenGrant } from '../../risk/confirm-token.ts';
import { type DriftSnapshot, judgeDrift } from '../../risk/drift.ts';
import { greeksOf } from '../account/book-greeks.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';

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

/** Compares the live market with the preview: adverse moves only. A close has none: a leg that lost its market
 * since keeps nobody from getting out. */
export function drifted(
  desk: DeskContext,
  intent: OrderIntent,
  grant: TokenGrant,
): Denial | undefined {
  if (grant.previewed === undefined) return undefined;
  const net = netPrices(intent.legs, (symbol) => quoteOf(desk, symbol));
  if ('missing' in net) {
    return deny('leg_market_missing', `${net.missing} has no ${net.side} now; preview again`, {
      symbol: net.missing,
      side: net.side,
    }).denied;
  }
  return judgeDrift(grant.previewed, driftSnapshot(desk, intent, net), desk.config.limits);
}
