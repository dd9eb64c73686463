/**
 * A first guess of total volatility. As total volatility goes to zero, Black's formula becomes
 * Bachelier's, whose time value over moneyness is a function of h = moneyness over volatility alone:
 * B(η) = φ(η)/η - Φ(-η), η = |h|. Its inverse is tabulated once by ln B; the guess is then good to
 * four digits or better for every same-day option.
 */

import { millsRatio } from './normal.ts';
import { LN_SQRT_TWO_PI } from './normalised-black.ts';

/** ln B at the table's ends: nine standard deviations out, and a thousandth of one. */
const TABLE_FROM = -46;
const TABLE_TO = 6;
const STEPS_PER_UNIT = 40;
const TABLE_LENGTH = (TABLE_TO - TABLE_FROM) * STEPS_PER_UNIT + 1;
const NEWTON_STEPS_PER_ENTRY = 8;
const SQRT_TWO_PI = Math.exp(LN_SQRT_TWO_PI);

/** 1/η for ln B from TABLE_FROM to TABLE_TO. */
const inverseDeviations = buildTable();

/** Solves ln B(η) = u entry by entry from the wing inward, each from its neighbour's answer. */
function buildTable(): Float64Array {
  const table = new Float64Array(TABLE_LENGTH);
  let deviations = wingDeviations(TABLE_FROM);
  for (let entry = 0; entry < TABLE_LENGTH; entry++) {
    const target = TABLE_FROM + entry / STEPS_PER_UNIT;
    for (let step = 0; step < NEWTON_STEPS_PER_ENTRY; step++) {
      deviations += newtonStep(deviations, target) * deviations;
    }
    table[entry] = 1 / deviations;
  }
  return table;
}

/** Newton's relative step of ln B(η) = target, in η; the decline of ln B is steeper than 1/η, so
 * a step never turns η negative from the wing's side. */
function newtonStep(deviations: number, target: number): number {
  const mills = millsRatio(-deviations);
  const rest = 1 - deviations * mills;
  const lnB =
    -0.5 * deviations * deviations - LN_SQRT_TWO_PI + Math.log(rest) - Math.log(deviations);
  const decline = (deviations * mills) / rest + 1;
  return (lnB - target) / decline;
}

/** η of a very small B by the first terms of its tail, B ≈ φ(η)/η³. */
function wingDeviations(lnB: number): number {
  const first = Math.sqrt(-2 * lnB);
  return Math.sqrt(Math.max(1, -2 * (lnB + LN_SQRT_TWO_PI + 3 * Math.log(first))));
}

/**
 * A guess of total volatility s for |log-moneyness| x and the normalised time value b > 0. Between
 * Bachelier's volatility and Black's stands s = n · x/m · (1 + s²/24) to second order, with
 * m = |forward - strike| / sqrt(forward × strike) = 2 sinh(x/2) (Hagan and Woodward, 1998).
 */
export function seedTotalVol(absLogMoneyness: number, value: number): number {
  const stretch = 1 + (absLogMoneyness * absLogMoneyness) / 24;
  const bachelier = bachelierTotalVol(absLogMoneyness * stretch, value) / stretch;
  return bachelier * (1 + (bachelier * bachelier) / 24);
}

function bachelierTotalVol(moneyness: number, value: number): number {
  const lnB = Math.log(value / moneyness);
  if (!(lnB < TABLE_TO)) return (value + 0.5 * moneyness) * SQRT_TWO_PI;
  if (lnB < TABLE_FROM) return moneyness / wingDeviations(lnB);
  const position = (lnB - TABLE_FROM) * STEPS_PER_UNIT;
  const entry = Math.min(Math.floor(position), TABLE_LENGTH - 2);
  const below = inverseDeviations[entry] ?? 0;
  const above = inverseDeviations[entry + 1] ?? 0;
  return moneyness * (below + (above - below) * (position - entry));
}
