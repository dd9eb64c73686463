/** What a bench is: one question, its rows, and proof that it measured what it says. */

/** One measured number. Percentiles are in `unit`; where `unit` is a rate (`…/s`), they are of the
 * rate, so that p99 is what 99 % of the time was reached or passed. */
export interface Row {
  readonly bench: string;
  readonly metric: string;
  readonly unit: string;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Ours over the least work that any program must do for it, measured in the same run. */
  readonly floorRatio?: number;
  /** Ours over what one would use instead, measured in the same run. */
  readonly peerRatio?: number;
  readonly peer?: string;
  readonly floor?: string;
  readonly floorP50?: number;
  readonly peerP50?: number;
  /** An outer promise: what was promised, which number is held against it, and whether it holds. */
  readonly limit?: number;
  readonly judged?: { readonly as: string; readonly value: number };
  readonly holds?: boolean;
}

/** What a bench found. */
export interface BenchReport {
  readonly rows: readonly Row[];
  /** Sums and answers that the bench checked on the way, one sentence each; never empty. */
  readonly checks: readonly string[];
  /** What a reader must know to read the rows right. */
  readonly notes: readonly string[];
}

/** How much a bench may do. */
export interface BenchContext {
  /** A smoke run: every part once, numbers of no worth. */
  readonly quick: boolean;
  /** Rounds of a paired comparison. */
  readonly rounds: number;
  /** So many repetitions in a full run, a small part of them in a quick one. */
  count(full: number): number;
}

/** One file of this folder. A bench whose answer is wrong throws. */
export interface Bench {
  readonly name: string;
  readonly question: string;
  run(context: BenchContext): Promise<BenchReport>;
}

const FULL_ROUNDS = 5;
const QUICK_ROUNDS = 1;
const QUICK_PART = 40;
const FEWEST = 1;

export function benchContext(quick: boolean): BenchContext {
  return {
    quick,
    rounds: quick ? QUICK_ROUNDS : FULL_ROUNDS,
    count: (full) => (quick ? Math.max(FEWEST, Math.round(full / QUICK_PART)) : full),
  };
}

/** Throws where a bench's own answer is wrong: its numbers would say nothing. */
export function check(isTrue: boolean, statement: string): void {
  if (!isTrue) throw new Error(`the bench's own check failed: ${statement}`);
}
