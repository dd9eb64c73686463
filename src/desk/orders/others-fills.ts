/**
 * Executions of orders that are in no book here, as of one of somebody else's that filled at once: a broker may
 * take them back too. Follows from records, in a run and after a restart alike.
 */

import type { Fill } from '../../engine/domain/order.ts';
import type { DeskContext } from '../desk-context.ts';
import { EXTERNAL } from './adopting.ts';

/** Notes one. What the operator took over is none: no broker lists it. */
export function noteOthersFill({ day, book, at }: DeskContext, fill: Fill): void {
  const { othersFills } = day;
  for (const fillId of othersFills.keys()) if (!book.knows(fillId)) othersFills.delete(fillId);
  if (fill.intentId !== EXTERNAL) othersFills.set(fill.fillId, { fill, heardAt: at.wall });
}

/** Takes out one that the broker took back. */
export function takeOthersFill({ day }: DeskContext, fillId: string): Fill | undefined {
  const fill = day.othersFills.get(fillId)?.fill;
  day.othersFills.delete(fillId);
  return fill;
}
