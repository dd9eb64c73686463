/** Stories of orders from the journal, read in the worker pool: a journal grows, and faces must not
 * wait for its reading. Main thread. */
import type { StoryTask } from './story-worker.ts';
import { WorkerPool } from './worker-pool.ts';

const IDLE_MILLIS = 10_000;
/** Readings that may wait; one more is refused. */
const MOST_WAITING = 8;

export class AuditStories {
  readonly #home: string;
  readonly #pool = new WorkerPool<StoryTask, readonly string[]>({
    filename: new URL('./story-worker.ts', import.meta.url).href,
    idleTimeout: IDLE_MILLIS,
    maxQueue: MOST_WAITING,
  });

  constructor(home: string) {
    this.#home = home;
  }

  /** The story of an order or a preview, a line a record; empty when none names it. Rejects when too
   * many wait, or when the journal cannot be read. */
  of(id: string): Promise<readonly string[]> {
    return this.#pool.run({ home: this.#home, id }, 'tellStory');
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
