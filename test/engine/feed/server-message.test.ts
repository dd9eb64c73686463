import { describe, expect, it } from 'vitest';
import { channelOf, readServerMessage } from '../../../src/engine/feed/server-message.ts';

describe('readServerMessage', () => {
  it('reads the terms of SETUP and ignores what it does not know', () => {
    const setup = { type: 'SETUP', channel: 0, keepaliveTimeout: 60, acceptKeepaliveTimeout: 30 };
    expect(readServerMessage({ ...setup, version: '1.0', agent: {} })).toEqual({
      type: 'SETUP',
      keepaliveSeconds: 60,
      acceptKeepaliveSeconds: 30,
    });
  });

  it.each([0, -1, 'NaN', null, undefined, '60'])('takes a timeout of %s for none', (timeout) => {
    const message = { type: 'SETUP', channel: 0, keepaliveTimeout: timeout };
    expect(readServerMessage(message)).toMatchObject({ keepaliveSeconds: undefined });
  });

  it('reads an ERROR without code or message', () => {
    expect(readServerMessage({ type: 'ERROR', channel: 3 })).toEqual({
      type: 'ERROR',
      channel: 3,
      code: '',
      message: '',
    });
  });

  it('tells what it has no use for from what is broken', () => {
    expect(readServerMessage({ type: 'DOM_SNAPSHOT', channel: 1 })).toBe('unknown');
    expect(readServerMessage({ type: 'AUTH_STATE', channel: 0 })).toBe('broken');
    expect(readServerMessage({ type: 'KEEPALIVE' })).toBe('broken');
  });

  it('takes whole numbers from 0 up for channels', () => {
    const channels = [0, 3, -1, 1.5, '1', null, 2 ** 53].map((channel) => channelOf({ channel }));
    expect(channels).toEqual([0, 3, ...Array.from({ length: 5 }, () => undefined)]);
  });
});
