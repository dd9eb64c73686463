/** What structures hold together. Pure. */

import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';

interface Holding {
  readonly legs: readonly { readonly instrument: Instrument; readonly quantity: number }[];
}

/** Net contracts and shares by symbol; what nets to nothing is absent. */
export function netHeld(holdings: readonly Holding[]): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { legs } of holdings) {
    for (const { instrument, quantity } of legs) {
      const symbol = instrumentSymbol(instrument);
      held.set(symbol, (held.get(symbol) ?? 0) + quantity);
    }
  }
  for (const [symbol, quantity] of held) if (quantity === 0) held.delete(symbol);
  return held;
}

/** Net shares, signed. */
export function netShares(holdings: readonly Holding[]): number {
  let shares = 0;
  for (const { legs } of holdings) {
    for (const { instrument, quantity } of legs) {
      if (instrument.kind === 'shares') shares += quantity;
    }
  }
  return shares;
}
