/** What the market looks like to a reader: an immutable slice of the chain, and the day's bars. */
import type { At } from './clock.ts';
import type { Greeks } from './greeks.ts';
import type { OptionContract } from './instrument.ts';
import type { SessionTimes } from './session-calendar.ts';
import type { EpochMicros, Price, SessionDate } from './units.ts';

/** Two sides of a market. A side without a price is undefined, never 0; a size may be 0. */
export interface Quote {
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  /** Contracts (or the feed's share unit for the underlying). */
  readonly bidSize: number;
  readonly askSize: number;
  /** When this engine received it. */
  readonly at: At;
}

/** One contract as a slice shows it. Undefined always means "not known". */
export interface ContractView {
  /** Row number in the chain; stable for the session. */
  readonly index: number;
  readonly contract: OptionContract;
  readonly quote: Quote | undefined;
  readonly impliedVol: number | undefined;
  readonly greeks: Greeks | undefined;
  /** True when greeks come from the smile's edge because the contract has no two-sided market. */
  readonly modelled: boolean;
  readonly last: Price | undefined;
  /** Contracts traded today. */
  readonly volume: number | undefined;
  readonly openInterest: number | undefined;
  /** The feed's own delta, a cross-check only: no decision reads it. */
  readonly feedDelta: number | undefined;
}

/** One consistent picture of the 0DTE chain. Rows of each right in ascending strike order. */
export interface ChainSlice {
  readonly underlying: string;
  readonly session: SessionTimes;
  /** Counts published batches; two slices with one epoch are identical. */
  readonly epoch: number;
  /** When the newest batch in it was applied. */
  readonly asOf: At;
  readonly calls: readonly ContractView[];
  readonly puts: readonly ContractView[];
  /** Mid of the underlying's quote. */
  readonly spot: Price | undefined;
  readonly spotQuote: Quote | undefined;
  /** Parity-implied forward, dollars per share. */
  readonly forward: number | undefined;
  /** Implied volatility at the forward, as a fraction per year. */
  readonly atmVol: number | undefined;
  /** Expected move to the close, dollars: the at-the-money straddle's mid. */
  readonly expectedMove: number | undefined;
  /** Years (of 525,600 minutes) until the contract's last trade. */
  readonly yearsToExpiry: number;
}

/** One bar of the underlying, stamped at its start. */
export interface Bar {
  readonly startsAt: EpochMicros;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly volume: number;
}

/** What a strategy sees. */
export interface MarketView {
  readonly at: At;
  readonly slice: ChainSlice;
  /** One-minute bars of today's regular session, ascending; the last may still be forming. */
  readonly bars: readonly Bar[];
}

/** The contracts of one session, as the instruments service lists them. */
export interface ChainListing {
  readonly underlying: string;
  readonly date: SessionDate;
  readonly contracts: readonly OptionContract[];
}
