/** Things that will happen, in the order of their time; of equal time the one added first. */

import type { EpochMicros } from '../../engine/domain/units.ts';

interface Entry<T> {
  readonly due: EpochMicros;
  readonly event: T;
}

export class EventQueue<T> {
  #entries: Entry<T>[] = [];

  add(due: EpochMicros, event: T): void {
    let place = this.#entries.length;
    while (place > 0 && (this.#entries[place - 1]?.due ?? 0) > due) place -= 1;
    this.#entries.splice(place, 0, { due, event });
  }

  next(): EpochMicros | undefined {
    return this.#entries[0]?.due;
  }

  /** The next event that is due by now. */
  take(now: EpochMicros): T | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.due > now) return undefined;
    this.#entries.shift();
    return first.event;
  }

  /** Takes out what will not happen any more. */
  drop(isGone: (event: T) => boolean): void {
    this.#entries = this.#entries.filter(({ event }) => !isGone(event));
  }

  clear(): void {
    this.#entries = [];
  }
}

/** The earliest of some times; undefined where there is none. */
export function soonest(...times: readonly (EpochMicros | undefined)[]): EpochMicros | undefined {
  let first: EpochMicros | undefined;
  for (const time of times) {
    if (time !== undefined && (first === undefined || time < first)) first = time;
  }
  return first;
}
