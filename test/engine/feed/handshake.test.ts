import { describe, expect, it } from 'vitest';
import type { FeedState } from '../../../src/engine/feed/feed-status.ts';
import { ClientRig, FEED_URL, SERVER_SETUP } from '../../support/feed/client-rig.ts';
import {
  AUTHORIZED,
  authorizing,
  connecting,
  errorMessage,
  greeting,
  UNAUTHORIZED,
} from '../../support/feed/handshake-steps.ts';

describe('the handshake', () => {
  it('takes each step only after the server has answered the one before', () => {
    const rig = new ClientRig();
    rig.want({ type: 'Quote', symbol: 'SPY' });
    rig.start();
    expect(rig.take()).toEqual([{ kind: 'tokenRequest' }]);
    rig.token();
    expect(rig.take()).toEqual([{ kind: 'socketOpen', url: FEED_URL }]);
    rig.socketOpens();
    expect(rig.takeFrames()).toEqual([
      {
        type: 'SETUP',
        channel: 0,
        version: '0.1-deltaring/0.1.0',
        keepaliveTimeout: 60,
        acceptKeepaliveTimeout: 60,
      },
    ]);
    rig.says(SERVER_SETUP);
    expect(rig.take()).toEqual([]);
    rig.says(UNAUTHORIZED);
    const text = '{"type":"AUTH","channel":0,"token":"secret-token"}';
    expect(rig.take()).toEqual([{ kind: 'socketSend', text, isSecret: true }]);
    rig.says(AUTHORIZED);
    const parameters = { contract: 'AUTO' };
    expect(rig.takeFrames()).toEqual([
      { type: 'CHANNEL_REQUEST', channel: 1, service: 'FEED', parameters },
      { type: 'CHANNEL_REQUEST', channel: 3, service: 'FEED', parameters },
    ]);
    rig.openChannels();
    const sent = rig.takeFrames();
    expect(sent.map(({ type, channel }) => `${type} ${channel}`)).toEqual([
      'FEED_SETUP 1',
      'FEED_SUBSCRIPTION 1',
      'FEED_SETUP 3',
    ]);
    expect(sent[0]).toMatchObject({ acceptAggregationPeriod: 0.1, acceptDataFormat: 'COMPACT' });
    expect(Object.keys(sent[2]?.['acceptEventFields'] ?? {})).toEqual(['Candle']);
    expect(rig.status).toMatchObject({ state: 'open', reconnects: 0, errors: {} });
  });

  it('does not show the token on AUTH_STATE alone', () => {
    const rig = greeting();
    rig.says(UNAUTHORIZED);
    expect(rig.take()).toEqual([]);
    rig.says(SERVER_SETUP);
    expect(rig.takeFrames()[0]?.type).toBe('AUTH');
  });

  it('goes on without AUTH where the server asks for none', () => {
    const rig = greeting();
    rig.says(SERVER_SETUP, AUTHORIZED);
    expect(rig.takeFrames().map(({ type }) => type)).toEqual([
      'CHANNEL_REQUEST',
      'CHANNEL_REQUEST',
    ]);
  });

  it('never subscribes again because a FEED_CONFIG is repeated', () => {
    const rig = ClientRig.opened({ type: 'Quote', symbol: 'SPY' });
    for (let i = 0; i < 5; i += 1) rig.announce();
    rig.passAlive(10_000);
    expect(rig.takeFrames()).toEqual([]);
  });

  it('reports each state it passes, and since when', () => {
    const rig = ClientRig.opened();
    const states = rig.handler.statuses.map(({ state }) => state);
    const passed = states.filter((state, i) => state !== states[i - 1]);
    expect(passed).toEqual(['connecting', 'authorizing', 'open'] satisfies FeedState[]);
    expect(rig.status.since).toBe(rig.at.wall);
  });

  it('keeps the token out of every status, even when the server echoes it', () => {
    const rig = authorizing();
    rig.says(errorMessage('UNKNOWN', 'no such token: secret-token'));
    expect(rig.status.detail).toContain('no such token: [token]');
    expect(JSON.stringify(rig.handler.statuses)).not.toContain('secret-token');
  });

  it('counts frames that come before there is a socket, and reads none of them', () => {
    const rig = connecting();
    rig.says(SERVER_SETUP, UNAUTHORIZED);
    expect(rig.take()).toEqual([]);
    expect(rig.status.errors).toEqual({ unexpectedMessage: 2 });
  });

  it('counts channels that it did not ask for', () => {
    const rig = ClientRig.opened();
    rig.says({ type: 'CHANNEL_OPENED', channel: 7 }, { type: 'CHANNEL_CLOSED', channel: 7 });
    expect(rig.status).toMatchObject({ state: 'open', errors: { unexpectedMessage: 2 } });
  });
});

