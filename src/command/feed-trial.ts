/** Tries a DXLink feed as the engine meets it: connects, shows the token, opens the channels, and leaves. */
import { setTimeout } from 'node:timers/promises';
import { FeedShell } from '../desk/threads/feed-shell.ts';
import type { FeedTransport } from '../desk/threads/feed-socket.ts';
import { createChainBuffer } from '../engine/chain/chain-layout.ts';
import { ChainWriter } from '../engine/chain/chain-writer.ts';
import { systemClock, wallMillis } from '../engine/domain/clock.ts';
import { Counters, createCountersBuffer } from '../ops/counters.ts';
import { VERSION } from './build-info.ts';

const MOST_MILLIS = 10_000;
const LOOK_EVERY_MILLIS = 20;

/** Why the feed cannot be had; undefined where it can. No text holds the token. */
export async function whyNoFeed(
  url: string,
  token: string,
  transport: FeedTransport,
): Promise<string | undefined> {
  const shell = new FeedShell({
    clock: systemClock,
    counters: new Counters(createCountersBuffer()),
    chain: new ChainWriter(createChainBuffer()),
    underlying: 'SPY',
    aggregationSeconds: 1,
    version: VERSION,
    transport,
    jitter: () => 0,
    step: () => undefined,
    requestToken: () => undefined,
  });
  shell.start();
  shell.onToken(url, token);
  const until = wallMillis() + MOST_MILLIS;
  try {
    while (wallMillis() < until) {
      const { state, detail } = shell.status();
      if (state === 'open') return undefined;
      if (state === 'down') return detail.replace(/; next attempt.*$/, '');
      await setTimeout(LOOK_EVERY_MILLIS);
      shell.onClock();
    }
    return `no answer within ${MOST_MILLIS / 1_000} s`;
  } finally {
    shell.stop();
  }
}
