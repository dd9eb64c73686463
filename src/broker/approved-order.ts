/** The witness that an order passed the risk gate: the only thing a gateway can submit. */

import { assert } from '../engine/domain/assert.ts';
import type { OrderIntent } from '../engine/domain/order.ts';
import type { Verdict } from '../engine/domain/verdict.ts';

/**
 * An order that risk let through. The constructor is private and the field is `#intent`, so that no
 * literal, cast-free, looks like one. Only src/risk may import `approve` (the tidy test holds it).
 */
export class ApprovedOrder {
  readonly #intent: OrderIntent;
  readonly #limitsVersion: string;

  private constructor(intent: OrderIntent, limitsVersion: string) {
    this.#intent = intent;
    this.#limitsVersion = limitsVersion;
  }

  get intent(): OrderIntent {
    return this.#intent;
  }

  get limitsVersion(): string {
    return this.#limitsVersion;
  }

  /** Mints the witness. Reached through `approve` only. */
  static mint(intent: OrderIntent, verdict: Verdict): ApprovedOrder {
    assert(verdict.approved, 'only an approved verdict mints an ApprovedOrder');
    return new ApprovedOrder(intent, verdict.limitsVersion);
  }
}

/** Turns an intent and its passing verdict into the witness. For src/risk only. */
export function approve(intent: OrderIntent, verdict: Verdict): ApprovedOrder {
  return ApprovedOrder.mint(intent, verdict);
}
