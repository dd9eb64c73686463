/** Time of the stub: it stands until it is moved, and does what is due on the way. */
export class StubClock {
  millis: number;
  #due: { at: number; act: () => void }[] = [];

  constructor(millis: number) {
    this.millis = millis;
  }

  /** Does something later; at the same moment, in the order of asking. */
  after(delayMillis: number, act: () => void): void {
    this.#due.push({ at: this.millis + delayMillis, act });
  }

  advance(byMillis: number): void {
    const until = this.millis + byMillis;
    for (;;) {
      const next = this.#due.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#due = this.#due.filter((entry) => entry !== next);
      this.millis = Math.max(this.millis, next.at);
      next.act();
    }
    this.millis = until;
  }

  /** Milliseconds until something is due. */
  untilNext(): number | undefined {
    const times = this.#due.map(({ at }) => at - this.millis);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  iso(): string {
    return new Date(this.millis).toISOString().replace('Z', '+00:00');
  }
}
