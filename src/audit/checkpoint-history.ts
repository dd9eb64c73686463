/**
 * The checkpoints of a log, one after the other: numbered without a gap, each naming the one before
 * by its hash, never smaller, never earlier, and signed by the key of its time.
 */
import { join } from 'node:path';
import { MICROS_PER_SECOND } from '../engine/domain/units.ts';
import type { Disk } from './disk.ts';
import type { RingKey } from './key-statement.ts';
import { keyForCheckpoint } from './key-statement.ts';
import type { LogCheckpoint } from './log-checkpoint.ts';
import { noteHash, parseCheckpoint } from './log-checkpoint.ts';
import type { LogName } from './log-layout.ts';
import { CHECKPOINT_NAME, checkpointPath } from './log-layout.ts';
import { HEARTBEAT_MILLIS } from './sealing-limits.ts';
import type { ParsedNote } from './signed-note.ts';
import { parseNote } from './signed-note.ts';
import type { VerifyFinding } from './verify-report.ts';
import { notice, tampered } from './verify-report.ts';

/** A silence of so many heartbeats, without a stop before it, is worth telling. */
const SILENT_HEARTBEATS = 3;
/** A clock that was set back by less is noise of its discipline. */
const BACK_TOLERANCE_MICROS = 1_000_000;

interface Entry {
  readonly checkpoint: LogCheckpoint;
  readonly note: ParsedNote;
}

export interface CheckpointHistory {
  readonly checkpoints: readonly LogCheckpoint[];
  readonly findings: readonly VerifyFinding[];
  signatureFindings(keys: readonly RingKey[]): readonly VerifyFinding[];
}

/** Reads the checkpoints among the log's files. Throws the operating system's error. */
export function checkHistory(
  disk: Pick<Disk, 'read'>,
  folder: string,
  names: ReadonlyMap<string, LogName | undefined>,
): CheckpointHistory {
  const findings: VerifyFinding[] = [];
  const entries: Entry[] = [];
  let previous = '0';
  for (const { file, text } of readTexts(disk, folder, names, findings)) {
    const entry = readEntry(text);
    const before = entries.at(-1)?.checkpoint;
    const fault =
      entry === undefined
        ? 'it is no checkpoint'
        : (orderFault(entry, previous, entries.length + 1) ?? turnFault(entry.checkpoint, before));
    if (entry === undefined || fault !== undefined) {
      findings.push(tampered(fault ?? '', { file }));
      break;
    }
    findings.push(...timeFindings(entry.checkpoint, before, file));
    entries.push(entry);
    previous = noteHash(text);
  }
  return {
    checkpoints: entries.map(({ checkpoint }) => checkpoint),
    findings,
    signatureFindings: (keys) => entries.flatMap((entry) => signatureFinding(entry, keys)),
  };
}

interface CheckpointFile {
  readonly file: string;
  readonly text: string;
}

/** The numbered checkpoints, and the one under the fixed name where it is one ahead of them: it is
 * written first, so that a crash can leave it so. */
function readTexts(
  disk: Pick<Disk, 'read'>,
  folder: string,
  names: ReadonlyMap<string, LogName | undefined>,
  findings: VerifyFinding[],
): readonly CheckpointFile[] {
  const texts: CheckpointFile[] = [];
  const read = (file: string): string => disk.read(join(folder, file)).toString('utf8');
  const last = Math.max(0, ...numbersOf(names));
  for (let number = 1; number <= last; number++) {
    const file = checkpointPath(number);
    if (!names.has(file)) {
      findings.push(tampered('it is missing', { file }));
      return texts;
    }
    texts.push({ file, text: read(file) });
  }
  const file = CHECKPOINT_NAME;
  if (!names.has(file)) return texts;
  const text = read(file);
  if (text === texts.at(-1)?.text) return texts;
  if (readEntry(text)?.checkpoint.number === last + 1) return [...texts, { file, text }];
  findings.push(tampered(`it is not checkpoint ${last}: another was put in its place`, { file }));
  return texts;
}

function numbersOf(names: ReadonlyMap<string, LogName | undefined>): readonly number[] {
  return [...names.values()].flatMap((name) => (name?.kind === 'checkpoint' ? [name.number] : []));
}

function readEntry(text: string): Entry | undefined {
  const note = parseNote(text);
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text);
  return note === undefined || checkpoint === undefined ? undefined : { checkpoint, note };
}

function orderFault({ checkpoint }: Entry, previous: string, number: number): string | undefined {
  if (checkpoint.number !== number) return `it is checkpoint ${checkpoint.number}`;
  if (checkpoint.previous !== previous) return 'it does not follow the checkpoint before it';
  return undefined;
}

/** What may not turn back from one checkpoint to the next. */
function turnFault(now: LogCheckpoint, before: LogCheckpoint | undefined): string | undefined {
  if (before === undefined) return undefined;
  if (now.origin !== before.origin) return 'it is of another log';
  if (now.size < before.size) return `it covers ${now.size} entries, fewer than the one before it`;
  if (now.lastSeq < before.lastSeq) return 'it ends at an earlier record than the one before it';
  const isSameRun = now.reason !== 'start';
  if (isSameRun && now.monotonicMicros < before.monotonicMicros) {
    return "the machine's uptime went back while the engine ran";
  }
  return undefined;
}

function seconds(micros: number): string {
  return `${(micros / MICROS_PER_SECOND).toFixed(1)} s`;
}

/** A clock set back and a silence are told, not condemned: machines are set right and put to sleep. */
function timeFindings(
  now: LogCheckpoint,
  before: LogCheckpoint | undefined,
  file: string,
): readonly VerifyFinding[] {
  if (before === undefined) return [];
  const findings: VerifyFinding[] = [];
  const back = before.systemMicros - now.systemMicros;
  if (back > BACK_TOLERANCE_MICROS) {
    findings.push(notice(`the machine's clock went back by ${seconds(back)}`, { file }));
  }
  const silent = -back;
  const isStopped = before.reason === 'stop';
  if (!isStopped && silent > SILENT_HEARTBEATS * HEARTBEAT_MILLIS * 1_000) {
    findings.push(notice(`no heartbeat for ${seconds(silent)} before it`, { file }));
  }
  return findings;
}

function signatureFinding({ checkpoint, note }: Entry, keys: readonly RingKey[]): VerifyFinding[] {
  const file = checkpointPath(checkpoint.number);
  const key = keyForCheckpoint(keys, checkpoint.number);
  const isSigned = key?.verifier.isSigned(note) === true;
  return isSigned ? [] : [tampered('it is not signed by the key of its time', { file })];
}
