/**
 * What does the journal thread add to the disk, for one record and for a group?
 *
 *     this thread ─ append ─► port ─► journal thread: hash chain, write, fdatasync, checkpoint
 *                 ◄ durable ─ port ◄──────┘
 *
 * Floor: as many bytes written and fdatasync'ed by this thread itself, in the same folder of the
 * same disk. Peer: fs.promises, written and synced without blocking, which is what Node offers.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { encodeRecord, genesisHash, JOURNAL_ID_BYTES } from '../src/audit/journal-format.ts';
import { readJournal } from '../src/audit/journal-open.ts';
import type { JournalReply, JournalRequest } from '../src/audit/journal-protocol.ts';
import { startJournalThread } from '../src/audit/journal-thread.ts';
import type { AuditRecord } from '../src/engine/domain/audit-record.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import { BenchDesk } from './support/bench-desk.ts';
import { oneByOne, oneByOneAsync, paired, rowOf } from './support/paired.ts';

const NAME = 'journal';
const GROUP = 20;
const FILE_BYTES = 8 * 1024 * 1024;

/** The record of an intent, as the desk writes it on a confirm. */
function intentRecord(): AuditRecord {
  const all: AuditRecord[] = [];
  const desk = new BenchDesk((request) => {
    if (request.kind === 'append') all.push(...request.records);
  });
  desk.command({ kind: 'confirm', tokenSha256: desk.preview().tokenSha256 });
  const record = all.find(({ body }) => body.kind === 'intentRecorded');
  if (record === undefined) throw new Error('a confirm records its intent');
  return record;
}

/** The journal's own thread, with a promise for every answer. */
class JournalLink {
  readonly #port: MessageChannel['port1'];
  readonly #record: AuditRecord;
  #seq = 0;
  #resolve: () => void = () => undefined;

  private constructor(port: MessageChannel['port1'], record: AuditRecord) {
    this.#port = port;
    this.#record = record;
    port.on('message', (reply: JournalReply) => {
      check(
        reply.kind === 'durable' && reply.durableSeq === this.#seq,
        'the last record is durable',
      );
      this.#resolve();
    });
  }

  static async open(home: string, record: AuditRecord) {
    const { port1, port2 } = new MessageChannel();
    const thread = await startJournalThread({ home, corePort: port2 });
    return { link: new JournalLink(port1, record), closed: thread.closed };
  }

  /** Appends so many records and resolves when all are durable. */
  append(count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, i) => ({
      ...this.#record,
      seq: this.#seq + i + 1,
    }));
    this.#seq += count;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#send({ kind: 'append', records, urgent: false });
    });
  }

  get seq(): number {
    return this.#seq;
  }

  close(): void {
    this.#send({ kind: 'close' });
  }

  #send(request: JournalRequest): void {
    this.#port.postMessage(request);
  }
}

/** A file that is written over and over from its start, so that it never grows. */
function syncWriter(path: string, bytes: Buffer): { write(): void; close(): void } {
  const fd = openSync(path, 'w');
  writeSync(fd, Buffer.alloc(FILE_BYTES));
  let at = 0;
  return {
    write() {
      at = at + bytes.length > FILE_BYTES ? 0 : at;
      at += writeSync(fd, bytes, 0, bytes.length, at);
      fdatasyncSync(fd);
    },
    close: () => closeSync(fd),
  };
}

async function asyncWriter(path: string, bytes: Buffer) {
  const file = await open(path, 'w');
  await file.write(Buffer.alloc(FILE_BYTES));
  let at = 0;
  return {
    async write() {
      at = at + bytes.length > FILE_BYTES ? 0 : at;
      await file.write(bytes, 0, bytes.length, at);
      await file.datasync();
      at += bytes.length;
    },
    close: () => file.close(),
  };
}

async function compare(context: BenchContext, home: string, count: number, link: JournalLink) {
  const record = intentRecord();
  const { frame } = encodeRecord(record, genesisHash(Buffer.alloc(JOURNAL_ID_BYTES)));
  const bytes = Buffer.concat(Array.from({ length: count }, () => frame));
  const floor = syncWriter(join(home, `floor-${count}`), bytes);
  const peer = await asyncWriter(join(home, `peer-${count}`), bytes);
  const times = context.count(200);
  const result = await paired(context, {
    ours: oneByOneAsync(() => link.append(count), times),
    floor: oneByOne(() => floor.write(), times),
    peer: oneByOneAsync(() => peer.write(), times),
  });
  floor.close();
  await peer.close();
  return { result, bytes: bytes.length };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  try {
    const { link, closed } = await JournalLink.open(home, intentRecord());
    const rows = [];
    for (const count of [1, GROUP]) {
      const { result, bytes } = await compare(context, home, count, link);
      const metric = `${count === 1 ? 'one record' : `${count} records`} durable (${bytes} bytes)`;
      const names = { floor: 'write, fdatasync', peer: 'fs.promises write, datasync' } as const;
      rows.push(rowOf({ bench: NAME, metric, unit: 'us', ...names }, result));
    }
    link.close();
    await closed;
    const { records } = readJournal(home);
    check(records.length === link.seq, 'the journal holds every record');
    return {
      rows,
      checks: [
        `all ${records.length} records read back from the closed journal, hash chain and all`,
      ],
      notes: [
        'The disk may be virtual and its host may lie about a flush: ratios, not a hardware claim.',
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'What does the journal thread add to the disk, for one record and for a group?',
  run,
};
