import type { MarketView } from '../../src/engine/domain/market.ts';
import type { SliceOptions } from '../support/chain-builder.ts';
import { buildBars, buildView } from '../support/chain-builder.ts';

/** Where the range of every scene lies. */
export const RANGE_HIGH = 600;
export const RANGE_LOW = 598;
/** Minutes of the New York day. */
const OPEN_MINUTES = 570;
const RANGE_END_MINUTES = 585;

/** A view with a 15-minute range of 598 to 600, then these closes from 09:45 on, judged as the bar after
 * the last of them begins (09:45 without any) at the spot given. */
export function orbView(
  closes: readonly (number | undefined)[],
  options: SliceOptions & { readonly spot: number },
): MarketView {
  const opening = Array.from({ length: 15 }, () => ({
    high: RANGE_HIGH,
    low: RANGE_LOW,
    close: 599,
  }));
  const { minutes = RANGE_END_MINUTES + closes.length } = options;
  const begun = [...opening, ...closes, options.spot].slice(
    0,
    Math.max(0, minutes - OPEN_MINUTES + 1),
  );
  const bars = buildBars(begun, options.date);
  return buildView({ minutes, bars, ...options });
}
