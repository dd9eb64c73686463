/** Raises of limits that end within a simulated session, as an operator may have configured them. */

import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { Limits } from '../../risk/limits.ts';
import { RAISABLE } from './limits-at.ts';
import type { SeededRandom } from './seeded-random.ts';

/** In so many sessions limits are raised for a while. */
const RAISED_CHANCE = 0.25;
const MOST_RAISES = 3;
const FACTORS = [1.2, 1.5, 2, 3];
/** The part of the session in which a raise ends. */
const ENDS_WITHIN = [0.1, 0.75] as const;
const SAME_END_CHANCE = 0.6;

export function raisesFor(
  random: SeededRandom,
  limits: Limits,
  { date, open, lastTrade }: SessionTimes,
): readonly LimitRaise[] {
  if (!random.chance(RAISED_CHANCE)) return [];
  const endOf = () => {
    return addMicros(open, Math.round(random.between(...ENDS_WITHIN) * (lastTrade - open)));
  };
  const first = endOf();
  return Array.from({ length: random.whole(1, MOST_RAISES) }, () => {
    const [setting, { fields, scale }] = random.pick(Object.entries(RAISABLE));
    const most = Math.max(...fields.map((field) => limits[field]));
    const value = Math.ceil((most * random.pick(FACTORS)) / scale) + 1;
    const untilWall = random.chance(SAME_END_CHANCE) ? first : endOf();
    const text = `${setting}=${value} until ${date}T${newYorkText(untilWall)}`;
    return { setting, value, untilWall, text };
  });
}
