/**
 * The verifier: does the audit log hold what was written, all of it, and does it add up? It reads
 * only, needs no running engine, and says the same of the same bytes every time.
 */
import { basename, dirname, join } from 'node:path';
import { readAuditKey } from './audit-key.ts';
import { readCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { realDisk, systemCode } from './disk.ts';
import { EntryChain } from './entry-chain.ts';
import type { JournalPaths } from './journal-paths.ts';
import { journalPaths } from './journal-paths.ts';
import { scanJournal } from './journal-scan.ts';
import { newestCheckpoint } from './log-folder.ts';
import { CHECKPOINTS_FOLDER } from './log-layout.ts';
import type { LogScan, WitnessedRoot } from './log-scan.ts';
import { scanLog } from './log-scan.ts';
import { witnessRecords } from './log-witness.ts';
import { RecordChecks } from './record-checks.ts';
import type { VerifyFinding, VerifyReport } from './verify-report.ts';
import { notice, reportOf, scanFinding, tampered, unchecked } from './verify-report.ts';

/** What the verifier is told besides the target. */
export interface VerifyOptions {
  /** Public keys that the caller trusts, raw; default: that of the home that is verified. */
  readonly trusted?: readonly Buffer[];
  readonly witnessed?: readonly WitnessedRoot[];
}

/** A running engine may write while the verifier reads; then it reads again, so often. */
const MAX_ATTEMPTS = 5;

/**
 * Verifies an engine's home, its journal folder, or a folder that holds a sealed log. Never throws:
 * what cannot be read is a finding and exit code 2.
 */
export function verifyJournal(
  target: string,
  disk: Disk = realDisk,
  options: VerifyOptions = {},
): VerifyReport {
  try {
    const home = homeOf(target, disk);
    if (home !== undefined) return verifyHome(target, journalPaths(home), options, disk);
    if (isLogFolder(target, disk)) return verifyLogFolder(target, options, disk);
    if (disk.list(target).some((name) => name.endsWith('.sealed'))) {
      const what =
        'these are sealed batches of version 0.1.0; the journal they were made of is verified ' +
        'with the home folder, the batches alone only by that version';
      return reportOf(target, [unchecked(what)]);
    }
    const what = `there is no audit log in ${target}: name the engine's home folder`;
    return reportOf(target, [unchecked(what)]);
  } catch (error) {
    return unreadable(target, error);
  }
}

function unreadable(target: string, error: unknown): VerifyReport {
  const what = `${target} cannot be read (${systemCode(error)}): check its owner`;
  return reportOf(target, [unchecked(what)]);
}

function homeOf(target: string, disk: Disk): string | undefined {
  const paths = journalPaths(target);
  if (disk.exists(paths.journal) || disk.exists(paths.checkpoint)) return target;
  if (disk.list(target).some((name) => name.endsWith('.journal'))) {
    return basename(target) === 'journal' ? dirname(target) : undefined;
  }
  return undefined;
}

function isLogFolder(target: string, disk: Disk): boolean {
  return disk.exists(join(target, CHECKPOINTS_FOLDER)) || disk.exists(join(target, 'tile'));
}

function verifyHome(
  target: string,
  paths: JournalPaths,
  options: VerifyOptions,
  disk: Disk,
): VerifyReport {
  const read = (): VerifyReport => readHome(target, paths, options, disk);
  return readBesideEngine(paths, disk, read, ({ exitCode }) => exitCode === 0);
}

/** Reads again where an engine wrote meanwhile and what was read is not sound. Throws the operating
 * system's error. */
export function readBesideEngine<T>(
  paths: JournalPaths,
  disk: Disk,
  read: () => T,
  isSound: (found: T) => boolean,
): T {
  for (let attempt = 1; ; attempt++) {
    const before = writtenSoFar(paths, disk);
    try {
      const found = read();
      const isQuiet = writtenSoFar(paths, disk) === before;
      if (isSound(found) || isQuiet || attempt === MAX_ATTEMPTS) return found;
    } catch (error) {
      // A tile that a wider one replaced goes after the checkpoint that tells of it has come.
      const mayHaveGone = systemCode(error) === 'ENOENT';
      if (!mayHaveGone || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Changes whenever an engine writes. */
function writtenSoFar(paths: JournalPaths, disk: Disk): string {
  const journal = readCheckpoint(disk, paths.checkpoint);
  const log = newestCheckpoint(disk, paths.log);
  const commits = journal.kind === 'found' ? journal.count : 0;
  return `${commits} ${log === 'damaged' ? '' : (log?.checkpoint.number ?? 0)}`;
}

function readHome(
  target: string,
  paths: JournalPaths,
  options: VerifyOptions,
  disk: Disk,
): VerifyReport {
  const checks = new RecordChecks();
  const log = scanHomeLog(paths, options, disk);
  const witness = witnessRecords(disk, paths, log && ((index) => log.leafAt(index)));
  const scan = scanJournal(disk, paths, (frame, file) => {
    witness.see(frame);
    checks.see(frame.record, file);
  });
  if (scan.files.length === 0 && scan.fault === undefined) {
    return reportOf(target, [unchecked(`there is no journal in ${join(target, 'journal')}`)]);
  }
  const findings: VerifyFinding[] = scan.notices.map(({ kind, text }) =>
    kind === 'checkpointMissing' ? unchecked(text) : notice(text),
  );
  const fault = scan.fault ?? witness.fault(scan.position.seq);
  if (fault !== undefined) findings.push(scanFinding(fault));
  findings.push(...(log?.findings ?? []), ...checks.findings(log && ((size) => log.rootAt(size))));
  if (log !== undefined && log.lastSeq < scan.position.seq) {
    const what = `records ${log.lastSeq + 1} to ${scan.position.seq} are under no checkpoint yet`;
    findings.push(notice(what));
  }
  return reportOf(target, findings, {
    files: scan.files.length + (log?.files ?? 0),
    records: scan.records,
    lastSeq: scan.position.seq,
    lastHash: scan.position.hash.toString('hex'),
    head: log?.head ?? null,
  });
}

/** The sealed log beside the journal; its entries are compared with the journal's by their root. */
function scanHomeLog(paths: JournalPaths, options: VerifyOptions, disk: Disk): LogScan | undefined {
  if (!isLogFolder(paths.log, disk)) return undefined;
  const own = options.trusted ?? [];
  const key = own.length > 0 ? undefined : readAuditKey(paths.home, disk)?.publicKey;
  const trusted = key === undefined ? own : [key];
  const log = scanLog(disk, paths.log, { ...options, trusted });
  const findings = log.findings.map((finding) =>
    finding.file === undefined ? finding : { ...finding, file: `audit/log/${finding.file}` },
  );
  return { ...log, findings };
}

/** Verifies a folder that holds the log alone, as it is downloaded from a bucket. Throws the
 * operating system's error. */
export function verifyLogFolder(
  target: string,
  options: VerifyOptions,
  disk: Disk,
  folder = target,
): VerifyReport {
  const checks = new RecordChecks();
  const chain = new EntryChain((frame) => checks.see(frame.record));
  const { trusted = [] } = options;
  const scan = scanLog(disk, folder, { ...options, trusted }, (entry) => chain.take(entry));
  const fault = chain.fault(scan);
  const findings = [...scan.findings, ...checks.findings((size) => scan.rootAt(size))];
  if (fault !== undefined) findings.push(tampered(fault));
  if (scan.origin === '') {
    findings.push(unchecked('the log has no checkpoint yet, and nothing of it is proven'));
  }
  return reportOf(target, findings, {
    files: scan.files,
    records: chain.records,
    lastSeq: chain.position.seq,
    lastHash: chain.records === 0 ? '' : chain.position.hash.toString('hex'),
    head: scan.head ?? null,
  });
}
