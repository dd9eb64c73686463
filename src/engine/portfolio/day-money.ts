/** What a session made, paid and moved, in whole cents. Core thread only. */

import type { Cents } from '../domain/units.ts';
import { cents } from '../domain/units.ts';

export interface DayMoneyView {
  /** Before fees. */
  readonly realizedCents: Cents;
  readonly feesCents: Cents;
  /** Fees included. */
  readonly cashFlowCents: Cents;
}

export class DayMoney {
  #realizedCents = 0;
  #feesCents = 0;
  #cashFlowCents = 0;

  realize(gainCents: number): void {
    this.#realizedCents += gainCents;
  }

  /** Cash before fees, and the fees that go with it. */
  move(cashCents: number, feesCents: number): void {
    this.#feesCents += feesCents;
    this.#cashFlowCents += cashCents - feesCents;
  }

  /** Cash and fees that had moved and did not stand. */
  takeBack(cashCents: number, feesCents: number): void {
    this.move(0 - cashCents, 0 - feesCents);
  }

  view(): DayMoneyView {
    return {
      realizedCents: cents(this.#realizedCents),
      feesCents: cents(this.#feesCents),
      cashFlowCents: cents(this.#cashFlowCents),
    };
  }
}
