/** Where the underlying opens on a date: a slow seeded wave through the calendar, in dollars. */
import type { SessionDate } from '../../engine/domain/units.ts';
import { RandomStream } from './prng.ts';

/** Waves of the level: length in days and height as a fraction of it. */
const WAVES = [
  { days: 31, height: 0.006 },
  { days: 83, height: 0.009 },
  { days: 211, height: 0.012 },
] as const;
const GAP_DEVIATION = 0.0015;
const MILLIS_PER_DAY = 86_400_000;

/** The opening price of a session around a base in dollars, rounded to the cent. */
export function openingLevel(seed: number, date: SessionDate, base: number): number {
  const day = Date.parse(`${date}T00:00:00Z`) / MILLIS_PER_DAY;
  const phases = new RandomStream(seed, 'level');
  let height = GAP_DEVIATION * new RandomStream(seed, date, 'gap').normal();
  for (const wave of WAVES) {
    height += wave.height * Math.sin(2 * Math.PI * (day / wave.days + phases.uniform()));
  }
  return Math.round(100 * base * Math.exp(height)) / 100;
}
