/** The first chunk of a recording: what the desk was built from beside the journal, so that a replay can
 * build it again. */

import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { At } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { DeskConfig } from './desk-config.ts';
import { INPUT_CODEC_VERSION } from './input-codec.ts';
import { INPUT_VERSION } from './inputs.ts';

interface Versions {
  readonly codec: number;
  readonly inputs: number;
}

export interface RecordedStart {
  readonly config: DeskConfig;
  readonly paperSeed: number;
  readonly accountId: string;
  readonly at: At;
  /** The last record of the journal before the start, 0 where there was none: what stood in it up to
   * there is the journal's to tell. */
  readonly lastSeq: number;
  /** That part of the journal itself, in recordings of codec version 2 and before. */
  readonly records?: readonly AuditRecord[];
}

/** Encodes the start of a desk. */
export function encodeRecordedStart(start: Omit<RecordedStart, 'records'>): Buffer {
  const { config, paperSeed, accountId, at, lastSeq } = start;
  const versions = { codec: INPUT_CODEC_VERSION, inputs: INPUT_VERSION };
  return Buffer.from(JSON.stringify({ ...versions, config, paperSeed, accountId, at, lastSeq }));
}

/** The journal as it stood before a start, out of the journal as it is. Throws INPUT_INVALID where that
 * one does not reach so far. */
export function journalBefore(
  start: RecordedStart,
  journal: readonly AuditRecord[],
): readonly AuditRecord[] {
  const { records, lastSeq } = start;
  if (records !== undefined) return records;
  const before = journal.filter(({ seq }) => seq <= lastSeq);
  if ((before.at(-1)?.seq ?? 0) === lastSeq) return before;
  const message = `this recording goes on behind record ${lastSeq}, which this journal does not hold: name the home folder that it belongs to (DELTARING_HOME)`;
  throw new DeltaringError('INPUT_INVALID', message);
}

/** Decodes the start. Throws INPUT_INVALID where the recording begins otherwise. */
export function decodeRecordedStart(bytes: Uint8Array): RecordedStart {
  const start = parse(bytes);
  const isReadable = (version: number, newest: number) => version >= 1 && version <= newest;
  const isKnown =
    start !== null &&
    isReadable(start.codec, INPUT_CODEC_VERSION) &&
    isReadable(start.inputs, INPUT_VERSION);
  if (isKnown) return start;
  const message = `this recording holds inputs version ${start?.inputs}, codec ${start?.codec}; this build reads ${INPUT_VERSION}, ${INPUT_CODEC_VERSION}`;
  throw new DeltaringError('INPUT_INVALID', message);
}

function parse(bytes: Uint8Array): (RecordedStart & Versions) | null {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller checks the version
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as (RecordedStart & Versions) | null;
  } catch {
    throw new DeltaringError('INPUT_INVALID', 'this file does not begin as a recording does');
  }
}
