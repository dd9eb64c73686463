/** Finding a contract among the rows of a slice. Pure: any thread. */
import type { OptionContract } from '../domain/instrument.ts';
import type { ChainSlice, ContractView } from '../domain/market.ts';
import type { Price } from '../domain/units.ts';

/** The place of the first row at or above a strike among those of one right, which ascend by strike;
 * their count where there is none. */
export function placeAtOrAbove(rows: readonly ContractView[], strike: Price): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && row.contract.strike < strike) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The row of a strike among those of one right, which ascend by strike. */
export function rowAtStrike(
  rows: readonly ContractView[],
  strike: Price,
): ContractView | undefined {
  const found = rows[placeAtOrAbove(rows, strike)];
  return found?.contract.strike === strike ? found : undefined;
}

/** The volatility of the smile at a price: between the nearest strikes of either side that have one, in
 * proportion; that of one side alone beyond the other. Undefined where no strike has one. */
export function impliedVolAt({ calls, puts }: ChainSlice, at: Price): number | undefined {
  const place = placeAtOrAbove(calls, at);
  const volOf = ({ contract, impliedVol }: ContractView): number | undefined =>
    impliedVol ?? rowAtStrike(puts, contract.strike)?.impliedVol;
  const above = calls.slice(place).find((row) => volOf(row) !== undefined);
  const below = calls.slice(0, place).findLast((row) => volOf(row) !== undefined);
  const high = above && volOf(above);
  const low = below && volOf(below);
  if (above === undefined || below === undefined) return high ?? low;
  if (high === undefined || low === undefined) return undefined;
  const from = below.contract.strike;
  return low + ((high - low) * (at - from)) / (above.contract.strike - from);
}

/** The row of exactly this contract; undefined when the slice has none. */
export function findContract(
  slice: ChainSlice,
  contract: OptionContract,
): ContractView | undefined {
  const rows = contract.right === 'call' ? slice.calls : slice.puts;
  const found = rowAtStrike(rows, contract.strike);
  const isOfSeries = found?.contract.expiry === contract.expiry;
  return isOfSeries && found.contract.root === contract.root ? found : undefined;
}
