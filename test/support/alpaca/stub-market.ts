/** What the Alpaca stub knows of the market: contracts of one day, quotes, the clock and calendar. */

import { remembered } from '../../../src/broker/remembered-reading.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { occSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import {
  newYorkDate,
  newYorkMinutes,
  nextSessionDate,
  sessionKind,
  sessionTimes,
} from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../../src/engine/domain/units.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { timeText, uuid } from './stub-order.ts';

/** Cents per share; a side without a price is undefined. */
export interface StubQuote {
  readonly bid: number | undefined;
  readonly ask: number | undefined;
  readonly bidSize: number;
  readonly askSize: number;
}

/** Alpaca's symbol: the OCC symbol without its spaces. */
export function alpacaSymbolOf(contract: OptionContract): string {
  return occSymbol(contract).replaceAll(' ', '');
}

export class StubMarket {
  readonly #contracts = new Map<string, OptionContract>();
  readonly #quotes = new Map<string, StubQuote>();
  /** Any OCC symbol is one of a listed contract. */
  listsEverything = false;
  /** Contracts whose snapshot has no greeks. */
  readonly withoutGreeks = new Set<string>();

  list(contracts: readonly OptionContract[]): void {
    for (const contract of contracts) this.#contracts.set(alpacaSymbolOf(contract), contract);
  }

  contract(symbol: string): OptionContract | undefined {
    const known = this.#contracts.get(symbol);
    return known ?? (this.listsEverything ? parseOccSymbol(symbol) : undefined);
  }

  put(symbol: string, quote: StubQuote): void {
    this.#quotes.set(symbol, quote);
  }

  quote(symbol: string): StubQuote | undefined {
    return this.#quotes.get(symbol);
  }

  /** Mid in cents; a missing bid counts 0. */
  mid(symbol: string): number | undefined {
    const quote = this.#quotes.get(symbol);
    return quote?.ask === undefined ? undefined : ((quote.bid ?? 0) + quote.ask) / 2;
  }

  contractsJson(query: URLSearchParams): object {
    const { rows, next } = pageOf(this.#chosen(query), query, 'limit', 100);
    const option_contracts = rows.map((contract) => contractJson(contract));
    return { option_contracts, next_page_token: next };
  }

  snapshotsJson(query: URLSearchParams, now: EpochMicros): object {
    const quoted = this.#chosen(query).filter((each) => this.#quotes.has(alpacaSymbolOf(each)));
    const { rows, next } = pageOf(quoted, query, 'limit', 100);
    const snapshots = Object.fromEntries(
      rows.map((contract) => {
        const symbol = alpacaSymbolOf(contract);
        return [symbol, this.snapshotJson(symbol, now)];
      }),
    );
    return { snapshots, next_page_token: next };
  }

  stockJson(symbol: string, now: EpochMicros): object {
    const { bid = 0, ask = 0, bidSize = 0, askSize = 0 } = this.#quotes.get(symbol) ?? {};
    const t = `${timeText(now).slice(0, -1)}000Z`;
    const latestQuote = {
      ap: ask / 100,
      as: askSize,
      ax: 'V',
      bp: bid / 100,
      bs: bidSize,
      bx: 'V',
    };
    return {
      symbol,
      latestQuote: { ...latestQuote, c: ['R'], t, z: 'B' },
      latestTrade: { p: (bid + ask) / 200, s: 100, x: 'V', c: ['@'], i: 1, t, z: 'B' },
    };
  }

  #chosen(query: URLSearchParams): readonly OptionContract[] {
    const underlying = query.get('underlying_symbols') ?? query.get('underlying_symbol');
    const date = query.get('expiration_date');
    const type = query.get('type');
    const [low, high] = ['strike_price_gte', 'strike_price_lte'].map((name) => query.get(name));
    return [...this.#contracts.values()].filter(
      ({ root, expiry, right, strike }) =>
        (underlying === null || root === underlying) &&
        (date === null || expiry === date) &&
        (type === null || right === type) &&
        (low === null || low === undefined || strike >= Number(low) * 10_000) &&
        (high === null || high === undefined || strike <= Number(high) * 10_000),
    );
  }

