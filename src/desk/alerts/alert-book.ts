/** The alerts that traders set for the session. Core thread only. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import type { AlertRequest } from '../engine-api-plan.ts';

/** An alert as it is kept and journalled. */
export interface AlertRule extends AlertRequest {
  readonly alertId: string;
  readonly principal: string;
}

export interface KeptAlert {
  readonly rule: AlertRule;
  isArmed: boolean;
  /** It fired before a restart, and whether it was armed again since is not known. */
  isInDoubt: boolean;
  firedAt: EpochMicros | undefined;
}

/** More would be noise, and each is looked at on every batch of quotes. */
export const MOST_ALERTS = 50;
/** So that one client leaves room for the others. */
export const MOST_ALERTS_PER_PRINCIPAL = 20;

export class AlertBook {
  readonly #alerts = new Map<string, KeptAlert>();
  #count = 0;

  /** A new deterministic id. */
  nextId(session: string): string {
    this.#count += 1;
    return `a${session.replaceAll('-', '')}-${String(this.#count).padStart(3, '0')}`;
  }

  /** Enters an alert, armed. */
  add(rule: AlertRule): void {
    const number = Number(rule.alertId.split('-')[1]);
    if (Number.isSafeInteger(number)) this.#count = Math.max(this.#count, number);
    this.#alerts.set(rule.alertId, { rule, isArmed: true, isInDoubt: false, firedAt: undefined });
  }

  remove(alertId: string): boolean {
    return this.#alerts.delete(alertId);
  }

  get(alertId: string): KeptAlert | undefined {
    return this.#alerts.get(alertId);
  }

  /** In the order they were set. */
  all(): readonly KeptAlert[] {
    return [...this.#alerts.values()];
  }

  countOf(principal: string): number {
    return this.all().filter(({ rule }) => rule.principal === principal).length;
  }

  get size(): number {
    return this.#alerts.size;
  }

  /** A new session: what was asked of the last one is over. */
  clear(): void {
    this.#alerts.clear();
  }
}
