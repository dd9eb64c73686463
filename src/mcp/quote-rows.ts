/** Quotes from where they are best known: the live chain for what the engine trades, else the broker. */

import { viewOf } from '../desk/engine-api-holdings.ts';
import type { QuoteRow } from '../engine/domain/account-facts.ts';
import type { ChainSlice } from '../engine/domain/market.ts';
import type { EpochMicros, Price } from '../engine/domain/units.ts';
import { dollarsFromPrice, MICROS_PER_MILLI } from '../engine/domain/units.ts';
import type { ShownQuote } from './account-shapes.ts';

const MID_DECIMALS = 4;

function midOf(bid: number | null, ask: number | null): number | null {
  return bid === null || ask === null ? null : Number(((bid + ask) / 2).toFixed(MID_DECIMALS));
}

function perShare(price: Price | undefined): number | null {
  return price === undefined ? null : dollarsFromPrice(price);
}

/** The row of a symbol that the live chain quotes; undefined for every other. */
export function chainQuote(
  slice: ChainSlice,
  symbol: string,
  wall: EpochMicros,
): ShownQuote | undefined {
  const view = viewOf(slice, symbol);
  const quote = symbol === slice.underlying ? slice.spotQuote : view?.quote;
  if (quote === undefined && view === undefined) return undefined;
  const [bid, ask] = [perShare(quote?.bid), perShare(quote?.ask)];
  return {
    symbol,
    from: 'liveChain',
    bid,
    ask,
    mid: midOf(bid, ask),
    bidSize: quote?.bidSize ?? null,
    askSize: quote?.askSize ?? null,
    last: perShare(view?.last),
    previousClose: null,
    volume: view?.volume ?? null,
    ageMs: quote === undefined ? null : ageMillis(quote.at.wall, wall),
    metrics: null,
  };
}

/** A row that the broker told. */
export function brokerQuote(row: QuoteRow, wall: EpochMicros): ShownQuote {
  const { at, ...rest } = row;
  const told = at === null ? Number.NaN : Date.parse(at) * MICROS_PER_MILLI;
  const ageMs = Number.isNaN(told) ? null : ageMillis(told, wall);
  return { ...rest, from: 'broker', mid: midOf(row.bid, row.ask), ageMs, metrics: null };
}

function ageMillis(at: number, wall: EpochMicros): number {
  return Math.max(0, Math.round((wall - at) / MICROS_PER_MILLI));
}
