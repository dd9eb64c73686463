/** The limits of a customer's connection, with the texts of the real server. */
import type { SubscriptionEntry } from './client-message.ts';

/** Symbols times types of one connection. */
export const MAX_SUBSCRIPTIONS = 25_000;
/** Adds and removes of one connection in any minute. */
export const MAX_CHANGES_PER_MINUTE = 10_000;
/** Subscriptions of one connection to each type that costs the server a history. */
export const MAX_PER_SCARCE_TYPE = 100;
/** A longer frame from a client closes its socket with code 1009. */
export const MAX_FRAME_BYTES = 65_536;

const SCARCE_TYPES: ReadonlySet<string> = new Set(['Candle', 'Order', 'Series']);
const MINUTE_MICROS = 60_000_000;

interface Change {
  readonly at: number;
  readonly count: number;
}

/** Counts one connection's subscriptions. */
export class SubscriptionLimits {
  readonly #changes: Change[] = [];
  #inLastMinute = 0;

  /** Judges a batch of changes at a wall time; answers the refusal's text, or undefined. A refused
   * batch changes nothing. */
  judge(
    batch: { readonly changes: number; readonly add: readonly SubscriptionEntry[] },
    countOf: (type: string | undefined) => number,
    wallMicros: number,
  ): string | undefined {
    this.#forgetBefore(wallMicros - MINUTE_MICROS);
    if (this.#inLastMinute + batch.changes > MAX_CHANGES_PER_MINUTE) {
      return 'Your subscription rate is too high';
    }
    if (countOf(undefined) + batch.add.length > MAX_SUBSCRIPTIONS) {
      return 'Your subscription size is too big';
    }
    for (const type of SCARCE_TYPES) {
      const added = batch.add.filter((entry) => entry.type === type).length;
      if (added > 0 && countOf(type) + added > MAX_PER_SCARCE_TYPE) {
        return `Your subscription size for event type '${type}' is too big`;
      }
    }
    this.#changes.push({ at: wallMicros, count: batch.changes });
    this.#inLastMinute += batch.changes;
    return undefined;
  }

  #forgetBefore(wallMicros: number): void {
    while ((this.#changes[0]?.at ?? Number.POSITIVE_INFINITY) <= wallMicros) {
      this.#inLastMinute -= this.#changes.shift()?.count ?? 0;
    }
  }
}
