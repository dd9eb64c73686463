/**
 * The simulated market at one moment: a pure function of seed or bars, date and market time, moved
 * forward by `advance`. One owner, on one thread.
 */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { newYorkDate, sessionKind } from '../../engine/domain/session-calendar.ts';
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { EventRow, EventSource } from '../dxlink/event-schema.ts';
import { eventIndex } from '../dxlink/event-schema.ts';
import type { Market } from '../market.ts';
import { stepAt, stepStart } from '../model/day-grid.ts';
import type { MarketSource } from '../model/market-source.ts';
import type { PathBar } from '../model/spot-path.ts';
import type { VolatilityFacts } from '../model/volatility-facts.ts';
import { volatilityFacts } from '../model/volatility-facts.ts';
import { CandleBook } from './candle-book.ts';
import type { CandleSpec } from './candle-spec.ts';
import type { DayContext } from './day-context.ts';
import { dayContext } from './day-context.ts';
import type { BoardPrint } from './option-board.ts';
import { OptionBoard } from './option-board.ts';
import { SpotTicker } from './spot-ticker.ts';

const CENTS = 100;

interface Session {
  readonly day: DayContext;
  readonly board: OptionBoard;
  readonly candles: CandleBook;
}

export class LiveMarket implements Market {
  readonly #seed: number;
  readonly #source: MarketSource;
  readonly #ticker = new SpotTicker();
  #session: Session | undefined;
  #step = 0;
  #epoch = 0;
  #moves = 0;

  constructor(seed: number, source: MarketSource) {
    this.#seed = seed;
    this.#source = source;
  }

  get spec(): UnderlyingSpec {
    return this.#source.spec;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get moves(): number {
    return this.#moves;
  }

  get date(): SessionDate | undefined {
    return this.#session?.day.date;
  }

  contracts(): OptionContract[] {
    return this.#session?.board.contracts() ?? [];
  }

  advance(at: EpochMicros): EventRow[] {
    const session = this.#sessionAt(at);
    if (session === undefined) return [];
    const step = stepAt(session.day.grid, at);
    if (step < this.#step) return [];
    if (step > this.#step) this.#moves += 1;
    this.#step = step;
    const listed = session.board.rows.size;
    const sales = this.#ticker.advance(step);
    for (const print of session.board.advance(step)) sales.push(optionSale(session.day, print));
    if (session.board.rows.size !== listed) this.#epoch += 1;
    return sales;
  }

  #sessionAt(at: EpochMicros): Session | undefined {
    const date = newYorkDate(at);
    const now = this.#session;
    if (now?.day.date === date || sessionKind(date) === 'closed') return now;
    const day = dayContext(this.#seed, this.#source, date);
    this.#session = { day, board: new OptionBoard(day), candles: new CandleBook(day) };
    this.#ticker.startDay(day);
    this.#step = 0;
    this.#moves += 1;
    return this.#session;
  }

  find(type: string, symbol: string): EventSource | undefined {
    if (symbol === this.spec.symbol) return this.#ticker.source(type);
    return this.#session?.board.rows.get(symbol)?.source(type);
  }

  volatility(): VolatilityFacts | undefined {
    if (this.#session === undefined) return undefined;
    const { day } = this.#session;
    return volatilityFacts(this.#source, day.date, day.climate.dayDeviation(this.#step));
  }

  barsSince(spec: CandleSpec, fromMicros: number): PathBar[] {
    if (spec.base !== this.spec.symbol) return [];
    return this.#session?.candles.barsSince(spec, fromMicros, this.#step) ?? [];
  }
}

function optionSale(day: DayContext, { row, print }: BoardPrint): EventRow {
  const time = stepStart(day.grid, print.step) / MICROS_PER_MILLI;
  return {
    eventSymbol: row.symbol,
    eventTime: 0,
    eventFlags: 0,
    index: eventIndex(time, 0),
    time,
    sequence: 0,
    exchangeCode: 'C',
    price: print.price / CENTS,
    size: print.size,
    bidPrice: (row.quote?.bid ?? 0) / CENTS,
    askPrice: (row.quote?.ask ?? 0) / CENTS,
    exchangeSaleConditions: '',
    aggressorSide: print.side,
    spreadLeg: false,
    extendedTradingHours: false,
    validTick: true,
    type: 'NEW',
  };
}
