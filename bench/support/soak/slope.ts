/** Whether a series stays flat: its slope by least squares, against what is allowed. */

/** Growth a step, and how sure it is. */
export interface Slope {
  readonly perStep: number;
  /** Standard error of the slope. */
  readonly error: number;
}

/** The slope of values one step apart; nothing is known of fewer than three. */
export function slopeOf(values: readonly number[]): Slope {
  const count = values.length;
  if (count < 3) return { perStep: 0, error: Number.POSITIVE_INFINITY };
  const middle = (count - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const spread = (count * (count * count - 1)) / 12;
  const perStep = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0) / spread;
  const left = values.reduce((sum, value, i) => {
    return sum + (value - mean - perStep * (i - middle)) ** 2;
  }, 0);
  return { perStep, error: Math.sqrt(left / (count - 2) / spread) };
}

/** True where the growth is surely more than allowed: two standard errors above it. */
export function growsBeyond(values: readonly number[], allowedPerStep: number): boolean {
  const { perStep, error } = slopeOf(values);
  return perStep - 2 * error > allowedPerStep;
}
