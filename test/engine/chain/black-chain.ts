/** A chain quoted around exact Black prices, for the tests of this folder. */

import { createChainBuffer, UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { ChainReader } from '../../../src/engine/chain/chain-reader.ts';
import { ChainWriter } from '../../../src/engine/chain/chain-writer.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import {
  type OptionContract,
  occSymbol,
  type Right,
} from '../../../src/engine/domain/instrument.ts';
import type { ChainListing } from '../../../src/engine/domain/market.ts';
import { type SessionTimes, sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  type EpochMicros,
  MICROS_PER_MINUTE,
  type Price,
  price,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import { yearsToExpiry } from '../../../src/engine/pricing/time-to-expiry.ts';
import type { RingWriter } from '../../../src/engine/ring/ring-writer.ts';

export const DATE = sessionDate('2026-11-20');
export const SESSION = sessionOf('2026-11-20');

export function sessionOf(date: string): SessionTimes {
  const session = sessionTimes(sessionDate(date));
  if (session === undefined) throw new Error(`${date} is no session`);
  return session;
}

/** The same instant on both clocks, `minutes` after the open of SESSION. */
export function atMinute(minutes: number, session = SESSION): At {
  const market: EpochMicros = addMicros(session.open, minutes * MICROS_PER_MINUTE);
  return { market, wall: market };
}

export function option(right: Right, dollars: number, date = DATE): OptionContract {
  return { kind: 'option', root: 'SPY', expiry: date, right, strike: priceFromDollars(dollars) };
}

/** Calls and puts at every whole dollar from `low` to `high`. */
export function listingOf(low: number, high: number, date = DATE): ChainListing {
  const contracts: OptionContract[] = [];
  for (let dollars = low; dollars <= high; dollars += 1) {
    contracts.push(option('call', dollars, date), option('put', dollars, date));
  }
  return { underlying: 'SPY', date, contracts };
}

/** A smile: skewed and curved in log-strike around the forward. */
export function smileVol(strike: number, forward: number): number {
  const k = Math.log(strike / forward);
  return 0.16 - 0.8 * k + 20 * k * k;
}

export class BlackChain {
  readonly buffer = createChainBuffer();
  readonly writer: ChainWriter;
  readonly reader: ChainReader;
  readonly listing: ChainListing;
  forward = 600.37;
  vol: (strike: number, forward: number) => number = smileVol;
  /** Half of the bid-ask spread. */
  halfSpread: Price = price(50);

  constructor(low = 570, high = 630, ring?: RingWriter) {
    this.writer = new ChainWriter(this.buffer, ring);
    this.reader = new ChainReader(this.buffer);
    this.listing = listingOf(low, high);
    this.writer.openSession(this.listing, SESSION, atMinute(0));
  }

  valueOf(contract: OptionContract, at: At): number {
    const strike = contract.strike / 10_000;
    const years = yearsToExpiry(at.market, SESSION.lastTrade);
    const vol = this.vol(strike, this.forward);
    return blackValue({ right: contract.right, forward: this.forward, strike, years, vol });
  }

  rowOf(contract: OptionContract): number {
    const row = this.writer.indexOf(occSymbol(contract));
    if (row === undefined) throw new Error(`not listed: ${occSymbol(contract)}`);
    return row;
  }

  quote(contract: OptionContract, bid: number | undefined, ask: number | undefined, at: At): void {
    const quote = {
      bid: bid === undefined ? undefined : price(bid),
      ask: ask === undefined ? undefined : price(ask),
      bidSize: 10,
      askSize: 12,
    };
    this.writer.setQuote(this.rowOf(contract), quote, at);
  }

  quoteSpot(dollars: number, at: At): void {
    const mid = priceFromDollars(dollars);
    const quote = { bid: price(mid - 100), ask: price(mid + 100), bidSize: 3, askSize: 4 };
    this.writer.setQuote(UNDERLYING, quote, at);
  }

  /** Quotes every contract symmetrically around its Black value; one worth less than half the
   * spread has no bid. */
  quoteAll(at: At): void {
    for (const contract of this.listing.contracts) {
      const mid = priceFromDollars(this.valueOf(contract, at));
      const bid = mid - this.halfSpread;
      this.quote(contract, bid > 0 ? bid : undefined, Math.max(100, mid + this.halfSpread), at);
    }
  }

  /** All quotes, the spot and the end of the batch. */
  batch(at: At): void {
    this.quoteSpot(this.forward, at);
    this.quoteAll(at);
    this.writer.endBatch(at);
  }
}
