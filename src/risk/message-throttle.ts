/**
 * Messages to the broker within a minute, each kind by itself, so that one never uses up another's
 * room. Submits are held by the gate. Changes of limits are held here, those of openings alone: an
 * order that closes follows its market whatever the count. Cancels are counted and never held: taking
 * something off the market is always allowed. Core thread only.
 */
import { type EpochMicros, MICROS_PER_MINUTE } from '../engine/domain/units.ts';
import type { Limits } from './limits.ts';

export type MessageKind = 'submit' | 'modify' | 'cancel';

export class MessageThrottle {
  readonly #times: Readonly<Record<MessageKind, EpochMicros[]>> = {
    submit: [],
    modify: [],
    cancel: [],
  };

  /** A message goes out now, by the wall clock, or as soon as the kill word allows it. */
  note(kind: MessageKind, wall: EpochMicros): void {
    this.#forget(kind, wall);
    this.#times[kind].push(wall);
  }

  /** Messages of a kind within the minute that ends now. */
  lastMinute(kind: MessageKind, wall: EpochMicros): number {
    return this.#times[kind].filter((at) => wall - at < MICROS_PER_MINUTE).length;
  }

  /** True while the limit of an opening may be moved once more. */
  mayMoveOpening(wall: EpochMicros, limits: Pick<Limits, 'maxModifiesPerMinute'>): boolean {
    return this.lastMinute('modify', wall) < limits.maxModifiesPerMinute;
  }

  #forget(kind: MessageKind, wall: EpochMicros): void {
    const times = this.#times[kind];
    while (times[0] !== undefined && wall - times[0] >= MICROS_PER_MINUTE) times.shift();
  }
}
