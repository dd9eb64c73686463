/** A market of one underlying's same-day options, as the DXLink server and the REST service read it. */
import type { OptionContract } from '../engine/domain/instrument.ts';
import type { UnderlyingSpec } from '../engine/domain/underlying.ts';
import type { EpochMicros, SessionDate } from '../engine/domain/units.ts';
import type { EventRow, EventSource } from './dxlink/event-schema.ts';
import type { CandleSpec } from './live/candle-spec.ts';
import type { PathBar } from './model/spot-path.ts';
import type { VolatilityFacts } from './model/volatility-facts.ts';

/** The market that all connections of a simulator see, moved forward by `advance`. One owner, on one
 * thread. */
export interface Market {
  /** What is traded. */
  readonly spec: UnderlyingSpec;
  /** Grows whenever symbols are listed that were not before. */
  readonly epoch: number;
  /** Grows whenever the market moves: while it stays, nothing there is to read has changed. */
  readonly moves: number;
  /** The trading date of the current session. */
  readonly date: SessionDate | undefined;
  /** The listed 0DTE contracts of the current session, ascending by strike. */
  contracts(): readonly OptionContract[];
  /** Moves to a moment of market time; answers the prints since the last one, in order of time.
   * On a day without a session the market of the day before stands still. */
  advance(at: EpochMicros): EventRow[];
  /** The current event of a type and symbol, for as long as the symbol is listed: the underlying's is asked
   * for once. Undefined for what this market does not have. */
  find(type: string, symbol: string): EventSource | undefined;
  /** What is known of the underlying's volatility at this moment. */
  volatility(): VolatilityFacts | undefined;
  /** Bars of the underlying that start at or after a moment, ascending, the last one forming. */
  barsSince(spec: CandleSpec, fromMicros: number): PathBar[];
}
