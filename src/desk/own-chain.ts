/** Chain and ring of a desk whose market no other thread reads: simulations, replays, rigs. */
import { createChainBuffer } from '../engine/chain/chain-layout.ts';
import { ChainWriter } from '../engine/chain/chain-writer.ts';
import { createRingBuffer, DEFAULT_RING_CAPACITY } from '../engine/ring/ring-layout.ts';
import { RingWriter } from '../engine/ring/ring-writer.ts';
import type { DeskParts } from './desk.ts';

/** The ring holds as much as the engine's own, where it is not told otherwise: how far back the past is
 * known decides with. */
export function ownChain(
  ringRecords = DEFAULT_RING_CAPACITY,
): Pick<DeskParts, 'chain' | 'chainBuffer' | 'ringBuffer'> {
  const chainBuffer = createChainBuffer();
  const ringBuffer = createRingBuffer(ringRecords);
  return {
    chain: new ChainWriter(chainBuffer, new RingWriter(ringBuffer)),
    chainBuffer,
    ringBuffer,
  };
}
