/** One listed option as the feed sees it at the current step. Owned by the board it stands in. */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { occSymbol, streamerSymbol } from '../../engine/domain/instrument.ts';
import { MICROS_PER_MILLI, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { EventRow, EventSource } from '../dxlink/event-schema.ts';
import { eventIndex } from '../dxlink/event-schema.ts';
import { STEPS_PER_MINUTE, stepStart } from '../model/day-grid.ts';
import type { FeedGreeks } from '../model/feed-greeks.ts';
import { feedGreeks } from '../model/feed-greeks.ts';
import type { OptionPrint, ValueRange } from '../model/option-day.ts';
import { openInterestOf, widenRange } from '../model/option-day.ts';
import type { OptionQuote, QuotedOption } from '../model/option-quote.ts';
import { optionValue, quoteOption } from '../model/option-quote.ts';
import { hashText } from '../model/prng.ts';
import type { OptionClimate } from '../model/spot-state.ts';
import type { DayContext } from './day-context.ts';

const CENTS = 100;
/** An option never closes below its tick. */
const ONE_CENT = 0.01;
const SALT = 0x51ed270b;

interface Versions {
  quote: number;
  trade: number;
  greeks: number;
  summary: number;
}

/** Quotes, last print, greeks and day summary of one contract, each with a version. */
export class OptionRow implements QuotedOption {
  readonly contract: OptionContract;
  readonly symbol: string;
  readonly strike: number;
  readonly right: OptionContract['right'];
  readonly salt: number;
  quote: OptionQuote | undefined;
  print: OptionPrint | undefined;
  readonly #day: DayContext;
  readonly #versions: Versions = { quote: 0, trade: 0, greeks: 0, summary: 0 };
  #lots = 0;
  #greeksStep = -1;
  #range: ValueRange | undefined;

  constructor(contract: OptionContract, day: DayContext) {
    this.contract = contract;
    this.symbol = streamerSymbol(contract);
    this.strike = contract.strike / PRICE_PER_DOLLAR;
    this.right = contract.right;
    this.salt = hashText(`${day.seed}|${occSymbol(contract)}`, SALT);
    this.#day = day;
  }

  /** Takes the quote of a climate. */
  requote(climate: OptionClimate): void {
    const next = quoteOption(this, climate);
    const now = this.quote;
    if (now !== undefined && isSameQuote(now, next)) return;
    this.quote = next;
    this.#versions.quote += 1;
  }

  /** Takes what has traded up to a step; answers the print when there is a new one. */
  trade(step: number): OptionPrint | undefined {
    const volume = this.#day.trading.volumeAt(this, step);
    if (volume === this.#lots) return undefined;
    this.#lots = volume;
    this.print = this.#day.trading.lastPrint(this, step);
    this.#versions.trade += 1;
    return this.print;
  }

  /** Moves the greeks to a newer step. */
  refreshGreeks(step: number): void {
    if (step === this.#greeksStep) return;
    this.#greeksStep = step;
    this.#versions.greeks += 1;
  }

  /** Takes a sampled value into the day's range. */
  widen(climate: OptionClimate): void {
    const range = widenRange(this.#range, this, climate);
    const now = this.#range;
    this.#range = range;
    if (now?.high !== range.high || now.low !== range.low) this.#versions.summary += 1;
  }

  /** The source of one kind of event, or undefined when options have none of it. */
  source(type: string): EventSource | undefined {
    switch (type) {
      case 'Quote':
        return this.#sourceOf('quote', () => this.#readQuote());
      case 'Trade':
        return this.#sourceOf('trade', () => this.#readTrade());
      case 'Greeks':
        return this.#sourceOf('greeks', () => this.#readGreeks());
      case 'Summary':
        return this.#sourceOf('summary', () => this.#readSummary());
      default:
        return undefined;
    }
  }

  #sourceOf(kind: keyof Versions, read: () => EventRow): EventSource {
    const versions = this.#versions;
    return {
      get version() {
        return versions[kind];
      },
      read,
    };
  }

  #readQuote(): EventRow {
    const { bid = 0, ask = 0, bidSize = 0, askSize = 0 } = this.quote ?? {};
    return {
      eventSymbol: this.symbol,
      eventTime: 0,
      sequence: 0,
      timeNanoPart: 0,
      bidTime: 0,
      bidExchangeCode: 'C',
      bidPrice: bid / CENTS,
      bidSize: bid === 0 ? Number.NaN : bidSize,
      askTime: 0,
      askExchangeCode: 'C',
      askPrice: ask / CENTS,
      askSize,
    };
  }

  #readTrade(): EventRow {
    const print = this.print;
    if (print === undefined) return { eventSymbol: this.symbol };
    const price = print.price / CENTS;
    return {
      eventSymbol: this.symbol,
      eventTime: 0,
      time: stepStart(this.#day.grid, print.step) / MICROS_PER_MILLI,
      sequence: print.step,
      exchangeCode: 'C',
      price,
      change: Number.NaN,
      size: print.size,
      dayId: this.#day.dayId,
      dayVolume: print.dayVolume,
      dayTurnover: print.dayVolume * price,
      tickDirection: 'ZERO',
      extendedTradingHours: false,
    };
  }

  #readGreeks(): EventRow {
    const step = this.#greeksStep;
    const time = stepStart(this.#day.grid, step) / MICROS_PER_MILLI;
    const greeks = this.greeksAt(step);
    return {
      eventSymbol: this.symbol,
      eventTime: 0,
      eventFlags: 0,
      index: eventIndex(time, 0),
      time,
      sequence: 0,
      ...greeks,
    };
  }

  /** The vendor's greeks at a step. */
  greeksAt(step: number): FeedGreeks | undefined {
    const climate = this.#day.climate.at(step);
    const isCall = this.right === 'call';
    const value = optionValue(this, climate);
    const otm = this.strike >= climate.forward ? 'call' : 'put';
    return feedGreeks({
      isCall,
      forward: climate.forward,
      strike: this.strike,
      value,
      otmValue:
        otm === this.right ? value : optionValue({ ...this.asQuoted(), right: otm }, climate),
      minutesLeft: (this.#day.grid.lastTradeStep - step) / STEPS_PER_MINUTE,
    });
  }

  /** What the model needs of this contract. */
  asQuoted(): QuotedOption {
    return { right: this.right, strike: this.strike, salt: this.salt };
  }

  #readSummary(): EventRow {
    const { open, high, low } = this.#range ?? {};
    return {
      eventSymbol: this.symbol,
      eventTime: 0,
      dayId: this.#day.dayId,
      dayOpenPrice: onCents(open),
      dayHighPrice: onCents(high),
      dayLowPrice: onCents(low),
      dayClosePriceType: 'REGULAR',
      prevDayId: this.#day.previousDayId,
      prevDayClosePrice: Math.max(ONE_CENT, onCents(this.#day.previousValue(this))),
      prevDayClosePriceType: 'FINAL',
      openInterest: openInterestOf(this.#day.path, this),
    };
  }
}

function isSameQuote(a: OptionQuote, b: OptionQuote): boolean {
  return a.bid === b.bid && a.ask === b.ask && a.bidSize === b.bidSize && a.askSize === b.askSize;
}

function onCents(dollars: number | undefined): number {
  if (dollars === undefined) return Number.NaN;
  return Math.round(dollars * CENTS) / CENTS;
}
