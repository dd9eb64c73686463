/**
 * The normal distribution to machine precision: Cody's rational Chebyshev approximations of the
 * error functions (W. J. Cody, Mathematics of Computation 23, 1969). The error is relative: a few
 * units of the last place, and z² of them in the far tail, where rounding z itself costs as much.
 */

const SQRT_HALF = Math.SQRT1_2;
const SQRT_HALF_PI = Math.sqrt(Math.PI / 2);
const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);
const INVERSE_SQRT_PI = 1 / Math.sqrt(Math.PI);
/** Up to here erf is computed, above it erfc scaled by exp(x²). */
const SMALL = 0.46875;
const LARGE = 4;
/** erfc underflows to 0 beyond. */
const UNDERFLOW = 26.543;

/** erf(x) for |x| up to SMALL. */
function erfSmall(x: number): number {
  const y = x * x;
  const top =
    (((0.18577770618460315 * y + 3.1611237438705655) * y + 113.86415415105016) * y +
      377.485237685302) *
      y +
    3209.3775891384694;
  const bottom =
    (((y + 23.601290952344122) * y + 244.02463793444417) * y + 1282.6165260773723) * y +
    2844.236833439171;
  return (x * top) / bottom;
}

/** exp(x²) erfc(x) for x from SMALL to LARGE. */
function erfcxMiddle(x: number): number {
  let top = 2.1531153547440383e-8 * x + 0.5641884969886701;
  top = top * x + 8.883149794388377;
  top = top * x + 66.11919063714163;
  top = top * x + 298.6351381974001;
  top = top * x + 881.952221241769;
  top = top * x + 1712.0476126340707;
  top = top * x + 2051.0783778260716;
  top = top * x + 1230.3393547979972;
  let bottom = x + 15.744926110709835;
  bottom = bottom * x + 117.6939508913125;
  bottom = bottom * x + 537.1811018620099;
  bottom = bottom * x + 1621.3895745666903;
  bottom = bottom * x + 3290.7992357334597;
  bottom = bottom * x + 4362.619090143247;
  bottom = bottom * x + 3439.3676741437216;
  bottom = bottom * x + 1230.3393548037495;
  return top / bottom;
}

/** exp(x²) erfc(x) for x above LARGE. */
function erfcxLarge(x: number): number {
  const y = 1 / (x * x);
  let top = 0.016315387137302097 * y + 0.30532663496123236;
  top = top * y + 0.36034489994980445;
  top = top * y + 0.12578172611122926;
  top = top * y + 0.016083785148742275;
  top = top * y + 0.0006587491615298378;
  let bottom = y + 2.568520192289822;
  bottom = bottom * y + 1.8729528499234673;
  bottom = bottom * y + 0.5279051029514285;
  bottom = bottom * y + 0.06051834131244132;
  bottom = bottom * y + 0.0023352049762686918;
  return (INVERSE_SQRT_PI - (y * top) / bottom) / x;
}

/** exp(x²) erfc(x) for x from 0 up: decays like 1/x, so it never underflows. */
function erfcx(x: number): number {
  if (x <= SMALL) return Math.exp(x * x) * (1 - erfSmall(x));
  return x <= LARGE ? erfcxMiddle(x) : erfcxLarge(x);
}

/** exp(-x²), with the square split so that its rounding does not grow with x. */
function expMinusSquare(x: number): number {
  const coarse = Math.trunc(x * 16) / 16;
  return Math.exp(-coarse * coarse) * Math.exp(-(x - coarse) * (x + coarse));
}

/** The complementary error function. */
export function erfc(x: number): number {
  const size = Math.abs(x);
  if (size <= SMALL) return 1 - erfSmall(x);
  const tail = size > UNDERFLOW ? 0 : expMinusSquare(size) * erfcx(size);
  return x < 0 ? 2 - tail : tail;
}

/** Probability that a standard normal variable is below z. Relative precision in the left tail. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z * SQRT_HALF);
}

/** The cdf divided by the density at z ≤ 0 (Mills' ratio of -z): no exponential but near 0, and no
 * underflow. By itself small enough to become part of a loop over a column, so that nothing is boxed. */
export function leftMillsRatio(z: number): number {
  return SQRT_HALF_PI * erfcx(-z * SQRT_HALF);
}

/** The same for every z up to 38: finite and positive. */
export function millsRatio(z: number): number {
  if (z <= 0) return leftMillsRatio(z);
  return SQRT_TWO_PI * Math.exp(0.5 * z * z) - leftMillsRatio(-z);
}
