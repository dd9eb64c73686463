import { describe, expect, it } from 'vitest';
import type { At } from '../../../src/engine/domain/clock.ts';
import { addMicros, epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import { ErrorTally } from '../../../src/engine/feed/error-tally.ts';
import { FeedService, MISSING_AFTER_MICROS } from '../../../src/engine/feed/feed-service.ts';
import { OPEN_MILLIS } from '../../support/feed/client-rig.ts';
import { RecordingHandler } from '../../support/feed/recording-handler.ts';

const wall = epochMicrosFromMillis(OPEN_MILLIS);
const at: At = { market: wall, wall };

function later(micros: number): At {
  return { market: addMicros(wall, micros), wall: addMicros(wall, micros) };
}

function service() {
  const sent: string[] = [];
  const feed = new FeedService(
    {
      aggregationSeconds: 0.1,
      channelQuotes: 1,
      channelCandles: 3,
      version: '0.1.0',
      jitter: () => 0,
      handler: new RecordingHandler(),
    },
    {
      tally: new ErrorTally(),
      send: (text) => sent.push((JSON.parse(text) as { type: string }).type),
      control: () => undefined,
    },
  );
  return { feed, sent };
}

describe('FeedService', () => {
  it('sends no subscription before its channel is open, and sets the channel up first', () => {
    const { feed, sent } = service();
    feed.want([{ type: 'Quote', symbol: 'SPY' }], at);
    feed.requestChannels(at);
    feed.channelOpened(3, at);
    expect(sent).toEqual(['CHANNEL_REQUEST', 'CHANNEL_REQUEST', 'FEED_SETUP']);
    feed.channelOpened(1, at);
    expect(sent.slice(3)).toEqual(['FEED_SETUP', 'FEED_SUBSCRIPTION']);
    expect(feed.isOpen()).toBe(true);
  });

  it('has nothing to pump for a connection that is lost', () => {
    const { feed } = service();
    feed.channelOpened(1, at);
    feed.want([{ type: 'Quote', symbol: 'SPY' }], at);
    feed.connectionLost();
    expect(feed.pumpAt(at)).toBeUndefined();
    expect(feed.isOpen()).toBe(false);
  });

  it('counts a silent subscription as missing 30 s after it was sent, not before', () => {
    const { feed } = service();
    feed.channelOpened(1, at);
    feed.want([{ type: 'Quote', symbol: 'SPY' }], at);
    expect(feed.missing(later(MISSING_AFTER_MICROS - 1))).toBe(0);
    expect(feed.missing(later(MISSING_AFTER_MICROS))).toBe(1);
  });
});
