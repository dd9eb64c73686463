/**
 * One receiver of quotes in a process of its own, so that its CPU time is its own: started by
 * ingest-receiver.ts with a kind and a url, told by messages what to expect. It notes when each frame
 * was visible, and counts what the collector did meanwhile.
 *
 *     floor     the bytes of the socket, read and thrown away
 *     official  dxFeed's own client, its quotes stored in a typed array by symbol
 *     own, ws   the feed's shell on either transport, into the seqlocked rows of the chain
 *     core      the same into the whole core: recorder, desk, paper broker, chain, broadcast ring
 *     held      the same while a condor is held, whose stops every batch judges
 */
import { connect } from 'node:net';
import { PerformanceObserver } from 'node:perf_hooks';
import type { Input } from '../../src/desk/inputs.ts';
import { FeedShell } from '../../src/desk/threads/feed-shell.ts';
import {
  ASK_SIZE_FIELD,
  createChainBuffer,
  MAX_CONTRACTS,
  rowCell,
} from '../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../src/engine/chain/chain-writer.ts';
import type { Clock, LentAt } from '../../src/engine/domain/clock.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { streamerSymbol } from '../../src/engine/domain/instrument.ts';
import { addMicros } from '../../src/engine/domain/units.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { check } from './bench.ts';
import { BenchDesk } from './bench-desk.ts';
import { FIRST_NUMBER } from './ingest-frames.ts';
import type { IngestOrder, IngestResult } from './ingest-receiver.ts';
import { officialFeed } from './official-feed.ts';
import { sampleChain } from './sample-chain.ts';

/** 256 MB: a minute at 50,000 events a second, without a thread that empties it. */
const RECORDER_BYTES = 2 ** 28;
const MAX_FRAMES = 2 ** 19;
/** Until what the collector did is told of, and until what went before is over. */
const SETTLE_MILLIS = 40;
const [kind = '', url = ''] = process.argv.slice(2);
const sample = sampleChain();
/** The market's time at a moment of the wall, from which on both run alike. */
let opened = { market: sample.slice.asOf.market, wall: wallMicros() };

/** When each frame was visible, milliseconds of the machine's monotonic clock. */
const seenAt = new Float64Array(MAX_FRAMES);
const monotonicOffset = monotonicMillis() - performance.now();
let events = 0;
let bytes = 0;
let order: IngestOrder | undefined;
let started = { cpu: process.cpuUsage(), heap: 0, at: 0 };
let collections = 0;
/** Whether what was to be held is held still. */
let isHeld = (): boolean => true;

new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

function monotonicMillis(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000 + nanos / 1e6;
}

/** Market time of the sample's day, running with the wall. */
const clock: Clock & { readInto(at: LentAt): void } = {
  now() {
    const at = { ...sample.slice.asOf };
    this.readInto(at);
    return at;
  },
  readInto(at) {
    at.wall = wallMicros();
    at.market = addMicros(opened.market, at.wall - opened.wall);
  },
};

function frameSeen(number: number): void {
  const index = number - FIRST_NUMBER;
  if (index >= 0 && index < MAX_FRAMES) seenAt[index] = performance.now() + monotonicOffset;
}

function finishWhenAllCame(): void {
  if (order !== undefined && events >= order.events) finish();
}

/** Frames whose last quote was taken and has not been seen in the chain. */
class Unseen {
  readonly #cells: Float64Array;
  /** The ask size of each row's newest quote: what has to stand in the chain. */
  readonly #taken = new Float64Array(MAX_CONTRACTS);
  /** The row and number of each frame, the first `#count` of them. */
  readonly #rows = new Int32Array(MAX_FRAMES);
  readonly #numbers = new Int32Array(MAX_FRAMES);
  #count = 0;

  constructor(chain: SharedArrayBuffer) {
    this.#cells = new Float64Array(chain);
  }

  quoted(row: number, askSize: number): void {
    this.#taken[row] = askSize;
    if (askSize < FIRST_NUMBER) return;
    this.#rows[this.#count] = row;
    this.#numbers[this.#count] = askSize;
    this.#count += 1;
  }

