/**
 * The volatility smile between and beyond the strikes that have two-sided markets. Beyond its edge
 * a volatility is a model's: it goes on with the edge's slope where that rises outward, capped.
 */

/** A wing's volatility never exceeds this multiple of its edge's, however far out. */
const HIGHEST_WING_RATIO = 2;
/** The slope of a wing is taken over this many strikes, so that one tick at its edge cannot tilt it. */
const WING_SLOPE_STRIKES = 4;

/** Strikes in dollars, ascending, and the volatilities that are wanted of some of them. */
export interface SmileColumn {
  readonly strike: Float64Array;
  readonly vol: Float64Array;
  readonly isWanted: Uint8Array;
}

/** Belongs to one thread; allocates nothing after construction. `clear`, then `add` in ascending
 * strike order, then ask. */
export class Smile {
  readonly #strike: Float64Array;
  readonly #vol: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#strike = new Float64Array(capacity);
    this.#vol = new Float64Array(capacity);
  }

  clear(): void {
    this.#count = 0;
  }

  /** Points in it. */
  get count(): number {
    return this.#count;
  }

  /** Takes the volatility (fraction per year, above 0) of a strike in dollars above the last one. */
  add(strike: number, vol: number): void {
    this.#strike[this.#count] = strike;
    this.#vol[this.#count] = vol;
    this.#count += 1;
  }

  /** The volatility at a strike: linear between points, flat beyond the outermost. NaN where there
   * are none. */
  at(strike: number): number {
    const upper = this.#firstAtOrAbove(strike);
    if (this.#count === 0) return Number.NaN;
    if (upper === 0) return this.#volOf(0);
    if (upper === this.#count) return this.#volOf(upper - 1);
    const below = this.#strike[upper - 1] ?? 0;
    const share = (strike - below) / ((this.#strike[upper] ?? 0) - below);
    return this.#volOf(upper - 1) + (this.#volOf(upper) - this.#volOf(upper - 1)) * share;
  }

  /**
   * Fills `vol` for the first `count` strikes, in ascending order, where `isWanted` is 1: the same
   * between points; beyond the outermost it goes on with the slope there in log-strike where that
   * rises outward (flat where it falls), to at most twice the edge's volatility. A column at once,
   * since a function that gives a double back gives it in a box.
   */
  extend(column: Readonly<SmileColumn>, count: number): void {
    const last = this.#count - 1;
    const reach = Math.min(WING_SLOPE_STRIKES, last);
    const { strike, vol, isWanted } = column;
    let upper = 0;
    for (let i = 0; i < count; i += 1) {
      if (isWanted[i] !== 1) continue;
      const at = strike[i] ?? Number.NaN;
      while (upper <= last && (this.#strike[upper] ?? 0) < at) upper += 1;
      if (upper > last) this.#writeWing(column, i, last, last - reach);
      else if (upper === 0 && at < (this.#strike[0] ?? 0)) this.#writeWing(column, i, 0, reach);
      else vol[i] = this.at(at);
    }
  }

  #writeWing({ strike, vol }: Readonly<SmileColumn>, i: number, edge: number, inner: number): void {
    const edgeVol = this.#volOf(edge);
    vol[i] = edgeVol;
    if (inner === edge) return;
    const edgeStrike = this.#strike[edge] ?? 0;
    const width = Math.log(edgeStrike / (this.#strike[inner] ?? 0));
    const slope = (edgeVol - this.#volOf(inner)) / width;
    const rise = slope * Math.log((strike[i] ?? Number.NaN) / edgeStrike);
    vol[i] = Math.min(edgeVol + Math.max(0, rise), HIGHEST_WING_RATIO * edgeVol);
  }

  #volOf(point: number): number {
    return this.#vol[point] ?? Number.NaN;
  }

  #firstAtOrAbove(strike: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#strike[middle] ?? 0) < strike) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
