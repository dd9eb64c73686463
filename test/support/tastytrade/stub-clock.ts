/** Time of the stub: it stands until it is moved, and does what is due on the way. */
export class StubClock {
  millis: number;
  /** The next first; of one moment, in the order of asking. */
  readonly #due: { readonly at: number; readonly act: () => void }[] = [];

  constructor(millis: number) {
    this.millis = millis;
  }

  /** Does something later; at the same moment, in the order of asking. */
  after(delayMillis: number, act: () => void): void {
    const at = this.millis + delayMillis;
    const before = this.#due.findLastIndex((entry) => entry.at <= at);
    this.#due.splice(before + 1, 0, { at, act });
  }

  advance(byMillis: number): void {
    const until = this.millis + byMillis;
    for (let next = this.#due[0]; next !== undefined && next.at <= until; next = this.#due[0]) {
      this.#due.shift();
      this.millis = Math.max(this.millis, next.at);
      next.act();
    }
    this.millis = until;
  }

  /** Milliseconds until something is due. */
  untilNext(): number | undefined {
    const [next] = this.#due;
    return next === undefined ? undefined : next.at - this.millis;
  }

  iso(): string {
    return new Date(this.millis).toISOString().replace('Z', '+00:00');
  }
}
