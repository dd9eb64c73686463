/** Numbers as a trader says them, for the short texts beside structured results. */
import type { OrderView, TradeCard } from '../desk/engine-api.ts';

const UNKNOWN = 'unknown';

/** Cents as dollars: `$412.00`, `-$3.10`. */
export function dollars(cents: number | null): string {
  if (cents === null) return UNKNOWN;
  const text = `$${(Math.abs(cents) / 100).toFixed(2)}`;
  return cents < 0 ? `-${text}` : text;
}

/** A signed net price per share: `0.92 credit`, `1.10 debit`. */
export function signedPrice(price: number): string {
  return `${Math.abs(price).toFixed(2)} ${price < 0 ? 'debit' : 'credit'}`;
}

/** A number with so many decimals, or that it is not known. */
export function figure(value: number | null, decimals = 2): string {
  return value === null ? UNKNOWN : value.toFixed(decimals);
}

/** One order in a few words. */
export function orderWords(order: OrderView): string {
  const { orderId, status, filledQuantity, quantity, averageFillPrice, reason } = order;
  const price = averageFillPrice === null ? '' : ` at ${signedPrice(averageFillPrice)}`;
  const why = reason === null ? '' : ` (${reason})`;
  return `${order.purpose} order ${orderId} ${status}, ${filledQuantity} of ${quantity} filled${price}${why}`;
}

/** What an order does: `iron_condor_30_delta ×2 on SPY (in all: Sell to Open 2 × 597 put, …)`. A leg counts
 * what is traded of it by all units, for legs may have different numbers of contracts in one. A flatten and a
 * cancel are of whole orders, and have no units. */
export function tradeWords(
  card: Pick<TradeCard, 'purpose' | 'strategy' | 'quantity' | 'underlying' | 'legs'>,
): string {
  const legs = card.legs.map(({ action, quantity, strike, right }) =>
    right === 'shares'
      ? `${action} ${quantity} shares`
      : `${action} ${quantity} × ${strike} ${right}`,
  );
  const hasUnits = card.purpose === 'open' || card.purpose === 'close';
  const units = hasUnits ? ` ×${card.quantity}` : '';
  const inAll = legs.length === 0 ? '' : ` (in all: ${legs.join(', ')})`;
  return `${card.strategy}${units} on ${card.underlying}${inAll}`;
}

const DRY_RUN_WORDS = {
  asked: 'has not come yet',
  passed: 'agrees',
  refused: 'is against it',
  failed: 'could not be had; confirm asks again',
} as const;

/** What the broker itself says to the order; nothing where it is not asked. Begins
 * with a space. */
export function dryRunWords({ dryRun }: Pick<TradeCard, 'dryRun'>): string {
  if (dryRun === null) return '';
  const { outcome, neededCents, feesCents, said } = dryRun;
  const sums = [
    ...(neededCents === null ? [] : [`buying power ${dollars(neededCents)}`]),
    ...(feesCents === null ? [] : [`fees ${dollars(feesCents)}`]),
    ...said,
  ];
  const told = sums.length === 0 ? '' : `: ${sums.join(', ')}`;
  return ` The broker's dry run ${DRY_RUN_WORDS[outcome]}${told}.`;
}
