/** Which settlements the desk was told of, so that each is told once. Pure, core thread only. */

import type { EpochMicros } from '../engine/domain/units.ts';
import { MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import type { BrokerEvent, Settlement } from './order-gateway.ts';

/** Longer than any adapter looks back: what is older is not read again. */
const KEPT_MICROS = 30 * 24 * 60 * MICROS_PER_MINUTE;

export class ToldSettlements {
  readonly #told = new Map<string, EpochMicros>();

  /** `history`: what the journal holds. */
  constructor(history: readonly BrokerEvent[]) {
    for (const event of history) if (event.kind === 'settlement') this.#add(event.settlement);
  }

  get size(): number {
    return this.#told.size;
  }

  /** True the first time; it counts as told from then on. */
  isNews(settlement: Settlement): boolean {
    if (this.#told.has(settlement.settlementId)) return false;
    this.#add(settlement);
    return true;
  }

  forgetOld(now: EpochMicros): void {
    for (const [id, marketAt] of this.#told) {
      if (marketAt < now - KEPT_MICROS) this.#told.delete(id);
    }
  }

  #add({ settlementId, marketAt }: Settlement): void {
    this.#told.set(settlementId, marketAt);
  }
}
