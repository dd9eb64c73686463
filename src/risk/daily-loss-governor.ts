/**
 * The governor of the day's loss: at the limit it halts, at a multiple of it it flattens. Losses
 * already realised count at once; marked ones through the tiers of breach.ts, on trusted marks, or where
 * even the best side of quotes that are not trusted breaks the limit.
 */
import type { Cents, EpochMicros } from '../engine/domain/units.ts';
import type { Denial } from '../engine/domain/verdict.ts';
import {
  type BreachMemory,
  type BreachTier,
  FAST_TIERS,
  NO_BREACH,
  observeBreach,
} from './breach.ts';
import type { Limits } from './limits.ts';

/** What the governor remembers between looks. `CALM` to begin a session with. */
export interface GovernorMemory {
  readonly halt: BreachMemory;
  readonly flatten: BreachMemory;
}

export const CALM: GovernorMemory = { halt: NO_BREACH, flatten: NO_BREACH };

export interface GovernorInput {
  /** Realised and marked at liquidation value, after fees; undefined = not known. */
  readonly dayPnlCents: Cents | undefined;
  /** The day with what is not trusted at its best side; undefined = not known. */
  readonly atBestCents?: Cents | undefined;
  /** True where marks jumped and nothing explains it, see breach.ts. */
  readonly isDoubtful?: boolean;
  /** The part that no market can give back: realised, after fees. */
  readonly realizedCents: Cents;
  /** True while every mark behind the day's P&L passes the quote-width guard. */
  readonly trusted: boolean;
  /** When the newest mark arrived, in market time. */
  readonly evidenceAt: EpochMicros;
  /** Market time of this look: what is not known for long stops the clock, though nothing arrives. */
  readonly lookedAt: EpochMicros;
  readonly limits: Pick<Limits, 'maxDailyLossCents' | 'dailyLossFlattenMultiple'>;
  readonly tiers?: readonly BreachTier[];
}

export type GovernorAction = 'none' | 'halt' | 'flatten';

export interface GovernorJudgement {
  readonly memory: GovernorMemory;
  /** `flatten` includes the halt. */
  readonly action: GovernorAction;
  readonly numbers: Denial['numbers'];
}

/** How far a loss limit is broken, 1 = exactly at it. A limit of nothing is broken by any loss. */
function multipleOf(pnlCents: number, limitCents: number): number {
  if (limitCents > 0) return -pnlCents / limitCents;
  return pnlCents > 0 ? 0 : Number.POSITIVE_INFINITY;
}

interface Broken {
  readonly memory: BreachMemory;
  readonly isBroken: boolean;
}

/** How far the limit is broken for certain; undefined = not known. What even the best side of doubted
 * quotes breaks is broken; that it does not break the limit says nothing. */
function certainMultiple(limitCents: number, input: GovernorInput): number | undefined {
  const { trusted } = input;
  const pnlCents = trusted ? input.dayPnlCents : input.atBestCents;
  if (pnlCents === undefined) return undefined;
  const multiple = multipleOf(pnlCents, limitCents);
  return trusted || multiple >= 1 ? multiple : undefined;
}

function look(memory: BreachMemory, limitCents: number, input: GovernorInput): Broken {
  const { realizedCents, isDoubtful = false, tiers = FAST_TIERS } = input;
  const multiple = certainMultiple(limitCents, input);
  const evidenceAt = multiple === undefined ? input.lookedAt : input.evidenceAt;
  const judged = observeBreach(memory, tiers, { multiple, isDoubtful, evidenceAt });
  const isRealised = multipleOf(realizedCents, limitCents) >= 1 && (multiple ?? 1) >= 1;
  return { memory: judged.memory, isBroken: isRealised || judged.confirmed !== undefined };
}

/** Judges the day once more. Called on each mark; the caller latches what it answers. */
export function governDailyLoss(memory: GovernorMemory, input: GovernorInput): GovernorJudgement {
  const { maxDailyLossCents, dailyLossFlattenMultiple } = input.limits;
  const flattenAtCents = maxDailyLossCents * dailyLossFlattenMultiple;
  const halt = look(memory.halt, maxDailyLossCents, input);
  const flatten = look(memory.flatten, flattenAtCents, input);
  const haltOnly: GovernorAction = halt.isBroken ? 'halt' : 'none';
  return {
    memory: { halt: halt.memory, flatten: flatten.memory },
    action: flatten.isBroken ? 'flatten' : haltOnly,
    numbers: {
      dayPnlCents: input.dayPnlCents ?? 'unknown',
      realizedCents: input.realizedCents,
      haltAtCents: 0 - maxDailyLossCents,
      flattenAtCents: 0 - flattenAtCents,
    },
  };
}
