/**
 * Where the underlying stands when a date's shares begin to trade: where the session before left it
 * and a gap of the night. To be a function of seed and date alone it adds up what the sessions
 * before moved, the further back the less, so that each night takes back a sixtieth of the move of
 * sixty sessions and the level stays about its base.
 */
import { previousSessionDate } from '../../engine/domain/session-calendar.ts';
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { dayMove, dayWalk } from './day-walk.ts';
import { baseDollars } from './market-shape.ts';
import { RandomStream } from './prng.ts';

/** Sessions until a move has faded from the level. */
const FADE_SESSIONS = 60;
const GAP_DEVIATION = 0.0015;
const BASIS_POINT = 1e-4;

/** The price in dollars at the first step of a date's grid, not rounded. */
export function startingLevel(seed: number, date: SessionDate, spec: UnderlyingSpec): number {
  let height = gapBefore(seed, date);
  let day = date;
  for (let ago = 0; ago < FADE_SESSIONS; ago += 1) {
    day = previousSessionDate(day);
    const move = gapBefore(seed, day) + BASIS_POINT * dayMove(dayWalk(seed, day, spec));
    height += (1 - ago / FADE_SESSIONS) * move;
  }
  return baseDollars(spec) * Math.exp(height);
}

/** What the night before a date does, in the log of the price. */
function gapBefore(seed: number, date: SessionDate): number {
  return GAP_DEVIATION * new RandomStream(seed, date, 'gap').normal();
}
