import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { readForStart } from '../../src/audit/journal-open.ts';
import type { FrameRun } from '../../src/audit/record-reading.ts';
import { startCoreThread } from '../../src/command/core-thread.ts';
import { StartingCore } from '../../src/command/engine-threads.ts';
import { homeWith, smallLimits } from '../audit/support/home-files.ts';
import { alerts } from '../audit/support/sample-records.ts';

const MODULE = new URL('../../src/command/core-thread.ts', import.meta.url).href;

describe('the thread of a core', () => {
  it('reads a journal and tells how it ends, once it is a core’s', async () => {
    const core = new StartingCore(startCoreThread());
    const { checked, read } = await readForStart(homeWith(alerts(1, 5)), core);
    expect(checked.lastSeq).toBe(5);
    expect(read.lastRun).toMatchObject({ lastSeq: 5, endedFlat: false });
    await core.worker.terminate();
  });

  it('reads a journal of many files, the memory of which is written again while it reads', async () => {
    const core = new StartingCore(startCoreThread());
    const home = homeWith(alerts(1, 400), { limits: { ...smallLimits, segmentBytes: 2_000 } });
    const taken: FrameRun[] = [];
    const take = core.take.bind(core);
    core.take = (run) => {
      taken.push(run);
      take(run);
    };
    const { read } = await readForStart(home, core);
    expect(read.fault).toBeUndefined();
    expect(read.lastRun.lastSeq).toBe(400);
    expect(taken.length).toBeGreaterThan(20);
    expect(new Set(taken.map(({ bytes }) => bytes.buffer)).size).toBe(3);
    expect(core.hasRead(taken.length)).toBe(true);
    await core.worker.terminate();
  });

  it('is waited for no more once it got nowhere', async () => {
    const idle = new Worker('setInterval(() => undefined, 1_000)', { eval: true });
    const core = new StartingCore(idle, 1);
    const bytes = new Uint8Array(new SharedArrayBuffer(8));
    core.take({ file: 'f', bytes, from: 0, to: 8 });
    expect(core.hasRead(0)).toBe(true);
    expect(core.hasRead(1)).toBe(false);
    expect(core.hasRead(1)).toBe(false);
    await idle.terminate();
  });

  it('keeps nobody alive who made it and then had no use for it', async () => {
    const program = `import(${JSON.stringify(MODULE)}).then((m) => m.startCoreThread())`;
    const maker = new Worker(program, { eval: true });
    expect(await once(maker, 'exit')).toEqual([0]);
  });
});
