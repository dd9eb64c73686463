/** At what prices, and whether, the stub's orders trade against the quotes it was given. */
import type { StubMarket } from './stub-market.ts';
import type { StubOrder } from './stub-order.ts';
import { unitsOf } from './stub-order.ts';

/** A sell stop is triggered by a bid at its trigger or below, and stays so. */
export function isTriggered(order: StubOrder, market: StubMarket): boolean {
  const bid = market.quotes.get(order.legs[0]?.symbol ?? '')?.bid;
  const { stop } = order;
  order.isTriggered ??= stop === undefined;
  if (stop !== undefined && bid !== undefined && bid <= stop) order.isTriggered = true;
  return order.isTriggered;
}

/** What the order's legs come to at the market, and how many units the quotes hold. */
export function naturalOf(
  order: StubOrder,
  market: StubMarket,
): { readonly net: number; readonly units: number } | undefined {
  const units = unitsOf(order);
  let net = 0;
  let most = Number.POSITIVE_INFINITY;
  for (const leg of order.legs) {
    const quote = market.quotes.get(leg.symbol);
    if (quote === undefined) return undefined;
    const ratio = leg.quantity / units;
    net += (leg.action.startsWith('Buy') ? -quote.ask : quote.bid) * ratio;
    most = Math.min(most, Math.floor(quote.size / ratio));
  }
  return { net: Math.round(net * 10_000) / 10_000, units: most };
}

/** Leg prices whose net is the limit: the market's own, and the first leg takes the difference. */
export function pricesOf(order: StubOrder, market: StubMarket): readonly number[] {
  const units = unitsOf(order);
  const prices = order.legs.map(({ symbol, action }) => {
    const quote = market.quotes.get(symbol);
    if (quote === undefined) return 5;
    return action.startsWith('Buy') ? quote.ask : quote.bid;
  });
  const sign = (action: string) => (action.startsWith('Buy') ? -1 : 1);
  const net = order.legs.reduce((sum, { action, quantity }, index) => {
    return sum + sign(action) * (prices[index] ?? 0) * (quantity / units);
  }, 0);
  // A stop that was triggered sells at the market, whatever its limit.
  const difference = (order.stop === undefined ? (order.limit ?? net) : net) - net;
  // Spread over the dearest leg, so that no price falls to nothing.
  const dearest = prices.indexOf(Math.max(...prices));
  const leg = order.legs[dearest];
  if (leg === undefined) return prices;
  const change = (sign(leg.action) * difference) / (leg.quantity / units);
  return prices.map((price, index) => {
    return Math.round((index === dearest ? price + change : price) * 10_000) / 10_000;
  });
}
