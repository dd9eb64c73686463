/**
 * How old a trade is when its row is visible: from its time in the simulated market, stamped on the
 * simulator's thread, over the websocket, to the chain that was valued and published with it.
 */
import { createChainBuffer } from '../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../../src/engine/chain/chain-writer.ts';
import { streamerSymbol } from '../../src/engine/domain/instrument.ts';
import { sessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { MICROS_PER_MILLI } from '../../src/engine/domain/units.ts';
import { DxLinkClient } from '../../src/engine/feed/dxlink-client.ts';
import type { TradeUpdate } from '../../src/engine/feed/feed-handler.ts';
import type { FeedSubscription } from '../../src/engine/feed/feed-subscription.ts';

import { check } from './bench.ts';
import { quoteHandler } from './feed-path.ts';
import { FeedSocket } from './feed-socket.ts';
import { Samples } from './samples.ts';
import type { SimMarket } from './sim-market.ts';
import { startSimMarket } from './sim-market.ts';

const NANOS_PER_MILLI = 1e6;
/** The first trade on a connection may be as old as the market is quiet. */
const FIRST_TRADES_LEFT_OUT = 2;
const PATIENCE_MILLIS = 60_000;

/** Everything that the engine subscribes to, quotes first. */
function subscriptions({ listing }: SimMarket): FeedSubscription[] {
  const symbols = listing.contracts.map(streamerSymbol);
  return [
    { type: 'Quote', symbol: listing.underlying },
    { type: 'Trade', symbol: listing.underlying },
    ...(['Quote', 'Greeks', 'Trade', 'Summary'] as const).flatMap((type) =>
      symbols.map((symbol): FeedSubscription => ({ type, symbol })),
    ),
  ];
}

/** Watches so many trades of the underlying and tells their ages once visible. */
export async function tradeToRow(trades: number): Promise<Samples> {
  const market = await startSimMarket();
  const { listing, clock } = market;
  const buffer = createChainBuffer();
  const chain = new ChainWriter(buffer);
  const session = sessionTimes(listing.date);
  if (session === undefined) throw new Error(`${listing.date} has no session`);
  chain.openSession(listing, session, clock.now());
  const reader = new ChainReader(buffer);
  const samples = new Samples();
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  let seen = 0;
  let tradedAtMillis: number | undefined;

  const handler = {
    ...quoteHandler({
      quote: (symbol, ...[bid, ask, bidSize, askSize]) => {
        const row = chain.indexOf(symbol);
        if (row !== undefined) chain.setQuote(row, { bid, ask, bidSize, askSize }, clock.now());
      },
      batchEnd: () => {
        chain.endBatch(clock.now());
        if (tradedAtMillis !== undefined) onVisible(tradedAtMillis);
        tradedAtMillis = undefined;
      },
    }),
    trade: (symbol: string, { timeMillis }: TradeUpdate) => {
      if (symbol === listing.underlying && !Number.isNaN(timeMillis)) tradedAtMillis = timeMillis;
    },
  };

  function onVisible(atMillis: number): void {
    check(reader.slice() !== undefined, 'the chain is there to be read');
    seen += 1;
    if (seen <= FIRST_TRADES_LEFT_OUT) return;
    samples.record(Math.max(0, clock.now().market / MICROS_PER_MILLI - atMillis) * NANOS_PER_MILLI);
    if (samples.count >= trades) resolve();
  }

  const client = new DxLinkClient({
    aggregationSeconds: 0.1,
    channelQuotes: 1,
    channelCandles: 3,
    version: 'bench',
    jitter: () => 0,
    handler,
  });
  client.want(subscriptions(market), clock.now());
  const shell = new FeedSocket(client, clock, market);
  const timer = setTimeout(
    () => reject(new Error(`${samples.count} of ${trades} trades came`)),
    PATIENCE_MILLIS,
  );
  try {
    shell.start();
    await done;
  } finally {
    clearTimeout(timer);
    shell.stop();
    await market.stop();
  }
  return samples;
}
