/** Openings need a connected market data feed. */
import { type Check, failed, passed } from './check.ts';

export const feedDownCheck: Check = {
  code: 'feed_down',
  control: 20,
  appliesTo: 'openings',
  run({ feedConnected }) {
    if (feedConnected) return passed('feed_down', 'the feed is connected');
    const message = 'the market data feed is down; wait until streaming_status shows it connected';
    return failed('feed_down', message, { feedConnected });
  },
};
