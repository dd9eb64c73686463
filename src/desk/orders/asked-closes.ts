/**
 * What traders asked to be closed. Their word stands until the legs are gone, whatever becomes of the
 * order that they confirmed: the broker may refuse it, and the engine calls it back where a leg has lost
 * its market or was closed by somebody else. It ends where a person calls it off, here or at another
 * screen, with its session, and where nothing came of an order that was presumed absent: that is told, with
 * what to do. All of it follows from records, in a run and after a restart.
 */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { PortfolioBook } from '../../engine/portfolio/portfolio-book.ts';
import type { OrderBook, OrderRecord } from './order-book.ts';
import { contractsLeft, isExternal } from './order-book.ts';

/** The reason of the exits by which the engine goes on with what a trader asked for. */
export const ASKED = 'asked';

export interface AskedClose {
  /** The order by which it was asked for last. */
  readonly intentId: string;
  /** Contracts of each leg that stay; undefined where nothing of the position is to stay. */
  readonly keeps: ReadonlyMap<string, number> | undefined;
  /** Wall time of the next try, and why the last one came to nothing: both begin anew with a run. */
  retryAt: EpochMicros | undefined;
  told: string;
}

/** By position. */
export type AskedCloses = Map<string, AskedClose>;

/** The parts of a desk that it follows from. */
interface Books {
  readonly book: PortfolioBook;
  readonly orders: OrderBook;
  readonly day: { readonly askedCloses: AskedCloses };
}

/** True for an order by which a trader closes, or the engine in a trader's stead. */
export function isAsked(order: OrderRecord): boolean {
  const isOurs = order.intent.purpose === 'close' && !isExternal(order);
  return isOurs || order.exitReason === ASKED;
}

/** Enters what a trader's order asks for, when it is recorded. What is asked of the same legs last counts;
 * the whole of a position stays asked for. */
export function noteAsked(desk: Books, { intent }: OrderRecord, isOfAll: boolean): void {
  const { intentId, positionId, purpose, legs } = intent;
  const position = desk.book.structure(positionId);
  if (purpose !== 'close' || position === undefined) return;
  const known = desk.day.askedCloses.get(positionId);
  const fresh = { intentId, retryAt: undefined, told: '' };
  if (isOfAll || (known !== undefined && known.keeps === undefined)) {
    desk.day.askedCloses.set(positionId, { ...fresh, keeps: undefined });
    return;
  }
  const keeps = new Map(known?.keeps);
  const asked = desk.orders.closing(positionId).filter(isAsked);
  for (const { instrument } of legs) {
    const symbol = instrumentSymbol(instrument);
    const held = position.legs.find((leg) => instrumentSymbol(leg.instrument) === symbol);
    let stays = Math.abs(held?.quantity ?? 0);
    for (const order of asked) stays -= leftOf(order, symbol);
    keeps.set(symbol, Math.max(0, stays));
  }
  desk.day.askedCloses.set(positionId, { ...fresh, keeps });
}

function leftOf(order: OrderRecord, symbol: string): number {
  const leg = order.intent.legs.find((each) => instrumentSymbol(each.instrument) === symbol);
  return leg === undefined ? 0 : contractsLeft(order, leg);
}

/** True while what the order asked for stands. */
export function isStillAsked({ day }: Pick<Books, 'day'>, order: OrderRecord): boolean {
  return isAsked(order) && day.askedCloses.has(order.intent.positionId);
}

/** Ends what the order asked for, with all else that was asked of its position; false where nothing was. */
export function callOff({ day }: Pick<Books, 'day'>, order: OrderRecord): boolean {
  return isAsked(order) && day.askedCloses.delete(order.intent.positionId);
}
