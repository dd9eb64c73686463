/** Numbers as brokers write them. Pure. */

/** No price, quantity, account or day's volume is as large, and in hundredths of a cent it is still a whole
 * number by ninety contracts of a hundred shares: a larger one is none, for reckoning with it throws. */
export const MOST_ON_THE_WIRE = 10_000_000_000;

/** A number that came as a text or as a number; undefined for an empty one, and for one that is none. */
export function numberOnWire(value: unknown): number | undefined {
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return undefined;
  const number = Number(value);
  return Math.abs(number) <= MOST_ON_THE_WIRE ? number : undefined;
}
