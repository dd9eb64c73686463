import { describe, expect, it, onTestFinished } from 'vitest';
import type { StoryTask } from '../../src/command/story-worker.ts';
import { WorkerPool } from '../../src/command/worker-pool.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { orderStory, recordsOf } from '../audit/support/sample-records.ts';

function storyPool(): WorkerPool<StoryTask, readonly string[]> {
  const filename = new URL('../../src/command/story-worker.ts', import.meta.url).href;
  const pool = new WorkerPool<StoryTask, readonly string[]>({ filename, idleTimeout: 1_000 });
  onTestFinished(() => pool.close());
  return pool;
}

function storyTask(): StoryTask {
  return { home: homeWith(recordsOf(1, orderStory('o-1'))), id: 'o-1' };
}

describe('a pool of one worker', () => {
  it('answers by the function that is named, and says which there is not', async () => {
    const pool = storyPool();
    const task = storyTask();
    expect((await pool.run(task, 'tellStory')).join('\n')).toContain('order o-1');
    await expect(pool.run(task, 'noSuchFunction')).rejects.toThrow();
  });

  it('closes whether it was asked anything or not', async () => {
    await expect(storyPool().close()).resolves.toBeUndefined();
    const asked = storyPool();
    await asked.run(storyTask(), 'tellStory');
    await expect(asked.close()).resolves.toBeUndefined();
  });
});
