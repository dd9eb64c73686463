/** Starts a receiver in a process of its own, sends it frames, and hears what became of them. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WebSocket } from 'ws';
import { check } from './bench.ts';
import { numberFrame } from './ingest-frames.ts';
import type { QuoteServer } from './quote-server.ts';

export type IngestKind = 'floor' | 'official' | 'own' | 'ws' | 'core' | 'held';

/** What the receiver is to expect. */
export interface IngestOrder {
  readonly events: number;
  readonly bytes: number;
  /** Frames whose times are wanted; 0 = none. */
  readonly frames: number;
}

/** What it did. */
export interface IngestResult {
  readonly events: number;
  readonly cpuMicros: number;
  /** Growth of the heap; allocation, where nothing was collected. */
  readonly heapBytes: number;
  readonly collections: number;
  readonly seconds: number;
  /** Milliseconds of the machine's monotonic clock, by frame. */
  readonly seenAt: readonly number[];
}

/** So many frames at once, every so many milliseconds. */
export interface Pace {
  readonly frames: number;
  readonly everyMillis: number;
}

export interface Run {
  readonly result: IngestResult;
  /** Milliseconds of the same clock at which each frame was sent. */
  readonly sentAt: Float64Array;
  /** And at which the call that sent it came back: what lies between is the sender's own. */
  readonly handedAt: Float64Array;
}

const CLIENT = fileURLToPath(new URL('ingest-client.ts', import.meta.url));
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
const PATIENCE_MILLIS = 120_000;
const WEBSOCKET_HEAD_BYTES = 4;

function monotonicMillis(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000 + nanos / 1e6;
}

export class IngestReceiver {
  readonly #child: ChildProcess;
  readonly #socket: WebSocket;

  private constructor(child: ChildProcess, socket: WebSocket) {
    this.#child = child;
    this.#socket = socket;
  }

  static async start(kind: IngestKind, server: QuoteServer): Promise<IngestReceiver> {
    let child: ChildProcess | undefined;
    const socket = await server.joinedBy(() => {
      child = fork(CLIENT, [kind, server.url], { execArgv: ['--expose-gc'] });
    });
    if (child === undefined) throw new Error('the receiver did not start');
    await said(child, (message) => message === 'ready');
    return new IngestReceiver(child, socket);
  }

  /** Sends `count` frames by turns, at a pace or as fast as they are taken. */
  async run(
    frames: readonly Buffer[],
    count: number,
    { events, pace }: { events: number; pace?: Pace },
  ): Promise<Run> {
    const bytes = Array.from({ length: count }, (_, i) => frames[i % frames.length]?.length ?? 0);
    const order: IngestOrder = {
      events: count * events,
      bytes: bytes.reduce((sum, length) => sum + length + WEBSOCKET_HEAD_BYTES, 0),
      frames: pace === undefined ? 0 : count,
    };
    const going = said(this.#child, (message) => message === 'go');
    this.#child.send(order);
    await going;
    const done = said(this.#child, (message) => typeof message === 'object');
    const sentAt = new Float64Array(count);
    const handedAt = new Float64Array(count);
    await this.#send(frames, { sentAt, handedAt }, pace);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own client sends one object only
    const result = (await done) as IngestResult;
    check(result.events === order.events, 'every event sent was received');
    return { result, sentAt, handedAt };
  }

  async #send(
    frames: readonly Buffer[],
    { sentAt, handedAt }: Pick<Run, 'sentAt' | 'handedAt'>,
    pace: Pace | undefined,
  ): Promise<void> {
    const startedAt = performance.now();
    let sent = 0;
    while (sent < sentAt.length) {
      const elapsed = performance.now() - startedAt;
      const due = pace === undefined ? sentAt.length : framesDue(pace, elapsed, sentAt.length);
      while (sent < due && this.#socket.bufferedAmount < MAX_UNSENT_BYTES) {
        const frame = frames[sent % frames.length];
        if (frame === undefined) break;
        numberFrame(frame, sent);
        sentAt[sent] = monotonicMillis();
        // a copy: what is queued must not change while the next number is written
        this.#socket.send(Buffer.from(frame), { binary: false });
        handedAt[sent] = monotonicMillis();
        sent += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  stop(): void {
    this.#child.kill();
  }
}

function framesDue({ frames, everyMillis }: Pace, elapsed: number, most: number): number {
  return Math.min(most, frames * (1 + Math.floor(elapsed / everyMillis)));
}

function said(child: ChildProcess, isIt: (message: unknown) => boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the receiver said nothing')), PATIENCE_MILLIS);
    const listen = (message: unknown): void => {
      if (!isIt(message)) return;
      clearTimeout(timer);
      child.off('message', listen);
      resolve(message);
    };
    child.on('message', listen);
  });
}