describe('timeouts', () => {
  it.each([
    ['the socket', connecting],
    ['SETUP', greeting],
    [
      'AUTH_STATE',
      () => {
        const rig = greeting();
        rig.says(SERVER_SETUP);
        return rig;
      },
    ],
    ['AUTHORIZED', authorizing],
    [
      'CHANNEL_OPENED',
      () => {
        const rig = authorizing();
        rig.says(AUTHORIZED);
        rig.take();
        return rig;
      },
    ],
  ])('gives up waiting for %s after 10 s, not before', (_, reached) => {
    const rig = reached();
    rig.pass(9_999);
    expect(rig.take()).toEqual([]);
    rig.pass(1);
    expect(rig.takeKinds()).toEqual(['socketClose']);
    expect(rig.status).toMatchObject({ state: 'down', errors: { handshakeTimeout: 1 } });
  });

  it('gives up a handshake that drags on for 30 s', () => {
    const rig = connecting();
    rig.pass(9_000);
    rig.socketOpens();
    rig.pass(9_000);
    rig.says(SERVER_SETUP);
    rig.pass(9_000);
    rig.says(UNAUTHORIZED);
    rig.take();
    rig.pass(2_999);
    expect(rig.take()).toEqual([]);
    rig.pass(1);
    expect(rig.takeKinds()).toEqual(['socketClose']);
  });

  it('asks for a token again when the service stays silent for 30 s', () => {
    const rig = new ClientRig();
    rig.start();
    rig.take();
    rig.pass(30_999);
    expect(rig.take()).toEqual([]);
    rig.pass(1);
    expect(rig.takeKinds()).toEqual(['tokenRequest']);
    expect(rig.status.errors).toEqual({ tokenFailed: 1 });
  });
});

describe('keepalive', () => {
  it('sends KEEPALIVE after 25 s without another frame', () => {
    const rig = ClientRig.opened();
    rig.pass(24_999);
    expect(rig.takeFrames()).toEqual([]);
    rig.pass(1);
    expect(rig.takeFrames()).toEqual([{ type: 'KEEPALIVE', channel: 0 }]);
    rig.pass(5_000);
    rig.want({ type: 'Quote', symbol: 'SPY' });
    rig.take();
    rig.pass(24_999);
    expect(rig.take()).toEqual([]);
  });

  it('sends it sooner where the server bears less silence', () => {
    const rig = ClientRig.opened();
    rig.says({ ...SERVER_SETUP, acceptKeepaliveTimeout: 20 });
    rig.pass(10_000);
    expect(rig.takeFrames()).toEqual([{ type: 'KEEPALIVE', channel: 0 }]);
  });

  it('takes a server for dead after 60 s without any frame, not before', () => {
    const rig = ClientRig.opened();
    rig.pass(59_999);
    expect(rig.status.state).toBe('open');
    rig.pass(1);
    expect(rig.status).toMatchObject({ state: 'down', errors: { silence: 1 } });
    expect(rig.takeKinds()).toEqual(['socketSend', 'socketSend', 'socketClose']);
  });

  it('lives on any frame, a KEEPALIVE or garbage', () => {
    const rig = ClientRig.opened();
    for (const frame of ['{"type":"KEEPALIVE","channel":0}', 'garbage', '{}']) {
      rig.pass(59_000);
      rig.says(frame);
    }
    expect(rig.status.state).toBe('open');
    expect(rig.status.lastFrameAt).toBe(rig.at.wall);
  });
});
