/** Past the deadline everything was to be flat: what is still open is paged once, with what becomes of
 * it. A long that nobody bids for is left to expire, which whoever finds it tells. */
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { concedesAll } from '../orders/limit-walker.ts';
import { tellOnce } from './told-once.ts';

const CODE = 'OPEN_PAST_DEADLINE';
const LATE = 'late ';

/** Called on the clock. A flatten tells of its positions itself. */
export function watchDeadline(desk: DeskContext): void {
  const { at, book, day } = desk;
  if (!day.chainOpen || at.market < day.schedule.flattenDeadlineAt) return;
  const open = book.structures().filter(isOpen);
  for (const position of open) {
    if (!day.flattening.has(position.positionId)) tell(desk, position);
  }
  settleClosed(desk, new Set(open.map(({ positionId }) => lateKey(positionId))));
}

function tell(desk: DeskContext, { positionId, legs }: StructurePosition): void {
  if (areLeftToExpire(desk, legs)) return;
  const deadline = newYorkText(desk.day.schedule.flattenDeadlineAt);
  const text = `${positionId} is still open past the deadline of ${deadline}: ${doing(desk, positionId)}`;
  tellOnce(desk, lateKey(positionId), () => desk.out.alert('critical', CODE, text, positionId));
}

function doing(desk: DeskContext, positionId: string): string {
  const closing = desk.orders.closing(positionId).at(-1);
  if (closing === undefined) return 'no order to close it is on its way';
  const { intent, status, limit } = closing;
  const how = `order ${intent.intentId} to close it is ${status}`;
  if (!concedesAll(desk, closing)) return how;
  const net = dollarsFromPrice(limit).toFixed(2);
  return `${how} at a net of ${net}, and a worse one would pay more than it can ever be worth: what the market asks beyond that is yours to decide`;
}

/** Ends the incidents of positions that have been closed after all. */
function settleClosed(desk: DeskContext, open: ReadonlySet<string>): void {
  for (const key of desk.day.toldOnce) {
    if (!key.startsWith(LATE) || open.has(key)) continue;
    desk.day.toldOnce.delete(key);
    const positionId = key.slice(LATE.length);
    desk.out.settle('resolve', CODE, `${positionId} is closed`, positionId);
  }
}

function lateKey(positionId: string): string {
  return `${LATE}${positionId}`;
}
