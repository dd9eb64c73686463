/** Time to expiry by the calendar's minutes, the field's convention for same-day options. */
import type { EpochMicros } from '../domain/units.ts';
import { MICROS_PER_MINUTE } from '../domain/units.ts';

/** Minutes of a year of 365 days: nights and weekends count, as in listed implied volatilities. */
export const MINUTES_PER_YEAR = 525_600;

const MICROS_PER_YEAR = MINUTES_PER_YEAR * MICROS_PER_MINUTE;

/** Years of 525,600 minutes from `market` to the last trade; 0 at and after it. */
export function yearsToExpiry(market: EpochMicros, lastTrade: EpochMicros): number {
  return Math.max(0, lastTrade - market) / MICROS_PER_YEAR;
}
