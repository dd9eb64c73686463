/**
 * Where the underlying stands when a date's shares begin to trade: where the session before left it
 * and a gap of the night. To be a function of seed and date alone it adds up what the sessions
 * before moved, the further back the less, so that each night takes back a sixtieth of the move of
 * sixty sessions and the level stays about its base.
 */

import { LRUMap } from '../../engine/domain/lru-map.ts';
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
/** A date and the one before it have all but one of their sessions in common: what each moved is kept. */
const MOST_MOVES = 2_000;
const moves = new LRUMap<string, number>(MOST_MOVES);

/** The price in dollars at the first step of a date's grid, not rounded. */
export function startingLevel(seed: number, date: SessionDate, spec: UnderlyingSpec): number {
  let height = gapBefore(seed, date);
  let day = date;
  for (let ago = 0; ago < FADE_SESSIONS; ago += 1) {
    day = previousSessionDate(day);
    height += (1 - ago / FADE_SESSIONS) * moveOf(seed, day, spec);
  }
  return baseDollars(spec) * Math.exp(height);
}

/** What a session and the night before it moved, in the log of the price. */
function moveOf(seed: number, day: SessionDate, spec: UnderlyingSpec): number {
  const name = `${seed} ${day} ${spec.symbol}`;
  const known = moves.get(name);
  if (known !== undefined) return known;
  const move = gapBefore(seed, day) + BASIS_POINT * dayMove(dayWalk(seed, day, spec));
  moves.set(name, move);
  return move;
}

/** What the night before a date does, in the log of the price. */
function gapBefore(seed: number, date: SessionDate): number {
  return GAP_DEVIATION * new RandomStream(seed, date, 'gap').normal();
}
