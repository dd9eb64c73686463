/**
 * Bars that have stopped coming while quotes go on: whoever holds what a bar closes is told, for no stop
 * and no target waits for one. A feed that is down or late is told as that.
 */
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { areBarsLate } from '../../strategies/opening-range.ts';
import { heldInSession } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { tellOnce } from './told-once.ts';

const CODE = 'BARS_SILENT';
/** The day's bars come in within some seconds of a connection. */
const COME_IN_MICROS = 10 * MICROS_PER_SECOND;

/** Called on the clock. */
export function watchBars(desk: DeskContext): void {
  const { at, bars, day } = desk;
  const since = day.feedConnected && day.feedLateMillis === 0 ? day.feedSince : undefined;
  if (since === undefined || at.wall < since + COME_IN_MICROS) return;
  const isLate = areBarsLate({ bars: bars.bars(), session: day.session, now: at.market });
  if (!isLate && !day.toldOnce.has(CODE)) return;
  const guarded = heldInSession(desk).filter(({ exitPlan }) => exitPlan?.rangeExit !== undefined);
  const names = guarded.map(({ positionId }) => positionId).join(', ');
  if (isLate && names !== '') {
    const text = `no one-minute bar has come for minutes: ${names} will not be closed by a close beyond the range, only by stop, target and clock. Close by hand what you would not hold without it`;
    tellOnce(desk, CODE, () => desk.out.alert('critical', CODE, text));
  } else if (day.toldOnce.delete(CODE)) {
    const text = names === '' ? 'nothing is held that a bar closes' : 'bars come again';
    desk.out.settle('resolve', CODE, text);
  }
}
