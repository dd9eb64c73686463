/** `deltaring audit`: verify, show, key, rotate-key, restore, backup. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { acquireHomeLock } from '../audit/account-lock.ts';
import { readAuditKey } from '../audit/audit-key.ts';
import { auditShow, recordsAbout } from '../audit/audit-show.ts';
import { backupHome } from '../audit/backup.ts';
import { realDisk } from '../audit/disk.ts';
import { readJournal } from '../audit/journal-open.ts';
import { journalPaths } from '../audit/journal-paths.ts';
import { rotateAuditKey } from '../audit/key-rotation.ts';
import { newestCheckpoint } from '../audit/log-folder.ts';
import type { WitnessedRoot } from '../audit/log-scan.ts';
import { machineTimes } from '../audit/machine-times-shell.ts';
import { restoreHome } from '../audit/restore.ts';
import { parseVerifierKey, verifierKeyText } from '../audit/signed-note.ts';
import type { VerifyOptions } from '../audit/verify.ts';
import { verifyJournal } from '../audit/verify.ts';
import type { VerifyReport } from '../audit/verify-report.ts';
import { verifyReportLines } from '../audit/verify-report.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { socketPath } from './engine-paths.ts';
import { configOf } from './environment.ts';
import { logFilesOf } from './restore-source.ts';
import { verifyBucket } from './verify-bucket.ts';

const EXIT_TAMPERED = 1;
const EXIT_UNCHECKED = 2;
const USAGE = `usage: deltaring audit verify [FOLDER | s3://BUCKET/PREFIX] [--key KEY] [--head SIZE:ROOT] [--json]
       deltaring audit show ORDER [--json]
       deltaring audit key · rotate-key [--lost]
       deltaring audit restore FOLDER | s3://BUCKET/PREFIX [--key KEY]
       deltaring audit backup FOLDER
`;
/** What names no target. */
const TAKES_NOTHING: ReadonlySet<string> = new Set(['key', 'rotate-key']);
const HEAD = /^(\d+):([0-9a-f]{8,64})$/;

interface Asked {
  readonly target: string | undefined;
  readonly json: boolean;
  readonly lost: boolean;
  readonly options: VerifyOptions;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function refuse(message: string): never {
  throw new DeltaringError('INPUT_INVALID', message);
}

/** A key as one word, or a file that holds it on a line of its own. */
function trustedKey(text: string): Buffer {
  const words = existsSync(text) ? readFileSync(text, 'utf8').split('\n') : [text];
  const key = words.map((word) => parseVerifierKey(word.trim())).find((read) => read !== undefined);
  if (key !== undefined) return key.publicKey;
  return refuse('--key must be what `deltaring audit key` prints, or a file that holds it');
}

function witnessedRoot(text: string): WitnessedRoot {
  const [, size, root] = HEAD.exec(text) ?? [];
  if (size === undefined || root === undefined) {
    return refuse(
      '--head must be as results show it: entries, a colon, the first digits of the root',
    );
  }
  return { size: Number(size), root };
}

function readArguments(args: readonly string[]): Asked & { readonly what: string | undefined } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      lost: { type: 'boolean', default: false },
      key: { type: 'string', multiple: true },
      head: { type: 'string', multiple: true },
    },
  });
  const [what, target, ...more] = positionals;
  const unknown = [...(what !== undefined && TAKES_NOTHING.has(what) ? [target] : []), ...more];
  const [word] = unknown.filter((each) => each !== undefined);
  if (word !== undefined) refuse(`"${word}" is nothing that audit ${what} takes: nothing was done`);
  const options = {
    ...(values.key !== undefined && { trusted: values.key.map(trustedKey) }),
    ...(values.head !== undefined && { witnessed: values.head.map(witnessedRoot) }),
  };
  return { what, target, json: values.json, lost: values.lost, options };
}

function tell(report: VerifyReport, json: boolean): number {
  print(json ? [JSON.stringify(report, null, 2)] : verifyReportLines(report));
  return report.exitCode;
}

async function verify({ target, json, options }: Asked): Promise<number> {
  const config = configOf();
  if (target?.startsWith('s3://') === true) {
    return tell((await verifyBucket(config, target, options)).report, json);
  }
  return tell(verifyJournal(target ?? config.home, realDisk, options), json);
}

