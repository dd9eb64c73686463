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
import type { IngestKind, Pace, Run } from './support/ingest-receiver.ts';
import { IngestReceiver } from './support/ingest-receiver.ts';
import { contest, courseOf, type Paired, paired, rowOf } from './support/paired.ts';
import { QuoteServer } from './support/quote-server.ts';
import { sampleChain } from './support/sample-chain.ts';
import { Samples } from './support/samples.ts';

const NAME = 'ingest';
const PEER = 'official dxLink client, stored';
const FLOOR = 'bytes read and dropped';
const NANOS_PER_MICRO = 1_000;
const NANOS_PER_MILLI = 1_000_000;
const FRAMES = 64;
const EVENTS_SATURATED = 100;
const EVENTS_PACED = 21;
const P999 = 99.9;
const LEAST_MILLIS = 100;
/** How quotes come: every contract at once is what an open or a spike is. */
interface Stream {
  readonly what: string;
  readonly pace: Pace;
  readonly millis: number;
  /** Whether the longest thousandth is compared too: there have to be thousands. */
  readonly hasTail: boolean;
}

function steady(rate: number, millis: number): Stream {
  const pace = { frames: 1, everyMillis: (1_000 * EVENTS_PACED) / rate };
  return { what: `at ${rate.toLocaleString('en')} events/s`, pace, millis, hasTail: rate > 2_000 };
}

const STREAMS: readonly Stream[] = [
  steady(2_000, 1_200),
  steady(50_000, 1_000),
  steady(400_000, 500),
  {
    what: 'in bursts of 420 events, 50 a second',
    pace: { frames: 20, everyMillis: 20 },
    millis: 500,
    hasTail: true,
  },
];

const CONTENDERS = [
  ['own', 'own framing'],
  ['ws', 'ws'],
  ['core', 'own framing, recorded, through the desk'],
] as const;

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

/** A quick run starts the first contender alone: every one is a process. */
async function cpuRows(context: BenchContext, field: Field): Promise<Row[]> {
  const frames = numberedFrames(sampleChain(), FRAMES, EVENTS_SATURATED);
  const count = context.count(5_000);
  const cpuOf = (kind: IngestKind) => async (samples: Samples) => {
    const receiver = await field.of(kind);
    const { result } = await receiver.run(frames, count, { events: EVENTS_SATURATED });
    samples.record((result.cpuMicros * NANOS_PER_MICRO) / result.events);
  };
  const contenders = context.quick ? CONTENDERS.slice(0, 1) : CONTENDERS;
  const kinds: readonly IngestKind[] = ['floor', 'official', ...contenders.map(([kind]) => kind)];
  const courses = await contest(context, new Map(kinds.map((kind) => [kind, cpuOf(kind)])));
  return contenders.map(([kind, what]) => {
    const metric = `CPU per quote event, socket to seqlocked row, ${what}`;
    const names = { bench: NAME, metric, unit: 'ns', floor: FLOOR, peer: PEER } as const;
    const [floor, peer] = [courses.get('floor'), courses.get('official')];
    return rowOf(names, { ours: courseOf(courses, kind), floor, peer });
  });
}

function recordLatencies({ result, sentAt }: Run, samples: Samples): void {
  for (const [frame, at] of sentAt.entries()) {
    const seen = result.seenAt[frame] ?? 0;
    check(seen > 0, 'every frame was seen in the chain');
    samples.record(Math.max(0, seen - at) * NANOS_PER_MILLI);
  }
}

/** How long each send took its sender. */
function recordSends({ sentAt, handedAt }: Run, samples: Samples): void {
  for (const [frame, at] of sentAt.entries()) {
    samples.record(((handedAt[frame] ?? at) - at) * NANOS_PER_MILLI);
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

async function latencyRows(context: BenchContext, field: Field, found: Collected): Promise<Row[]> {
  const frames = numberedFrames(sampleChain(), FRAMES, EVENTS_PACED);
  const rows: Row[] = [];
  for (const { what, pace, millis, hasTail } of STREAMS) {
    const least = Math.max(LEAST_MILLIS, context.count(millis));
    const count = pace.frames * Math.max(2, Math.round(least / pace.everyMillis));
    const sends = new Samples();
    const latencyOf = (kind: IngestKind) => async (samples: Samples) => {
      const run = await (await field.of(kind)).run(frames, count, { events: EVENTS_PACED, pace });
      recordLatencies(run, samples);
      recordSends(run, sends);
      found.add(kind, run.result.collections, run.result.seconds);
    };
    const result = await paired(context, { ours: latencyOf('own'), peer: latencyOf('official') });
    found.sends.push(`${what} ${sends.percentile(50, 'us').toFixed(0)} us`);
    const metric = `frame sent to row visible ${what}`;
    const row = rowOf({ bench: NAME, metric, unit: 'us', peer: PEER }, result);
    rows.push(row);
    if (hasTail) rows.push(tailRow(row, result));
  }
  return rows;
}

/** Garbage collections while frames came at a pace, and what sending took. */
class Collected {
  /** Stream by stream: the median of the sender's own call. */
  readonly sends: string[] = [];
  readonly #by = new Map<IngestKind, { times: number; seconds: number }>();

  add(kind: IngestKind, times: number, seconds: number): void {
    const before = this.#by.get(kind) ?? { times: 0, seconds: 0 };
    this.#by.set(kind, { times: before.times + times, seconds: before.seconds + seconds });
  }

  notes(): string[] {
    return [...this.#by].map(
      ([kind, { times, seconds }]) =>
        `${kind}: ${times} garbage collections in ${seconds.toFixed(1)} s of paced frames.`,
    );
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const field = new Field(await QuoteServer.listen());
  try {
    const collected = new Collected();
    const cpu = await cpuRows(context, field);
    const latencies = await latencyRows(context, field, collected);
    return {
      rows: [...cpu, ...latencies],
      checks: [
        'every event sent was received by every contender',
        'of every paced frame the last quote, or one of the same contract that came after it, stood in the shared chain as it was sent',
      ],
      notes: [
        'Goals: CPU at most 0.4 of the official client; p50 at most 0.65 of its, p99.9 at most 0.4 at 50,000 events/s and 0.25 at 400,000.',
        ...collected.notes(),
        'Of the core thread alone, with its desk, over a minute: `npm run campaign -- collections`.',
        `In each latency lies the sender's own call, to all contenders the same (p50): ${collected.sends.join(', ')}. A sender that rests is cold, and so is the receiver.`,
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
