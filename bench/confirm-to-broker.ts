/**
 * How long from the confirm at the core until its order is with a real broker's socket, with and without
 * the disk?
 *
 *     confirm ─► token, drift, all checks ─► record ─► [journal thread: durable] ─► kill word
 *             ─► adapter: body ─► turn ─► request ─► every byte with the socket
 *
 * Without the disk the journal's thread does all that it does, on files in memory. Floors: the bytes of
 * such an order written to a warm connection, and before them the bytes of the intent's record written
 * and fdatasync'ed by the same thread, since no order may leave before its record is on the disk.
 */
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { MessageChannel, Worker } from 'node:worker_threads';
import { startJournalThread } from '../src/audit/journal-thread.ts';
import { BarePost } from './support/bare-post.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { BenchDesk } from './support/bench-desk.ts';
import { alpacaStub } from './support/broker-stubs.ts';
import type { Measure } from './support/paired.ts';
import { contest, courseOf, rowOf } from './support/paired.ts';
import { sampleChain } from './support/sample-chain.ts';
import { nanosNow } from './support/samples.ts';
import { WiredDesk } from './support/wired-desk.ts';

const NAME = 'confirm-to-broker';
const FILE_BYTES = 8 * 1024 * 1024;
const MEMORY_JOURNAL = new URL('support/memory-journal.ts', import.meta.url);
const ALONE = 'bare POST, warm connection';
const SYNCED = 'write, fdatasync, bare POST';

interface Road {
  readonly wired: WiredDesk;
  /** Resolves when the journal's thread has ended. */
  readonly closed: Promise<unknown>;
}

/** A desk before a broker of its own, with a thread of its journal's. */
async function wiredTo(port: MessagePort): Promise<WiredDesk> {
  const wired = new WiredDesk(port, await alpacaStub(sampleChain().slice.asOf.market));
  await wired.start();
  return wired;
}

/** The product's journal thread on the disk. */
async function onDisk(home: string): Promise<Road> {
  const { port1, port2 } = new MessageChannel();
  const { closed } = await startJournalThread({ home, corePort: port2 });
  return { wired: await wiredTo(port1), closed };
}

/** The same without a disk. */
async function inMemory(): Promise<Road> {
  const { port1, port2 } = new MessageChannel();
  const thread = new Worker(MEMORY_JOURNAL, {
    workerData: { corePort: port2 },
    transferList: [port2],
  });
  const closed = once(thread, 'exit');
  return { wired: await wiredTo(port1), closed };
}

function confirms(wired: WiredDesk, times: number): Measure {
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const token = await wired.readyToConfirm();
      samples.record(await wired.confirm(token));
    }
  };
}

/** Posts a bare order so many times, each once `first` is done. */
function posts(bare: BarePost, times: number, first: () => void): Measure {
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const startedAt = nanosNow();
      first();
      bare.write();
      samples.record(nanosNow() - startedAt);
      await bare.answered();
    }
  };
}

function intentBytes(): number {
  const desk = new BenchDesk();
  desk.command({ kind: 'confirm', tokenSha256: desk.preview().tokenSha256 });
  return JSON.stringify(desk.lastRequest).length;
}

/** Writes as much as the record of an intent has, and syncs it. */
function syncedWriter(home: string): { write(): void; close(): void } {
  const bytes = Buffer.alloc(intentBytes(), 'x');
  const fd = openSync(join(home, 'floor'), 'w');
  writeSync(fd, Buffer.alloc(FILE_BYTES));
  let at = 0;
  return {
    write() {
      at = (at + bytes.length) % (FILE_BYTES - bytes.length);
      writeSync(fd, bytes, 0, bytes.length, at);
      fdatasyncSync(fd);
    },
    close: () => closeSync(fd),
  };
}

async function measured(context: BenchContext, home: string) {
  const times = context.count(40);
  const roads = { memory: await inMemory(), disk: await onDisk(home) };
  const stub = await alpacaStub();
  const bare = await BarePost.of(stub.bareOrder());
  await stub.stop();
  const file = syncedWriter(home);
  try {
    return await contest(
      context,
      new Map<string, Measure>([
        ['memory', confirms(roads.memory.wired, times)],
        ['disk', confirms(roads.disk.wired, times)],
        [ALONE, posts(bare, times, () => undefined)],
        [SYNCED, posts(bare, times, () => file.write())],
      ]),
    );
  } finally {
    file.close();
    bare.close();
    for (const { wired, closed } of Object.values(roads)) {
      await wired.stop();
      await closed;
    }
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  try {
    const courses = await measured(context, home);
    const [memory, disk] = [courseOf(courses, 'memory'), courseOf(courses, 'disk')];
    const names = { bench: NAME, unit: 'us' } as const;
    return {
      rows: [
        rowOf(
          { ...names, metric: "the order's bytes with the socket, no fdatasync", floor: ALONE },
          { ours: memory, floor: courseOf(courses, ALONE), peer: undefined },
        ),
        rowOf(
          {
            ...names,
            metric: "the order's bytes with the socket, its record fdatasync'ed first",
            floor: SYNCED,
            peer: 'no fdatasync',
          },
          { ours: disk, floor: courseOf(courses, SYNCED), peer: memory },
        ),
      ],
      checks: [
        'each confirm sent exactly one order, whole, and none left before its record was durable',
      ],
      notes: [
        'Four-leg condor, 400 contracts in the chain; journal thread, adapter of Alpaca and wires of the product, before its stub on loopback in the same process, no TLS.',
        'The core runs on the calling thread. Goal: p99 at most 1 ms with the record durable first.',
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question: "How long from a confirm at the core until its order is with a broker's socket?",
  run,
};
