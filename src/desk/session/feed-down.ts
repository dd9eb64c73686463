/** A feed that is down: one that lost its connection, and one that never had any after a start. It is told
 * once until a connection brings news: a market that stands is silent on each that replaces a silent one. */
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { heldInSession } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { sessionToHear } from './broker-rules.ts';
import { isChainDue } from './session-life.ts';
import { tellOnce } from './told-once.ts';

const CODE = 'FEED_DOWN';
/** A login and a connection take a few seconds. */
const WAIT_MICROS = 10 * MICROS_PER_SECOND;

/** A connection has ended. */
export function tellFeedDown(desk: DeskContext, detail: string): void {
  tellOnce(desk, CODE, () => desk.out.alert('warning', CODE, detail));
}

/** Called on the clock. */
export function watchFeedDown(desk: DeskContext): void {
  const { day, out } = desk;
  watchFirst(desk);
  if (day.feedConnected && isBack(desk) && day.toldOnce.delete(CODE)) {
    out.settle('resolve', CODE, day.feedDetail);
  }
}

/** True where the connection has brought news, or need not: outside the session, or before there is a
 * chain. */
function isBack(desk: DeskContext): boolean {
  const { at, day } = desk;
  const session = day.chainOpen ? sessionToHear(desk) : undefined;
  if (session === undefined || day.quoteNews.wall > 0) return true;
  return at.market < session.open || at.market >= session.lastTrade;
}

/** Told in session, and at any time while something is held. */
function watchFirst(desk: DeskContext): void {
  const { at, day } = desk;
  if (day.feedSince !== undefined || at.wall - day.startedAt < WAIT_MICROS) return;
  const isHeld = heldInSession(desk).length > 0;
  if (!isHeld && !isChainDue(desk)) return;
  const what = isHeld ? 'nothing of what is held can be judged' : 'nothing can be opened';
  const text = `the feed has not connected since the engine was started: ${what}; streaming_status and deltaring doctor say why`;
  tellOnce(desk, CODE, () => desk.out.alert(isHeld ? 'critical' : 'warning', CODE, text));
}
