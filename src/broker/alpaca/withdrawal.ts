/** Executions that the broker takes back or corrects: what was told of them is found by its totals, which
 * shrink here alone. Pure. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { LineOrder, OrderLine } from './order-line.ts';
import { foldLeg, toldOf, totalOf } from './order-line.ts';
import type { Fields, WireOrder } from './wire-order.ts';
import { textIn } from './wire-order.ts';

/** What the broker says of an execution that does not stand any more as it was told. */
export interface Withdrawal {
  /** The ids that it may have been told by. */
  readonly fillIds: readonly string[];
  /** True where another stands in its place. */
  readonly isCorrected: boolean;
  readonly reason: string;
}

/** What an update takes back; undefined where it tells of something else. A correction is an execution of
 * its own, and may name the one that it corrects beside it. */
export function withdrawalIn(data: Fields): Withdrawal | undefined {
  const event = textIn(data, 'event');
  const isCorrected = event === 'trade_correct';
  if (event !== 'trade_bust' && !isCorrected) return undefined;
  const names = ['previous_execution_id', 'execution_id'];
  const fillIds = names.flatMap((name) => textIn(data, name) ?? []);
  const reason = `the broker reports a trade ${isCorrected ? 'correction' : 'bust'}`;
  return { fillIds, isCorrected, reason };
}

/** Takes the broker's totals as they are now, after it took an execution back or corrected one: no answer to a
 * question of before it may be taken in any more. */
export function foldBust(order: LineOrder, wire: WireOrder, wall: EpochMicros): void {
  order.bustedAt = wall;
  if (!wire.isLeg) order.filledUnits = wire.filledUnits;
  for (const leg of wire.legs) {
    const units = Math.floor(leg.filled / leg.ratio);
    order.filledUnits = Math.min(order.filledUnits, units);
    order.filled.delete(instrumentSymbol(leg.instrument));
    foldLeg(order, leg);
  }
}

/**
 * Takes from a line what was told of it and does not stand by the broker's totals: the execution that is
 * named, and of each leg the newest while more is told of it than its total. A correction of one that has
 * no name here shows in what its leg cost.
 */
export function takeContradicted(line: OrderLine, { fillIds, isCorrected }: Withdrawal) {
  const { fills, intent } = line;
  const named = fills.findIndex(({ fillId }) => fillIds.includes(fillId));
  const taken = named < 0 ? [] : fills.splice(named, 1);
  const isByPrice = isCorrected && named < 0;
  for (const symbol of intent.legs.map(({ instrument }) => instrumentSymbol(instrument))) {
    const isOver = () => toldOf(line, symbol).quantity > totalOf(line, symbol).quantity;
    let isWrong = isOver() || (isByPrice && hasOtherCost(line, symbol));
    while (isWrong) {
      const newest = fills.findLastIndex((fill) => instrumentSymbol(fill.instrument) === symbol);
      taken.push(...fills.splice(newest, 1));
      isWrong = isOver();
    }
  }
  line.takenBack += taken.length;
  return taken;
}

/** An average may be told in more digits than a price has here. */
function hasOtherCost(line: OrderLine, symbol: string): boolean {
  const [total, told] = [totalOf(line, symbol), toldOf(line, symbol)];
  const isAsMuch = told.quantity === total.quantity;
  return isAsMuch && Math.abs(told.notional - total.notional) > told.quantity;
}
