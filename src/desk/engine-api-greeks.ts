/** Greeks of several holdings as one, for the desk's own views and for the faces. */
import type { GreeksView } from './engine-api.ts';

/** The sum; null when any part is not known, so that no total is quietly short. */
export function sumGreeks(parts: readonly (GreeksView | null)[]): GreeksView | null {
  const total = {
    delta: 0,
    gamma: 0,
    thetaCentsPerDay: 0,
    thetaCentsNextHour: 0,
    vegaCentsPerPoint: 0,
  };
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
