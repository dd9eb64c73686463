import { describe, expect, it } from 'vitest';
import { ClientRig, FEED_URL } from '../../support/feed/client-rig.ts';
import {
  authorizing,
  connecting,
  errorMessage,
  UNAUTHORIZED,
} from '../../support/feed/handshake-steps.ts';

describe('reconnecting', () => {
  it('waits twice as long after each failure, up to a minute, without a new token', () => {
    const rig = connecting();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      rig.socketCloses('HTTP 502');
      const before = rig.millis;
      rig.retry();
      waits.push(rig.millis - before);
      expect(rig.takeKinds()).toEqual(['socketOpen']);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(rig.status).toMatchObject({ reconnects: 8, errors: { upgradeRefused: 8 } });
  });

  it('takes up to half of the wait away by chance', () => {
    const rig = new ClientRig(() => 1);
    rig.start();
    rig.token();
    rig.socketCloses('1006');
    rig.take();
    rig.pass(499);
    expect(rig.take()).toEqual([]);
    rig.pass(1);
    expect(rig.takeKinds()).toEqual(['socketOpen']);
  });

  it('starts the waits anew after a connection that stood for a minute', () => {
    const rig = connecting();
    for (let i = 0; i < 4; i += 1) {
      rig.socketCloses('1006');
      rig.retry();
    }
    rig.authorize();
    rig.openChannels();
    rig.passAlive(60_000);
    rig.socketCloses('1006');
    expect(rig.status.detail).toContain('next attempt in 1000 ms');
  });

  it('lets the waits grow while connections break soon after they open', () => {
    const rig = connecting();
    for (let i = 0; i < 3; i += 1) {
      rig.authorize();
      rig.openChannels();
      rig.socketCloses('1006');
      rig.retry();
      rig.take();
    }
    rig.socketCloses('1006');
    expect(rig.status.detail).toContain('next attempt in 8000 ms');
  });

  it.each(['1000 Bye', '1001', '1006', '1009', '1011', 'HTTP 503', 'ECONNRESET'])(
    'keeps the token after %s',
    (reason) => {
      const rig = ClientRig.opened();
      rig.socketCloses(reason);
      rig.pass(1_000);
      expect(rig.take()).toEqual([{ kind: 'socketOpen', url: FEED_URL }]);
    },
  );

  it('subscribes everything anew, and resets the channel with the first frame only', () => {
    const quotes = Array.from({ length: 200 }, (_, i) => ({
      type: 'Quote' as const,
      symbol: `S${i}`,
    }));
    const rig = ClientRig.opened(...quotes);
    rig.passAlive(1_000);
    rig.socketCloses('1006');
    rig.take();
    rig.pass(1_000);
    rig.authorize();
    rig.openChannels();
    rig.pass(1_000);
    const sent = rig.takeFrames().filter(({ type }) => type === 'FEED_SUBSCRIPTION');
    expect(sent.map(({ reset }) => reset)).toEqual([true, undefined]);
    expect(sent.flatMap(({ add }) => add)).toEqual(quotes);
  });

  it('asks for a fresh token when the one at hand is 23 h old', () => {
    const rig = ClientRig.opened();
    rig.passAlive(23 * 3_600_000);
    rig.socketCloses('1006');
    rig.take();
    rig.pass(1_000);
    expect(rig.take()).toEqual([{ kind: 'tokenRequest' }]);
  });

  it('reconnects when its owner asks for it', () => {
    const rig = ClientRig.opened();
    rig.effects.push(...rig.client.reconnect('quotes are stale', rig.at));
    expect(rig.take()).toEqual([{ kind: 'socketClose', reason: 'quotes are stale' }]);
    rig.pass(1_000);
    expect(rig.takeKinds()).toEqual(['socketOpen']);
  });

  it('stops for good, and begins anew when started', () => {
    const rig = ClientRig.opened();
    rig.effects.push(...rig.client.stop(rig.at));
    expect(rig.takeKinds()).toEqual(['socketClose']);
    expect(rig.client.nextWake()).toBeUndefined();
    rig.socketCloses('1000');
    rig.pass(600_000);
    expect(rig.take()).toEqual([]);
    rig.start();
    expect(rig.takeKinds()).toEqual(['socketOpen']);
  });
});

