import type { FeedHandler } from '../../../src/engine/feed/feed-handler.ts';
import type { FeedStatus } from '../../../src/engine/feed/feed-status.ts';
import { greeksCall, QUOTE_WORDS, tradeCall } from './recording-calls.ts';

/** One call of a feed handler: its name and its arguments. */
export type HandlerCall = readonly [name: keyof FeedHandler, ...args: readonly unknown[]];

/** A feed handler that keeps every call it gets, statuses apart. */
export class RecordingHandler implements FeedHandler {
  calls: HandlerCall[] = [];
  statuses: FeedStatus[] = [];

  quote(...args: Parameters<FeedHandler['quote']>): void {
    this.calls.push(['quote', ...args.slice(0, QUOTE_WORDS)]);
  }
  trade(...args: Parameters<FeedHandler['trade']>): void {
    this.calls.push(tradeCall(...args));
  }
  greeks(...args: Parameters<FeedHandler['greeks']>): void {
    this.calls.push(greeksCall(...args));
  }
  summary(...args: Parameters<FeedHandler['summary']>): void {
    this.calls.push(['summary', ...args]);
  }
  timeAndSale(...args: Parameters<FeedHandler['timeAndSale']>): void {
    this.calls.push(['timeAndSale', ...args]);
  }
  candle(...args: Parameters<FeedHandler['candle']>): void {
    this.calls.push(['candle', ...args]);
  }
  removeCandle(...args: Parameters<FeedHandler['removeCandle']>): void {
    this.calls.push(['removeCandle', ...args]);
  }
  batchEnd(...args: Parameters<FeedHandler['batchEnd']>): void {
    this.calls.push(['batchEnd', ...args]);
  }
  status(status: FeedStatus): void {
    this.statuses.push(status);
  }

  /** The events since the last `take`, without the ends of batches. */
  takeEvents(): HandlerCall[] {
    const events = this.calls.filter(([name]) => name !== 'batchEnd');
    this.calls = [];
    return events;
  }
}
