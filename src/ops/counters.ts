/**
 * The engine's numbers about itself: counters, gauges and latency histograms in shared memory. One
 * table declares them; adding one is adding a line.
 *
 * ```
 *  byte 0         4         8       12     128          then, for each writing thread on its own lines
 *  +---------+---------+-------+------+----+----------+----------+-----+---------------------------+
 *  |  magic  | version | cells | kill | .. | counter  | gauge    | ... | histogram: count, sum,    |
 *  |  int32  |  int32  | int32 |int32 |    | float64  | float64  |     | 23 buckets, float64 each  |
 *  +---------+---------+-------+------+----+----------+----------+-----+---------------------------+
 * ```
 *
 * Each number is written by the one thread that its line in the table names, with plain stores; any
 * thread may read. A reader may see one number newer than another, and a histogram's count one
 * observation ahead of its sum. The kill word is the exception: it is written and read atomically.
 */
import { DeltaringError } from '../engine/domain/errors.ts';

type Thread = 'core' | 'journal' | 'main';

function counter<const N extends string>(name: N, unit: string, writer: Thread, help: string) {
  return { name, kind: 'counter', unit, writer, help } as const;
}

function gauge<const N extends string>(name: N, unit: string, writer: Thread, help: string) {
  return { name, kind: 'gauge', unit, writer, help } as const;
}

function histogram<const N extends string>(name: N, writer: Thread, help: string) {
  return { name, kind: 'histogram', unit: 'micros', writer, help } as const;
}

/** Every number there is: name, unit, the thread that writes it, and what it tells. */
export const COUNTERS = [
  counter('feed_frames', 'frames', 'core', 'Frames received from the market data feed'),
  counter('feed_bytes', 'bytes', 'core', 'Bytes received from the market data feed'),
  counter('feed_events', 'events', 'core', 'Market events decoded'),
  counter(
    'feed_decode_errors',
    'errors',
    'core',
    'Frames or events that could not be decoded and were dropped',
  ),
  counter(
    'feed_reconnects',
    'connections',
    'core',
    'Times the feed was connected again after a loss',
  ),
  counter(
    'feed_slow_frames',
    'frames',
    'core',
    'Frames of market data that were not written plainly and went to the complete decoder',
  ),
  gauge(
    'feed_lag_micros',
    'micros',
    'core',
    'Receive time minus exchange time of the newest trade of the underlying',
  ),
  gauge(
    'feed_streams_stale',
    'streams',
    'core',
    'Streams that are silent although they should not',
  ),
  gauge('feed_connected', 'flag', 'core', '1 while the feed is connected and subscribed, else 0'),
  counter('quotes_crossed', 'quotes', 'core', 'Quotes received with the bid above the ask'),
  counter('quotes_locked', 'quotes', 'core', 'Quotes received with the bid equal to the ask'),
  gauge('chain_epoch', 'batches', 'core', 'Batches published into the chain'),
  gauge(
    'feed_deltas_compared',
    'contracts',
    'core',
    'Contracts whose delta of our own could be compared with a fresh one of the feed',
  ),
  gauge(
    'feed_delta_gap_mean',
    'delta',
    'core',
    "Mean absolute difference of our deltas and the feed's own, which decide nothing",
  ),
  gauge('feed_delta_gap_worst', 'delta', 'core', 'Largest such difference'),
  gauge('chain_contracts', 'contracts', 'core', 'Contracts in the chain'),
  counter('ring_published', 'records', 'core', 'Records published into the broadcast ring'),
  counter('previews', 'previews', 'core', 'Previews that ended in a trade card'),
  counter('denials', 'denials', 'core', 'Previews and confirms refused by this engine'),
  counter('orders_sent', 'orders', 'core', 'Orders handed to the broker'),
  counter('orders_filled', 'orders', 'core', 'Orders filled in full'),
  counter('orders_rejected', 'orders', 'core', 'Orders rejected by the broker'),
  counter('orders_cancelled', 'orders', 'core', 'Orders cancelled'),
  counter('orders_unknown', 'orders', 'core', 'Orders whose outcome could not be proven at first'),
  gauge('orders_open', 'orders', 'core', 'Orders that are not in a final state'),
  gauge('positions_open', 'positions', 'core', 'Positions held'),
  counter(
    'recorder_dropped',
    'inputs',
    'core',
    'Inputs missing from the session recording: it cannot be replayed from there',
  ),
  gauge(
    'core_heartbeat_wall_micros',
    'micros',
    'core',
    'Wall time of the newest sign of life of the core thread',
  ),
  gauge('trading_state', 'state', 'core', 'Trading state: 0 active, 1 reducing, 2 halted'),
  gauge(
    'day_pnl_cents',
    'cents',
    'core',
    'Profit and loss of the day at liquidation value, fees included',
  ),
  gauge('net_delta', 'shares', 'core', 'Net delta of what is held, in share equivalents'),
  histogram(
    'tick_to_chain_micros',
    'core',
    'From a frame received to its batch readable in the chain',
  ),
  histogram('step_micros', 'core', 'One step of the trading desk'),
  histogram('preview_micros', 'core', 'Making one preview on the core thread'),
  histogram(
    'confirm_to_send_micros',
    'core',
    'From a confirm at the core to its order handed to the broker',
  ),
  counter('journal_records', 'records', 'journal', 'Records made durable in the journal'),
  counter('journal_failures', 'failures', 'journal', 'Journal writes or syncs that failed'),
  histogram(
    'journal_durable_micros',
    'journal',
    'From a group of records taken to their fdatasync done',
  ),
  counter('kills', 'kills', 'main', 'Times the kill switch was engaged'),
  counter('pages_sent', 'pages', 'main', 'Pages delivered to a human'),
  counter('pages_failed', 'pages', 'main', 'Pages that no channel took'),
  gauge('alerts_undelivered', 'alerts', 'main', 'Alerts that some channel has not taken yet'),
  counter('tool_calls', 'calls', 'main', 'MCP tool calls answered'),
  histogram('tool_micros', 'main', 'One MCP tool call on the engine side'),
  counter('http_requests', 'requests', 'main', 'HTTP requests answered'),
  counter('audit_sealed', 'records', 'main', 'Audit records sealed into the Merkle log'),
  counter(
    'audit_failures',
    'failures',
    'main',
    'Attempts to seal or ship the audit log that failed',
  ),
  gauge(
    'audit_log_size',
    'entries',
    'main',
    'Entries under the newest checkpoint of the sealed log',
  ),
  gauge(
    'audit_seal_lag_micros',
    'micros',
    'main',
    'How long the oldest record has waited to be sealed',
  ),
  gauge(
    'audit_tail_lag_micros',
    'micros',
    'main',
    'How long the oldest file has waited for the store',
  ),
  gauge('audit_spool_bytes', 'bytes', 'main', 'Bytes of the sealed log that wait for the store'),
] as const;