  snapshotJson(symbol: string, now: EpochMicros): object {
    const { bid, ask, bidSize, askSize } = this.#quotes.get(symbol) ?? {
      bid: undefined,
      ask: undefined,
      bidSize: 0,
      askSize: 0,
    };
    const t = `${timeText(now).slice(0, -1)}000Z`;
    const latestQuote = {
      bp: (bid ?? 0) / 100,
      bs: bidSize,
      bx: 'C',
      ap: (ask ?? 0) / 100,
      as: askSize,
      ax: 'C',
      c: ' ',
      t,
    };
    if (this.withoutGreeks.has(symbol)) return { latestQuote };
    const isCall = parseOccSymbol(symbol)?.right === 'call';
    const greeks = { delta: isCall ? 0.5 : -0.5, gamma: 0.05, theta: -0.4, vega: 0.1, rho: 0.01 };
    return { latestQuote, greeks, impliedVolatility: 0.2 };
  }
}

function contractJson(contract: OptionContract): object {
  const symbol = alpacaSymbolOf(contract);
  return {
    id: uuid(contract.strike),
    symbol,
    name: `${contract.root} ${contract.expiry} ${contract.strike / 10_000} ${contract.right}`,
    status: 'active',
    tradable: true,
    expiration_date: contract.expiry,
    root_symbol: contract.root,
    underlying_symbol: contract.root,
    underlying_asset_id: uuid(1),
    type: contract.right,
    style: 'american',
    strike_price: String(contract.strike / 10_000),
    multiplier: '100',
    size: '100',
    open_interest: '120',
    open_interest_date: contract.expiry,
    close_price: '1.00',
    close_price_date: contract.expiry,
    ppind: true,
  };
}

/** One page, and the token of the next: null where there is none. */
function pageOf<T>(
  rows: readonly T[],
  query: URLSearchParams,
  limitName: string,
  byDefault: number,
): { readonly rows: readonly T[]; readonly next: string | null } {
  const limit = Number(query.get(limitName) ?? byDefault);
  const from = Number(query.get('page_token') ?? 0);
  const next = from + limit < rows.length ? String(from + limit) : null;
  return { rows: rows.slice(from, from + limit), next };
}

function clockText(at: EpochMicros): string {
  return timeText(at);
}

/** Equity hours: options of broad funds trade on for a quarter of an hour that this does not show. */
export function clockJson(now: EpochMicros): object {
  const today = newYorkDate(now);
  const session = sessionTimes(today);
  const next = sessionTimes(nextSessionDate(today));
  const isOpen = session !== undefined && now >= session.open && now < session.exerciseMark;
  const isBefore = session !== undefined && now < session.open;
  const upcoming = isBefore ? session : next;
  const closing = isOpen ? session : upcoming;
  return {
    timestamp: clockText(now),
    is_open: isOpen,
    next_open: clockText(upcoming?.open ?? now),
    next_close: clockText(closing?.exerciseMark ?? now),
  };
}

function dayJson(date: SessionDate): object[] {
  const session = sessionTimes(date);
  if (session === undefined) return [];
  const half = session.kind === 'half';
  const close = half ? '13:00' : '16:00';
  const hours = {
    open: '09:30',
    close,
    session_open: '0400',
    session_close: half ? '1700' : '2000',
  };
  return [{ date, ...hours, settlement_date: nextSessionDate(date) }];
}

const DAY_MILLIS = 86_400_000;

export function calendarJson(query: URLSearchParams, now: EpochMicros): object[] {
  const start = query.get('start') ?? newYorkDate(now);
  const end = query.get('end') ?? start;
  const days: object[] = [];
  for (let at = Date.parse(start); at <= Date.parse(end); at += DAY_MILLIS) {
    days.push(...dayJson(sessionDate(new Date(at).toISOString().slice(0, 10))));
  }
  return days;
}

/** Minutes after midnight in New York, three hours on where the day is a half one: the rules for
 * expiring contracts are written for full days. */
export function fullDayMinutes(now: EpochMicros): number {
  const minutes = newYorkMinutes(now);
  return isHalfDay(newYorkDate(now)) ? minutes + 180 : minutes;
}

/** Asked at every moment, of the same day. */
const isHalfDay = remembered((date) => sessionKind(sessionDate(date)) === 'half');
