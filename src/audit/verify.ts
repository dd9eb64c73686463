/**
 * The verifier: does the audit log hold what was written, all of it, and does it add up? It reads
 * only, needs no running engine, and says the same of the same bytes every time.
 */
import { basename, dirname, join } from 'node:path';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { realDisk, systemCode } from './disk.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalPaths } from './journal-paths.ts';
import type { ScanFault } from './journal-scan.ts';
import { scanJournal } from './journal-scan.ts';
import { OrderEvidence } from './order-evidence.ts';
import { schemaFaults } from './record-schema.ts';
import { scanSealed } from './sealed-scan.ts';
import { witnessSealed } from './sealed-witness.ts';

/** `tampered`: not what was written. `unchecked`: could not be proven. `notice`: worth knowing. */
export type FindingSeverity = 'tampered' | 'unchecked' | 'notice';

export interface VerifyFinding {
  readonly severity: FindingSeverity;
  readonly what: string;
  readonly file?: string;
  readonly offset?: number;
  readonly seq?: number;
}

/** 0 clean, 1 tampered, 2 could not check. */
export type VerifyExitCode = 0 | 1 | 2;

export interface VerifyReport {
  readonly target: string;
  readonly exitCode: VerifyExitCode;
  readonly files: number;
  readonly records: number;
  readonly lastSeq: number;
  /** Hash of the last record, hex; '' where there is none. */
  readonly lastHash: string;
  readonly findings: readonly VerifyFinding[];
}

/** A running engine may write while the verifier reads; then it reads again, so often. */
const MAX_ATTEMPTS = 3;
/** Findings beyond this many are counted, not listed. */
const MAX_FINDINGS = 100;

/**
 * Verifies an engine's home, its journal folder, or a folder of sealed batches. Never throws: what
 * cannot be read is a finding and exit code 2.
 */
export function verifyJournal(target: string, disk: Disk = realDisk): VerifyReport {
  try {
    const home = homeOf(target, disk);
    if (home !== undefined) return verifyHome(target, journalPaths(home), disk);
    if (disk.list(target).some((name) => name.endsWith('.sealed'))) {
      return verifySealed(target, disk);
    }
    return uncheckable(target, `there is no journal in ${target}: name the engine's home folder`);
  } catch (error) {
    return uncheckable(target, `${target} cannot be read (${systemCode(error)}): check its owner`);
  }
}

function homeOf(target: string, disk: Disk): string | undefined {
  const paths = journalPaths(target);
  if (disk.exists(paths.journal) || disk.exists(paths.checkpoint)) return target;
  if (disk.list(target).some((name) => name.endsWith('.journal'))) {
    return basename(target) === 'journal' ? dirname(target) : undefined;
  }
  return undefined;
}

function uncheckable(target: string, what: string): VerifyReport {
  const findings: VerifyFinding[] = [{ severity: 'unchecked', what }];
  return { target, exitCode: 2, files: 0, records: 0, lastSeq: 0, lastHash: '', findings };
}

function verifyHome(target: string, paths: JournalPaths, disk: Disk): VerifyReport {
  for (let attempt = 1; ; attempt++) {
    const before = checkpointCount(paths, disk);
    const report = verifyHomeOnce(target, paths, disk);
    const isQuiet = checkpointCount(paths, disk) === before;
    if (report.exitCode === 0 || isQuiet || attempt === MAX_ATTEMPTS) return report;
  }
}

function checkpointCount(paths: JournalPaths, disk: Disk): number {
  const read = readCheckpoint(disk, paths.checkpoint);
  return read.kind === 'found' ? read.count : 0;
}

function verifyHomeOnce(target: string, paths: JournalPaths, disk: Disk): VerifyReport {
  const checks = new RecordChecks();
  const witness = witnessSealed(disk, paths);
  const scan = scanJournal(disk, paths, (frame, file) => {
    witness.see(frame);
    checks.see(frame.record, file);
  });
  const findings = scan.notices.map(
    ({ kind, text }): VerifyFinding => ({
      severity: kind === 'checkpointMissing' ? 'unchecked' : 'notice',
      what: text,
    }),
  );
  if (scan.fault !== undefined) findings.push(tampered(scan.fault));
  const unsealed = scan.fault === undefined ? witness.fault(scan.position.seq) : undefined;
  if (unsealed !== undefined) findings.push(tampered(unsealed));
  if (scan.files.length === 0 && scan.fault === undefined) {
    return uncheckable(target, `there is no journal in ${join(target, 'journal')}`);
  }
  findings.push(...sealedFindings(paths, disk), ...checks.findings());
  return summary(target, findings, {
    files: scan.files.length,
    records: scan.records,
    position: scan.position,
  });
}

