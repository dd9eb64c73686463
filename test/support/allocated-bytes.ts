import { GCProfiler } from 'node:v8';

const ROUNDS = 5;

function allocatedOnce(work: () => void): number {
  const collections = new GCProfiler();
  collections.start();
  const before = process.memoryUsage().heapUsed;
  work();
  const grown = process.memoryUsage().heapUsed - before;
  const freed = collections
    .stop()
    .statistics.map(
      ({ beforeGC, afterGC }) =>
        beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize,
    );
  return freed.reduce((sum, bytes) => sum + bytes, grown);
}

/** Bytes that `work` allocates on this thread's heap, those that are collected meanwhile too: the least of some
 * rounds, since a late compilation allocates as well. */
export function allocatedBytes(work: () => void): number {
  return Math.min(...Array.from({ length: ROUNDS }, () => allocatedOnce(work)));
}
