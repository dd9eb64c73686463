/** A 0DTE chain to measure on: strikes a dollar apart, quotes on the penny grid around a model. */
import type { QuoteFields } from '../../src/engine/chain/chain-writer.ts';
import type { OptionContract } from '../../src/engine/domain/instrument.ts';
import type { ChainListing, ChainSlice, Quote } from '../../src/engine/domain/market.ts';
import type { SessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { price } from '../../src/engine/domain/units.ts';
import { buildSlice } from '../../test/support/chain-builder.ts';

/** Dollars. */
export const SAMPLE_SPOT = 600;
/** Calls and puts together: 400 contracts. */
export const SAMPLE_STRIKES = 200;
const PENNY = 100;

export interface SampleChain {
  readonly listing: ChainListing;
  readonly session: SessionTimes;
  readonly slice: ChainSlice;
  readonly contracts: readonly OptionContract[];
  /** By chain row. */
  readonly quotes: readonly QuoteFields[];
  readonly spotQuote: QuoteFields;
}

/** The chain at 10:30 on 2026-11-20: all calls, then all puts. */
export function sampleChain(strikes = SAMPLE_STRIKES): SampleChain {
  const lowest = SAMPLE_SPOT - strikes / 2;
  const slice = buildSlice({
    spot: SAMPLE_SPOT,
    strikes: Array.from({ length: strikes }, (_, i) => lowest + i),
  });
  const views = [...slice.calls, ...slice.puts];
  const contracts = views.map(({ contract }) => contract);
  return {
    listing: { underlying: 'SPY', date: slice.session.date, contracts },
    session: slice.session,
    slice,
    contracts,
    quotes: views.map(({ quote }) => sidesOf(quote)),
    spotQuote: sidesOf(slice.spotQuote),
  };
}

/** A quote without its age: benches say themselves when it arrives. */
function sidesOf(quote: Quote | undefined): QuoteFields {
  const { bid, ask, bidSize = 0, askSize = 0 } = quote ?? {};
  return { bid, ask, bidSize, askSize };
}

/** The quote with its ask a penny higher on every other call: it differs, and stays a market. */
export function nudged(quote: QuoteFields, turn: number): QuoteFields {
  if (turn % 2 === 0 || quote.ask === undefined) return quote;
  return { ...quote, ask: price(quote.ask + PENNY) };
}
