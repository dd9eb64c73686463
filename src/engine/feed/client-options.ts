import type { FeedHandler } from './feed-handler.ts';

/** What a client is made with. */
export interface DxLinkClientOptions {
  /** Period over which the server conflates quotes and the like; 0 = as little as it can. */
  readonly aggregationSeconds: number;
  /** Channel of everything but candles. */
  readonly channelQuotes: 1;
  readonly channelCandles: 3;
  /** This program's version, for the SETUP message. */
  readonly version: string;
  /** A number in [0, 1] by chance, to spread reconnects. */
  readonly jitter: () => number;
  readonly handler: FeedHandler;
}