  /** Looks whether the last quote of each stands in the chain, or one that came after it. */
  look(): void {
    for (let place = 0; place < this.#count; place += 1) {
      const row = this.#rows[place] ?? 0;
      if (this.#cells[rowCell(row) + ASK_SIZE_FIELD] !== this.#taken[row]) return;
    }
    for (let place = 0; place < this.#count; place += 1) frameSeen(this.#numbers[place] ?? 0);
    this.#count = 0;
  }
}

function finish(): void {
  if (order === undefined) return;
  check(isHeld(), 'the condor is held to the end');
  const { user, system } = process.cpuUsage(started.cpu);
  const heapBytes = process.memoryUsage().heapUsed - started.heap;
  const frames = order.frames;
  const seconds = (performance.now() - started.at) / 1_000;
  order = undefined;
  setTimeout(() => {
    const result: IngestResult = {
      events,
      cpuMicros: user + system,
      heapBytes,
      collections,
      seconds,
      seenAt: frames === 0 ? [] : [...seenAt.subarray(0, frames)],
    };
    process.send?.(result);
  }, SETTLE_MILLIS);
}

process.on('message', (next: IngestOrder) => {
  events = 0;
  bytes = 0;
  seenAt.fill(0);
  globalThis.gc?.();
  setTimeout(() => {
    collections = 0;
    started = {
      cpu: process.cpuUsage(),
      heap: process.memoryUsage().heapUsed,
      at: performance.now(),
    };
    order = next;
    process.send?.('go');
  }, SETTLE_MILLIS);
});

/** The step of a chain alone, or of the whole core. */
function stepInto(): { chain: ChainWriter; unseen: Unseen; step: (input: Input) => void } {
  if (kind === 'core' || kind === 'held') {
    const bench = new BenchDesk(undefined, { recorderBytes: RECORDER_BYTES });
    const { chain, book } = bench.desk.context;
    if (kind === 'held') {
      bench.hold(1);
      opened = { market: bench.at.market, wall: wallMicros() };
      isHeld = () => book.hasStructures();
    }
    return {
      chain,
      unseen: new Unseen(bench.buffers.chain),
      step: (input) => bench.shell.step(input),
    };
  }
  const buffer = createChainBuffer();
  const chain = new ChainWriter(buffer);
  const unseen = new Unseen(buffer);
  chain.openSession(sample.listing, sample.session, sample.slice.asOf);
  const step = (input: Input): void => {
    if (input.kind === 'quote') chain.setQuote(input.index, input, input.at);
    else if (input.kind === 'batchEnd') {
      chain.showQuotes(input.at);
      unseen.look();
      chain.endBatch(input.at);
    }
  };
  return { chain, unseen, step };
}

function ours(): void {
  const { chain, unseen, step } = stepInto();
  const shell = new FeedShell({
    clock,
    counters: new Counters(createCountersBuffer()),
    chain,
    underlying: sample.listing.underlying,
    aggregationSeconds: 0.1,
    version: 'bench',
    transport: kind === 'ws' ? 'ws' : 'own',
    jitter: () => 0,
    step(input) {
      step(input);
      if (input.kind === 'quote') {
        events += 1;
        unseen.quoted(input.index, input.askSize);
      } else if (input.kind === 'batchEnd') {
        unseen.look();
        finishWhenAllCame();
      }
    },
    requestToken: () => setImmediate(() => shell.onToken(url, 'bench')),
  });
  shell.start();
  shell.subscribe(sample.contracts.map(streamerSymbol), Date.now());
  const timer = setInterval(() => {
    shell.onClock();
    if (shell.status().state !== 'open') return;
    clearInterval(timer);
    process.send?.('ready');
  }, 5);
}

function official(): void {
  const rows = new Map(sample.contracts.map((contract, row) => [streamerSymbol(contract), row]));
  const table = new Float64Array(sample.contracts.length * 4);
  const feed = officialFeed([...rows.keys()], (received) => {
    let cell = 0;
    for (const { eventSymbol, bidPrice, askPrice, bidSize, askSize } of received) {
      cell = 4 * (rows.get(String(eventSymbol)) ?? 0);
      table[cell] = Number(bidPrice);
      table[cell + 1] = Number(askPrice);
      table[cell + 2] = Number(bidSize);
      table[cell + 3] = Number(askSize);
    }
    events += received.length;
    frameSeen(table[cell + 3] ?? 0);
    finishWhenAllCame();
  });
  feed.connect(url);
  const timer = setInterval(() => {
    if (!feed.isReady()) return;
    clearInterval(timer);
    process.send?.('ready');
  }, 5);
}

/** Tells by the bytes alone when all has come: `order.bytes` of them. */
function floor(): void {
  const { hostname, port } = new URL(url);
  const upgrade =
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const socket = connect({
    host: hostname,
    port: Number(port),
    onread: {
      buffer: Buffer.alloc(256 * 1024),
      callback: (count) => {
        bytes += count;
        if (order === undefined) process.send?.('ready');
        else if (bytes >= order.bytes) {
          events = order.events;
          finish();
        }
        return true;
      },
    },
  });
  socket.write(upgrade);
}

if (kind === 'official') official();
else if (kind === 'floor') floor();
else ours();
