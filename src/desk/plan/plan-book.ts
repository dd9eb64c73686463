/** What the plan has done today, and what it may do. Core thread only. */

import type { StrategyName } from '../../engine/domain/order.ts';
import type { Cents, EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { cents } from '../../engine/domain/units.ts';
import type { PlanSheet, PlanSlot } from './plan-sheet.ts';
import { slotsOf } from './plan-sheet.ts';

/** `ready` a preview was prepared for a human · `sent` it went by itself · the rest did not run. */
export type PlanOutcome = 'ready' | 'sent' | 'refused' | 'skipped' | 'missed';

/** What became of one turn. */
export interface PlanRun {
  readonly slotId: string;
  readonly outcome: PlanOutcome;
  readonly detail: string;
  readonly previewId: string | null;
  readonly orderId: string | null;
  /** Worst case of what was previewed, positive. */
  readonly maxLossCents: number;
}

/** The operator's leave to send, for one session, one sheet and one run of the engine. */
export interface PlanGrant {
  readonly principal: string;
  /** SHA-256 of a secret that was thrown away: it names the grant and cannot be redeemed. */
  readonly grantSha256: string;
  readonly sheetSha256: string;
  /** Sum of the worst cases that may be sent today. */
  readonly budgetCents: Cents;
}

/** A turn whose order waits for the broker's dry run. */
export interface PlanWait {
  readonly previewId: string;
  readonly maxLossCents: number;
  readonly intentId: string;
  /** Wall time after which it is confirmed with or without. */
  readonly until: EpochMicros;
}

export class PlanBook {
  readonly sheet: PlanSheet | undefined;
  grant: PlanGrant | undefined;
  /** True where a run before this one was left with a leave in this session, as far as its journal tells. */
  hadLeave = false;
  readonly runs = new Map<string, PlanRun>();
  /** By turn; gone with the process, and then the turn is taken anew. */
  readonly waiting = new Map<string, PlanWait>();
  readonly #stops = new Map<string, EpochMicros>();
  #date: SessionDate | undefined;
  #slots: readonly PlanSlot[] = [];

  constructor(sheet: PlanSheet | undefined) {
    this.sheet = sheet;
  }

  /** A new day: nothing has run and nothing is granted. The same date changes nothing. */
  beginSession(date: SessionDate): void {
    if (this.#date === date) return;
    this.#date = date;
    this.grant = undefined;
    this.hadLeave = false;
    this.runs.clear();
    this.waiting.clear();
    this.#stops.clear();
    this.#slots = this.sheet === undefined ? [] : slotsOf(this.sheet, date);
  }

  get slots(): readonly PlanSlot[] {
    return this.#slots;
  }

  /** Remembers that a stop closed a position of a strategy; one that trails is one too. */
  noteStop(strategy: string | undefined, reason: string, at: EpochMicros): void {
    if (strategy !== undefined && /stop|trail/i.test(reason)) this.#stops.set(strategy, at);
  }

  lastStop(strategy: StrategyName): EpochMicros | undefined {
    return this.#stops.get(strategy);
  }

  /** Worst cases of everything that the plan sent today. */
  spentCents(): Cents {
    let spent = 0;
    for (const { outcome, maxLossCents } of this.runs.values()) {
      if (outcome === 'sent') spent += maxLossCents;
    }
    return cents(spent);
  }
}
