/** A pool of one worker for questions that faces must not wait for. Main thread. */
import type { Piscina } from 'piscina';

export interface WorkerPoolOptions {
  /** The worker's file, as a URL. */
  readonly filename: string;
  /** A worker that is idle for so long ends. */
  readonly idleTimeout: number;
  /** Tasks that may wait; one more is refused. Absent: as many as come. */
  readonly maxQueue?: number;
}

/** Tasks and answers are copied between the threads. */
export class WorkerPool<Task, Answer> {
  readonly #options: WorkerPoolOptions;
  #pool: Promise<Piscina<Task, Answer>> | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Has the worker's function of this name answer. Rejects as that does, and when too many wait. */
  async run(task: Task, name: string): Promise<Answer> {
    this.#pool ??= this.#start();
    return (await this.#pool).run(task, { name });
  }

  /** Ends the worker, whatever it is at. */
  async close(): Promise<void> {
    await (await this.#pool)?.close({ force: true });
  }

  /** The package is loaded with the first task: a start does not wait for it. */
  async #start(): Promise<Piscina<Task, Answer>> {
    const { Piscina: Pool } = await import('piscina');
    return new Pool({ minThreads: 0, maxThreads: 1, ...this.#options });
  }
}
