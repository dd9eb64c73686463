import { describe, expect, it } from 'vitest';
import type { FeedSubscription } from '../../../src/engine/feed/feed-subscription.ts';
import { MAX_SUBSCRIPTIONS, SubscriptionBook } from '../../../src/engine/feed/subscription-book.ts';

const quote = (symbol: string): FeedSubscription => ({ type: 'Quote', symbol });
const candle = (fromTimeMillis: number): FeedSubscription => {
  return { type: 'Candle', symbol: 'SPY{=m}', fromTimeMillis };
};

function symbolsToSend(book: SubscriptionBook): string[] {
  return book.toSend().map(({ subscription }) => subscription.symbol);
}

describe('SubscriptionBook', () => {
  it('takes 25,000 subscriptions and refuses the next one', () => {
    const book = new SubscriptionBook();
    const many = Array.from({ length: MAX_SUBSCRIPTIONS + 1 }, (_, i) => quote(`S${i}`));
    book.want(many.slice(1));
    expect(book.refused).toBe(0);
    book.want(many);
    expect(book.refused).toBe(1);
    expect(book.toSend()).toHaveLength(MAX_SUBSCRIPTIONS);
  });

  it('keeps the order of the last desired set among what waits', () => {
    const book = new SubscriptionBook();
    book.want([quote('A'), quote('B'), quote('C')]);
    book.sent(book.toSend().slice(1, 2), [], 1);
    book.want([quote('C'), quote('B'), quote('A'), quote('D')]);
    expect(symbolsToSend(book)).toEqual(['C', 'A', 'D']);
  });

  it('takes back what was sent and is wanted no more, once', () => {
    const book = new SubscriptionBook();
    book.want([quote('A'), quote('B')]);
    book.sent(book.toSend().slice(0, 1), [], 1);
    book.want([]);
    book.want([]);
    expect(book.toRemove()).toEqual([quote('A')]);
    book.want([quote('A')]);
    expect(book.toRemove()).toEqual([]);
    expect(symbolsToSend(book)).toEqual(['A']);
  });

  it('names candles whose history begins anew or ends', () => {
    const book = new SubscriptionBook();
    expect(book.want([candle(1)])).toEqual([]);
    expect(book.want([candle(1)])).toEqual([]);
    expect(book.want([candle(2)])).toEqual(['SPY{=m}']);
    expect(book.want([])).toEqual(['SPY{=m}']);
  });

  it('counts as silent what was sent by then and not heard since', () => {
    const book = new SubscriptionBook();
    book.want([quote('A'), quote('B')]);
    book.heard('Quote', 'A');
    book.sent(book.toSend(), [], 10);
    expect([book.silentSince(9), book.silentSince(10)]).toEqual([0, 2]);
    book.heard('Quote', 'B');
    expect(book.silentSince(10)).toBe(1);
    book.resendSilent();
    expect(symbolsToSend(book)).toEqual(['A']);
  });
});
