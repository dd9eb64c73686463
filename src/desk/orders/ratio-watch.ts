/** Fills that leave the legs of an order out of proportion for longer than reporting takes. */

import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { holdTrading } from '../account/governing.ts';
import type { DeskContext } from '../desk-context.ts';

/** Brokers report the legs of one execution one after another; this long is no race any more. */
const GRACE_MICROS = 3 * MICROS_PER_SECOND;

/** Holds trading at reducing, and pages once, while a position stands on an uneven order. Called on
 * the clock. */
export function watchRatios(desk: DeskContext): void {
  const { uneven, status } = desk.day;
  let broken: string | undefined;
  for (const [intentId, since] of uneven) {
    const positionId = desk.orders.get(intentId)?.intent.positionId ?? '';
    if (desk.book.structure(positionId) === undefined) uneven.delete(intentId);
    else if (desk.at.wall - since >= GRACE_MICROS) broken ??= `${positionId} by order ${intentId}`;
  }
  if (broken !== undefined && !status.causes.includes('brokenRatio')) {
    const text = `the legs of ${broken} filled out of proportion: look at it, close it or let it fill`;
    desk.out.alert('critical', 'BROKEN_RATIO', text);
  }
  if (broken === undefined && status.causes.includes('brokenRatio')) {
    desk.out.settle('resolve', 'BROKEN_RATIO', 'no position stands on an uneven order');
  }
  holdTrading(desk, 'brokenRatio', broken !== undefined);
}
