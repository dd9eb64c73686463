/** What is asked of the feed for an underlying and its options. */
import { findUnderlying } from '../../engine/domain/underlying.ts';
import { canonicalCandleSymbol } from '../../engine/feed/candle-symbol.ts';
import type { FeedSubscription } from '../../engine/feed/feed-subscription.ts';

/** An index has a level and no market: quotes of it would be somebody's reckoning, and where a server
 * sends none their silence would pass for a fault of the feed. */
export function hasQuotes(underlying: string): boolean {
  return findUnderlying(underlying)?.settlement !== 'cash';
}

/** In order of priority: quotes first, the slow types behind. */
export function feedWants(
  underlying: string,
  options: readonly string[],
  barsFromMillis: number,
): readonly FeedSubscription[] {
  const wanted: FeedSubscription[] = [
    { type: 'Trade', symbol: underlying },
    {
      type: 'Candle',
      symbol: canonicalCandleSymbol(`${underlying}{=1m,tho=true}`),
      fromTimeMillis: barsFromMillis,
    },
  ];
  if (hasQuotes(underlying)) wanted.unshift({ type: 'Quote', symbol: underlying });
  for (const type of ['Quote', 'Greeks', 'Trade', 'Summary'] as const) {
    for (const symbol of options) wanted.push({ type, symbol });
  }
  return wanted;
}
