/**
 * The trading state: active, reducing or halted, as the worst of the causes that hold it down. A
 * cause is raised and cleared by name, so that lifting one never lifts another. Pure values.
 */
import { unreachable } from '../engine/domain/assert.ts';
import type { TradingState } from './risk-input.ts';

/** Why trading is held down, and what lifts it. */
export type StateCause =
  /** The kill switch; lifted by `rearm` only. */
  | 'kill'
  /** The day's loss limit; lifted by the next session only. */
  | 'dailyLoss'
  /** Records cannot be written. */
  | 'journalFailed'
  /** The sealed audit log is too far behind the journal, or the object store behind the log. */
  | 'auditBehind'
  /** The day lost so much that everything is closed; lifted by the next session only. */
  | 'flatten'
  /** What a flatten took in is not closed yet. */
  | 'flattening'
  /** The market moved net delta beyond the cap. */
  | 'deltaCap'
  /** A position has a leg whose worth is not known. */
  | 'unmarkable'
  /** The session's listing does not come: the chain is of what is held alone. */
  | 'chainMissing'
  /** A fill left legs out of proportion. */
  | 'brokenRatio'
  /** Shares came from exercise or assignment. */
  | 'sharesHeld'
  /** The engine's books and the broker's differ. */
  | 'notReconciled'
  /** One strategy opened too often in too short a time; lifted by a re-arm only. */
  | 'repeatedExecution'
  /** The broker rejected too many orders in a row; lifted by a re-arm only. */
  | 'rejectBreaker';

/** Which causes hold trading down now. */
export interface TradingStatus {
  readonly causes: readonly StateCause[];
}

/** A change of the state, for the record; `reason` is the cause that came or went. */
export interface StateChange {
  readonly status: TradingStatus;
  readonly changed?: {
    readonly from: TradingState;
    readonly to: TradingState;
    readonly reason: StateCause;
  };
}

export const ACTIVE: TradingStatus = { causes: [] };

/** Causes that a new session lifts by itself: they were about the day that ended. */
const CAUSES_OF_A_DAY: ReadonlySet<StateCause> = new Set([
  'dailyLoss',
  'flatten',
  'flattening',
  'deltaCap',
  'unmarkable',
]);

function severityOf(cause: StateCause): TradingState {
  switch (cause) {
    case 'kill':
    case 'dailyLoss':
    case 'journalFailed':
      return 'halted';
    case 'flatten':
    case 'flattening':
    case 'deltaCap':
    case 'unmarkable':
    case 'chainMissing':
    case 'brokenRatio':
    case 'sharesHeld':
    case 'notReconciled':
    case 'repeatedExecution':
    case 'rejectBreaker':
    case 'auditBehind':
      return 'reducing';
    default:
      return unreachable(cause);
  }
}

/** The state that the causes make together. */
export function tradingStateOf({ causes }: TradingStatus): TradingState {
  if (causes.length === 0) return 'active';
  return causes.some((cause) => severityOf(cause) === 'halted') ? 'halted' : 'reducing';
}

const NEXT_SESSION = 'until the next session';
/** How long a cause lasts that neither a re-arm nor what it is about ends. */
const LASTS: Partial<Record<StateCause, string>> = {
  dailyLoss: NEXT_SESSION,
  flatten: NEXT_SESSION,
};

/** The state and what holds it down: `halted: dailyLoss (until the next session)`. */
export function stateWords(status: TradingStatus): string {
  const causes = status.causes.map((cause) => {
    const lasts = LASTS[cause];
    return lasts === undefined ? cause : `${cause} (${lasts})`;
  });
  return `${tradingStateOf(status)}${causes.length === 0 ? '' : `: ${causes.join(', ')}`}`;
}

function changeTo(
  before: TradingStatus,
  causes: readonly StateCause[],
  reason: StateCause,
): StateChange {
  const status = { causes };
  const from = tradingStateOf(before);
  const to = tradingStateOf(status);
  return from === to ? { status } : { status, changed: { from, to, reason } };
}

/** Adds a cause. Raising one that stands already changes nothing. */
export function raise(status: TradingStatus, cause: StateCause): StateChange {
  if (status.causes.includes(cause)) return { status };
  return changeTo(status, [...status.causes, cause], cause);
}

/** Removes a cause. Clearing one that does not stand changes nothing. */
export function clear(status: TradingStatus, cause: StateCause): StateChange {
  if (!status.causes.includes(cause)) return { status };
  const left = status.causes.filter((other) => other !== cause);
  return changeTo(status, left, cause);
}

/** Raises or clears a cause by whether its condition holds now. */
export function setCause(status: TradingStatus, cause: StateCause, holds: boolean): StateChange {
  return holds ? raise(status, cause) : clear(status, cause);
}

/** What is left of yesterday's causes when a session opens: a kill and open questions stay. */
export function openSession(status: TradingStatus): TradingStatus {
  return { causes: status.causes.filter((cause) => !CAUSES_OF_A_DAY.has(cause)) };
}

/**
 * The delta governor: beyond the cap by a move of the market trading is reducing, and active again
 * once it is back inside. It never sells by itself. An unknown net delta changes nothing.
 */
export function governDelta(
  status: TradingStatus,
  netDelta: number | undefined,
  portfolioDeltaCap: number,
): StateChange {
  if (netDelta === undefined) return { status };
  return setCause(status, 'deltaCap', Math.abs(netDelta) > portfolioDeltaCap);
}
