/** What a structure is worth at expiry, summed up: the numbers of a trade card. */
import type { Cents, Price } from './units.ts';

/** All amounts are for the whole order, after fees. */
export interface PayoffSummary {
  /** The worst point of the expiry payoff over all prices from 0 up, as a positive number of cents;
   * undefined where the loss has no floor (`undefined_risk`). Of an opening that is judged, with what
   * settling it there costs, or the loss of the stops of both its sides where that is more. */
  readonly maxLossCents: Cents | undefined;
  /** The best point; undefined where unlimited. */
  readonly maxProfitCents: Cents | undefined;
  /** Prices of the underlying at which the order breaks even after fees, ascending. */
  readonly breakevens: readonly Price[];
  /** Collateral the structure ties up besides premium: its worst expiry value without the premium. */
  readonly marginCents: Cents;
  /** Cash needed if every short leg is assigned alone: strike x 100 x contracts, the larger side. */
  readonly assignmentCostCents: Cents;
  /** Net width of the widest vertical, signed price per share; 0 for single long legs. */
  readonly width: Price;
}
