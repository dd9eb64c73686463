/** dxFeed's own client, set up to receive quotes: what one would use instead of ours. */
import {
  DXLinkFeed,
  DXLinkLogLevel,
  DXLinkWebSocketClient,
  FeedContract,
  FeedDataFormat,
} from '@dxfeed/dxlink-api';
import { QUOTE_FIELDS } from './quote-frames.ts';

export interface OfficialFeed {
  connect(url: string): void;
  /** True once the server has announced the fields of quotes. */
  isReady(): boolean;
  close(): void;
}

/** Makes one; `onEvents` hears the events of each frame. */
export function officialFeed(
  symbols: readonly string[],
  onEvents: (events: readonly Readonly<Record<string, unknown>>[]) => void,
): OfficialFeed {
  const client = new DXLinkWebSocketClient({ logLevel: DXLinkLogLevel.ERROR });
  const feed = new DXLinkFeed(client, FeedContract.AUTO, { logLevel: DXLinkLogLevel.ERROR });
  return {
    connect(url) {
      client.connect(url);
      client.setAuthToken('bench');
      feed.configure({
        acceptAggregationPeriod: 0.1,
        acceptDataFormat: FeedDataFormat.COMPACT,
        acceptEventFields: { Quote: [...QUOTE_FIELDS] },
      });
      feed.addSubscriptions(symbols.map((symbol) => ({ type: 'Quote', symbol })));
      feed.addEventListener(onEvents);
    },
    isReady: () => 'Quote' in feed.getConfig().eventFields,
    close: () => client.close(),
  };
}
