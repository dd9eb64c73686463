import {
  DXLinkFeed,
  DXLinkWebSocketClient,
  FeedContract,
  FeedDataFormat,
} from '@dxfeed/dxlink-api';
import TastytradeClient from '@tastytrade/api';
import { afterEach, describe, expect, it } from 'vitest';
import type { TestSim } from './sim-under-test.ts';
import { OPEN_MILLIS, quoteToken, startTestSim } from './sim-under-test.ts';

const CALL = '.SPY261120C560';
const DEADLINE_MILLIS = 8_000;
const running: { stop(): Promise<void> }[] = [];

/** The last started first: a client whose server is gone would try to reach it for ever. */
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
});

interface AnyEvent {
  readonly eventType: string;
  readonly eventSymbol: string;
  readonly [field: string]: unknown;
}

async function eventually<T>(read: () => T | undefined): Promise<T> {
  const deadline = performance.now() + DEADLINE_MILLIS;
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error('the client heard nothing of the kind');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The official client, given its token on the first AUTH_STATE, as strict servers need it. */
async function officialFeed(sim: TestSim) {
  const token = await quoteToken(sim);
  const client = new DXLinkWebSocketClient();
  running.push({ stop: async () => client.close() });
  let asked = false;
  client.addAuthStateChangeListener((state) => {
    if (state !== 'UNAUTHORIZED' || asked) return;
    asked = true;
    client.setAuthToken(token);
  });
  client.connect(sim.dxlinkUrl);
  const feed = new DXLinkFeed(client, FeedContract.AUTO);
  const events: AnyEvent[] = [];
  feed.addEventListener((batch) => events.push(...(batch as unknown as AnyEvent[])));
  return { client, feed, events };
}

describe('the official dxLink client', () => {
  it('reads quotes, trades, greeks, summaries, prints and bars', async () => {
    const sim = await startTestSim();
    running.push(sim);
    const { feed, events } = await officialFeed(sim);
    feed.configure({
      acceptAggregationPeriod: 0,
      acceptDataFormat: FeedDataFormat.COMPACT,
      acceptEventFields: {
        Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'],
        Greeks: ['eventSymbol', 'delta', 'volatility'],
        Candle: ['eventSymbol', 'eventFlags', 'time', 'open', 'high', 'low', 'close', 'volume'],
      },
    });
    const types = ['Quote', 'Trade', 'Greeks', 'Summary'] as const;
    feed.addSubscriptions(types.map((type) => ({ type, symbol: CALL })));
    feed.addSubscriptions({ type: 'TimeAndSale', symbol: 'SPY' });
    feed.addSubscriptions({ type: 'Quote', symbol: '.SPY261120P490' });
    feed.addSubscriptions({
      type: 'Candle',
      symbol: 'SPY{=1m,tho=true}',
      fromTime: OPEN_MILLIS,
    });
    const find = (type: string, symbol: string) =>
      eventually(() => events.find((e) => e.eventType === type && e.eventSymbol === symbol));
    const quote = await find('Quote', CALL);
    expect(Number(quote['bidPrice'])).toBeGreaterThan(0);
    expect(Number(quote['askPrice'])).toBeGreaterThan(Number(quote['bidPrice']));
    expect((await find('Quote', '.SPY261120P490'))['bidSize']).toBe('NaN');
    expect(Number((await find('Greeks', CALL))['delta'])).toBeGreaterThan(0.3);
    expect(Number((await find('Trade', CALL))['dayVolume'])).toBeGreaterThan(0);
    expect(Number((await find('Summary', CALL))['openInterest'])).toBeGreaterThan(0);
    await eventually(() => events.find((e) => e['eventFlags'] === 10));
    const bars = events.filter((e) => e.eventType === 'Candle' && e['eventFlags'] !== 10);
    expect(bars.length).toBeGreaterThanOrEqual(61);
    for (let i = 0; i < 5; i += 1) sim.pass(0.25);
    expect(Number((await find('TimeAndSale', 'SPY'))['size'])).toBeGreaterThan(0);
  });

  it('follows a flip to FULL in mid-session', async () => {
    const sim = await startTestSim();
    running.push(sim);
    const { feed, events } = await officialFeed(sim);
    feed.configure({ acceptAggregationPeriod: 0, acceptDataFormat: FeedDataFormat.COMPACT });
    feed.addSubscriptions({ type: 'Quote', symbol: 'SPY' });
    await eventually(() => events[0]);
    const before = events.length;
    sim.control({ flipToFull: true });
    sim.pass(1);
    const next = await eventually(() => events[before]);
    expect(next).toMatchObject({ eventType: 'Quote', eventSymbol: 'SPY' });
  });

  it('comes back after an abrupt reset and subscribes again by itself', async () => {
    const sim = await startTestSim({ knobs: { strictAuth: false } });
    running.push(sim);
    const { feed, events } = await officialFeed(sim);
    feed.configure({ acceptAggregationPeriod: 0 });
    feed.addSubscriptions({ type: 'Quote', symbol: 'SPY' });
    await eventually(() => events[0]);
    const before = events.length;
    sim.control({ abruptReset: true });
    await eventually(() => events[before]);
  });
});

describe('the official tastytrade client', () => {
  it('gets its tokens from the REST service, lists the chain and streams it', async () => {
    const sim = await startTestSim({ knobs: { strictAuth: false } });
    running.push(sim);
    const tastytrade = new TastytradeClient({
      baseUrl: sim.baseUrl,
      accountStreamerUrl: 'ws://127.0.0.1:9',
      clientSecret: sim.credentials.clientSecret,
      refreshToken: sim.credentials.refreshToken,
      oauthScopes: ['read'],
    });
    const chain = await tastytrade.instrumentsService.getNestedOptionChain('SPY');
    const strikes = chain[0].expirations[0].strikes;
    expect(strikes.length).toBeGreaterThanOrEqual(150);
    const events: AnyEvent[] = [];
    await tastytrade.quoteStreamer.connect();
    running.push({ stop: async () => tastytrade.quoteStreamer.disconnect() });
    tastytrade.quoteStreamer.addEventListener((batch) => {
      events.push(...(batch as unknown as AnyEvent[]));
    });
    const symbol: string = strikes[80]['call-streamer-symbol'];
    tastytrade.quoteStreamer.subscribe([symbol, 'SPY']);
    for (const type of ['Quote', 'Trade', 'Summary', 'Greeks']) {
      await eventually(() => events.find((e) => e.eventType === type && e.eventSymbol === symbol));
    }
    await eventually(() => events.find((e) => e.eventType === 'Profile'));
  });
});
