/**
 * The account as the broker behind bad wires writes it, and as its adapter reads it: on one line what moves with
 * the market, on the next the executions and ends of the session. Those are most of it and seldom change: neither
 * end goes through them again while they are what they were.
 */

import type { AccountSnapshot, Settlement } from '../../broker/order-gateway.ts';

/** What is written: the picture, and every settlement that the broker booked. */
export interface WrittenAccount extends AccountSnapshot {
  readonly settlements: readonly Settlement[];
}

type Lists = Pick<WrittenAccount, 'endedOrders' | 'fills'>;

const NOTHING: Lists = { endedOrders: [], fills: [] };

/** Of one broker, which makes a list anew where it changes. */
export class AccountWriter {
  #lists = NOTHING;
  #text = JSON.stringify(NOTHING);

  write({ endedOrders, fills, ...rest }: WrittenAccount): string {
    if (endedOrders !== this.#lists.endedOrders || fills !== this.#lists.fills) {
      this.#lists = { endedOrders, fills };
      this.#text = JSON.stringify(this.#lists);
    }
    return `${JSON.stringify(rest)}\n${this.#text}`;
  }
}

/** Of one adapter. Pictures whose lists are the same share them. */
export class AccountReader {
  #lists = NOTHING;
  #text = JSON.stringify(NOTHING);

  read(text: string): WrittenAccount {
    const end = text.indexOf('\n');
    const listed = text.slice(end + 1);
    if (listed !== this.#text) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by AccountWriter
      this.#lists = JSON.parse(listed) as Lists;
      this.#text = listed;
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by AccountWriter
    const rest = JSON.parse(text.slice(0, end)) as Omit<WrittenAccount, keyof Lists>;
    return { ...rest, ...this.#lists };
  }
}
