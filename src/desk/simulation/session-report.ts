/** What a simulated session is asked for, and what became of it. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { BehindWires, BrokerKind, Drill } from './far-broker.ts';
import type { SessionShape } from './session-config.ts';
import type { PlannedFault } from './session-faults.ts';
import type { SessionTally } from './session-tally.ts';
import type { SessionWraps } from './session-wraps.ts';

export interface SessionOptions {
  readonly seed: number;
  /** `YYYY-MM-DD`; a half day is shorter. */
  readonly date?: string;
  /** `sparse` where absent. */
  readonly shape?: SessionShape;
  /** A broker behind bad wires; the paper broker, in the engine's own process, where absent. */
  readonly broker?: BehindWires | undefined;
  /** Minutes after the open at which the session is broken off; to its end where absent. */
  readonly minutes?: number;
  /** Words of violations: it is broken off once all of them were said, since it was run for no more. */
  readonly sought?: readonly RegExp[];
  /** Instead of those that the seed plans. */
  readonly faults?: readonly PlannedFault[];
  /** Whether somebody orders leg by leg; the seed decides where absent. */
  readonly byHand?: boolean;
  /** Whether something is to run by itself; the seed decides where absent. */
  readonly bySheet?: boolean;
  readonly wraps?: SessionWraps;
  /** Keeps every input, so that the session can be replayed; it is not where absent. */
  readonly isRecorded?: boolean;
}

/** What was made of the paper broker's next orders, before the chunk of this place was stepped. */
export interface KeptDrill {
  readonly before: number;
  readonly drill: Drill;
}

/** What one start of the engine left for a replay. */
export interface EngineRun {
  /** The start, then every input; empty where the session was not recorded. */
  readonly chunks: readonly Buffer[];
  /** The journal up to its end. */
  readonly journal: readonly AuditRecord[];
  /** The records it appended and the journal kept. */
  readonly records: readonly AuditRecord[];
  /** When faults turned the paper broker's knobs, which no recording holds. */
  readonly drills: readonly KeptDrill[];
  readonly broker: BrokerKind;
}

/** What became of a session. */
export interface SessionReport {
  readonly seed: number;
  /** Hash over every byte of every record of the journal, and over all that was sent to the broker. */
  readonly trace: string;
  readonly violations: readonly string[];
  readonly tally: SessionTally;
  readonly runs: readonly EngineRun[];
}
