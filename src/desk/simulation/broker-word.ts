/** The broker's word that the day ends sooner: late in the morning or around the cut-off that it brings, and
 * to every engine that asks afterwards. One user. */

import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';
import { isoNewYork } from '../iso-time.ts';
import { momentWindowOf } from './moment-oracle.ts';
import type { SeededRandom } from './seeded-random.ts';

type Rules = Extract<Input, { readonly kind: 'brokerRules' }>;

/** In so many whole days the broker says so. */
const SAID_CHANCE = 0.2;
/** Minutes by which the day ends sooner. */
const SOONER_MINUTES = [5, 180] as const;
const IN_THE_MORNING_CHANCE = 0.5;
/** Minutes after the open. */
const MORNING_MINUTES = [110, 150] as const;
/** From how long before the earlier end of openings to how long behind it the word may come. */
const AROUND_CUTOFF_MINUTES = [-6, 2] as const;
const ANSWERED_AFTER_SECONDS = [0.1, 3] as const;

export class BrokerWord {
  readonly #random: SeededRandom;
  readonly #date: string;
  readonly #rules: Rules['rules'] | undefined;
  #due: EpochMicros | undefined;
  #isSaid = false;

  constructor(random: SeededRandom, session: SessionTimes) {
    const { date, kind, open, exerciseMark, lastTrade } = session;
    this.#random = random;
    this.#date = date;
    if (!random.chance(SAID_CHANCE) || kind === 'half') return;
    const minutes = random.whole(...SOONER_MINUTES);
    const sooner = -minutes * MICROS_PER_MINUTE;
    const saysOptions = random.chance(0.5);
    this.#rules = {
      session: null,
      opensAt: null,
      closesAt: isoNewYork(addMicros(exerciseMark, sooner)),
      stopsTradingAt: saysOptions ? isoNewYork(addMicros(lastTrade, sooner)) : null,
      ticks: null,
      isClosingOnly: null,
    };
    const after = (at: EpochMicros, [least, most]: readonly [number, number]): EpochMicros =>
      addMicros(at, Math.round(random.between(least, most) * MICROS_PER_MINUTE));
    const cutoff = addMicros(momentWindowOf(session).cutoffAt, sooner);
    const isEarly = random.chance(IN_THE_MORNING_CHANCE);
    this.#due = isEarly ? after(open, MORNING_MINUTES) : after(cutoff, AROUND_CUTOFF_MINUTES);
  }

  /** When something is said next. */
  next(): EpochMicros | undefined {
    return this.#due;
  }

  /** The engine asks: it has a chain. */
  onAsked(now: EpochMicros): void {
    if (!this.#isSaid) return;
    const seconds = this.#random.between(...ANSWERED_AFTER_SECONDS);
    this.#due = addMicros(now, Math.round(seconds * MICROS_PER_SECOND));
  }

  /** What is said by now. */
  take(now: EpochMicros, at: Rules['at']): readonly Rules[] {
    if (this.#rules === undefined || this.#due === undefined || now < this.#due) return [];
    this.#due = undefined;
    this.#isSaid = true;
    return [{ kind: 'brokerRules', at, date: this.#date, rules: this.#rules }];
  }

  /** Who asked is gone; what nobody asked for comes all the same. */
  onCrash(): void {
    if (this.#isSaid) this.#due = undefined;
  }
}
