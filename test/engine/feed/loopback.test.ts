import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/engine/domain/clock.ts';
import { DxLinkClient } from '../../../src/engine/feed/dxlink-client.ts';
import { RecordingHandler } from '../../support/feed/recording-handler.ts';
import { SocketShell } from '../../support/feed/socket-shell.ts';
import { TinyDxLinkServer } from '../../support/feed/tiny-dxlink-server.ts';

const cleanups: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A client over a real socket on loopback, wanting SPY's quote. */
async function connected(tokens: readonly string[]) {
  const server = await TinyDxLinkServer.listen('good');
  cleanups.push(() => server.close());
  const handler = new RecordingHandler();
  const client = new DxLinkClient({
    aggregationSeconds: 0.1,
    channelQuotes: 1,
    channelCandles: 3,
    version: '0.1.0',
    jitter: () => 1,
    handler,
  });
  client.want([{ type: 'Quote', symbol: 'SPY' }], systemClock.now());
  let next = 0;
  const shell = new SocketShell(client, () => {
    const token = tokens[Math.min(next, tokens.length - 1)] ?? '';
    next += 1;
    return { url: server.url, token };
  });
  cleanups.push(() => shell.stop());
  shell.start();
  return { client, handler, server, tokensTaken: () => next };
}

describe('over a real socket', () => {
  it('shakes hands, subscribes, receives, and comes back after the line breaks', async () => {
    const { client, handler, server, tokensTaken } = await connected(['good']);
    const quote = ['quote', 'SPY', 6_691_200, 6_691_300, 7, 13];
    await expect.poll(() => handler.takeEvents(), { timeout: 10_000 }).toEqual([quote]);
    expect(client.status()).toMatchObject({ state: 'open', reconnects: 0, errors: {} });
    server.breakAll();
    await expect.poll(() => handler.takeEvents(), { timeout: 10_000 }).toEqual([quote]);
    expect(client.status()).toMatchObject({ reconnects: 1, errors: { socketClosed: 1 } });
    expect(tokensTaken()).toBe(1);
    const order = server.received.map(({ type }) => type);
    expect(order.slice(0, 4)).toEqual(['SETUP', 'AUTH', 'CHANNEL_REQUEST', 'CHANNEL_REQUEST']);
  });

  it('fetches another token when the first is refused', async () => {
    const { client, tokensTaken } = await connected(['dead', 'good']);
    await expect.poll(() => client.status().state, { timeout: 10_000 }).toBe('open');
    expect(tokensTaken()).toBe(2);
    expect(client.status().errors).toEqual({ authFailed: 1 });
  });
});
