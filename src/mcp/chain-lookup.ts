/** One contract of the live chain by its symbol, and the greeks of a holding of it. */
import type { GreeksView } from '../desk/engine-api.ts';
import { multiplierOf, parseOccSymbol } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../engine/domain/market.ts';

const CENTS_PER_DOLLAR = 100;

/** The row of an option in OCC form; undefined for what the chain does not hold. */
export function viewOf(slice: ChainSlice, symbol: string): ContractView | undefined {
  const wanted = parseOccSymbol(symbol);
  if (wanted === undefined || wanted.expiry !== slice.session.date) return undefined;
  const rows = wanted.right === 'call' ? slice.calls : slice.puts;
  return rows.find(
    ({ contract }) => contract.strike === wanted.strike && contract.root === wanted.root,
  );
}

/** Greeks of so many contracts or shares, signed as held; null where the chain has none. */
export function holdingGreeks(
  slice: ChainSlice | undefined,
  { symbol, quantity }: { readonly symbol: string; readonly quantity: number },
): GreeksView | null {
  if (slice !== undefined && symbol === slice.underlying) {
    const none = { gamma: 0, thetaCentsPerDay: 0, thetaCentsNextHour: 0, vegaCentsPerPoint: 0 };
    return { delta: quantity, ...none };
  }
  const view = slice === undefined ? undefined : viewOf(slice, symbol);
  if (view?.greeks === undefined) return null;
  const { delta, gamma, theta, thetaNextHour, vega } = view.greeks;
  const shares = quantity * multiplierOf(view.contract);
  const cents = shares * CENTS_PER_DOLLAR;
  return {
    delta: delta * shares,
    gamma: gamma * shares,
    thetaCentsPerDay: theta * cents,
    thetaCentsNextHour: thetaNextHour * cents,
    vegaCentsPerPoint: vega * cents,
  };
}
