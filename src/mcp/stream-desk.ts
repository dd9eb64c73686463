/**
 * The option streams of principals: each has a cursor of its own on the engine's broadcast ring and
 * hears how many updates came, which contracts moved, and how many it missed. Main thread only.
 */

import type { ChainStream, EngineApi } from '../desk/engine-api.ts';
import { LRUMapWithDelete } from '../engine/domain/lru-map.ts';
import { every } from './timers-shell.ts';

/** Often enough that a burst of a few thousand updates does not lap the cursor. */
const DRAIN_EVERY_MILLIS = 100;
/** A stream that nobody asks about for so long is closed. */
const IDLE_TICKS = (30 * 60_000) / DRAIN_EVERY_MILLIS;
const MOST_STREAMS = 64;

/** What a stream has seen. */
export interface StreamView {
  readonly updates: number;
  /** Updates since the stream was last asked about. */
  readonly newUpdates: number;
  readonly lost: number;
  /** Rows of the chain that moved since the stream was last asked about. */
  readonly movedRows: ReadonlySet<number>;
}

interface OpenStream {
  readonly cursor: ChainStream;
  updates: number;
  newUpdates: number;
  idleTicks: number;
  moved: Set<number>;
}

/** At most one stream a principal; the one asked about longest ago makes room. */
export class StreamDesk {
  readonly #api: EngineApi;
  readonly #streams = new LRUMapWithDelete<string, OpenStream>(MOST_STREAMS);
  #stopPump: (() => void) | undefined;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  /** Opens the principal's stream. False where it was open already. */
  start(principal: string): boolean {
    if (this.#streams.has(principal)) return false;
    const stream: OpenStream = {
      cursor: this.#api.openStream(),
      updates: 0,
      newUpdates: 0,
      idleTicks: 0,
      moved: new Set(),
    };
    this.#streams.setpop(principal, stream)?.value.cursor.close();
    this.#stopPump ??= every(DRAIN_EVERY_MILLIS, () => this.#pump());
    return true;
  }

  /** Closes the principal's stream and tells what it saw; undefined where none was open. */
  stop(principal: string): StreamView | undefined {
    const view = this.look(principal);
    if (view !== undefined) this.#drop(principal);
    return view;
  }

  /** What the principal's stream saw since the last look; undefined where none is open. */
  look(principal: string): StreamView | undefined {
    const stream = this.#streams.get(principal);
    if (stream === undefined) return undefined;
    drain(stream);
    const { updates, newUpdates, moved, cursor } = stream;
    stream.idleTicks = 0;
    stream.newUpdates = 0;
    stream.moved = new Set();
    return { updates, newUpdates, lost: cursor.lost(), movedRows: moved };
  }

  /** Closes every stream. */
  close(): void {
    const principals = Array.from(this.#streams.keys());
    for (const principal of principals) this.#drop(principal);
  }

  #drop(principal: string): void {
    this.#streams.peek(principal)?.cursor.close();
    this.#streams.delete(principal);
    if (this.#streams.size > 0) return;
    this.#stopPump?.();
    this.#stopPump = undefined;
  }

  #pump(): void {
    const streams = Array.from(this.#streams.entries());
    for (const [principal, stream] of streams) {
      drain(stream);
      stream.idleTicks += 1;
      if (stream.idleTicks > IDLE_TICKS) this.#drop(principal);
    }
  }
}

function drain(stream: OpenStream): void {
  const drained = stream.cursor.drain((row) => stream.moved.add(row));
  stream.updates += drained;
  stream.newUpdates += drained;
}
