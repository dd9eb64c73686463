import { describe, expect, it } from 'vitest';
import {
  isSocketUrl,
  isUsable,
  TOKEN_LIFE_MICROS,
  withoutToken,
} from '../../../src/engine/feed/quote-token.ts';

const token = { url: 'wss://feed.example', token: 'secret', receivedAt: 5 };

describe('quote tokens', () => {
  it('are usable for 23 h and not a microsecond longer', () => {
    expect(isUsable(token, 4 + TOKEN_LIFE_MICROS)).toBe(true);
    expect(isUsable(token, 5 + TOKEN_LIFE_MICROS)).toBe(false);
    expect(isUsable(undefined, 5)).toBe(false);
  });

  it('come with a websocket address', () => {
    const urls = ['ws://127.0.0.1:1', 'wss://a/b', 'https://a', 'wss', '', 'javascript:1'];
    expect(urls.filter(isSocketUrl)).toEqual(['ws://127.0.0.1:1', 'wss://a/b']);
  });

  it('are cut out of every text, which is cut to 200 characters', () => {
    expect(withoutToken('secret and secret', token)).toBe('[token] and [token]');
    expect(withoutToken('secret', undefined)).toBe('secret');
    expect(withoutToken('abc', { ...token, token: '' })).toBe('abc');
    expect(withoutToken('x'.repeat(200), token)).toHaveLength(200);
    expect(withoutToken('x'.repeat(201), token)).toBe(`${'x'.repeat(200)}…`);
  });
});
