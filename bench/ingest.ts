/**
 * What does a quote cost from the socket to its seqlocked row, and how soon can a reader see it?
 *
 *     server ─ws─► socket ─► frames ─► numbers ─► row under its lock ─► reader
 *     (this process)         └──────────── a process of its own ───────────┘
 *
 * Peer: the official client, dxFeed's dxlink-api, its quotes stored in a typed array by symbol. Floor:
 * the same bytes read from the socket and thrown away. Ours publishes rows under their locks and values
 * the chain at its pace; neither of the others does anything of the kind.
 */
import type { Bench, BenchContext, BenchReport, Row } from './support/bench.ts';
import { check } from './support/bench.ts';
import { numberedFrames } from './support/ingest-frames.ts';
import type { IngestKind, Run } from './support/ingest-receiver.ts';
import { IngestReceiver } from './support/ingest-receiver.ts';
import { type Paired, paired, rowOf } from './support/paired.ts';
import { QuoteServer } from './support/quote-server.ts';
import { sampleChain } from './support/sample-chain.ts';
import type { Samples } from './support/samples.ts';

const NAME = 'ingest';
const PEER = 'official dxLink client, stored';
const NANOS_PER_MICRO = 1_000;
const NANOS_PER_MILLI = 1_000_000;
const FRAMES = 64;
const EVENTS_SATURATED = 100;
const EVENTS_PACED = 21;
const RATES = [50_000, 400_000] as const;
const LEAST_MILLIS = 100;
const P999 = 99.9;
/** A quick run starts the first of each alone: every one is a process. */
const CONTENDERS = [
  ['own', 'own framing'],
  ['ws', 'ws'],
  ['core', 'own framing, recorded, through the desk'],
] as const;
const COLLECTED = ['own', 'core', 'ws', 'official'] as const;

/** All receivers, each with a connection of its own; frames go to one at a time. */
class Field {
  readonly server: QuoteServer;
  readonly #receivers = new Map<IngestKind, IngestReceiver>();

  constructor(server: QuoteServer) {
    this.server = server;
  }

  async of(kind: IngestKind): Promise<IngestReceiver> {
    const known = this.#receivers.get(kind);
    if (known !== undefined) return known;
    const receiver = await IngestReceiver.start(kind, this.server);
    this.#receivers.set(kind, receiver);
    return receiver;
  }

  async close(): Promise<void> {
    for (const receiver of this.#receivers.values()) receiver.stop();
    await this.server.close();
  }
}

async function cpuRows(context: BenchContext, field: Field): Promise<Row[]> {
  const frames = numberedFrames(sampleChain(), FRAMES, EVENTS_SATURATED);
  const count = context.count(10_000);
  const cpuOf = (kind: IngestKind) => async (samples: Samples) => {
    const { result } = await (await field.of(kind)).run(frames, count, {
      events: EVENTS_SATURATED,
    });
    samples.record((result.cpuMicros * NANOS_PER_MICRO) / result.events);
  };
  const rows: Row[] = [];
  const floor = { floor: 'bytes read and dropped', peer: PEER };
  for (const [kind, what] of context.quick ? CONTENDERS.slice(0, 1) : CONTENDERS) {
    const result = await paired(context, {
      ours: cpuOf(kind),
      floor: cpuOf('floor'),
      peer: cpuOf('official'),
    });
    const metric = `CPU per quote event, socket to seqlocked row, ${what}`;
    rows.push(rowOf({ bench: NAME, metric, unit: 'ns', ...floor }, result));
  }
  return rows;
}

function recordLatencies({ result, sentAt }: Run, samples: Samples): void {
  for (const [frame, at] of sentAt.entries()) {
    const seen = result.seenAt[frame] ?? 0;
    check(seen > 0, 'every frame was seen in the chain');
    samples.record(Math.max(0, seen - at) * NANOS_PER_MILLI);
  }
}

/** The same with its longest thousandth as what is compared. */
function tailRow(row: Row, { ours, peer }: Paired): Row {
  const tail = ours.all.percentile(P999, 'us');
  const { peerRatio: _, peerP50: __, ...rest } = row;
  const peerTail = peer?.all.percentile(P999, 'us') ?? Number.NaN;
  return {
    ...rest,
    metric: `${row.metric}, p99.9 compared`,
    peerRatio: tail / peerTail,
    peerP50: peerTail,
  };
}

async function latencyRows(context: BenchContext, field: Field): Promise<Row[]> {
  const frames = numberedFrames(sampleChain(), FRAMES, EVENTS_PACED);
  const rows: Row[] = [];
  for (const rate of RATES) {
    const seconds = Math.max(LEAST_MILLIS, context.count(4_000)) / 1_000;
    const count = Math.round((rate * seconds) / EVENTS_PACED);
    const latencyOf = (kind: IngestKind) => async (samples: Samples) => {
      const run = await (await field.of(kind)).run(frames, count, { events: EVENTS_PACED, rate });
      recordLatencies(run, samples);
    };
    const result = await paired(context, { ours: latencyOf('own'), peer: latencyOf('official') });
    const metric = `frame sent to row visible at ${rate.toLocaleString('en')} events/s`;
    const row = rowOf({ bench: NAME, metric, unit: 'us', peer: PEER }, result);
    rows.push(row, tailRow(row, result));
  }
  return rows;
}

/** What was collected, and what was allocated where nothing was, over a minute at 50,000 a second. */
async function garbage(context: BenchContext, field: Field): Promise<string[]> {
  const frames = numberedFrames(sampleChain(), FRAMES, EVENTS_PACED);
  const rate = RATES[0];
  const seconds = context.quick ? 1 : 60;
  const count = Math.round((rate * seconds) / EVENTS_PACED);
  const notes: string[] = [];
  for (const kind of context.quick ? (['own'] as const) : COLLECTED) {
    const receiver = await field.of(kind);
    await receiver.run(frames, Math.round(count / 4), { events: EVENTS_PACED, rate });
    const { result } = await receiver.run(frames, count, { events: EVENTS_PACED, rate });
    const perEvent = result.collections === 0 ? result.heapBytes / result.events : Number.NaN;
    const allocated = Number.isNaN(perEvent) ? '' : `, ${perEvent.toFixed(3)} bytes an event`;
    notes.push(
      `${kind}: ${result.collections} garbage collections in ${result.seconds.toFixed(1)} s at ${rate.toLocaleString('en')} events/s${allocated}`,
    );
  }
  return notes;
}

async function run(context: BenchContext): Promise<BenchReport> {
  const field = new Field(await QuoteServer.listen());
  try {
    const rows = [...(await cpuRows(context, field)), ...(await latencyRows(context, field))];
    const collected = await garbage(context, field);
    return {
      rows,
      checks: [
        'every event sent was received by every contender',
        'after every paced frame its last quote stood in the shared chain as the frame said it',
      ],
      notes: [
        ...collected,
        `CPU is user and system time of the receiver's process, kernel work for the socket included; frames of ${EVENTS_SATURATED} quotes, as fast as they are taken.`,
        `Latencies are of frames of ${EVENTS_PACED} quotes from the send in this process to the row visible in the other, on one clock. The two processes share two cores with the collector: what is beyond some milliseconds is the scheduler's.`,
      ],
    };
  } finally {
    await field.close();
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'What does a quote cost from the socket to its seqlocked row, and how soon is it seen?',
  run,
};
