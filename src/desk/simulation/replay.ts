/**
 * Re-runs a recorded session on this build and compares what it would journal with what the journal
 * holds, byte for byte. Identity is promised for the build, V8 and architecture that the recording
 * names; elsewhere the first difference is shown.
 */

import type { SessionRecording } from '../../audit/session-recording.ts';
import type { OrderGateway } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { canonicalJson } from '../../engine/domain/canonical-json.ts';
import { DeltaringError } from '../../engine/domain/errors.ts';
import { Desk } from '../desk.ts';
import type { Effect } from '../effects.ts';
import type { DeskStart } from '../gateway-of.ts';
import { gatewayOf as configuredGateway } from '../gateway-of.ts';
import { decodeInput } from '../input-codec.ts';
import { summarizeJournal } from '../journal-summary.ts';
import { ownChain } from '../own-chain.ts';
import type { RecordedStart } from '../recorded-start.ts';
import { decodeRecordedStart, journalBefore } from '../recorded-start.ts';

/** The first record that is not the same, as canonical JSON; undefined = there is none there. */
export interface ReplayDifference {
  readonly seq: number;
  readonly journalled: string | undefined;
  readonly replayed: string | undefined;
}

export interface ReplayResult {
  readonly identical: boolean;
  readonly inputs: number;
  /** Records compared. */
  readonly records: number;
  /** Records that the run appended and the journal never took: the end of a run that was cut off, or
   * all that came after the journal failed. */
  readonly unjournalled: number;
  readonly firstDifference: ReplayDifference | undefined;
  /** The same for a person to read. */
  readonly lines: readonly string[];
}

interface Rerun {
  readonly start: RecordedStart;
  /** Of the records of the run, the first. */
  readonly firstSeq: number;
  readonly records: readonly AuditRecord[];
  readonly journalFailed: boolean;
  /** The last record that the desk was told is durable: what came after it may have been lost. */
  readonly durableSeq: number;
}

function recordsOf(effects: readonly Effect[]): readonly AuditRecord[] {
  return effects.flatMap((effect) => (effect.kind === 'append' ? [effect.record] : []));
}

/** The order gateway as it stood at the start of a recording. */
export type GatewayOf = (start: DeskStart) => OrderGateway;

/** What no recording holds, and how it is done again. */
export interface Surroundings {
  readonly gatewayOf?: GatewayOf | undefined;
  /** Called before the chunk of this place is stepped; the start is the first. */
  readonly before?: (place: number) => void;
}

/** Builds the desk as it was and feeds it the recorded inputs. */
function rerun(
  chunks: readonly Uint8Array[],
  journal: readonly AuditRecord[],
  { gatewayOf = configuredGateway, before: beforeChunk }: Surroundings,
): Rerun {
  const [first, ...inputs] = chunks;
  if (first === undefined) {
    throw new DeltaringError(
      'INPUT_INVALID',
      'the recording is empty: it holds not even its start',
    );
  }
  const start = decodeRecordedStart(first);
  const { config, at } = start;
  const before = journalBefore(start, journal);
  const past = summarizeJournal(before);
  const desk = new Desk({
    config,
    ...ownChain(),
    gateway: gatewayOf({ ...start, past }),
    at,
    past,
  });
  const appended = [...recordsOf(desk.start())];
  let journalFailed = false;
  let durableSeq = 0;
  for (const [index, chunk] of inputs.entries()) {
    beforeChunk?.(index + 1);
    const input = decodeInput(chunk);
    if (input.kind === 'journalFailed') journalFailed = true;
    if (input.kind === 'journalDurable') durableSeq = Math.max(durableSeq, input.seq);
    appended.push(...recordsOf(desk.step(input)));
  }
  const firstSeq = (before.at(-1)?.seq ?? 0) + 1;
  return { start, firstSeq, records: appended, journalFailed, durableSeq };
}

