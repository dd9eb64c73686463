/** One-minute bars of today's regular session, kept in order. Core thread only. */
import type { Bar } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { Input } from '../inputs.ts';

type BarInput = Extract<Input, { kind: 'bar' | 'barGone' }>;

/** A bar for a start already known replaces it; bars outside the regular session are dropped. */
export class BarBook {
  #bars: Bar[] = [];
  #session: SessionTimes;

  constructor(session: SessionTimes) {
    this.#session = session;
  }

  beginSession(session: SessionTimes): void {
    this.#session = session;
    this.#bars = [];
  }

  put(bar: Bar): void {
    const { open, exerciseMark } = this.#session;
    if (bar.startsAt < open || bar.startsAt >= exerciseMark) return;
    let place = this.#bars.length;
    while (place > 0 && (this.#bars[place - 1]?.startsAt ?? 0) > bar.startsAt) place -= 1;
    if (this.#bars[place - 1]?.startsAt === bar.startsAt) this.#bars[place - 1] = bar;
    else this.#bars.splice(place, 0, bar);
  }

  /** A bar of the feed, or that it takes one back. */
  hear(input: BarInput): void {
    if (input.kind === 'bar') this.put(input.bar);
    else this.#bars = this.#bars.filter(({ startsAt }) => startsAt !== input.startsAt);
  }

  bars(): readonly Bar[] {
    return this.#bars;
  }
}