function show({ target: id, json }: Asked): number {
  if (id === undefined) return refuse('name an order: deltaring audit show ORDER');
  const { records } = readJournal(configOf().home);
  if (json) {
    const about = recordsAbout(records, id);
    print([JSON.stringify(about, null, 2)]);
    return about.length > 0 ? 0 : EXIT_UNCHECKED;
  }
  const lines = auditShow(records, id);
  if (lines.length === 0) return refuse(`no record names ${id}: look it up in recent orders`);
  print(lines);
  return 0;
}

/** Prints the public key: what an auditor is given, once, by another way than the log. */
function showKey(): number {
  const { home } = configOf();
  const key = readAuditKey(home);
  const newest = newestCheckpoint(realDisk, journalPaths(home).log);
  if (key === undefined || newest === undefined || newest === 'damaged') {
    return refuse('this home has no key and log yet: start the engine once');
  }
  print([verifierKeyText({ name: newest.checkpoint.origin, publicKey: key.publicKey })]);
  return 0;
}

/** Runs while no engine does: the home's lock is held. */
function whileStopped<T>(home: string, act: () => T): T {
  const lock = acquireHomeLock({ pid: process.pid, socketPath: socketPath(home), home });
  try {
    return act();
  } finally {
    lock.release();
  }
}

function rotateKey({ lost }: Asked): number {
  const { home } = configOf();
  const { systemMicros } = machineTimes();
  const key = whileStopped(home, () => rotateAuditKey(home, lost, realDisk, systemMicros));
  print(['the log has a new key from its next checkpoint on; give it to whoever verifies:', key]);
  return 0;
}

function isBucket(target: string, bucket: string | undefined): boolean {
  return target.startsWith('s3://') && new URL(target).hostname === bucket;
}

async function restore({ target, options }: Asked): Promise<number> {
  if (target === undefined)
    return refuse('name what to restore from: a folder or s3://BUCKET/PREFIX');
  const config = configOf();
  const { report, files } = await logFilesOf(config, target, options);
  if (report.exitCode === EXIT_TAMPERED || files === undefined) {
    tell(report, false);
    return report.exitCode === 0 ? EXIT_UNCHECKED : report.exitCode;
  }
  const { home } = config;
  const { systemMicros } = machineTimes();
  const shipsOn = isBucket(target, config.S3_AUDIT_BUCKET);
  const how = { systemMicros, shipsOn };
  const done = whileStopped(home, () => restoreHome(home, files, realDisk, how));
  print([
    ...verifyReportLines(report),
    `restored ${done.records} records, the last ${done.lastSeq}, into ${home}`,
    ...(done.unsealed > 0
      ? [`${done.unsealed} of them lie beyond the newest checkpoint: no signature vouches for them`]
      : []),
    ...(done.foreign.length > 0
      ? [
          `the log must go on in a new bucket: ${done.foreign[0]} of the old one could not be restored`,
        ]
      : []),
    ...(done.isKilled
      ? ['the kill switch stands as it did: release it with `deltaring rearm`']
      : []),
    ...(done.isNewKey
      ? ['the signing key was lost: a new one takes over, and the log says so']
      : []),
  ]);
  return 0;
}

function backup({ target }: Asked): number {
  if (target === undefined) return refuse('name an empty folder: deltaring audit backup FOLDER');
  const { home } = configOf();
  const { files, bytes } = backupHome(home, target, realDisk);
  const trusted = readAuditKey(home)?.publicKey;
  const report = verifyJournal(
    target,
    realDisk,
    trusted === undefined ? {} : { trusted: [trusted] },
  );
  print([...verifyReportLines(report), `copied ${files} files, ${bytes} bytes, without the key`]);
  return report.exitCode;
}

const COMMANDS: Readonly<Record<string, (asked: Asked) => number | Promise<number>>> = {
  verify,
  show,
  key: showKey,
  'rotate-key': rotateKey,
  restore,
  backup,
};

function exitCodeOf(error: unknown): number {
  const isCorrupt = error instanceof DeltaringError && error.code === 'JOURNAL_CORRUPT';
  return isCorrupt ? EXIT_TAMPERED : EXIT_UNCHECKED;
}

/** Exit 0 clean, 1 tampered, 2 could not check: whatever stands in the way is never "tampered". */
export async function audit(args: readonly string[]): Promise<number> {
  try {
    const { what = '', ...asked } = readArguments(args);
    const command = COMMANDS[what];
    if (command !== undefined) return await command(asked);
    process.stderr.write(USAGE);
    return EXIT_UNCHECKED;
  } catch (error) {
    process.stderr.write(`deltaring: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  }
}
