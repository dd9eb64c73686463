/** The broker's dry runs of orders that were previewed, by intent. Core thread only. */

import type { DryRunAnswer } from '../../broker/order-gateway.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { DryRun } from '../../risk/risk-input.ts';

/** Dry runs kept; the oldest gives way, and its order needs a new one. */
const MAX_DRY_RUNS = 2_048;

export class DryRunBook {
  readonly #runs = new Map<string, DryRun | 'asked'>();

  /** A dry run was asked for: what was known of the order before counts no more. */
  ask(intentId: string): void {
    this.#runs.delete(intentId);
    this.#runs.set(intentId, 'asked');
    if (this.#runs.size <= MAX_DRY_RUNS) return;
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined) this.#runs.delete(oldest);
  }

  /** Takes the answer to a dry run that was asked for; any other is dropped. */
  answer(intentId: string, answer: DryRunAnswer, answeredAt: EpochMicros): void {
    if (this.isAwaited(intentId)) this.#runs.set(intentId, { answer, answeredAt });
  }

  isAwaited(intentId: string): boolean {
    return this.#runs.get(intentId) === 'asked';
  }

  /** What was answered; undefined where nothing was, or not yet. */
  answered(intentId: string): DryRun | undefined {
    const run = this.#runs.get(intentId);
    return run === 'asked' ? undefined : run;
  }

  /** A new session: its orders are others. */
  clear(): void {
    this.#runs.clear();
  }
}
