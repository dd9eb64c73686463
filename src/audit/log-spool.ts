/**
 * The queue of log files that the object store does not hold yet. The log's folder is the spool: what
 * waits here is names only. Pure. Entries go before the tiles of their hashes, those and keys before
 * checkpoints, each kind in its order: at every moment the store holds a beginning of the log without
 * a gap, and no hash of an entry that is not there.
 */
import { parseLogName } from './log-layout.ts';

/** A file to be shipped. */
export interface SpoolFile {
  readonly name: string;
  readonly bytes: number;
  /** When it was added, micros of a clock that does not step back. */
  readonly sinceMicros: number;
  /** True when an earlier run may have shipped it and not noted it: ask before sending. */
  readonly maybeShipped: boolean;
}

type Queue = Map<string, SpoolFile>;

export class LogSpool {
  readonly #entries: Queue = new Map();
  readonly #hashes: Queue = new Map();
  readonly #checkpoints: Queue = new Map();
  /** In the order in which they go. */
  readonly #queues: readonly Queue[] = [this.#entries, this.#hashes, this.#checkpoints];
  #bytes = 0;

  /** Files that wait. */
  get files(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, 0);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest file began to wait, micros; undefined when none waits. A tile that a wider one
   * replaced hands its wait on through the checkpoint that covers it. */
  get oldestMicros(): number | undefined {
    const times = this.#queues.flatMap((queue) => {
      const [file] = queue.values();
      return file === undefined ? [] : file.sinceMicros;
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }

  add(file: SpoolFile): void {
    this.#queueOf(file.name).set(file.name, file);
    this.#bytes += file.bytes;
  }

  /** Takes a file out: the store holds it, or a later one has taken its place. */
  remove(name: string): void {
    const queue = this.#queueOf(name);
    const file = queue.get(name);
    if (file === undefined) return;
    queue.delete(name);
    this.#bytes -= file.bytes;
  }

  /** The next files, all of one kind, to be put one after the other. */
  next(most: number): readonly SpoolFile[] {
    const queue = this.#queues.find(({ size }) => size > 0);
    return queue === undefined ? [] : [...queue.values()].slice(0, most);
  }

  #queueOf(name: string): Queue {
    const parsed = parseLogName(name);
    if (parsed?.kind === 'checkpoint') return this.#checkpoints;
    const isBundle = parsed?.kind === 'tile' && parsed.level === 'entries';
    return isBundle ? this.#entries : this.#hashes;
  }
}
