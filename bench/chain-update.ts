/**
 * How long after a frame of quotes arrives can a reader see it in the chain, valued?
 *
 *     server ─ws─► text ─► DXLink client ─► rows ─► forward, smile, greeks ─► published ─► reader
 *                  └────────────── in process ──────────────────────────────────────────┘
 *     └──────────────────────── over a loopback websocket ──────────────────────────────┘
 *
 * Floor: JSON.parse of the same text and its numbers stored in a typed array. Peer: the official
 * client, dxFeed's dxlink-api, its quotes stored in a typed array. Neither values anything.
 */
import WebSocket from 'ws';
import { FeedShell } from '../src/desk/threads/feed-shell.ts';
import { systemClock } from '../src/engine/domain/clock.ts';
import { Counters, createCountersBuffer } from '../src/ops/counters.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { FeedPath, openChain, openedClient, quoteHandler } from './support/feed-path.ts';
import { officialFeed } from './support/official-feed.ts';
import type { Measure } from './support/paired.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';
import { QUOTE_FIELDS, type QuoteFrame, quoteFrames } from './support/quote-frames.ts';
import { QuoteServer } from './support/quote-server.ts';
import { type SampleChain, sampleChain } from './support/sample-chain.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'chain-update';
const EVENTS = 100;
const FRAMES = 64;
const FLOOR = 'JSON.parse and store';
const ARRIVAL_TIMEOUT_MILLIS = 10_000;
const FIELDS = QUOTE_FIELDS.length;

/** Quotes by symbol in a typed array, as a program would keep them that values nothing. */
class PlainTable {
  readonly #rows = new Map<string, number>();
  readonly #cells: Float64Array;

  constructor(frames: readonly QuoteFrame[], sample: SampleChain) {
    for (const { streamer, row } of frames) this.#rows.set(streamer, row);
    this.#cells = new Float64Array(sample.contracts.length * FIELDS);
  }

  /** Stores one quote; an unknown symbol gets the next row. */
  store(symbol: string, values: readonly number[]): void {
    let row = this.#rows.get(symbol);
    if (row === undefined) {
      row = this.#rows.size % (this.#cells.length / FIELDS);
      this.#rows.set(symbol, row);
    }
    for (let field = 0; field < values.length; field += 1) {
      this.#cells[row * FIELDS + field] = values[field] ?? 0;
    }
  }

  /** Parses a COMPACT frame of quotes and stores each. */
  take(text: string): void {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the floor checks nothing, that is what it is
    const { data } = JSON.parse(text) as { data: [string, (string | number)[]] };
    const values = data[1];
    for (let i = 0; i + FIELDS <= values.length; i += FIELDS) {
      this.store(String(values[i]), [
        Number(values[i + 1]),
        Number(values[i + 2]),
        Number(values[i + 3]),
        Number(values[i + 4]),
      ]);
    }
  }

  /** The ask that stands for a frame's last contract, in dollars. */
  askOf({ streamer }: QuoteFrame): number {
    return this.#cells[(this.#rows.get(streamer) ?? 0) * FIELDS + 1] ?? 0;
  }
}

/** Goes through the frames again and again. */
function turnsOf(frames: readonly QuoteFrame[], use: (frame: QuoteFrame) => void): () => void {
  let turn = 0;
  return () => {
    const frame = frames[turn % frames.length];
    turn += 1;
    if (frame !== undefined) use(frame);
  };
}

function seenByReader(path: FeedPath): (frame: QuoteFrame) => void {
  return (frame) => {
    path.receive(frame);
    check(path.reader.quote(frame.row)?.ask === frame.ask, 'a reader sees what the frame said');
  };
}

function decodeOnly(sample: SampleChain): (frame: QuoteFrame) => void {
  let events = 0;
  const handler = quoteHandler({ quote: () => (events += 1), batchEnd: () => undefined });
  const at = sample.slice.asOf;
  const client = openedClient(handler, sample, at);
  return (frame) => {
    const before = events;
    client.onFrame(frame.text, at);
    check(events === before + EVENTS, 'every quote of the frame is decoded');
  };
}

async function inProcess(context: BenchContext, sample: SampleChain, frames: QuoteFrame[]) {
  const times = context.count(2_000);
  const table = new PlainTable(frames, sample);
  const floor = oneByOne(
    turnsOf(frames, ({ text }) => table.take(text)),
    times,
  );
  const decode = await paired(context, {
    ours: oneByOne(turnsOf(frames, decodeOnly(sample)), times),
    floor,
  });
  const visible = await paired(context, {
    ours: oneByOne(turnsOf(frames, seenByReader(new FeedPath(sample))), times),
    floor,
  });
  const unit = 'us';
  return [
    rowOf(
      { bench: NAME, metric: `decode a frame of ${EVENTS} quotes`, unit, floor: FLOOR },
      decode,
    ),
    rowOf(
      { bench: NAME, metric: `frame of ${EVENTS} quotes to visible chain`, unit, floor: FLOOR },
      visible,
    ),
  ];
}

/** A contender on a connection of its own. `arrived` resolves when the frame sent last is in. */
interface Receiver {
  readonly server: WebSocket;
  arrived(frame: QuoteFrame): Promise<void>;
  close(): void;
}

/** Resolves the one waiting for a frame, once `isIn` says that it is in. */
class Arrival {
  #waiting: { readonly frame: QuoteFrame; readonly resolve: () => void } | undefined;

