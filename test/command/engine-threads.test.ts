import { describe, expect, it } from 'vitest';
import { createBuffers, outsideSource } from '../../src/command/engine-threads.ts';
import { readConfig } from '../../src/config.ts';

describe('the memory of an engine', () => {
  it('is shared, and its own for each engine', () => {
    const [one, other] = [createBuffers(), createBuffers()];
    for (const buffer of Object.values(one)) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(one.chain).not.toBe(other.chain);
  });
});

describe('an outside feed', () => {
  it('is a url and token with a range of strikes', () => {
    const config = readConfig({
      DELTARING_FEED: 'dxlink',
      DXLINK_URL: 'wss://feed.example/realtime',
      DXLINK_TOKEN: 'token',
      DXLINK_STRIKES: '560-720',
    });
    expect(outsideSource(config)).toEqual({
      kind: 'fixed',
      dxlinkUrl: 'wss://feed.example/realtime',
      token: 'token',
      strikes: [560, 720],
    });
  });

  it('is the broker’s REST service, which hands out the tokens', () => {
    const config = readConfig({
      DELTARING_FEED: 'tastytrade',
      TASTYTRADE_CLIENT_SECRET: 'secret',
      TASTYTRADE_REFRESH_TOKEN: 'refresh',
    });
    expect(outsideSource(config)).toMatchObject({
      kind: 'rest',
      baseUrl: 'https://api.tastyworks.com',
      clientSecret: 'secret',
      refreshToken: 'refresh',
      userAgent: expect.stringMatching(/^deltaring\/\d/),
    });
  });
});
