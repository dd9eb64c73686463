import { describe, expect, it, onTestFinished } from 'vitest';
import { whyNoFeed } from '../../src/command/feed-trial.ts';
import { TinyDxLinkServer } from '../support/feed/tiny-dxlink-server.ts';

async function server(): Promise<TinyDxLinkServer> {
  const tiny = await TinyDxLinkServer.listen('the-token');
  onTestFinished(() => tiny.close());
  return tiny;
}

describe('a feed that is tried', () => {
  it.each(['own', 'ws'] as const)(
    'is fit where it takes the token and opens its channels, by %s',
    async (transport) => {
      const { url, received } = await server();
      expect(await whyNoFeed(url, 'the-token', transport)).toBeUndefined();
      const types = received.map(({ type }) => type);
      expect(types.slice(0, 3)).toEqual(['SETUP', 'AUTH', 'CHANNEL_REQUEST']);
      expect(types).not.toContain('FEED_SUBSCRIPTION');
    },
  );

  it('is not where it refuses the token, of which no word is told', async () => {
    const why = await whyNoFeed((await server()).url, 'another-token', 'own');
    expect(why).toContain('the token was refused');
    expect(why).not.toContain('another-token');
  });

  it('is not where nobody listens, or where its address is none of a websocket', async () => {
    expect(await whyNoFeed('ws://127.0.0.1:1', 'the-token', 'own')).toContain('ECONNREFUSED');
    expect(await whyNoFeed('https://127.0.0.1:1', 'the-token', 'own')).toContain(
      'websocket address',
    );
  });
});
