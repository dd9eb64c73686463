/** A raise of a limit ends by the wall clock, and with it every token that was granted before: none of them
 * opens anything afterwards. A raise that ends under a larger one of the same limit takes nothing back. What an opening may lose after it the oracle of caps knows. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import { denialCodeOf } from './answer-oracle.ts';
import type { Report } from './order-oracle.ts';
import type { Move } from './scripted-trader.ts';

/** True where the limit stands as high for longer. */
function outlasts(other: LimitRaise, { setting, value, untilWall }: LimitRaise): boolean {
  return other.setting === setting && other.value >= value && other.untilWall > untilWall;
}

export class RaiseOracle {
  readonly #ends: readonly number[];
  readonly #report: Report;
  readonly #met: (what: string) => void;
  /** Wall times at which tokens were granted. */
  readonly #grantedAt = new Map<string, number>();
  /** Of replacements: they are confirmed before they open, once what they replace has ended. */
  readonly #replaces = new Set<string>();

  constructor(raises: readonly LimitRaise[], report: Report, met: (what: string) => void) {
    const takingBack = raises.filter((raise) => !raises.some((other) => outlasts(other, raise)));
    this.#ends = takingBack.map(({ untilWall }) => untilWall);
    this.#report = report;
    this.#met = met;
  }

  /** True where a raise ended after a token was granted, by a moment. */
  #isOver(token: string, wall: number): boolean {
    const granted = this.#grantedAt.get(token) ?? Number.POSITIVE_INFINITY;
    return this.#ends.some((end) => granted < end && end <= wall);
  }

  onRecord({ body, at }: AuditRecord): void {
    if (this.#ends.length === 0) return;
    if (body.kind === 'previewMade') this.#grantedAt.set(body.tokenSha256, at.wall);
    if (body.kind !== 'intentRecorded' || body.intent.purpose !== 'open') return;
    const { tokenSha256, intent } = body;
    if (tokenSha256 === null || this.#replaces.has(tokenSha256)) return;
    if (!this.#isOver(tokenSha256, at.wall)) return;
    this.#report(`${intent.intentId} opens by a token of before the end of a raise`);
  }

  onAnswer({ command }: Move, result: unknown, wall: number): void {
    if (command.kind === 'previewReplace') this.#replaces.add(command.tokenSha256);
    if (command.kind !== 'confirm' || denialCodeOf(result) === undefined) return;
    if (this.#isOver(command.tokenSha256, wall)) this.#met('refusedAfterRaise');
  }
}
