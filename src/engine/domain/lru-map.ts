/**
 * Bounded maps that forget what was used least recently. Loaded by their own files: the package's index
 * brings all of its structures along, fifty modules on each thread that wants one.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

export const LRUMap: typeof import('mnemonist').LRUMap = load('mnemonist/lru-map.js');

/** The same with a way to take one out. */
export const LRUMapWithDelete: typeof import('mnemonist').LRUMapWithDelete = load(
  'mnemonist/lru-map-with-delete.js',
);
