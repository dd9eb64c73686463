/** The ideas of a trader who places, closes and replaces orders by hand. One user. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, dollarsFromPrice, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Command } from '../inputs.ts';
import { handClose, handOrder, oddHandOrder, tightHandOrder } from './hand-requests.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TraderView } from './trader-view.ts';

const FIRST_AFTER_SECONDS = [60, 500] as const;
const PAUSE_SECONDS = [60, 2_700] as const;
/** An order that may rest is looked after soon. */
const FOLLOW_UP_SECONDS = [10, 50] as const;
const FOLLOW_UP_HABITS = { order: 0, tight: 0, odd: 0, close: 15, replace: 75, cancel: 10 };
const HABITS = { order: 55, tight: 8, odd: 12, close: 20, replace: 8, cancel: 0 };
const ORDERS = { order: handOrder, tight: tightHandOrder, odd: oddHandOrder };
/** How far a limit is moved, in cents. */
const MOVES = [-20, -5, -1, 1, 3, 10, 40];

/** True for a preview of an order with a limit of its own. */
function mayRest(command: Command | undefined, { openings }: TraderView): boolean {
  if (command?.kind === 'previewReplace') return openings().length > 0;
  return command?.kind === 'previewOrder' && command.request.limit !== undefined;
}

export class HandTrader {
  readonly random: SeededRandom;
  #next: EpochMicros;
  #looksAfter = false;

  constructor(random: SeededRandom, from: EpochMicros) {
    this.random = random;
    this.#next = addMicros(from, random.between(...FIRST_AFTER_SECONDS) * MICROS_PER_SECOND);
  }

  next(): EpochMicros {
    return this.#next;
  }

  /** What comes to mind at this moment, if anything. */
  idea(view: TraderView, newToken: () => string): Command | undefined {
    if (view.at.wall < this.#next) return undefined;
    const command = this.#command(view, newToken);
    this.#looksAfter = mayRest(command, view) && this.random.chance(0.95);
    // What fills in parts is left to itself for a while.
    if (view.isThin) this.#looksAfter &&= this.random.chance(0.2);
    const [least, most] = this.#looksAfter ? FOLLOW_UP_SECONDS : PAUSE_SECONDS;
    const pause = this.random.between(least, most) * MICROS_PER_SECOND;
    this.#next = addMicros(view.at.wall, pause);
    return command;
  }

  #command(view: TraderView, newToken: () => string): Command | undefined {
    const habit = this.#habit(view);
    if (habit === 'close') return this.#close(view, newToken);
    if (habit === 'replace') return this.#replace(view, newToken);
    if (habit === 'cancel') return this.#cancel(view, newToken);
    const request = ORDERS[habit](this.random, view);
    return { kind: 'previewOrder', request, tokenSha256: newToken() };
  }

  #habit({ isThin }: TraderView): keyof typeof HABITS {
    if (this.#looksAfter) return this.random.weighted(FOLLOW_UP_HABITS);
    return isThin && this.random.chance(0.7) ? 'tight' : this.random.weighted(HABITS);
  }

  #cancel({ openings }: TraderView, newToken: () => string): Command | undefined {
    const working = openings();
    if (working.length === 0) return undefined;
    const { orderId } = this.random.pick(working);
    return { kind: 'cancel', orderId, tokenSha256: newToken() };
  }

  #close({ positions }: TraderView, newToken: () => string): Command | undefined {
    const held = positions();
    if (held.length === 0) return undefined;
    const request = handClose(this.random, this.random.pick(held));
    return { kind: 'previewOrder', request, tokenSha256: newToken() };
  }

  /** Now and then an order that cannot be replaced, or a limit that is none. */
  #replace({ openings, liveOrderIds }: TraderView, newToken: () => string): Command | undefined {
    const { random } = this;
    const working = openings();
    if (working.length === 0 ? random.chance(0.2) : random.chance(0.1)) {
      const orderId = random.pick([...liveOrderIds, '20261120-000997']);
      return { kind: 'previewReplace', orderId, limit: 1, tokenSha256: newToken() };
    }
    if (working.length === 0) return undefined;
    const { orderId, limit } = random.pick(working);
    const moved = dollarsFromPrice(limit) + random.pick(MOVES) / 100;
    return { kind: 'previewReplace', orderId, limit: moved, tokenSha256: newToken() };
  }
}
