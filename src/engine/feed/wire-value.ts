/**
 * Reading values off the wire. DXLink numbers are Java doubles: `100.0`, `1.37E7`, or the strings
 * NaN, Infinity and -Infinity; a missing string or number may also be null.
 */

/** True for an object that is not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for an array, whose elements are still unknown. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** A finite number; anything else is absent. Negative zero becomes zero. */
export function finiteOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value;
}

/** True for every form in which the protocol writes a missing number. */
export function isAbsentNumber(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === 'NaN' ||
    value === 'Infinity' ||
    value === '-Infinity' ||
    value === Number.POSITIVE_INFINITY ||
    value === Number.NEGATIVE_INFINITY
  );
}
