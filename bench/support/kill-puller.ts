/**
 * Thread entry of the kill bench: raises the kill word at a moment that nobody knows, and notes the time
 * right before it.
 *
 *   signal[0]   1: armed, 2: raised        nanos[0]   when, by the machine's own clock
 */
import { workerData } from 'node:worker_threads';
import { Counters } from '../../src/ops/counters.ts';

export interface PullerStart {
  readonly counters: SharedArrayBuffer;
  readonly signal: SharedArrayBuffer;
  readonly nanos: SharedArrayBuffer;
  /** The kill falls within this time of the arming. */
  readonly withinMicros: number;
}

const MICROS_PER_MILLI = 1_000;
const { counters, signal, nanos, withinMicros }: PullerStart = workerData;
const words = new Int32Array(signal);
const times = new BigInt64Array(nanos);
const word = new Counters(counters);

for (;;) {
  Atomics.wait(words, 0, 0);
  Atomics.wait(words, 0, 2);
  if (Atomics.load(words, 0) !== 1) continue;
  const until = performance.now() + (Math.random() * withinMicros) / MICROS_PER_MILLI;
  while (performance.now() < until);
  const raisedAt = process.hrtime.bigint();
  word.raiseKillWord();
  Atomics.store(times, 0, raisedAt);
  Atomics.store(words, 0, 2);
}