/** What the journal holds of the run: from its first record to the next start of an engine. */
function journalOfRun(
  journal: readonly AuditRecord[],
  firstSeq: number,
): ReadonlyMap<number, AuditRecord> {
  const from = journal.filter(({ seq }) => seq >= firstSeq);
  const next = from.findIndex(({ body }, index) => index > 0 && body.kind === 'engineStarted');
  const own = next === -1 ? from : from.slice(0, next);
  return new Map(own.map((record) => [record.seq, record]));
}

interface Comparison {
  readonly compared: number;
  readonly unjournalled: number;
  readonly difference: ReplayDifference | undefined;
}

/** Without the version of the envelope, which is the writer's: an old journal replays too. */
function textOf(record: AuditRecord | undefined): string | undefined {
  if (record === undefined) return undefined;
  const { version: _version, ...told } = record;
  return canonicalJson(told);
}

function compare(run: Rerun, journal: ReadonlyMap<number, AuditRecord>): Comparison {
  const lastSeq = Math.max(0, ...journal.keys());
  const replayed = new Map(run.records.map((record) => [record.seq, record]));
  const seqs = [...new Set([...journal.keys(), ...replayed.keys()])].toSorted((a, b) => a - b);
  let compared = 0;
  let unjournalled = 0;
  for (const seq of seqs) {
    const [theirs, ours] = [textOf(journal.get(seq)), textOf(replayed.get(seq))];
    const mayLack = seq > Math.min(lastSeq, run.durableSeq) || run.journalFailed;
    if (theirs === undefined && mayLack) unjournalled += 1;
    else if (theirs === ours) compared += 1;
    else {
      const difference = { seq, journalled: theirs, replayed: ours };
      return { compared, unjournalled, difference };
    }
  }
  return { compared, unjournalled, difference: undefined };
}

/** Where this program is not the one that recorded. */
function strangers(
  { header }: SessionRecording,
  start: RecordedStart,
  build: string,
): readonly string[] {
  const lines: string[] = [];
  if (header.build !== build) {
    lines.push(`recorded by build ${header.build}, replayed on ${build}`);
  }
  const { v8 } = process.versions;
  if (header.v8 !== v8) lines.push(`recorded on V8 ${header.v8}, replayed on ${v8}`);
  if (header.arch !== process.arch) {
    lines.push(`recorded on ${header.arch}, replayed on ${process.arch}`);
  }
  if (header.build !== start.config.build) lines.push('header and start name different builds');
  return lines;
}

const ENDS: Readonly<Record<SessionRecording['end'], string>> = {
  complete: 'the recording is complete',
  lost: 'the recording lost inputs and is not replayable beyond its end',
  cut: 'the recording was cut off: it holds the beginning',
};

/** Replays a recording against the journal it belongs to, on the build of this name. Throws INPUT_INVALID on one
 * that cannot be read. */
export function replayRecording(
  recording: SessionRecording,
  journal: readonly AuditRecord[],
  build: string,
  surroundings: Surroundings = {},
): ReplayResult {
  const run = rerun(recording.chunks, journal, surroundings);
  const { compared, unjournalled, difference } = compare(run, journalOfRun(journal, run.firstSeq));
  const identical = difference === undefined && compared > 0;
  const inputs = recording.chunks.length - 1;
  const verdict = identical
    ? `identical: ${compared} records from ${inputs} inputs`
    : `different: ${describe(difference)}`;
  const lines = [verdict, ENDS[recording.end], ...strangers(recording, run.start, build)];
  if (unjournalled > 0) lines.push(`${unjournalled} records were appended and never journalled`);
  return { identical, inputs, records: compared, unjournalled, firstDifference: difference, lines };
}

function describe(difference: ReplayDifference | undefined): string {
  if (difference === undefined) {
    return 'the journal holds no record of this run; name the home folder it belongs to';
  }
  const { seq, journalled = 'nothing', replayed = 'nothing' } = difference;
  return `record ${seq}\n  journal: ${journalled}\n  replay:  ${replayed}`;
}
