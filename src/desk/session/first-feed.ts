/** A feed that never came up after a start: the end of a connection tells of itself, one that was never
 * made does not. */
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { heldInSession } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { isChainDue } from './session-life.ts';
import { tellOnce } from './told-once.ts';

const CODE = 'FEED_DOWN';
/** A login and a connection take a few seconds. */
const WAIT_MICROS = 10 * MICROS_PER_SECOND;

/** Called on the clock. Told in session, and at any time while something is held. */
export function watchFirstFeed(desk: DeskContext): void {
  const { at, day } = desk;
  if (day.feedSince !== undefined || at.wall - day.startedAt < WAIT_MICROS) return;
  const isHeld = heldInSession(desk).length > 0;
  if (!isHeld && !isChainDue(desk)) return;
  const what = isHeld ? 'nothing of what is held can be judged' : 'nothing can be opened';
  const text = `the feed has not connected since the engine was started: ${what}; streaming_status and deltaring doctor say why`;
  tellOnce(desk, CODE, () => desk.out.alert(isHeld ? 'critical' : 'warning', CODE, text));
}

/** True where a feed that connects was told to be missing. */
export function wasFeedMissed({ day }: DeskContext): boolean {
  return day.toldOnce.delete(CODE) || day.feedSince !== undefined;
}
