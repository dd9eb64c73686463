/** One contract of a slice by its symbol, and the greeks of a holding of it, for the faces. */
import { findContract } from '../engine/chain/contract-rows.ts';
import { type Instrument, parseOccSymbol } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../engine/domain/market.ts';
import { greeksOfHoldings, SHARE_GREEKS } from '../engine/portfolio/portfolio-greeks.ts';
import type { GreeksView } from './engine-api.ts';

/** The row of an option in OCC form; undefined for what the chain does not hold. */
export function viewOf(slice: ChainSlice, symbol: string): ContractView | undefined {
  const wanted = parseOccSymbol(symbol);
  return wanted === undefined ? undefined : findContract(slice, wanted);
}

/** Greeks of so many contracts or shares, signed as held; null where the chain has none. */
export function holdingGreeks(
  slice: ChainSlice | undefined,
  { symbol, quantity }: { readonly symbol: string; readonly quantity: number },
): GreeksView | null {
  if (slice === undefined) return null;
  const isShares = symbol === slice.underlying;
  const instrument: Instrument | undefined = isShares
    ? { kind: 'shares', symbol }
    : parseOccSymbol(symbol);
  if (instrument === undefined) return null;
  const greeksOf = () => (isShares ? SHARE_GREEKS : viewOf(slice, symbol)?.greeks);
  return greeksOfHoldings([{ instrument }], () => quantity, greeksOf) ?? null;
}
