/**
 * What the session allows when, as the broker has it end: where it says that the day ends sooner, openings end
 * and what is held is to be gone sooner by as much, from the moment on at which the engine hears it. Reckoned
 * from the word itself.
 */

import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_HOUR, MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import type { MomentWindow } from './moment-oracle.ts';

type Rules = Extract<Input, { readonly kind: 'brokerRules' }>['rules'];

/** No day ends sooner than a half one. */
const MOST_SOONER_MICROS = 3 * MICROS_PER_HOUR;

export class SessionEnd implements MomentWindow {
  readonly #session: SessionTimes;
  /** As nobody shortens it. */
  readonly #plain: MomentWindow;
  readonly #met: (what: string) => void;
  #soonerMicros = 0;
  /** The market itself; options alone may end sooner too. */
  #closesSoonerMicros = 0;
  #isNews = false;

  constructor(session: SessionTimes, plain: MomentWindow, met: (what: string) => void) {
    this.#session = session;
    this.#plain = plain;
    this.#met = met;
  }

  get opensAt(): EpochMicros {
    return this.#plain.opensAt;
  }

  get cutoffAt(): EpochMicros {
    return addMicros(this.#plain.cutoffAt, -this.#soonerMicros);
  }

  get leaveAt(): EpochMicros {
    return addMicros(this.#plain.leaveAt, -this.#soonerMicros);
  }

  get flatAt(): EpochMicros {
    return addMicros(this.#plain.flatAt, -this.#soonerMicros);
  }

  get lastOrderAt(): EpochMicros {
    return addMicros(this.#plain.lastOrderAt, -this.#soonerMicros);
  }

  get markAt(): EpochMicros {
    return addMicros(this.#plain.markAt, -this.#closesSoonerMicros);
  }

  onInput(input: Input): void {
    if (input.kind !== 'brokerRules') return;
    const sooner = this.#soonerBy(input.rules);
    this.#isNews ||= sooner > this.#soonerMicros;
    this.#soonerMicros = Math.max(this.#soonerMicros, sooner);
    const closesSooner = this.#closesSoonerBy(input.rules);
    this.#closesSoonerMicros = Math.max(this.#closesSoonerMicros, closesSooner);
  }

  #soonerBy({ closesAt, stopsTradingAt }: Rules): number {
    const { exerciseMark, lastTrade } = this.#session;
    return most(early(exerciseMark, closesAt), early(lastTrade, stopsTradingAt));
  }

  /** No price of the mark comes after the last trade. */
  #closesSoonerBy({ closesAt, stopsTradingAt }: Rules): number {
    const { exerciseMark } = this.#session;
    return most(early(exerciseMark, closesAt), early(exerciseMark, stopsTradingAt));
  }

  /** Called after every step. */
  afterStep({ book }: DeskContext): void {
    if (!this.#isNews) return;
    this.#isNews = false;
    this.#met(book.hasStructures() ? 'saidSooner beside held' : 'saidSooner');
  }

  /** The next engine knows nothing of it until it asks. */
  onCrash(): void {
    this.#soonerMicros = 0;
    this.#closesSoonerMicros = 0;
    this.#isNews = false;
  }
}

function early(own: EpochMicros, said: string | null): number {
  return said === null ? 0 : own - Date.parse(said) * MICROS_PER_MILLI;
}

/** Microseconds, between none and those of a half day. */
function most(one: number, other: number): number {
  return Math.min(MOST_SOONER_MICROS, Math.max(0, one, other));
}
