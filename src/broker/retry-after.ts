/** How long a broker asks to be left alone, as the header `Retry-After` of its answer says it. */

import { MICROS_PER_MILLI, MICROS_PER_SECOND } from '../engine/domain/units.ts';

/** No broker's word keeps this account's reads away for longer: it may be a mistake. */
export const MOST_ASKED_MICROS = 300 * MICROS_PER_SECOND;

/**
 * Microseconds from a moment on (milliseconds since the epoch); 0 where it says nothing that can be read,
 * or a time that is over. The header holds seconds or an HTTP date (RFC 9110, section 10.2.3).
 */
export function retryAfterMicros(header: string | undefined, nowMillis: number): number {
  const text = header?.trim() ?? '';
  if (text === '') return 0;
  const micros = /^\d+$/.test(text)
    ? Number(text) * MICROS_PER_SECOND
    : (Date.parse(text) - nowMillis) * MICROS_PER_MILLI;
  if (Number.isNaN(micros)) return 0;
  return Math.min(MOST_ASKED_MICROS, Math.max(0, Math.round(micros)));
}
