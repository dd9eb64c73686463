/** Lists of a broker are asked for every few seconds, and nearly all of them say again what they said. */

import { LRUMap } from '../engine/domain/lru-map.ts';

/** Texts whose reading is remembered. */
const MOST_TEXTS = 8;

/** The same reading, which must be pure, of the texts that were read last without doing it again. */
export function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new LRUMap<string, { readonly reading: T }>(MOST_TEXTS);
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before.reading;
    const reading = read(text);
    known.set(text, { reading });
    return reading;
  };
}
