import type { Histogram } from 'hdr-histogram-js';
import { build } from 'hdr-histogram-js';

const PICOS_PER_NANO = 1_000;
const LONGEST_NANOS = 120e9;
const SIGNIFICANT_DIGITS = 3;

/** Nanoseconds in each unit that a row can have. */
export const NANOS_PER_UNIT: Readonly<Record<'ns' | 'us' | 'ms', number>> = {
  ns: 1,
  us: 1_000,
  ms: 1_000_000,
};

export type TimeUnit = keyof typeof NANOS_PER_UNIT;

/** Durations in a histogram of three significant digits, from a picosecond to two minutes. */
export class Samples {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_NANOS * PICOS_PER_NANO,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
    bitBucketSize: 32,
    useWebAssembly: false,
  });

  /** Takes one duration, in nanoseconds; fractions count. */
  record(nanos: number): void {
    const picos = Math.round(Math.min(nanos, LONGEST_NANOS) * PICOS_PER_NANO);
    this.#histogram.recordValue(Math.max(1, picos));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** The duration that `percent` of all do not pass, in `unit`. */
  percentile(percent: number, unit: TimeUnit): number {
    const picos = this.#histogram.getValueAtPercentile(percent);
    return picos / PICOS_PER_NANO / NANOS_PER_UNIT[unit];
  }

  /** The longest, in `unit`. */
  longest(unit: TimeUnit): number {
    return this.percentile(100, unit);
  }

  addAll(other: Samples): void {
    this.#histogram.add(other.#histogram);
  }
}

/** Nanoseconds since some fixed moment, without the garbage of a BigInt. */
export function nanosNow(): number {
  return performance.now() * 1e6;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length >> 1;
  const upper = ascending[middle] ?? Number.NaN;
  return ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] ?? upper) + upper) / 2;
}
