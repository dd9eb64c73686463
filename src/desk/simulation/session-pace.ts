/** How closely a simulated session looks: from second to second only while something may happen. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';

/** Between two ticks while nothing is going on. */
export const CALM_TICK_MICROS = 20 * MICROS_PER_SECOND;
const BUSY_TICK_MICROS = MICROS_PER_SECOND;
const WATCHFUL_TICK_MICROS = 2 * MICROS_PER_SECOND;
const AFTER_HOURS_TICK_MICROS = 5 * MICROS_PER_MINUTE;
/** An order older than this is no longer watched from second to second. */
const BUSY_ORDER_MICROS = 3 * MICROS_PER_MINUTE;

/** Until the next tick: soon while a trader is at it, orders are young or the day is being closed. */
export function tickMicros(desk: DeskContext, now: EpochMicros, isTraderBusy: boolean): number {
  const { orders, book, day } = desk;
  if (now >= day.session.lastTrade) return AFTER_HOURS_TICK_MICROS;
  if (isTraderBusy) return BUSY_TICK_MICROS;
  const isClosing = now >= day.schedule.flattenStartAt - CALM_TICK_MICROS;
  const isWaiting = orders
    .live()
    .some(({ createdAt }) => now - createdAt.market < BUSY_ORDER_MICROS);
  const isWatched = isWaiting || (isClosing && book.structures().length > 0);
  return isWatched ? WATCHFUL_TICK_MICROS : CALM_TICK_MICROS;
}
