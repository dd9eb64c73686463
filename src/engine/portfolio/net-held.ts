/** What structures hold together. Pure. */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';
import { shareQuantity } from '../domain/share-quantity.ts';

interface Holding {
  readonly legs: readonly { readonly instrument: Instrument; readonly quantity: number }[];
}

const ANY = (): boolean => true;
const AS_SHARES = ({ kind }: Instrument): boolean => kind === 'shares';

/** Net contracts and shares by symbol, signed; what nets to nothing is absent. */
export function netHeld(
  holdings: readonly Holding[],
  isCounted: (instrument: Instrument) => boolean = ANY,
): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { legs } of holdings) {
    for (const { instrument, quantity } of legs) {
      if (!isCounted(instrument)) continue;
      const symbol = instrumentSymbol(instrument);
      held.set(symbol, shareQuantity((held.get(symbol) ?? 0) + quantity));
    }
  }
  for (const [symbol, quantity] of held) if (quantity === 0) held.delete(symbol);
  return held;
}

/** The same of shares alone, by ticker. */
export function netShares(holdings: readonly Holding[]): ReadonlyMap<string, number> {
  return netHeld(holdings, AS_SHARES);
}
