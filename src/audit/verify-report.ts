/** What a verification found, and how it reads. Pure. */
import type { ScanFault } from './scanned-journal.ts';

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

/** The sealed log's newest checkpoint, as far as it was proven. */
export interface VerifiedHead {
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  readonly checkpoint: number;
  /** The public key that signed it, as verifiers write it. */
  readonly key: string;
}

export interface VerifyReport {
  readonly target: string;
  readonly exitCode: VerifyExitCode;
  readonly files: number;
  readonly records: number;
  readonly lastSeq: number;
  /** Hash of the last record, hex; '' where there is none. */
  readonly lastHash: string;
  readonly head: VerifiedHead | null;
  readonly findings: readonly VerifyFinding[];
}

/** Findings beyond this many are counted, not listed. */
const MAX_FINDINGS = 100;
const NO_COUNTS = { files: 0, records: 0, lastSeq: 0, lastHash: '', head: null };

export function tampered(what: string, place: Partial<VerifyFinding> = {}): VerifyFinding {
  return { ...place, severity: 'tampered', what };
}

export function unchecked(what: string, place: Partial<VerifyFinding> = {}): VerifyFinding {
  return { ...place, severity: 'unchecked', what };
}

export function notice(what: string, place: Partial<VerifyFinding> = {}): VerifyFinding {
  return { ...place, severity: 'notice', what };
}

export function scanFinding({ file, offset, seq, what }: ScanFault): VerifyFinding {
  return { severity: 'tampered', file, offset, seq, what };
}

/** The verdict that findings add up to. */
export function exitCodeOf(findings: readonly VerifyFinding[]): VerifyExitCode {
  const has = (severity: FindingSeverity): boolean =>
    findings.some((finding) => finding.severity === severity);
  return has('tampered') ? 1 : has('unchecked') ? 2 : 0;
}

/** A report on a target; the verdict follows from the findings. */
export function reportOf(
  target: string,
  findings: readonly VerifyFinding[],
  counts: Partial<Omit<VerifyReport, 'target' | 'findings' | 'exitCode'>> = {},
): VerifyReport {
  const exitCode = exitCodeOf(findings);
  return { ...NO_COUNTS, ...counts, target, exitCode, findings: shortened(findings) };
}

/** The worst first, so that what is left out is the least. */
function shortened(findings: readonly VerifyFinding[]): readonly VerifyFinding[] {
  const order: readonly FindingSeverity[] = ['tampered', 'unchecked', 'notice'];
  const sorted = findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  if (sorted.length <= MAX_FINDINGS) return sorted;
  const more = `and ${sorted.length - MAX_FINDINGS} more findings`;
  return [...sorted.slice(0, MAX_FINDINGS), notice(more)];
}

const VERDICTS: Readonly<Record<VerifyExitCode, string>> = {
  0: 'clean',
  1: 'TAMPERED: the log is not what was written. Keep it as it is and compare with a backup',
  2: 'could not check everything',
};

/** The report for people, a line each. */
export function verifyReportLines(report: VerifyReport): readonly string[] {
  const { files, records, lastSeq, lastHash, exitCode, head } = report;
  const last = `last ${lastSeq} ${lastHash.slice(0, 16)}`;
  const lines = [`${report.target}: ${records} records in ${files} files, ${last}`];
  if (head !== null) {
    lines.push(
      `sealed log ${head.origin}: ${head.size} entries, root ${head.root}, ` +
        `checkpoint ${head.checkpoint} signed by ${head.key}`,
    );
  }
  const findings = report.findings.map(({ severity, file, offset, seq, what }) => {
    const place = [
      file,
      offset === undefined ? undefined : `offset ${offset}`,
      seq === undefined ? undefined : `record ${seq}`,
    ].filter((part) => part !== undefined);
    return `${severity}: ${place.length === 0 ? '' : `${place.join(', ')}: `}${what}`;
  });
  return [...lines, ...findings, VERDICTS[exitCode]];
}
