/** One-minute bars of today's regular session, kept in order. Core thread only. */
import type { Bar } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';

/** A bar for a start already known replaces it; bars outside the regular session are dropped. */
export class BarBook {
  #bars: Bar[] = [];
  #session: SessionTimes | undefined;

  openSession(session: SessionTimes): void {
    if (this.#session?.date === session.date) return;
    this.#session = session;
    this.#bars = [];
  }

  put(bar: Bar): void {
    const session = this.#session;
    if (session === undefined) return;
    if (bar.startsAt < session.open || bar.startsAt >= session.exerciseMark) return;
    let place = this.#bars.length;
    while (place > 0 && (this.#bars[place - 1]?.startsAt ?? 0) > bar.startsAt) place -= 1;
    if (this.#bars[place - 1]?.startsAt === bar.startsAt) this.#bars[place - 1] = bar;
    else this.#bars.splice(place, 0, bar);
  }

  bars(): readonly Bar[] {
    return this.#bars;
  }
}
