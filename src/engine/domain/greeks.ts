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

/** Sums over a whole position. */
export interface PositionGreeks {
  /** Share equivalents (one 30-delta call = 30). */
  readonly delta: number;
  /** Change of that delta per $1. */
  readonly gamma: number;
  /** Cents per calendar day, and over the next hour. */
  readonly thetaCentsPerDay: number;
  readonly thetaCentsNextHour: number;
  /** Cents per volatility point. */
  readonly vegaCentsPerPoint: number;
}

type Sum = { -readonly [name in keyof PositionGreeks]: number };

/** A sum to add to. */
export function noGreeks(): Sum {
  return { delta: 0, gamma: 0, thetaCentsPerDay: 0, thetaCentsNextHour: 0, vegaCentsPerPoint: 0 };
}

/** The sum; null when any part is not known, so that no total is quietly short. */
export function sumGreeks(parts: readonly (PositionGreeks | null)[]): PositionGreeks | null {
  const total = noGreeks();
  for (const part of parts) {
    if (part === null) return null;
    total.delta += part.delta;
    total.gamma += part.gamma;
    total.thetaCentsPerDay += part.thetaCentsPerDay;
    total.thetaCentsNextHour += part.thetaCentsNextHour;
    total.vegaCentsPerPoint += part.vegaCentsPerPoint;
  }
  return total;
}
