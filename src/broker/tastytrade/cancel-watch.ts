/**
 * Cancels under way, one an order. The broker takes a cancel first and carries it out later; one that it
 * took and then lost is seen in a list that was asked for long after, in which the order works as if
 * nothing had been said. Such a one is asked again, a few times. Pure.
 */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { TastyOrder } from './tasty-order.ts';

/** A cancel that was taken is given this long to show. */
const SHOWS_AFTER_MICROS = 10 * MICROS_PER_SECOND;
const MOST_TIMES = 3;
/** How the broker writes an order whose cancel it still knows of. */
const ASKED = 'Cancel Requested';

interface Cancel {
  readonly intentId: string;
  times: number;
  /** Wall time of the broker's word that it was taken; undefined while it is unanswered. */
  takenAt: EpochMicros | undefined;
}

export interface LostCancel {
  readonly intentId: string;
  readonly order: TastyOrder;
  /** How often it was taken. */
  readonly times: number;
  readonly isGivenUp: boolean;
}

export class CancelWatch {
  readonly #underWay = new Map<string, Cancel>();

  /** False where a cancel of the order is under way already. */
  begin(id: string, intentId: string): boolean {
    if (this.#underWay.has(id)) return false;
    this.#underWay.set(id, { intentId, times: 1, takenAt: undefined });
    return true;
  }

  onTaken(id: string, wall: EpochMicros): void {
    const cancel = this.#underWay.get(id);
    if (cancel !== undefined) cancel.takenAt = wall;
  }

  /** There is no cancel of the order under way any more. */
  forget(id: string): void {
    this.#underWay.delete(id);
  }

  has(id: string): boolean {
    return this.#underWay.has(id);
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Of the orders in a list asked for at `askedAt`, those whose cancel is lost. Each is counted as asked
   * again, or forgotten where that was often enough; those that have ended are forgotten too. */
  lostIn(listed: readonly TastyOrder[], askedAt: EpochMicros): readonly LostCancel[] {
    return listed.flatMap((order): readonly LostCancel[] => {
      const cancel = this.#underWay.get(order.id);
      if (cancel === undefined) return [];
      if (order.standing !== 'working') this.#underWay.delete(order.id);
      const { takenAt, times, intentId } = cancel;
      const isDue = takenAt !== undefined && askedAt >= takenAt + SHOWS_AFTER_MICROS;
      if (order.standing !== 'working' || order.status === ASKED || !isDue) return [];
      const isGivenUp = times >= MOST_TIMES;
      if (isGivenUp) this.#underWay.delete(order.id);
      else this.#underWay.set(order.id, { intentId, times: times + 1, takenAt: undefined });
      return [{ intentId, order, times, isGivenUp }];
    });
  }
}
