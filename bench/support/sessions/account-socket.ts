/**
 * The account's socket of an adapter over bad wires: the broker ends it, it falls silent without a
 * word, frames get lost in it, and the shell opens another after every end. One user.
 */

import type { WireInput } from '../../../src/broker/order-gateway.ts';
import { EventQueue } from '../../../src/desk/simulation/event-queue.ts';
import type { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import {
  addMicros,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
} from '../../../src/engine/domain/units.ts';

/** How the connection breaks. `told`: both ends learn of it · `silent`: neither does, nothing passes. */
const BREAKS = { told: 2, silent: 1 };
/** Between two breaks, on average; the first times are the likeliest. */
const MINUTES_BETWEEN_BREAKS = 80;
const OPENS_AFTER_SECONDS = [0.5, 20] as const;

type Moment =
  | { readonly kind: 'open' }
  | { readonly kind: 'break'; readonly life: number }
  | { readonly kind: 'hear'; readonly life: number; readonly text: string };

/** The wires below it. */
export interface SocketWires {
  soon(at: At): EpochMicros;
  tell(input: WireInput, due: EpochMicros): void;
  frame(text: string, at: At): void;
  dropFrames(): void;
}

/** The broker's end of a connection. */
export interface SocketEnd {
  join(): void;
  leave(): void;
  hear(text: string): void;
}

export class AccountSocket {
  readonly #random: SeededRandom;
  readonly #wires: SocketWires;
  readonly #end: SocketEnd;
  readonly #moments = new EventQueue<Moment>();
  /** Counts connections: what was meant for an earlier one is lost. */
  #life = 0;
  #isOpen = false;
  #isDeaf = false;

  constructor(random: SeededRandom, wires: SocketWires, end: SocketEnd) {
    this.#random = random;
    this.#wires = wires;
    this.#end = end;
  }

  next(): EpochMicros | undefined {
    return this.#moments.next();
  }

  /** The shell opens it. */
  open(at: At): void {
    this.#moments.add(this.#wires.soon(at), { kind: 'open' });
  }

  run(at: At): void {
    for (let due = this.#moments.take(at.wall); due; due = this.#moments.take(at.wall)) {
      if (due.kind === 'open') this.#opened(at);
      else if (due.life !== this.#life || !this.#isOpen) continue;
      else if (due.kind === 'break') this.#break(at);
      else if (!this.#isDeaf) this.#end.hear(due.text);
    }
  }

  /** The adapter says this. */
  say(text: string, at: At): void {
    if (!this.#isOpen) return;
    this.#moments.add(this.#wires.soon(at), { kind: 'hear', life: this.#life, text });
  }

  /** News of the account. */
  tell(text: string, at: At): void {
    if (this.#isOpen && !this.#isDeaf) this.#wires.frame(text, at);
  }

  /** What the connection says of itself: it is lost only where that breaks. */
  answer(text: string, at: At): void {
    if (!this.#isOpen || this.#isDeaf) return;
    this.#wires.tell({ kind: 'socketFrame', text }, this.#wires.soon(at));
  }

  /** The adapter gives the connection up, or the broker ends it. */
  close(reason: string, at: At): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#end.leave();
    this.#wires.dropFrames();
    this.#wires.tell({ kind: 'socketClosed', reason }, at.wall);
    const seconds = this.#random.between(...OPENS_AFTER_SECONDS);
    const due = addMicros(at.wall, Math.round(seconds * MICROS_PER_SECOND));
    this.#moments.add(due, { kind: 'open' });
  }

  /** The engine is gone, and its end of the connection with it. */
  onCrash(): void {
    this.#isOpen = false;
    this.#end.leave();
    this.#moments.clear();
  }

  #opened(at: At): void {
    this.#life += 1;
    this.#isOpen = true;
    this.#isDeaf = false;
    this.#wires.tell({ kind: 'socketOpen' }, at.wall);
    this.#end.join();
    const minutes = -Math.log(1 - this.#random.next()) * MINUTES_BETWEEN_BREAKS;
    const due = addMicros(at.wall, Math.round(minutes * MICROS_PER_MINUTE));
    this.#moments.add(due, { kind: 'break', life: this.#life });
  }

  #break(at: At): void {
    if (this.#random.weighted(BREAKS) === 'silent') this.#isDeaf = true;
    else this.close('the network went away', at);
  }
}
