/** The stub's market: the quotes it was given, one day's chain, and New York's clock. */
import {
  newYorkDate,
  newYorkMinutes,
  sessionKind,
  sessionTimes,
} from '../../../src/engine/domain/session-calendar.ts';
import { epochMicrosFromMillis, sessionDate } from '../../../src/engine/domain/units.ts';
import type { StubClock } from './stub-clock.ts';

export interface StubQuote {
  readonly bid: number;
  readonly ask: number;
  readonly size: number;
}

export interface StubContract {
  readonly symbol: string;
  readonly date: string;
  readonly right: 'C' | 'P';
  readonly strike: number;
}

/** Reads a padded OCC symbol of 21 characters. */
export function contractOf(symbol: string): StubContract | undefined {
  const parts = /^([A-Z]{1,6}) *(\d{2})(\d{2})(\d{2})([CP])(\d{8})$/.exec(symbol);
  if (parts === null || symbol.length !== 21) return undefined;
  const [, , year, month, day, right, strike] = parts;
  return {
    symbol,
    date: `20${year}-${month}-${day}`,
    right: right === 'C' ? 'C' : 'P',
    strike: Number(strike) / 1_000,
  };
}

export class StubMarket {
  readonly quotes = new Map<string, StubQuote>();
  readonly #clock: StubClock;
  readonly underlying: string;
  /** What the service says otherwise than the exchange. */
  readonly otherwise: {
    halfDays?: readonly string[];
    stopsTradingAt?: string;
    ticks?: readonly object[];
  } = {};
  lowest = 500;
  highest = 700;

  constructor(clock: StubClock, underlying = 'SPY') {
    this.#clock = clock;
    this.underlying = underlying;
  }

  today(): string {
    return newYorkDate(epochMicrosFromMillis(this.#clock.millis));
  }

  minutes(): number {
    return newYorkMinutes(epochMicrosFromMillis(this.#clock.millis));
  }

  /** Minutes after midnight at which trading in options stops today, and the exercise mark. */
  stops(): { readonly mark: number; readonly last: number } {
    const times = sessionTimes(newYorkDate(epochMicrosFromMillis(this.#clock.millis)));
    if (times === undefined) return { mark: 0, last: 0 };
    return { mark: newYorkMinutes(times.exerciseMark), last: newYorkMinutes(times.lastTrade) };
  }

  isOpen(): boolean {
    const minutes = this.minutes();
    return minutes >= 9 * 60 + 30 && minutes < this.stops().last;
  }

  /** Days without a session, and half ones, of the years around the clock's. */
  holidays(): object {
    const year = Number(this.today().slice(0, 4));
    const kinds = new Map<string, string>();
    for (let day = Date.UTC(year - 3, 0, 1); day < Date.UTC(year + 4, 0, 1); day += 86_400_000) {
      const date = new Date(day).toISOString().slice(0, 10);
      const isWeekend = [0, 6].includes(new Date(day).getUTCDay());
      if (!isWeekend) kinds.set(date, sessionKind(sessionDate(date)));
    }
    const of = (kind: string) =>
      [...kinds].flatMap(([date, each]) => (each === kind ? [date] : []));
    return {
      'market-holidays': of('closed'),
      'market-half-days': this.otherwise.halfDays ?? of('half'),
    };
  }

  /** The shares' session of the day. */
  hours(): object {
    const times = sessionTimes(sessionDate(this.today()));
    if (times === undefined) return { state: 'Closed' };
    const iso = (micros: number) => new Date(micros / 1_000).toISOString();
    return { 'open-at': iso(times.open), 'close-at': iso(times.exerciseMark) };
  }

  /** When an option of a date stops trading. */
  stopsTradingAt(date: string): string | undefined {
    const last = sessionTimes(sessionDate(date))?.lastTrade;
    if (last === undefined) return undefined;
    return this.otherwise.stopsTradingAt ?? new Date(last / 1_000).toISOString();
  }

  isListed({ symbol, date, strike }: StubContract): boolean {
    return (
      symbol.startsWith(this.underlying.padEnd(6)) &&
      date >= this.today() &&
      strike >= this.lowest &&
      strike <= this.highest
    );
  }

  symbolOf(right: 'C' | 'P', strike: number): string {
    const date = this.today().slice(2).replaceAll('-', '');
    return `${this.underlying.padEnd(6)}${date}${right}${String(strike * 1_000).padStart(8, '0')}`;
  }

  /** The nested chain of the day, as the real service writes it. */
  nestedChain(): object {
    const strikes = [];
    for (let strike = this.lowest; strike <= this.highest; strike += 1) {
      const [call, put] = [this.symbolOf('C', strike), this.symbolOf('P', strike)];
      strikes.push({
        'strike-price': `${strike}.0`,
        call,
        'call-streamer-symbol': `.${call.replaceAll(' ', '').slice(0, -8)}${strike}`,
        put,
        'put-streamer-symbol': `.${put.replaceAll(' ', '').slice(0, -8)}${strike}`,
      });
    }
    const expiration = {
      'expiration-type': 'Weekly',
      'expiration-date': this.today(),
      'days-to-expiration': 0,
      'settlement-type': 'PM',
      strikes,
    };
    return {
      items: [
        {
          'underlying-symbol': this.underlying,
          'root-symbol': this.underlying,
          'option-chain-type': 'Standard',
          'shares-per-contract': 100,
          'tick-sizes': [{ value: '0.01' }],
          expirations: [expiration],
        },
      ],
    };
  }
}
