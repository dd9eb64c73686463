import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import type { SimNotice, SimOptions } from '../../src/sim/sim-options.ts';
import { simulatedTimeFor } from '../../src/sim/sim-session-times.ts';

const time = simulatedTimeFor({
  firstSession: sessionDate('2026-11-20'),
  start: '10:30',
  speed: 1,
  wallStart: wallMicros(),
});

function start(options: SimOptions) {
  const worker = new Worker(new URL('../../src/sim/sim-worker.ts', import.meta.url), {
    workerData: options,
  });
  const next = () => new Promise<SimNotice>((resolve) => worker.once('message', resolve));
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  return { worker, next, exited };
}

describe('the simulator worker', () => {
  it('says where it is, takes knobs and stops', async () => {
    const { worker, next, exited } = start({ seed: 1, time });
    const ready = await next();
    expect(ready).toMatchObject({
      kind: 'ready',
      baseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      dxlinkUrl: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/realtime$/),
    });
    worker.postMessage({ kind: 'knobs', change: { upgrade502: true } });
    worker.postMessage({ kind: 'stop' });
    expect(await next()).toEqual({ kind: 'stopped' });
    expect(await exited).toBe(0);
  });

  it('says why it cannot start', async () => {
    const { worker, next } = start({ seed: 1, time, bars: '/nowhere/bars.csv' });
    expect(await next()).toMatchObject({ kind: 'failed', code: 'CONFIG_INVALID' });
    await worker.terminate();
  });
});
