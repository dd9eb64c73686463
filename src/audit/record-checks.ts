/**
 * What each record must hold, and all of them together: the allow-list, clocks that never turn back
 * within a run, and the evidence of every order.
 */
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { OrderEvidence } from './order-evidence.ts';
import { schemaFaults } from './record-schema.ts';
import type { VerifyFinding } from './verify-report.ts';
import { notice, tampered } from './verify-report.ts';

/** What a record of a start says about the sealed log of its moment. */
interface LogCommitment {
  readonly seq: number;
  readonly size: number;
  readonly root: string;
}

/** Sees the records in order. */
export class RecordChecks {
  readonly #evidence = new OrderEvidence();
  readonly #findings: VerifyFinding[] = [];
  readonly #commitments: LogCommitment[] = [];
  #lastWall = 0;
  #lastMono = 0;

  see(record: AuditRecord, file?: string): void {
    const { seq, body } = record;
    const place = { ...(file !== undefined && { file }), seq };
    for (const what of schemaFaults(record)) this.#findings.push(tampered(what, place));
    this.#checkClocks(record, place);
    if (body.kind === 'engineStarted' && body.logSize !== undefined) {
      this.#commitments.push({ seq, size: body.logSize, root: body.logRoot ?? '' });
    }
    this.#evidence.see(record);
  }

  /** Between runs a machine's clock may have been set right; within one it cannot go back. */
  #checkClocks({ at, body }: AuditRecord, place: Partial<VerifyFinding>): void {
    const isStart = body.kind === 'engineStarted';
    const mono = at.mono ?? 0;
    if (at.wall < this.#lastWall) {
      const what = 'the clock went back here';
      this.#findings.push(isStart ? notice(what, place) : tampered(what, place));
    }
    if (!isStart && at.mono !== undefined && mono < this.#lastMono) {
      this.#findings.push(tampered('the monotonic clock went back here', place));
    }
    this.#lastWall = at.wall;
    this.#lastMono = mono;
  }

  /** Every finding, once all records were seen; `rootAt` tells the sealed log's root at a size. */
  findings(rootAt?: (size: number) => Buffer | undefined): readonly VerifyFinding[] {
    const orders = this.#evidence.faults().map(({ seq, what }) => tampered(what, { seq }));
    const starts = rootAt === undefined ? [] : this.#commitmentFindings(rootAt);
    return [...this.#findings, ...orders, ...starts];
  }

  #commitmentFindings(rootAt: (size: number) => Buffer | undefined): readonly VerifyFinding[] {
    return this.#commitments.flatMap(({ seq, size, root }) => {
      if (rootAt(size)?.toString('hex') === root) return [];
      const what = `this start saw ${size} entries sealed under another root than the log has`;
      return [tampered(what, { seq })];
    });
  }
}
