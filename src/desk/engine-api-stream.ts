/** What changed in the chain, for one reader with a cursor of its own over the ring. */
import { RingReader } from '../engine/ring/ring-reader.ts';
import type { ChainStream } from './engine-api.ts';

/** One drain takes no more than this; the rest comes with the next. */
const MOST_A_DRAIN = 65_536;

/** A stream from this moment on. It holds nothing that would have to be given back. */
export function chainStream(ring: SharedArrayBuffer): ChainStream {
  const reader = new RingReader(ring);
  reader.seekToNewest();
  return {
    drain: (visit) =>
      reader.poll((record) => visit(record.index, record.marketMicros), MOST_A_DRAIN),
    lost: () => reader.lost,
    close: () => undefined,
  };
}
