/** Writes batches into a chain and its ring as fast as it can, for the tests of torn reads. Every
 * number of batch n is made from n, so that a reader sees at once when two batches were mixed. */
import { parentPort, workerData } from 'node:worker_threads';
import { UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import { price } from '../../../src/engine/domain/units.ts';
import { RingWriter } from '../../../src/engine/ring/ring-writer.ts';
import { atMinute, listingOf, SESSION } from './black-chain.ts';

interface Storm {
  readonly chain: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  readonly batches: number;
  readonly highestStrike: number;
}

function blow({ chain, ring, batches, highestStrike }: Storm): void {
  const writer = new ChainWriter(chain, new RingWriter(ring));
  const at = atMinute(60);
  writer.openSession(listingOf(601, highestStrike), SESSION, at);
  for (let n = 1; n <= batches; n += 1) {
    // Crossed quotes: nothing to price, so that almost all of the time goes into publishing.
    const quote = { bid: price(n + 1), ask: price(n), bidSize: n, askSize: n };
    writer.setQuote(UNDERLYING, quote, at);
    for (let row = 0; row < writer.contractCount; row += 1) writer.setQuote(row, quote, at);
    writer.endBatch(at);
  }
}

blow(workerData as Storm);
parentPort?.postMessage('done');