describe('refusals', () => {
  it.each([
    ['UNKNOWN', 'com.devexperts.mdd.dxlink.auth.AuthException: Session not found: api'],
    ['UNAUTHORIZED', 'Your authentication token has expired, reauthentication is required'],
    ['UNAUTHORIZED', 'Authentication failed'],
  ])('drops the token on %s "%s"', (code, message) => {
    const rig = ClientRig.opened();
    rig.says(errorMessage(code, message));
    expect(rig.takeKinds()).toEqual(['socketClose']);
    rig.pass(1_000);
    expect(rig.take()).toEqual([{ kind: 'tokenRequest' }]);
    rig.token('fresh', 'wss://other.example/realtime');
    expect(rig.take()).toEqual([{ kind: 'socketOpen', url: 'wss://other.example/realtime' }]);
  });

  it('drops the token when the server withdraws the authorization', () => {
    const rig = ClientRig.opened();
    rig.says(UNAUTHORIZED);
    rig.pass(1_000);
    expect(rig.takeKinds()).toEqual(['socketClose', 'tokenRequest']);
  });

  it('takes a second UNAUTHORIZED for a dead token, once no better reason has come for 1 s', () => {
    const rig = authorizing();
    rig.says(UNAUTHORIZED);
    rig.pass(999);
    expect(rig.take()).toEqual([]);
    rig.pass(1);
    expect(rig.takeKinds()).toEqual(['socketClose']);
    expect(rig.status.errors).toEqual({ authFailed: 1 });
  });

  it('takes the close that follows a second UNAUTHORIZED for a dead token', () => {
    const rig = authorizing();
    rig.says(UNAUTHORIZED);
    rig.socketCloses('1000 Bye');
    expect(rig.status.errors).toEqual({ authFailed: 1 });
    rig.pass(1_000);
    expect(rig.takeKinds()).toEqual(['tokenRequest']);
  });

  it('waits long and keeps its token where other sessions hold the feed', () => {
    const rig = authorizing();
    const text = 'The number of user sessions has exceeded the configured limit';
    rig.says(UNAUTHORIZED, errorMessage('UNAUTHORIZED', text));
    rig.take();
    rig.pass(59_999);
    expect(rig.take()).toEqual([]);
    rig.pass(1);
    expect(rig.takeKinds()).toEqual(['socketOpen']);
    expect(rig.status.errors).toEqual({ sessionLimit: 1 });
  });

  it('paces its requests when tokens are refused again and again', () => {
    const rig = new ClientRig();
    rig.start();
    for (let i = 0; i < 4; i += 1) {
      rig.tokenFails('HTTP 401');
      rig.retry();
    }
    expect(rig.takeKinds()).toEqual(Array(5).fill('tokenRequest'));
    expect(rig.status).toMatchObject({ reconnects: 0, errors: { tokenFailed: 4 } });
    rig.tokenFails('HTTP 401');
    expect(rig.status.detail).toContain('next attempt in 16000 ms');
  });

  it('does not open a token address that is no websocket', () => {
    const rig = new ClientRig();
    rig.start();
    rig.take();
    rig.token('secret-token', 'https://feed.example');
    expect(rig.take()).toEqual([]);
    expect(rig.status.errors).toEqual({ tokenFailed: 1 });
  });

  it('reconnects on TIMEOUT', () => {
    const rig = ClientRig.opened();
    rig.says(errorMessage('TIMEOUT', 'nothing heard'));
    expect(rig.takeKinds()).toEqual(['socketClose']);
    rig.pass(1_000);
    expect(rig.takeKinds()).toEqual(['socketOpen']);
  });

  it.each([
    ['BAD_ACTION', 'Your subscription rate is too high', 'rateLimit'],
    ['BAD_ACTION', 'Your subscription size is too big', 'subscriptionSize'],
    ['BAD_ACTION', 'Channel 1 is already open', 'badAction'],
    ['INVALID_MESSAGE', 'what?', 'protocolError'],
    ['UNKNOWN', 'well', 'serverError'],
  ])('keeps the connection on %s "%s"', (code, message, errorClass) => {
    const rig = ClientRig.opened();
    rig.says(errorMessage(code, message, 1));
    expect(rig.take()).toEqual([]);
    expect(rig.status).toMatchObject({ state: 'open', errors: { [errorClass]: 1 } });
    expect(rig.status.detail).toBe(`server error on channel 1: ${code} ${message}`);
  });

  it('waits a second behind a connection that was given up on request, whatever failed before', () => {
    const rig = connecting();
    for (let i = 0; i < 5; i += 1) {
      rig.socketCloses('HTTP 502');
      rig.retry();
    }
    rig.authorize();
    rig.openChannels();
    rig.effects.push(...rig.client.reconnect('quotes went silent', rig.at));
    expect(rig.status.detail).toBe('quotes went silent; next attempt in 1000 ms');
  });

  it('subscribes everything anew once a channel that the server closed is open again', () => {
    const rig = ClientRig.opened({ type: 'Quote', symbol: 'SPY' });
    rig.take();
    rig.says({ type: 'CHANNEL_CLOSED', channel: 1 });
    expect(rig.status.state).toBe('authorizing');
    rig.pass(1_000);
    expect(rig.takeFrames()).toMatchObject([{ type: 'CHANNEL_REQUEST', channel: 1 }]);
    rig.says({ type: 'CHANNEL_OPENED', channel: 1, service: 'FEED', parameters: {} });
    expect(rig.status.state).toBe('open');
    expect(rig.takeFrames()).toMatchObject([
      { type: 'FEED_SETUP', channel: 1 },
      { type: 'FEED_SUBSCRIPTION', channel: 1, reset: true, add: [{ symbol: 'SPY' }] },
    ]);
    rig.announce();
    rig.data(1, 'Quote', ['SPY', 600, 600.01, 1, 1]);
    expect(rig.client.data.isLive('Quote')).toBe(false);
    rig.data(1, 'Quote', ['SPY', 600, 600.01, 2, 1]);
    expect(rig.client.data.isLive('Quote')).toBe(true);
  });

  it('loses no quote to candles whose channel is not opened, and asks for it again and again', () => {
    const rig = connecting();
    rig.want({ type: 'Quote', symbol: 'SPY' }, { type: 'Candle', symbol: 'SPY{=m}' });
    rig.authorize();
    rig.take();
    rig.says({ type: 'CHANNEL_OPENED', channel: 1, service: 'FEED', parameters: {} });
    expect(rig.status.state).toBe('open');
    rig.says(errorMessage('BAD_ACTION', 'no such service', 3));
    rig.take();
    const asked: number[] = [];
    const since = rig.millis;
    for (let second = 1; second <= 140; second += 1) {
      rig.passAlive(1_000);
      const frames = rig.takeFrames().filter(({ type }) => type === 'CHANNEL_REQUEST');
      for (const { channel } of frames) if (channel === 3) asked.push((rig.millis - since) / 1_000);
    }
    expect([rig.status.state, rig.status.reconnects]).toEqual(['open', 0]);
    expect(asked).toEqual([10, 30, 70, 130]);
    rig.says({ type: 'CHANNEL_OPENED', channel: 3, service: 'FEED', parameters: {} });
    expect(rig.takeFrames()).toMatchObject([
      { type: 'FEED_SETUP', channel: 3 },
      { type: 'FEED_SUBSCRIPTION', channel: 3, reset: true, add: [{ type: 'Candle' }] },
    ]);
  });

  it('keeps its quotes, and their life, where the channel of candles closes again and again', () => {
    const rig = ClientRig.opened(
      { type: 'Quote', symbol: 'SPY' },
      { type: 'Candle', symbol: 'SPY{=m}' },
    );
    rig.announce();
    for (const size of [1, 2]) rig.data(1, 'Quote', ['SPY', 600, 600.01, size, 1]);
    for (let turn = 0; turn < 5; turn += 1) {
      rig.take();
      rig.says({ type: 'CHANNEL_CLOSED', channel: 3 });
      rig.passAlive(60_000);
      const frames = rig.takeFrames().filter(({ type }) => type !== 'KEEPALIVE');
      expect(frames[0]).toMatchObject({ type: 'CHANNEL_REQUEST', channel: 3 });
      expect(frames.every(({ channel }) => channel === 3)).toBe(true);
      rig.says({ type: 'CHANNEL_OPENED', channel: 3, service: 'FEED', parameters: {} });
    }
    expect(rig.status).toMatchObject({
      state: 'open',
      reconnects: 0,
      errors: { channelClosed: 5 },
    });
    expect(rig.client.data.isLive('Quote')).toBe(true);
  });

  it('opens a channel again that the server closes, and reconnects when it closes it twice', () => {
    const rig = ClientRig.opened({ type: 'Quote', symbol: 'SPY' });
    rig.says({ type: 'CHANNEL_CLOSED', channel: 1 });
    expect(rig.takeFrames()).toMatchObject([{ type: 'CHANNEL_REQUEST', channel: 1 }]);
    expect(rig.status.state).toBe('authorizing');
    rig.pass(1_000);
    rig.says({ type: 'CHANNEL_OPENED', channel: 1, service: 'FEED', parameters: {} });
    expect(rig.takeFrames()).toMatchObject([
      { type: 'FEED_SETUP' },
      { type: 'FEED_SUBSCRIPTION', reset: true, add: [{ type: 'Quote', symbol: 'SPY' }] },
    ]);
    expect(rig.status.state).toBe('open');
    rig.says({ type: 'CHANNEL_CLOSED', channel: 1 });
    expect(rig.takeKinds()).toEqual(['socketClose']);
  });
});
