import { describe, expect, it } from 'vitest';
import {
  FeedChannels,
  REOPEN_GAP_MICROS,
  SETUP_GAP_MICROS,
} from '../../../src/engine/feed/feed-channels.ts';

const START = 1_000_000_000;

function opened(): FeedChannels {
  const channels = new FeedChannels(1, 3);
  channels.opened(1);
  channels.opened(3);
  return channels;
}

describe('FeedChannels', () => {
  it('carries candles on one channel and everything else on the other', () => {
    const channels = new FeedChannels(1, 3);
    expect(channels.channelOf('Candle')).toBe(3);
    expect(channels.channelOf('TimeAndSale')).toBe(1);
    expect(channels.typesOf(3)).toEqual(['Candle']);
    expect(channels.typesOf(5)).toEqual([]);
  });

  it('opens each of its channels once, and no other', () => {
    const channels = new FeedChannels(1, 3);
    expect([channels.opened(3), channels.opened(3), channels.opened(2)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(channels.areQuotesOpen()).toBe(false);
    channels.opened(1);
    expect(channels.areQuotesOpen()).toBe(true);
    channels.connectionLost();
    expect(channels.areQuotesOpen()).toBe(false);
  });

  it.each([
    ['again', REOPEN_GAP_MICROS - 1],
    ['first', REOPEN_GAP_MICROS],
  ])('calls a second close %s after %i microseconds', (verdict, gap) => {
    const channels = opened();
    expect(channels.closed(1, START)).toBe('first');
    expect(channels.closed(1, START)).toBe('unknown');
    channels.opened(1);
    expect(channels.closed(1, START + gap)).toBe(verdict);
  });

  it('asks for candles that closed at once, and ever later while they do not last', () => {
    const channels = new FeedChannels(1, 3);
    const dueSeconds = (wall: number) => ((channels.candlesDueAt ?? NaN) - wall) / 1_000_000;
    let wall = START;
    expect(channels.candlesDueAt).toBeUndefined();
    const closesAfter = (seconds: number) => {
      channels.asked(3, wall);
      channels.opened(3);
      expect(channels.candlesDueAt).toBeUndefined();
      wall += seconds * 1_000_000;
      expect(channels.closed(3, wall)).toBe('candles');
      return dueSeconds(wall);
    };
    expect([5, 5, 5, 5, 60, 5].map(closesAfter)).toEqual([0, 40, 60, 60, 0, 0]);
    channels.connectionLost();
    expect(channels.candlesDueAt).toBeUndefined();
  });

  it('lets FEED_SETUP be sent again after 10 s, on an open channel', () => {
    const channels = opened();
    channels.setupSent(1, START);
    expect(channels.mayAskSetup(1, START + SETUP_GAP_MICROS - 1)).toBe(false);
    expect(channels.mayAskSetup(1, START + SETUP_GAP_MICROS)).toBe(true);
    channels.connectionLost();
    expect(channels.mayAskSetup(1, START + SETUP_GAP_MICROS)).toBe(false);
  });
});
