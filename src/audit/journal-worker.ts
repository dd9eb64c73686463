/**
 * The journal thread: a thin shell around the journal engine. It blocks in the data sync so that
 * the core does not. Everything that waits when it comes back is committed together.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { Counters } from '../ops/counters.ts';
import { countReplies } from './journal-counts.ts';
import { JournalEngine } from './journal-engine.ts';
import type { OpenedJournal } from './journal-open.ts';
import { openJournal } from './journal-open.ts';
import type { JournalBatch, JournalRequest, JournalThreadReport } from './journal-protocol.ts';
import type { JournalWorkerData } from './journal-thread.ts';
import { RecordingDrain } from './recording-drain.ts';

/** How often the recorder's ring is emptied while no batch arrives. */
const DRAIN_EVERY_MILLIS = 20;

const data: JournalWorkerData = workerData;
const { corePort } = data;

function report(message: JournalThreadReport): void {
  parentPort?.postMessage(message);
}

function open(): OpenedJournal | undefined {
  try {
    return openJournal({ home: data.home, checked: data.checked });
  } catch (error) {
    const code = error instanceof DeltaringError ? error.code : 'JOURNAL_FAILED';
    const message = error instanceof Error ? error.message : String(error);
    report({ kind: 'openFailed', code, message });
    return undefined;
  }
}

function openDrain(): RecordingDrain | undefined {
  if (data.recording === undefined) return undefined;
  return RecordingDrain.open(data.home, data.recording, (reason) =>
    report({ kind: 'recordingLost', reason }),
  );
}

/** Every request that is waiting, the first included. */
function waitingRequests(first: JournalRequest): readonly JournalRequest[] {
  const requests = [first];
  for (;;) {
    const next: { message: JournalRequest } | undefined = receiveMessageOnPort(corePort);
    if (next === undefined) return requests;
    requests.push(next.message);
  }
}

function serve({ writer, lastSeq, lastHash, notices }: OpenedJournal): void {
  const engine = new JournalEngine(writer, wallMicros);
  const counters = data.counters === undefined ? undefined : new Counters(data.counters);
  let answeredSeq = lastSeq;
  const drain = openDrain();
  const timer = setInterval(() => drain?.drain(), DRAIN_EVERY_MILLIS);

  function close(): void {
    clearInterval(timer);
    drain?.close();
    writer.close();
    report({ kind: 'closed', lastSeq: writer.position.seq });
    corePort.close();
  }

  corePort.on('message', (first: JournalRequest) => {
    const requests = waitingRequests(first);
    const batches: JournalBatch[] = requests.filter((request) => request.kind === 'append');
    const replies = engine.handle(batches);
    for (const reply of replies) corePort.postMessage(reply);
    if (counters !== undefined) answeredSeq = countReplies(counters, replies, answeredSeq);
    if (requests.some((request) => request.kind === 'close')) return close();
    engine.idle();
    drain?.drain();
  });
  const told = [...notices, ...(drain?.notices ?? [])];
  report({ kind: 'opened', lastSeq, lastHash, notices: told });
}

const opened = open();
if (opened === undefined) corePort.close();
else serve(opened);
