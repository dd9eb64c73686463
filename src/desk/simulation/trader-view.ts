/** What the faces of a simulated session show its trader. */

import type { At } from '../../engine/domain/clock.ts';
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { TraderView } from './scripted-trader.ts';
import type { SessionTally } from './session-tally.ts';

/** Without a fill or with few previews the trader tries harder from here on. */
const EAGER_AFTER_MINUTES = 30;
const LEAST_PREVIEWS = 6;

/** The engine as the trader sees it now. */
export function traderView(
  desk: DeskContext,
  at: At,
  world: { readonly spotDollars: number; readonly tally: SessionTally },
): TraderView {
  const { book, orders, day } = desk;
  const { fills, previews } = world.tally;
  const minutes = (at.market - day.session.open) / MICROS_PER_MINUTE;
  return {
    at,
    minutes,
    spotDollars: world.spotDollars,
    positionIds: book.structures().map(({ positionId }) => positionId),
    liveOrderIds: orders.live().map(({ intent }) => intent.intentId),
    killed: day.killed,
    isEager: minutes > EAGER_AFTER_MINUTES && (fills === 0 || previews < LEAST_PREVIEWS),
  };
}
