import type { MarketView } from '../../src/engine/domain/market.ts';
import type { SliceOptions } from '../support/chain-builder.ts';
import { buildBars, buildView } from '../support/chain-builder.ts';

/** Where the range of every scene lies. */
export const RANGE_HIGH = 600;
export const RANGE_LOW = 598;

/** A view with a 15-minute range of 598 to 600, then these closes from 09:45 on, judged one minute
 * after the last of them (09:45 without any) at the spot given. */
export function orbView(
  closes: readonly (number | undefined)[],
  options: SliceOptions & { readonly spot: number },
): MarketView {
  const opening = Array.from({ length: 15 }, () => ({
    high: RANGE_HIGH,
    low: RANGE_LOW,
    close: 599,
  }));
  const bars = buildBars([...opening, ...closes], options.date);
  return buildView({ minutes: 585 + closes.length, bars, ...options });
}