  wait(frame: QuoteFrame): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('a frame did not arrive')),
        ARRIVAL_TIMEOUT_MILLIS,
      );
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting = { frame, resolve: done };
    });
  }

  look(isIn: (frame: QuoteFrame) => boolean): void {
    const waiting = this.#waiting;
    if (waiting === undefined || !isIn(waiting.frame)) return;
    this.#waiting = undefined;
    waiting.resolve();
  }
}

async function oursOn(server: QuoteServer, sample: SampleChain): Promise<Receiver> {
  const { chain, reader } = openChain(sample);
  const arrival = new Arrival();
  const at = () => sample.slice.asOf;
  const shell = new FeedShell({
    clock: systemClock,
    counters: new Counters(createCountersBuffer()),
    chain,
    underlying: sample.listing.underlying,
    aggregationSeconds: 0.1,
    version: 'bench',
    transport: 'own',
    jitter: () => 0,
    step(input) {
      if (input.kind === 'quote') chain.setQuote(input.index, input, at());
      if (input.kind !== 'batchEnd') return;
      chain.endBatch(at());
      arrival.look(({ row, ask }) => reader.quote(row)?.ask === ask);
    },
    requestToken: () => setImmediate(() => shell.onToken(server.url, 'bench')),
  });
  const socket = await server.joinedBy(() => shell.start());
  await until(() => shell.status().state === 'open');
  return { server: socket, arrived: (frame) => arrival.wait(frame), close: () => shell.stop() };
}

async function floorOn(
  server: QuoteServer,
  sample: SampleChain,
  frames: QuoteFrame[],
): Promise<Receiver> {
  const table = new PlainTable(frames, sample);
  const arrival = new Arrival();
  let client: WebSocket | undefined;
  const socket = await server.joinedBy(() => {
    client = new WebSocket(server.url, { perMessageDeflate: false });
    client.on('message', (data: Buffer) => {
      table.take(data.toString('utf8'));
      arrival.look((frame) => table.askOf(frame) === (frame.ask ?? 0) / 10_000);
    });
  });
  return {
    server: socket,
    arrived: (frame) => arrival.wait(frame),
    close: () => client?.terminate(),
  };
}

async function peerOn(
  server: QuoteServer,
  sample: SampleChain,
  frames: QuoteFrame[],
): Promise<Receiver> {
  const table = new PlainTable(frames, sample);
  const arrival = new Arrival();
  const feed = officialFeed(
    frames.map(({ streamer }) => streamer),
    (events) => {
      for (const { eventSymbol, bidPrice, askPrice, bidSize, askSize } of events) {
        const values = [Number(bidPrice), Number(askPrice), Number(bidSize), Number(askSize)];
        table.store(String(eventSymbol), values);
      }
      arrival.look((frame) => table.askOf(frame) === (frame.ask ?? 0) / 10_000);
    },
  );
  const socket = await server.joinedBy(() => feed.connect(server.url));
  await until(() => feed.isReady());
  return { server: socket, arrived: (frame) => arrival.wait(frame), close: () => feed.close() };
}

async function until(isSo: () => boolean): Promise<void> {
  const patience = performance.now() + ARRIVAL_TIMEOUT_MILLIS;
  while (!isSo()) {
    check(performance.now() < patience, 'the handshake ends in time');
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}

function overSocket(receiver: Receiver, frames: readonly QuoteFrame[], times: number): Measure {
  let turn = 0;
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const frame = frames[turn % frames.length];
      turn += 1;
      if (frame === undefined) continue;
      const arrived = receiver.arrived(frame);
      const startedAt = nanosNow();
      receiver.server.send(frame.text);
      await arrived;
      samples.record(nanosNow() - startedAt);
    }
  };
}

async function overLoopback(context: BenchContext, sample: SampleChain, frames: QuoteFrame[]) {
  const server = await QuoteServer.listen();
  const ours = await oursOn(server, sample);
  const floor = await floorOn(server, sample, frames);
  const peer = await peerOn(server, sample, frames);
  const times = context.count(1_000);
  try {
    const result = await paired(context, {
      ours: overSocket(ours, frames, times),
      floor: overSocket(floor, frames, times),
      peer: overSocket(peer, frames, times),
    });
    const metric = `${EVENTS} quotes sent to visible chain, over a websocket`;
    const names = { floor: `ws, ${FLOOR}`, peer: 'official dxLink client, stored' };
    return rowOf({ bench: NAME, metric, unit: 'us', ...names }, result);
  } finally {
    for (const receiver of [ours, floor, peer]) receiver.close();
    await server.close();
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const sample = sampleChain();
  const frames = quoteFrames(sample, FRAMES, EVENTS);
  const rows = [
    ...(await inProcess(context, sample, frames)),
    await overLoopback(context, sample, frames),
  ];
  return {
    rows,
    checks: ['after every frame the last of its quotes stood in the chain as the frame said it'],
    notes: [
      `The chain holds ${sample.contracts.length} contracts, and every frame values all of them anew: forward, smile, greeks. The floor and the peer store ${EVENTS} quotes and value nothing.`,
      'Over the websocket, server and client share one thread; the time is from the send to the row visible, one frame at a time.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'How long after a frame of quotes arrives can a reader see it in the chain, valued?',
  run,
};
