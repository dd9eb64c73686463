/**
 * What a step records it also tells, in records right behind: a crash in between leaves it untold, and
 * nothing tells it again. The next start does, from the records of the step that was cut off. Pure.
 */

import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { dedupeKey } from '../ops/alert-channel.ts';
import type { Effect } from './effects.ts';
import { Outbox, UnheardOutbox } from './outbox.ts';

/** Counts up or down, and hands back what there is then. */
function count(counts: Map<string, number>, key: string, by: number): number {
  const left = (counts.get(key) ?? 0) + by;
  counts.set(key, left);
  return left;
}

/** The step that a journal ends with. */
export interface LastStep {
  /** Number of its first record. */
  readonly from: number;
  /** How often it told what, by key: what calls nobody may stand before what does. */
  readonly told: ReadonlyMap<string, number>;
}

/** Finds, record by record, where the last step begins: its records have one time. A start that was cut off
 * itself may not have told yet what the run before it left. */
export class LastStepFold {
  #from = 0;
  #wall: number | undefined;
  #told = new Map<string, number>();

  see({ seq, at, body }: AuditRecord): void {
    if (at.wall !== this.#wall) {
      const goesOn = body.kind === 'engineStarted' && this.#wall !== undefined;
      if (!goesOn) {
        this.#from = seq;
        this.#told = new Map();
      }
      this.#wall = at.wall;
    }
    if (body.kind === 'alert' && body.action === undefined) count(this.#told, dedupeKey(body), 1);
    if (body.kind === 'engineStopped') this.#wall = undefined;
  }

  /** After the records so far. */
  lastStep(): LastStep {
    return { from: this.#from, told: this.#told };
  }
}

export type UntoldAlert = Extract<Effect, { kind: 'alert' }>;

/** Hears what the records of a cut-off step tell when they are folded again. */
export class UntoldFold {
  readonly #lastStep: LastStep | undefined;
  readonly #heard: Outbox[] = [];

  constructor(lastStep: LastStep | undefined) {
    this.#lastStep = lastStep;
  }

  outboxOf({ seq, at, session }: AuditRecord): Outbox {
    const isHeard = this.#lastStep !== undefined && seq >= this.#lastStep.from;
    if (!isHeard) return new UnheardOutbox(at, session, seq);
    const out = new Outbox(at, session, seq);
    this.#heard.push(out);
    return out;
  }

  /** What was not told. Every start tells of the outcomes that are open. */
  alerts(): readonly UntoldAlert[] {
    const told = new Map(this.#lastStep?.told);
    const effects = this.#heard.flatMap((out) => out.drain());
    return effects.filter(
      (effect): effect is UntoldAlert =>
        effect.kind === 'alert' &&
        effect.action === 'trigger' &&
        effect.code !== 'ORDER_UNKNOWN' &&
        count(told, dedupeKey(effect), -1) < 0,
    );
  }
}