type Declared = (typeof COUNTERS)[number];
export type CounterName = Extract<Declared, { kind: 'counter' }>['name'];
export type GaugeName = Extract<Declared, { kind: 'gauge' }>['name'];
export type HistogramName = Extract<Declared, { kind: 'histogram' }>['name'];

/** Upper bounds of a histogram's buckets in microseconds, inclusive; a last bucket has none. */
export const BUCKETS_MICROS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
  500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
];

/** A histogram as read: `counts` has one more entry than `bucketsMicros`, none is cumulative. */
export interface HistogramReading {
  readonly bucketsMicros: readonly number[];
  readonly counts: readonly number[];
  /** Sum of all observations in microseconds. */
  readonly sum: number;
  readonly count: number;
}

const MAGIC = 0x44_52_43_54;
const LAYOUT_VERSION = 1;
const MAGIC_WORD = 0;
const VERSION_WORD = 1;
const CELLS_WORD = 2;
const KILL_WORD = 3;

const CELL_BYTES = 8;
/** 128 bytes: two cache lines, which processors fetch as a pair. */
const LINE_CELLS = 16;

const COUNT_CELL = 0;
const SUM_CELL = 1;
const FIRST_BUCKET_CELL = 2;
const HISTOGRAM_CELLS = FIRST_BUCKET_CELL + BUCKETS_MICROS.length + 1;

const CELL_OF = new Map<string, number>();
const CELLS = placeCells();

