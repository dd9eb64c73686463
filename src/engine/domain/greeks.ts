/** Greeks, units stated once: floats, per share of one long option. */
export interface Greeks {
  /** Change of value per $1 of the underlying, -1 to 1. */
  readonly delta: number;
  /** Change of delta per $1 of the underlying. */
  readonly gamma: number;
  /** Change of value in dollars per calendar day (negative for a long option). */
  readonly theta: number;
  /** Change of value in dollars over the next hour of market time, or what is left of it. */
  readonly thetaNextHour: number;
  /** Change of value in dollars per volatility point (0.01 of implied volatility). */
  readonly vega: number;
}
