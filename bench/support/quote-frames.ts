/** DXLink frames of quotes over the sample chain, and what a reader must see after each. */
import { instrumentSymbol, streamerSymbol } from '../../src/engine/domain/instrument.ts';
import { dollarsFromPrice, type Price } from '../../src/engine/domain/units.ts';
import { nudged, type SampleChain } from './sample-chain.ts';

/** Channel of quotes. */
export const QUOTE_CHANNEL = 1;
/** Fields of a quote as the server announces them. */
export const QUOTE_FIELDS = ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'] as const;

export interface QuoteFrame {
  readonly text: string;
  /** The last contract in the frame: what stands in it is visible when all before it is. */
  readonly row: number;
  readonly symbol: string;
  readonly streamer: string;
  readonly ask: Price | undefined;
}

/** `count` frames of `events` quotes each in COMPACT form. Two frames of the same rows that follow
 * one another differ in their asks. */
export function quoteFrames(sample: SampleChain, count: number, events: number): QuoteFrame[] {
  return Array.from({ length: count }, (_, turn) => quoteFrame(sample, turn, events));
}

function quoteFrame(sample: SampleChain, turn: number, events: number): QuoteFrame {
  const { contracts, quotes } = sample;
  const values: (string | number)[] = [];
  let last: Omit<QuoteFrame, 'text'> = {
    row: 0,
    symbol: '',
    streamer: '',
    ask: undefined,
  };
  for (let i = 0; i < events; i += 1) {
    const row = (turn * events + i) % contracts.length;
    const contract = contracts[row];
    const quote = quotes[row];
    if (contract === undefined || quote === undefined) continue;
    const { bid, ask, bidSize, askSize } = nudged(
      quote,
      Math.floor((turn * events) / contracts.length),
    );
    const streamer = streamerSymbol(contract);
    values.push(streamer, dollars(bid), dollars(ask), bidSize, askSize);
    last = { row, symbol: instrumentSymbol(contract), streamer, ask };
  }
  const data = ['Quote', values];
  const text = JSON.stringify({ type: 'FEED_DATA', channel: QUOTE_CHANNEL, data });
  return { ...last, text };
}

function dollars(price: Price | undefined): number {
  return price === undefined ? 0 : dollarsFromPrice(price);
}
