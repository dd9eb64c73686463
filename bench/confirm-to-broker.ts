/**
 * How long from the confirm at the core to the order at the broker, without and with the disk?
 *
 *     confirm ─► token, drift, all checks ─► record ─► [journal thread: durable] ─► kill word ─► submit
 *
 * Floor of the durable road: the bytes of the intent's record written and fdatasync'ed by one
 * thread, since no order may leave before its record is on the disk.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { JournalReply } from '../src/audit/journal-protocol.ts';
import { startJournalThread } from '../src/audit/journal-thread.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { BenchDesk } from './support/bench-desk.ts';
import type { Measure } from './support/paired.ts';
import { oneByOne, paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'confirm-to-broker';
const FILE_BYTES = 8 * 1024 * 1024;

function sentOrders(desk: BenchDesk): number {
  return desk.counters.get('orders_sent');
}

/** The journal answers within the step: what is left is the engine's own work. */
function withoutDisk(desk: BenchDesk, times: number): Measure {
  return (samples) => {
    for (let i = 0; i < times; i += 1) {
      desk.clear();
      const { tokenSha256 } = desk.preview();
      desk.makeDurable();
      const before = sentOrders(desk);
      const startedAt = nanosNow();
      desk.command({ kind: 'confirm', tokenSha256 });
      desk.makeDurable();
      samples.record(nanosNow() - startedAt);
      check(sentOrders(desk) === before + 1, 'one confirm sends one order');
    }
  };
}

/** A desk whose records go to the product's journal thread, and come back as its inputs. */
class DurableDesk {
  readonly desk: BenchDesk;
  readonly #port: MessageChannel['port1'];
  #lastSeq = 0;
  #durableSeq = 0;
  #resolve: () => void = () => undefined;

  constructor(port: MessageChannel['port1']) {
    this.#port = port;
    port.on('message', (reply: JournalReply) => this.#onReply(reply));
    this.desk = new BenchDesk((request) => {
      if (request.kind === 'append') this.#lastSeq = request.records.at(-1)?.seq ?? this.#lastSeq;
      port.postMessage(request);
    });
  }

  #onReply(reply: JournalReply): void {
    if (reply.kind !== 'durable') throw new Error(`the journal failed: ${reply.reason}`);
    const { durableSeq: seq, hash } = reply;
    this.#durableSeq = seq;
    this.desk.shell.step({ kind: 'journalDurable', at: this.desk.at, seq, hash });
    this.#resolve();
  }

  /** Resolves when everything appended so far is durable. */
  async settled(): Promise<void> {
    while (this.#durableSeq < this.#lastSeq) await this.nextAnswer();
  }

  nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  close(): void {
    this.#port.postMessage({ kind: 'close' });
  }
}

function throughTheDisk(durable: DurableDesk, times: number): Measure {
  const { desk } = durable;
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      desk.clear();
      const { tokenSha256 } = desk.preview();
      await durable.settled();
      const before = sentOrders(desk);
      const startedAt = nanosNow();
      desk.command({ kind: 'confirm', tokenSha256 });
      check(sentOrders(desk) === before, 'nothing is sent before its record is durable');
      while (sentOrders(desk) === before) await durable.nextAnswer();
      samples.record(nanosNow() - startedAt);
    }
  };
}

function intentBytes(): number {
  const desk = new BenchDesk();
  desk.command({ kind: 'confirm', tokenSha256: desk.preview().tokenSha256 });
  return JSON.stringify(desk.lastRequest).length;
}

async function durableRow(context: BenchContext, times: number) {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  const { port1, port2 } = new MessageChannel();
  const thread = await startJournalThread({ home, corePort: port2 });
  const durable = new DurableDesk(port1);
  const bytes = Buffer.alloc(intentBytes(), 'x');
  const fd = openSync(join(home, 'floor'), 'w');
  writeSync(fd, Buffer.alloc(FILE_BYTES));
  let at = 0;
  const result = await paired(context, {
    ours: throughTheDisk(durable, times),
    floor: oneByOne(() => {
      at = (at + bytes.length) % (FILE_BYTES - bytes.length);
      writeSync(fd, bytes, 0, bytes.length, at);
      fdatasyncSync(fd);
    }, times),
  });
  closeSync(fd);
  await durable.settled();
  durable.close();
  await thread.closed;
  rmSync(home, { recursive: true, force: true });
  const metric = 'with the record durable first';
  return rowOf({ bench: NAME, metric, unit: 'us', floor: 'write, fdatasync' }, result);
}

async function run(context: BenchContext): Promise<BenchReport> {
  const times = context.count(80);
  const desk = new BenchDesk();
  const own = await paired(context, { ours: withoutDisk(desk, times) });
  return {
    rows: [
      rowOf({ bench: NAME, metric: "the engine's own work, no disk", unit: 'us' }, own),
      await durableRow(context, times),
    ],
    checks: ['each confirm sent exactly one order, and none left before its record was durable'],
    notes: [
      'Four-leg condor, journal thread of the product, paper broker; 400 contracts in the chain.',
    ],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'How long from a confirm at the core to the order at the broker?',
  run,
};
