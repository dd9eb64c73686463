/** What the paper broker does later: tasks in the order of their market time. */

import type { EpochMicros, Price, SessionDate } from '../../engine/domain/units.ts';

export type Task =
  | { readonly kind: 'arrive'; readonly intentId: string; readonly afterUnknown: boolean }
  | { readonly kind: 'cancel'; readonly intentId: string }
  | { readonly kind: 'replace'; readonly intentId: string; readonly limit: Price }
  | { readonly kind: 'endOfDay'; readonly intentId: string }
  | { readonly kind: 'settle'; readonly expiry: SessionDate }
  | { readonly kind: 'assign'; readonly symbol: string };

interface Entry {
  readonly due: EpochMicros;
  readonly task: Task;
}

/** Tasks by time; of equal time the one that was added first, but settlement after all others. */
export class Agenda {
  readonly #entries: Entry[] = [];

  add(due: EpochMicros, task: Task): void {
    const isBefore = (other: Entry): boolean =>
      other.due < due || (other.due === due && !(other.task.kind === 'settle'));
    let index = this.#entries.length;
    while (index > 0 && !isBefore(this.#entries[index - 1] ?? { due, task })) index -= 1;
    this.#entries.splice(index, 0, { due, task });
  }

  /** When the next task is due. */
  next(): EpochMicros | undefined {
    return this.#entries[0]?.due;
  }

  /** Takes the next task that is due by `now`. */
  take(now: EpochMicros): Entry | undefined {
    const first = this.#entries[0];
    return first !== undefined && first.due <= now ? this.#entries.shift() : undefined;
  }
}
