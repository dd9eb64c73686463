/** The road of a frame as the core thread has it: protocol client, chain writer, chain reader. */
import { createChainBuffer } from '../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../../src/engine/chain/chain-writer.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import { addMicros } from '../../src/engine/domain/units.ts';
import { DxLinkClient } from '../../src/engine/feed/dxlink-client.ts';
import type { FeedHandler } from '../../src/engine/feed/feed-handler.ts';
import { createRingBuffer } from '../../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../../src/engine/ring/ring-writer.ts';
import { QUOTE_CHANNEL, QUOTE_FIELDS, type QuoteFrame } from './quote-frames.ts';
import type { SampleChain } from './sample-chain.ts';

const FRAME_EVERY_MICROS = 10_000;

/** A chain that already has a quote on every row, open for the sample's session. */
export function openChain(sample: SampleChain): { chain: ChainWriter; reader: ChainReader } {
  const buffer = createChainBuffer();
  const chain = new ChainWriter(buffer, new RingWriter(createRingBuffer()));
  const { asOf } = sample.slice;
  chain.openSession(sample.listing, sample.session, asOf);
  chain.setQuote(-1, sample.spotQuote, asOf);
  for (const [row, quote] of sample.quotes.entries()) chain.setQuote(row, quote, asOf);
  chain.endBatch(asOf);
  return { chain, reader: new ChainReader(buffer) };
}

/** A handler that does with quotes what `quote` and `batchEnd` say and leaves the rest. */
export function quoteHandler(on: Pick<FeedHandler, 'quote' | 'batchEnd'>): FeedHandler {
  const nothing = (): void => undefined;
  return {
    ...on,
    trade: nothing,
    greeks: nothing,
    summary: nothing,
    timeAndSale: nothing,
    candle: nothing,
    removeCandle: nothing,
    status: nothing,
  };
}

/** A client past its handshake, played by hand, whose quotes end in a chain. */
export class FeedPath {
  readonly reader: ChainReader;
  readonly #client: DxLinkClient;
  #at: At;

  constructor(sample: SampleChain) {
    const { chain, reader } = openChain(sample);
    this.reader = reader;
    this.#at = sample.slice.asOf;
    const handler = quoteHandler({
      quote: (symbol, ...[bid, ask, bidSize, askSize]) => {
        const row = chain.indexOf(symbol);
        if (row !== undefined) chain.setQuote(row, { bid, ask, bidSize, askSize }, this.#at);
      },
      batchEnd: () => chain.endBatch(this.#at),
    });
    this.#client = openedClient(handler, sample, this.#at);
  }

  /** One frame in. What it says is visible to readers when this returns. */
  receive(frame: QuoteFrame): void {
    const { market, wall } = this.#at;
    this.#at = {
      market: addMicros(market, FRAME_EVERY_MICROS),
      wall: addMicros(wall, FRAME_EVERY_MICROS),
    };
    this.#client.onFrame(frame.text, this.#at);
  }
}

/** A client that has gone through the whole handshake and knows the fields of quotes. */
export function openedClient(handler: FeedHandler, sample: SampleChain, at: At): DxLinkClient {
  const client = new DxLinkClient({
    aggregationSeconds: 0.1,
    channelQuotes: 1,
    channelCandles: 3,
    version: 'bench',
    jitter: () => 0,
    handler,
  });
  const says = (frame: object): void => void client.onFrame(JSON.stringify(frame), at);
  client.want(
    sample.contracts.map(({ strike, right }) => ({ type: 'Quote', symbol: `${right}${strike}` })),
    at,
  );
  client.start(at);
  client.onToken('ws://127.0.0.1', 'bench', at);
  client.onSocketOpen(at);
  says({ type: 'SETUP', channel: 0, keepaliveTimeout: 60, version: '1.0-bench' });
  says({ type: 'AUTH_STATE', channel: 0, state: 'UNAUTHORIZED' });
  says({ type: 'AUTH_STATE', channel: 0, state: 'AUTHORIZED', userId: 'bench' });
  for (const channel of [QUOTE_CHANNEL, 3]) {
    says({ type: 'CHANNEL_OPENED', channel, service: 'FEED', parameters: { contract: 'AUTO' } });
    const config = { dataFormat: 'COMPACT', aggregationPeriod: 0.1 };
    says({ type: 'FEED_CONFIG', channel, ...config, eventFields: { Quote: QUOTE_FIELDS } });
  }
  return client;
}
