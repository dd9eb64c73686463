/** Greeks of what is held. */
import type { Greeks, PositionGreeks } from '../domain/greeks.ts';
import { noGreeks } from '../domain/greeks.ts';
import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol, multiplierOf } from '../domain/instrument.ts';
import { CENTS_PER_DOLLAR } from '../domain/units.ts';
import type { StructurePosition } from './portfolio-book.ts';

/** One share of the underlying. What a share of another ticker does beside it is not known. */
export const SHARE_GREEKS: Greeks = { delta: 1, gamma: 0, theta: 0, thetaNextHour: 0, vega: 0 };

/** Greeks of holdings together, of each so much, signed, as `quantityOf` says; undefined when one has
 * none, so that no total is quietly short. */
export function greeksOfHoldings<T extends { readonly instrument: Instrument }>(
  holdings: readonly T[],
  quantityOf: (holding: T) => number,
  greeksOf: (symbol: string) => Greeks | undefined,
): PositionGreeks | undefined {
  const total = noGreeks();
  for (const holding of holdings) {
    const { instrument } = holding;
    const shares = quantityOf(holding) * multiplierOf(instrument);
    const greeks = greeksOf(instrumentSymbol(instrument));
    if (greeks === undefined) return undefined;
    total.delta += shares * greeks.delta;
    total.gamma += shares * greeks.gamma;
    total.thetaCentsPerDay += shares * greeks.theta * CENTS_PER_DOLLAR;
    total.thetaCentsNextHour += shares * greeks.thetaNextHour * CENTS_PER_DOLLAR;
    total.vegaCentsPerPoint += shares * greeks.vega * CENTS_PER_DOLLAR;
  }
  return total;
}

/** Greeks of a structure. */
export function structureGreeks(
  position: StructurePosition,
  greeksOf: (symbol: string) => Greeks | undefined,
): PositionGreeks | undefined {
  return greeksOfHoldings(position.legs, ({ quantity }) => quantity, greeksOf);
}
