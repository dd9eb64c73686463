import type { FrameCalls } from '../../../src/engine/feed/frame-calls.ts';

type Call = readonly unknown[];

/** A sink for a decoder's calls, and the list of those it got; `heard` is left out of the list. */
export function recordingCalls(): { readonly calls: Call[]; readonly sink: FrameCalls } {
  const calls: Call[] = [];
  const sink: FrameCalls = {
    handler: {
      quote: (...args) => calls.push(['quote', ...args]),
      trade: (...args) => calls.push(['trade', ...args]),
      greeks: (...args) => calls.push(['greeks', ...args]),
      summary: (...args) => calls.push(['summary', ...args]),
    },
    heard: () => undefined,
    candleRow: (...args) => calls.push(['candleRow', ...args]),
    sale: (...args) => calls.push(['sale', ...args]),
    control: (message) => calls.push(['control', message]),
    fault: (fault) => calls.push(['fault', fault]),
  };
  return { calls, sink };
}