function placeCells(): number {
  const threads: readonly Thread[] = ['core', 'journal', 'main'];
  let cell = LINE_CELLS;
  for (const thread of threads) {
    for (const declared of COUNTERS) {
      if (declared.writer !== thread) continue;
      CELL_OF.set(declared.name, cell);
      cell += declared.kind === 'histogram' ? HISTOGRAM_CELLS : 1;
    }
    cell = Math.ceil(cell / LINE_CELLS) * LINE_CELLS;
  }
  return cell;
}

/** Allocates the numbers: counters and histograms at 0, gauges unknown, the kill word clear. */
export function createCountersBuffer(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(CELLS * CELL_BYTES);
  const cells = new Float64Array(buffer);
  for (const declared of COUNTERS) {
    if (declared.kind === 'gauge') cells[cellOf(declared.name)] = Number.NaN;
  }
  const words = new Int32Array(buffer);
  words[VERSION_WORD] = LAYOUT_VERSION;
  words[CELLS_WORD] = CELLS;
  Atomics.store(words, MAGIC_WORD, MAGIC);
  return buffer;
}

function cellOf(name: CounterName | GaugeName | HistogramName): number {
  const cell = CELL_OF.get(name);
  if (cell === undefined) throw new DeltaringError('INTERNAL', `no such counter: ${name}`);
  return cell;
}

/** A view of the shared numbers. Any thread may hold one; a number is written by its thread only. */
export class Counters {
  readonly #words: Int32Array;
  readonly #cells: Float64Array;

  /** Throws `INPUT_INVALID` on a buffer that `createCountersBuffer` of this build did not make. */
  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#cells = new Float64Array(buffer);
    const isOurs =
      this.#words[MAGIC_WORD] === MAGIC &&
      this.#words[VERSION_WORD] === LAYOUT_VERSION &&
      this.#words[CELLS_WORD] === CELLS;
    if (!isOurs) {
      throw new DeltaringError(
        'INPUT_INVALID',
        'not the counters of this build: make them with createCountersBuffer and restart both sides',
      );
    }
  }

  /** Counts `n` more. */
  add(name: CounterName, n = 1): void {
    const cell = cellOf(name);
    this.#cells[cell] = (this.#cells[cell] ?? 0) + n;
  }

  /** Sets a gauge; undefined = not known. */
  set(name: GaugeName, value: number | undefined): void {
    this.#cells[cellOf(name)] = value ?? Number.NaN;
  }

  /** Records one duration. A negative one, from a clock that stepped, counts as 0. */
  observe(name: HistogramName, micros: number): void {
    const first = cellOf(name);
    const value = Math.max(0, micros);
    let bucket = 0;
    while (bucket < BUCKETS_MICROS.length && value > (BUCKETS_MICROS[bucket] ?? 0)) bucket += 1;
    this.#bump(first + COUNT_CELL, 1);
    this.#bump(first + SUM_CELL, value);
    this.#bump(first + FIRST_BUCKET_CELL + bucket, 1);
  }

  /** The number as it stands; a gauge that is not known is undefined. */
  get(name: CounterName): number;
  get(name: CounterName | GaugeName): number | undefined;
  get(name: CounterName | GaugeName): number | undefined {
    const value = this.#cells[cellOf(name)];
    return Number.isNaN(value) ? undefined : value;
  }

  /** The histogram as it stands. */
  histogram(name: HistogramName): HistogramReading {
    const first = cellOf(name);
    const buckets = first + FIRST_BUCKET_CELL;
    return {
      bucketsMicros: BUCKETS_MICROS,
      counts: [...this.#cells.subarray(buckets, buckets + BUCKETS_MICROS.length + 1)],
      sum: this.#cells[first + SUM_CELL] ?? 0,
      count: this.#cells[first + COUNT_CELL] ?? 0,
    };
  }

  /** Raises the kill word: every thread sees it at its next look. Any thread may raise it. */
  raiseKillWord(): void {
    Atomics.store(this.#words, KILL_WORD, 1);
  }

  /** Clears the kill word. For the operator's re-arm alone. */
  clearKillWord(): void {
    Atomics.store(this.#words, KILL_WORD, 0);
  }

  /** True from the instant some thread raised the kill word. */
  isKilled(): boolean {
    return Atomics.load(this.#words, KILL_WORD) === 1;
  }

  #bump(cell: number, by: number): void {
    this.#cells[cell] = (this.#cells[cell] ?? 0) + by;
  }
}
