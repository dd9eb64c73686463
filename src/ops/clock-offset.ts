/** How far this machine's clock is from the clocks of those who answer it, by the `Date` of their answers. */

/** A `Date` names the second that it was written in. */
const DATE_CUT_MILLIS = 1_000;

export class ClockOffset {
  #millis: number | undefined;

  /** What no delay of an answer explains: above 0 this machine is behind, below 0 ahead, 0 where all may agree.
   * Undefined where no answer told a time. */
  get millis(): number | undefined {
    return this.#millis;
  }

  /** An answer to what was sent and received at these times of this machine. */
  heard(date: string | null, sentMillis: number, receivedMillis: number): void {
    const told = Date.parse(date ?? '');
    if (Number.isNaN(told)) return;
    const behind = Math.max(0, told - receivedMillis);
    const ahead = Math.max(0, sentMillis - (told + DATE_CUT_MILLIS));
    const off = behind - ahead;
    if (Math.abs(off) >= Math.abs(this.#millis ?? 0)) this.#millis = off;
  }
}
