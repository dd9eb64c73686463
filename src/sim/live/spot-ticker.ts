/** The underlying as the feed sees it: quote, last print, day summary. Owned by the live market. */
import { MICROS_PER_MILLI, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { EventRow, EventSource } from '../dxlink/event-schema.ts';
import { eventIndex } from '../dxlink/event-schema.ts';
import { stepStart } from '../model/day-grid.ts';
import type { SpotQuote } from '../model/spot-state.ts';
import { spotQuoteAt } from '../model/spot-state.ts';
import type { DayContext } from './day-context.ts';

const CENTS = 100;
const INDEX_HALF_WIDTH_CENTS = 40;

interface Versions {
  quote: number;
  trade: number;
  extended: number;
  summary: number;
  profile: number;
}

interface DayRange {
  open: number;
  high: number;
  low: number;
}

/** Lives through all sessions; `startDay` moves it to the next. */
export class SpotTicker {
  readonly #versions: Versions = { quote: 0, trade: 0, extended: 0, summary: 0, profile: 0 };
  #day: DayContext | undefined;
  #step = -1;
  #range: DayRange | undefined;
  #regularStep = -1;
  #extendedStep = -1;

  /** Starts a session. */
  startDay(day: DayContext): void {
    this.#day = day;
    this.#step = -1;
    this.#range = undefined;
    this.#regularStep = -1;
    this.#extendedStep = -1;
    this.#versions.profile += 1;
    this.#versions.summary += 1;
  }

  /** Moves to a step; answers the time-and-sale rows of the steps since the last one. */
  advance(step: number): EventRow[] {
    const day = this.#day;
    if (day === undefined || step === this.#step) return [];
    const isFirst = this.#step < 0;
    const prints: EventRow[] = [];
    for (let at = isFirst ? 0 : this.#step + 1; at <= step; at += 1) {
      if ((day.path.volumes[at] ?? 0) === 0) continue;
      this.#takePrint(day, at);
      if (!isFirst) prints.push(saleRow(day, at));
    }
    this.#step = step;
    this.#versions.quote += 1;
    return prints;
  }

  #takePrint(day: DayContext, step: number): void {
    const { openStep, closeStep } = day.grid;
    if (step < openStep || step >= closeStep) {
      this.#extendedStep = step;
      this.#versions.extended += 1;
      return;
    }
    this.#regularStep = step;
    this.#versions.trade += 1;
    const price = day.path.prices[step] ?? 0;
    const range = this.#range;
    if (range === undefined) {
      this.#range = { open: price, high: price, low: price };
      this.#versions.summary += 1;
    } else if (price > range.high || price < range.low) {
      range.high = Math.max(range.high, price);
      range.low = Math.min(range.low, price);
      this.#versions.summary += 1;
    }
  }

  /** The source of one kind of event, or undefined when the underlying has none of it. */
  source(type: string): EventSource | undefined {
    switch (type) {
      case 'Quote':
        return this.#sourceOf('quote', readQuote);
      case 'Trade':
        return this.#sourceOf('trade', (day) => readTrade(day, this.#regularStep, false));
      case 'TradeETH':
        return this.#sourceOf('extended', (day) => readTrade(day, this.#extendedStep, true));
      case 'Summary':
        return this.#sourceOf('summary', (day) => readSummary(day, this.#range, this.#step));
      case 'Profile':
        return this.#sourceOf('profile', readProfile);
      default:
        return undefined;
    }
  }

  #sourceOf(kind: keyof Versions, read: (day: DayContext, step: number) => EventRow): EventSource {
    const versions = this.#versions;
    return {
      get version() {
        return versions[kind];
      },
      read: () => (this.#day === undefined ? {} : read(this.#day, this.#step)),
    };
  }
}

function readQuote(day: DayContext, step: number): EventRow {
  const quote = spotQuoteAt(day.path, step);
  return {
    eventSymbol: day.path.shape.spec.symbol,
    eventTime: 0,
    sequence: 0,
    timeNanoPart: 0,
    bidTime: 0,
    bidExchangeCode: 'Q',
    bidPrice: quote.bid / CENTS,
    bidSize: quote.bidSize,
    askTime: 0,
    askExchangeCode: 'P',
    askPrice: quote.ask / CENTS,
    askSize: quote.askSize,
    ...(day.path.shape.spec.settlement === 'cash' ? indexSides(quote) : {}),
  };
}

/** An index has no market: its quote is reckoned from its members', wide and without sizes. */
function indexSides(quote: SpotQuote): EventRow {
  return {
    bidExchangeCode: '',
    bidPrice: (quote.bid - INDEX_HALF_WIDTH_CENTS) / CENTS,
    bidSize: Number.NaN,
    askExchangeCode: '',
    askPrice: (quote.ask + INDEX_HALF_WIDTH_CENTS) / CENTS,
    askSize: Number.NaN,
  };
}

function readTrade(day: DayContext, step: number, isExtended: boolean): EventRow {
  const price = (day.path.prices[step] ?? 0) / PRICE_PER_DOLLAR;
  const before = (day.path.prices[step - 1] ?? 0) / PRICE_PER_DOLLAR;
  const volume = day.path.volumeSoFar[step] ?? 0;
  return {
    eventSymbol: day.path.shape.spec.symbol,
    eventTime: 0,
    time: stepStart(day.grid, step) / MICROS_PER_MILLI,
    sequence: step,
    exchangeCode: 'Q',
    price,
    change: Math.round((price - before) * PRICE_PER_DOLLAR) / PRICE_PER_DOLLAR,
    size: day.path.volumes[step] ?? 0,
    dayId: day.dayId,
    dayVolume: volume,
    dayTurnover: Math.round(volume * price * CENTS) / CENTS,
    tickDirection: price > before ? 'UP' : price < before ? 'DOWN' : 'ZERO',
    extendedTradingHours: isExtended,
  };
}

function readSummary(day: DayContext, range: DayRange | undefined, step: number): EventRow {
  const dollars = (price: number | undefined): number =>
    price === undefined ? Number.NaN : price / PRICE_PER_DOLLAR;
  const { closeStep } = day.grid;
  const closed = step >= closeStep ? day.path.prices[closeStep - 1] : undefined;
  return {
    eventSymbol: day.path.shape.spec.symbol,
    eventTime: 0,
    dayId: day.dayId,
    dayOpenPrice: dollars(range?.open),
    dayHighPrice: dollars(range?.high),
    dayLowPrice: dollars(range?.low),
    dayClosePrice: dollars(closed),
    dayClosePriceType: 'REGULAR',
    prevDayId: day.previousDayId,
    prevDayClosePrice: day.previousClose,
    prevDayClosePriceType: 'FINAL',
    prevDayVolume: day.previousPath.volumeSoFar.at(-1) ?? Number.NaN,
    openInterest: 0,
  };
}

function readProfile(day: DayContext): EventRow {
  return {
    eventSymbol: day.path.shape.spec.symbol,
    eventTime: 0,
    description: `Simulated ${day.path.shape.spec.title}`,
    shortSaleRestriction: 'INACTIVE',
    tradingStatus: 'ACTIVE',
    statusReason: null,
  };
}

function saleRow(day: DayContext, step: number): EventRow {
  const quote = spotQuoteAt(day.path, step);
  const time = stepStart(day.grid, step) / MICROS_PER_MILLI;
  const price = day.path.prices[step] ?? 0;
  return {
    eventSymbol: day.path.shape.spec.symbol,
    eventTime: 0,
    eventFlags: 0,
    index: eventIndex(time, 0),
    time,
    sequence: 0,
    exchangeCode: 'Q',
    price: price / PRICE_PER_DOLLAR,
    size: day.path.volumes[step] ?? 0,
    bidPrice: quote.bid / CENTS,
    askPrice: quote.ask / CENTS,
    exchangeSaleConditions: '',
    aggressorSide: price * CENTS >= quote.ask * PRICE_PER_DOLLAR ? 'BUY' : 'SELL',
    spreadLeg: false,
    extendedTradingHours: step < day.grid.openStep || step >= day.grid.closeStep,
    validTick: true,
    type: 'NEW',
  };
}