/** The batches sealed from the journal: theirs are copies of its records. */
function sealedFindings(paths: JournalPaths, disk: Disk): readonly VerifyFinding[] {
  const { fault } = scanSealed(disk, paths.sealed, () => undefined);
  return fault === undefined ? [] : [tampered({ ...fault, file: `audit/sealed/${fault.file}` })];
}

function verifySealed(target: string, disk: Disk): VerifyReport {
  const checks = new RecordChecks();
  const scan = scanSealed(disk, target, (frame, file) => checks.see(frame.record, file));
  const findings: VerifyFinding[] = [...checks.findings()];
  if (scan.fault !== undefined) findings.push(tampered(scan.fault));
  else if (!scan.witnessed) {
    const what = 'tail unprovable: there is no ledger beside the folder to compare with';
    findings.push({ severity: 'unchecked', what });
  }
  return summary(target, findings, scan);
}

/** The same report under another name, with more findings and the exit code that follows. */
export function withFindings(
  target: string,
  report: VerifyReport,
  more: readonly VerifyFinding[],
): VerifyReport {
  const findings = [...more, ...report.findings];
  return { ...report, target, findings, exitCode: exitCodeOf(findings) };
}

function exitCodeOf(findings: readonly VerifyFinding[]): VerifyExitCode {
  const has = (severity: FindingSeverity): boolean =>
    findings.some((finding) => finding.severity === severity);
  return has('tampered') ? 1 : has('unchecked') ? 2 : 0;
}

function tampered(fault: ScanFault): VerifyFinding {
  const { file, offset, seq, what } = fault;
  return { severity: 'tampered', file, offset, seq, what };
}

function summary(
  target: string,
  findings: readonly VerifyFinding[],
  counts: {
    readonly files: number;
    readonly records: number;
    readonly position: { readonly seq: number; readonly hash: Buffer };
  },
): VerifyReport {
  const { files, records, position } = counts;
  return {
    target,
    exitCode: exitCodeOf(findings),
    files,
    records,
    lastSeq: position.seq,
    lastHash: position.hash.toString('hex'),
    findings: shortened(findings),
  };
}

function shortened(findings: readonly VerifyFinding[]): readonly VerifyFinding[] {
  if (findings.length <= MAX_FINDINGS) return findings;
  const more = `and ${findings.length - MAX_FINDINGS} more findings`;
  return [...findings.slice(0, MAX_FINDINGS), { severity: 'notice', what: more }];
}

/** What each record and all of them together must hold. */
class RecordChecks {
  readonly #evidence = new OrderEvidence();
  readonly #findings: VerifyFinding[] = [];
  #lastWall = 0;

  see(record: AuditRecord, file: string): void {
    const { seq } = record;
    for (const what of schemaFaults(record)) {
      this.#findings.push({ severity: 'tampered', file, seq, what });
    }
    if (record.at.wall < this.#lastWall) {
      this.#findings.push({ severity: 'notice', file, seq, what: 'the clock went back here' });
    }
    this.#lastWall = record.at.wall;
    this.#evidence.see(record);
  }

  findings(): readonly VerifyFinding[] {
    const orders = this.#evidence
      .faults()
      .map(({ seq, what }): VerifyFinding => ({ severity: 'tampered', seq, what }));
    return [...this.#findings, ...orders];
  }
}

const VERDICTS: Readonly<Record<VerifyExitCode, string>> = {
  0: 'clean',
  1: 'TAMPERED: the log is not what was written. Keep it as it is and compare with a backup',
  2: 'could not check everything',
};

/** The report for people, a line each. */
export function verifyReportLines(report: VerifyReport): readonly string[] {
  const { files, records, lastSeq, lastHash, exitCode } = report;
  const last = `last ${lastSeq} ${lastHash.slice(0, 16)}`;
  const head = `${report.target}: ${records} records in ${files} files, ${last}`;
  const findings = report.findings.map(({ severity, file, offset, seq, what }) => {
    const place = [
      file,
      offset === undefined ? undefined : `offset ${offset}`,
      seq === undefined ? undefined : `record ${seq}`,
    ].filter((part) => part !== undefined);
    return `${severity}: ${place.length === 0 ? '' : `${place.join(', ')}: `}${what}`;
  });
  return [head, ...findings, VERDICTS[exitCode]];
}
