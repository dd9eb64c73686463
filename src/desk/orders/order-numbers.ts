/**
 * The ids that orders of this engine go by: the session's date and a number that only grows. Deterministic: a
 * restart that folds the same records gives out the same ones. Core thread only.
 */
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_DAY, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';

/** More orders than a run gives that keeps no record of them any more, or in a minute. */
const NUMBERS_LEFT_OUT = 1_000;

const OWN_ID = /^\d{8}-(\d{6,12})$/;

/** What the numbers of a run follow from. */
export interface RunStart {
  readonly session: string;
  readonly wall: EpochMicros;
  readonly broker: string;
  /** The run before it did not end in order. */
  readonly isBehindCut: boolean;
}

export class OrderNumbers {
  #last = 0;

  next(session: string): string {
    this.#last += 1;
    return `${session.replaceAll('-', '')}-${String(this.#last).padStart(6, '0')}`;
  }

  /** An id that is not of this making says nothing. */
  seen(intentId: string): void {
    this.#reach(Number(OWN_ID.exec(intentId)?.[1] ?? 0));
  }

  skip(): void {
    this.#last += NUMBERS_LEFT_OUT;
  }

  /** Goes on at the minute of the day, by UTC. */
  beginAtMinute(wall: EpochMicros): void {
    this.#reach(Math.floor((wall % MICROS_PER_DAY) / MICROS_PER_MINUTE) * NUMBERS_LEFT_OUT);
  }

  #reach(number: number): void {
    this.#last = Math.max(this.#last, number);
  }
}
