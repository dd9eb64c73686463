/** The first chunk of a recording: what the desk was built from, so that a replay can build it again. */

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
  /** The journal as it stood before the start. */
  readonly records: readonly AuditRecord[];
}

/** Encodes the start of a desk; each of `records` is the JSON of one. */
export function encodeRecordedStart(
  start: Omit<RecordedStart, 'records'>,
  records: readonly (string | Buffer)[],
): Buffer {
  const { config, paperSeed, accountId, at } = start;
  const versions = { codec: INPUT_CODEC_VERSION, inputs: INPUT_VERSION };
  const others = JSON.stringify({ ...versions, config, paperSeed, accountId, at });
  return Buffer.from(`${others.slice(0, -1)},"records":[${records.join(',')}]}`, 'utf8');
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
