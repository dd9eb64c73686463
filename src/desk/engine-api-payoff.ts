/** Part of the door: a trade card's payoff, for a picture. */

/** A card's P&L over prices of the underlying, fees included: for a picture. */
export interface PayoffView {
  readonly spot: number;
  /** Dollars, rising. */
  readonly prices: readonly number[];
  /** At the close and now, cents, one a price; null where a leg has no volatility. */
  readonly closeCents: readonly number[];
  readonly nowCents: readonly (number | null)[];
}
