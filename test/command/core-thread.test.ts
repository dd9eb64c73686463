import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { readForStart } from '../../src/audit/journal-open.ts';
import { startCoreThread } from '../../src/command/core-thread.ts';
import { StartingCore } from '../../src/command/engine-threads.ts';
import { homeWith } from '../audit/support/home-files.ts';
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

  it('keeps nobody alive who made it and then had no use for it', async () => {
    const program = `import(${JSON.stringify(MODULE)}).then((m) => m.startCoreThread())`;
    const maker = new Worker(program, { eval: true });
    expect(await once(maker, 'exit')).toEqual([0]);
  });
});
