/**
 * When a limit counts as broken: at once where it is broken by far, after a while where it is broken
 * by little. So one wide or mistaken tick fires nothing and a persisting breach always does.
 * The clock runs on evidence: from one trusted observation to the next, never on silence.
 */
import { type EpochMicros, MICROS_PER_MILLI } from '../engine/domain/units.ts';

/** At `multiple` times the limit or beyond, the breach must have lasted `afterMillis`. */
export interface BreachTier {
  readonly multiple: number;
  readonly afterMillis: number;
}

/** Tiers for SPY's quotes, ascending by multiple. */
export const FAST_TIERS: readonly BreachTier[] = [
  { multiple: 1, afterMillis: 10_000 },
  { multiple: 1.1, afterMillis: 2_000 },
  { multiple: 1.3, afterMillis: 0 },
];

/** Tiers for whoever would rather sit out a swing of a minute or two. */
export const PATIENT_TIERS: readonly BreachTier[] = [
  { multiple: 1, afterMillis: 120_000 },
  { multiple: 1.1, afterMillis: 20_000 },
  { multiple: 1.3, afterMillis: 0 },
];

/** The longest stretch between two trusted observations that counts as watched, whether nothing was seen
 * between them or what could not be trusted: a quote's life. */
export const MAX_CREDIT_MILLIS = 5_000;

/** What may be a mistaken tick must last: as long as a fast breach by a tenth. */
export const JUMP_LASTS_MILLIS = 2_000;

/** What is remembered between observations. Plain data; `NO_BREACH` to begin with. */
export interface BreachMemory {
  /** Time of the newest trusted evidence; undefined after a pause. */
  readonly evidenceAt: EpochMicros | undefined;
  /** How long each tier has been broken without a break, in the order of the tiers. */
  readonly creditMicros: readonly number[];
}

export const NO_BREACH: BreachMemory = { evidenceAt: undefined, creditMicros: [] };

/** One look at a limit. */
export interface BreachObservation {
  /** How far the limit is broken: 1 = exactly at it. Undefined = not to be trusted just now, and
   * the clock stands still. */
  readonly multiple: number | undefined;
  /** True where it may be a mistaken tick: prices jumped and nothing explains it, or it is a matter of a few
   * cents. It must last for `JUMP_LASTS_MILLIS`, whatever tier it reaches. */
  readonly isDoubtful?: boolean;
  /** When the newest evidence behind `multiple` arrived, in market time. */
  readonly evidenceAt: EpochMicros;
}

export interface BreachJudgement {
  readonly memory: BreachMemory;
  /** The highest tier that is confirmed; undefined = hold. */
  readonly confirmed: BreachTier | undefined;
}

/** True for a breach that no tier wants to see last. */
export function firesAtOnce(multiple: number, tiers: readonly BreachTier[]): boolean {
  return tiers.some((tier) => tier.afterMillis === 0 && multiple >= tier.multiple);
}

interface Stretch {
  readonly tier: BreachTier;
  readonly microsSinceLast: number;
  readonly before: number | undefined;
}

/** A tier's credit now: nothing at the first sight of a breach, and more at each further one. */
function creditOf(multiple: number, { tier, microsSinceLast, before }: Stretch): number {
  if (multiple < tier.multiple) return -1;
  return before === undefined || before < 0 ? 0 : before + microsSinceLast;
}

/** No breach, and nothing to remember of it: the next one begins at nothing. Tiers ascend. */
const UNBROKEN: BreachJudgement = { memory: NO_BREACH, confirmed: undefined };

/** What is remembered through a look that cannot be trusted. One between two that can is no pause, for
 * in a fast market every other quote is too wide; what is not trusted for longer than a quote lives
 * stops the clock. */
function doubted(memory: BreachMemory, at: EpochMicros): BreachMemory {
  const since = memory.evidenceAt;
  const isPause = since !== undefined && at - since > MAX_CREDIT_MILLIS * MICROS_PER_MILLI;
  return isPause ? { ...memory, evidenceAt: undefined } : memory;
}

/** Folds one observation into the memory and says which tier, if any, it confirms. */
export function observeBreach(
  memory: BreachMemory,
  tiers: readonly BreachTier[],
  observation: BreachObservation,
): BreachJudgement {
  const { multiple, isDoubtful = false, evidenceAt } = observation;
  if (multiple === undefined) {
    if (memory.creditMicros.length === 0) return UNBROKEN;
    return { memory: doubted(memory, evidenceAt), confirmed: undefined };
  }
  const [lowest] = tiers;
  if (lowest === undefined || multiple < lowest.multiple) return UNBROKEN;
  const elapsed = memory.evidenceAt === undefined ? 0 : evidenceAt - memory.evidenceAt;
  const microsSinceLast = Math.min(Math.max(0, elapsed), MAX_CREDIT_MILLIS * MICROS_PER_MILLI);
  const creditMicros = tiers.map((tier, i) =>
    creditOf(multiple, { tier, microsSinceLast, before: memory.creditMicros[i] }),
  );
  const confirmed = tiers.findLast((tier, i) => {
    const credit = creditMicros[i] ?? -1;
    const least = isDoubtful ? Math.max(tier.afterMillis, JUMP_LASTS_MILLIS) : tier.afterMillis;
    return credit >= least * MICROS_PER_MILLI;
  });
  const newest = memory.evidenceAt === undefined || elapsed > 0 ? evidenceAt : memory.evidenceAt;
  return { memory: { evidenceAt: newest, creditMicros }, confirmed };
}
