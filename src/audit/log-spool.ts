/**
 * The queue of log files that the object store does not hold yet. The log's folder is the spool: what
 * waits here is names only. Pure. Tiles and keys go before checkpoints, so that a checkpoint in the
 * store never speaks of entries that are not there.
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

export class LogSpool {
  readonly #tiles = new Map<string, SpoolFile>();
  readonly #checkpoints = new Map<string, SpoolFile>();
  #bytes = 0;

  /** Files that wait. */
  get files(): number {
    return this.#tiles.size + this.#checkpoints.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest file began to wait, micros; undefined when none waits. A tile that a wider one
   * replaced hands its wait on through the checkpoint that covers it. */
  get oldestMicros(): number | undefined {
    const [tile] = this.#tiles.values();
    const [checkpoint] = this.#checkpoints.values();
    const times = [tile, checkpoint].flatMap((file) =>
      file === undefined ? [] : file.sinceMicros,
    );
    return times.length === 0 ? undefined : Math.min(...times);
  }

  add(file: SpoolFile): void {
    const isCheckpoint = parseLogName(file.name)?.kind === 'checkpoint';
    (isCheckpoint ? this.#checkpoints : this.#tiles).set(file.name, file);
    this.#bytes += file.bytes;
  }

  /** Takes a file out: the store holds it, or a later one has taken its place. */
  remove(name: string): void {
    const file = this.#tiles.get(name) ?? this.#checkpoints.get(name);
    if (file === undefined) return;
    this.#tiles.delete(name);
    this.#checkpoints.delete(name);
    this.#bytes -= file.bytes;
  }

  /** The next files to ship together. */
  next(most: number): readonly SpoolFile[] {
    const queue = this.#tiles.size > 0 ? this.#tiles : this.#checkpoints;
    return [...queue.values()].slice(0, most);
  }
}
