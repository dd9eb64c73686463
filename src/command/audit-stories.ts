/** Stories of orders from the journal, read in the worker pool: a journal grows, and faces must not
 * wait for its reading. Main thread. */
import type { Piscina } from 'piscina';
import type { StoryTask } from './story-worker.ts';

const IDLE_MILLIS = 10_000;
/** Readings that may wait; one more is refused. */
const MOST_WAITING = 8;

/** The package is loaded with the first story: a start does not wait for it. */
async function startPool(): Promise<Piscina<StoryTask, readonly string[]>> {
  const { Piscina: Pool } = await import('piscina');
  return new Pool({
    filename: new URL('./story-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MILLIS,
    maxQueue: MOST_WAITING,
  });
}

export class AuditStories {
  readonly #home: string;
  #pool: Promise<Piscina<StoryTask, readonly string[]>> | undefined;

  constructor(home: string) {
    this.#home = home;
  }

  /** The story of an order or a preview, a line a record; empty when none names it. Rejects when too
   * many wait, or when the journal cannot be read. */
  async of(id: string): Promise<readonly string[]> {
    this.#pool ??= startPool();
    return (await this.#pool).run({ home: this.#home, id }, { name: 'tellStory' });
  }

  async close(): Promise<void> {
    await (await this.#pool)?.close({ force: true });
  }
}
