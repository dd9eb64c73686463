import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { readJournal } from '../../src/audit/journal-open.ts';
import type { JournalReply, JournalRequest } from '../../src/audit/journal-protocol.ts';
import { startJournalThread } from '../../src/audit/journal-thread.ts';
import { decodeRecording } from '../../src/audit/session-recording.ts';
import { ByteRingWriter, createByteRing } from '../../src/audit/spsc-byte-ring.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { homeWith } from './support/home-files.ts';
import { alerts } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

const header = {
  build: 'test',
  v8: process.versions.v8,
  arch: process.arch,
  session: '2026-11-20',
};

describe('the journal thread', () => {
  it('makes batches durable, records the session and closes in order', async () => {
    const home = tempHome();
    const ring = createByteRing(1 << 12);
    const counters = createCountersBuffer();
    const { port1: core, port2: corePort } = new MessageChannel();
    const thread = await startJournalThread({
      home,
      corePort,
      recording: { ring, header },
      counters,
    });
    expect(thread).toMatchObject({ lastSeq: 0, notices: [] });
    const post = (request: JournalRequest): void => core.postMessage(request);
    const durable = new Promise<number>((resolve) => {
      core.on('message', (reply: JournalReply) => {
        if (reply.kind === 'durable' && reply.durableSeq === 30) resolve(reply.durableSeq);
      });
    });
    const recorder = new ByteRingWriter(ring);
    for (let seq = 1; seq <= 30; seq += 3) {
      recorder.write(Buffer.from(`input ${seq}`));
      post({ kind: 'append', records: alerts(seq, 3), urgent: false });
    }
    expect(await durable).toBe(30);
    post({ kind: 'close' });
    expect(await thread.closed).toBe(30);
    const counted = new Counters(counters);
    expect(counted.get('journal_records')).toBe(30);
    expect(counted.histogram('journal_durable_micros').count).toBeGreaterThan(0);
    expect(readJournal(home)).toMatchObject({ lastSeq: 30, notices: [] });
    expect(verifyJournal(home).exitCode).toBe(0);
    const [name = ''] = readdirSync(join(home, 'recordings'));
    const recording = decodeRecording(readFileSync(join(home, 'recordings', name)));
    expect(recording).toMatchObject({ header, end: 'complete' });
    expect(recording.chunks.map(String)).toHaveLength(10);
  });

  it('names each old recording that it deletes', async () => {
    const home = tempHome();
    const folder = join(home, 'recordings');
    mkdirSync(folder);
    for (const [days, gibibytes] of [2, 1.5, 1].entries()) {
      const path = join(folder, `2026-11-${20 - days}-1.rec`);
      writeFileSync(path, '');
      truncateSync(path, gibibytes * 1024 ** 3);
      utimesSync(path, 1_000_000 - days, 1_000_000 - days);
    }
    const { port1: core, port2: corePort } = new MessageChannel();
    const recording = { ring: createByteRing(1 << 12), header };
    const { notices, closed } = await startJournalThread({ home, corePort, recording });
    core.postMessage({ kind: 'close' });
    await closed;
    const text = `the old recording ${join(folder, '2026-11-18-1.rec')} was deleted: 4 GiB of them are kept`;
    expect(notices).toEqual([{ kind: 'recordingDeleted', text }]);
  });

  it('refuses to start on a corrupt journal, with the code and what to do', async () => {
    const home = homeWith(alerts(1, 3));
    rmSync(join(home, 'journal', '000001.journal'));
    const { port2: corePort } = new MessageChannel();
    await expect(startJournalThread({ home, corePort })).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining('deltaring audit verify'),
    });
  });
});
