import { describe, expect, it } from 'vitest';
import {
  authMessage,
  channelRequestMessage,
  feedSetupMessage,
  keepaliveMessage,
  setupMessage,
} from '../../../src/engine/feed/client-messages.ts';

describe('client messages', () => {
  it('begin with type and channel, as strict servers demand', () => {
    const messages = [
      setupMessage('0.1.0'),
      authMessage('t'),
      keepaliveMessage(),
      channelRequestMessage(3),
      feedSetupMessage(3, ['Candle'], 0),
    ];
    for (const text of messages) {
      expect(Object.keys(JSON.parse(text) as object).slice(0, 2)).toEqual(['type', 'channel']);
    }
  });

  it('escape whatever a token holds', () => {
    const token = '"}\n{"type":"x';
    expect(JSON.parse(authMessage(token))).toEqual({ type: 'AUTH', channel: 0, token });
  });

  it('ask for the fields of the given types only', () => {
    const { acceptEventFields } = JSON.parse(feedSetupMessage(1, ['Quote', 'Summary'], 0.1)) as {
      acceptEventFields: object;
    };
    expect(acceptEventFields).toEqual({
      Quote: ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'],
      Summary: ['eventSymbol', 'openInterest', 'dayOpenPrice', 'prevDayClosePrice'],
    });
  });
});
