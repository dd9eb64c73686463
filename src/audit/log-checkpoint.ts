/**
 * The text of a checkpoint (C2SP tlog-checkpoint) with this log's own lines after the three of the
 * format. Pure.
 *
 *     deltaring/<journal id>                        origin, also the name that signs
 *     1234                                          entries
 *     <root hash, base64>
 *     checkpoint 57 records                         its number and why: records, heartbeat, start, stop
 *     previous <SHA-256 of the checkpoint before, whole note, hex; 0 before the first>
 *     record 1230                                   number of the last record in it
 *     time 1795188600000000 monotonic 123456789     machine's clock and uptime, both micros
 *     build 0.1.0
 */
import { hash } from 'node:crypto';

export const CHECKPOINT_REASONS = ['records', 'heartbeat', 'start', 'stop'] as const;
export type CheckpointReason = (typeof CHECKPOINT_REASONS)[number];

export interface LogCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly number: number;
  readonly reason: CheckpointReason;
  /** SHA-256 of the previous checkpoint's note, hex; '0' before the first. */
  readonly previous: string;
  readonly lastSeq: number;
  /** The machine's clock, micros since the epoch. */
  readonly systemMicros: number;
  /** Micros since the machine's start. */
  readonly monotonicMicros: number;
  readonly build: string;
}

const ORIGIN_PREFIX = 'deltaring/';
const CHECKPOINT =
  /^(deltaring\/[0-9a-f]{32})\n(0|[1-9]\d*)\n([A-Za-z0-9+/]{43}=)\ncheckpoint ([1-9]\d*) (\w+)\nprevious (0|[0-9a-f]{64})\nrecord (\d+)\ntime (\d+) monotonic (\d+)\nbuild ([^\n]+)\n$/;

/** What names a journal's log. */
export function logOrigin(journalId: Buffer): string {
  return `${ORIGIN_PREFIX}${journalId.toString('hex')}`;
}

/** The journal's id in a log's origin. */
export function journalIdOf(origin: string): Buffer {
  return Buffer.from(origin.slice(ORIGIN_PREFIX.length), 'hex');
}

export function checkpointText(checkpoint: LogCheckpoint): string {
  const { origin, size, root, number, reason, previous, lastSeq, build } = checkpoint;
  const { systemMicros, monotonicMicros } = checkpoint;
  return [
    origin,
    size,
    root.toString('base64'),
    `checkpoint ${number} ${reason}`,
    `previous ${previous}`,
    `record ${lastSeq}`,
    `time ${systemMicros} monotonic ${monotonicMicros}`,
    `build ${build}`,
    '',
  ].join('\n');
}

function isReason(text: string): text is CheckpointReason {
  return CHECKPOINT_REASONS.some((reason) => reason === text);
}

/** Reads what `checkpointText` wrote; undefined for any other text. */
export function parseCheckpoint(text: string): LogCheckpoint | undefined {
  const [, origin = '', size, root = '', number, reason = '', ...more] =
    CHECKPOINT.exec(text) ?? [];
  const [previous = '', lastSeq, systemMicros, monotonicMicros, build = ''] = more;
  if (!isReason(reason)) return undefined;
  const checkpoint = {
    origin,
    size: Number(size),
    root: Buffer.from(root, 'base64'),
    number: Number(number),
    reason,
    previous,
    lastSeq: Number(lastSeq),
    systemMicros: Number(systemMicros),
    monotonicMicros: Number(monotonicMicros),
    build,
  };
  return checkpointText(checkpoint) === text ? checkpoint : undefined;
}

/** How the next checkpoint names this one. */
export function noteHash(note: string): string {
  return hash('sha256', note, 'hex');
}
