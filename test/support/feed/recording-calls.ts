import type { GreeksUpdate, TradeUpdate } from '../../../src/engine/feed/feed-handler.ts';
import type { FrameCalls } from '../../../src/engine/feed/frame-calls.ts';

type Call = readonly unknown[];

/** What a quote says: its symbol and four numbers. The symbol's key is each decoder's own. */
export const QUOTE_WORDS = 5;

function known(number: number): number | undefined {
  return Number.isNaN(number) ? undefined : number;
}

/** A trade as one line: symbol, price, size, volume of the day, time. */
export function tradeCall(symbol: string, trade: TradeUpdate) {
  const { price, size, dayVolume, timeMillis } = trade;
  return ['trade', symbol, price, size, known(dayVolume), known(timeMillis)] as const;
}

/** Greeks as one line: symbol, delta, volatility, time. */
export function greeksCall(symbol: string, { delta, impliedVol, timeMillis }: GreeksUpdate) {
  return ['greeks', symbol, delta, impliedVol, known(timeMillis)] as const;
}

/** A sink for a decoder's calls, and the list of those it got; `heard` is left out of the list. */
export function recordingCalls(): { readonly calls: Call[]; readonly sink: FrameCalls } {
  const calls: Call[] = [];
  const sink: FrameCalls = {
    handler: {
      quote: (...args) => calls.push(['quote', ...args.slice(0, QUOTE_WORDS)]),
      trade: (symbol, trade) => calls.push(tradeCall(symbol, trade)),
      greeks: (symbol, greeks) => calls.push(greeksCall(symbol, greeks)),
      summary: (...args) => calls.push(['summary', ...args]),
    },
    heard: () => undefined,
    live: () => undefined,
    candleRow: (...args) => calls.push(['candleRow', ...args]),
    sale: (...args) => calls.push(['sale', ...args]),
    control: (message) => calls.push(['control', message]),
    fault: (fault) => calls.push(['fault', fault]),
  };
  return { calls, sink };
}
