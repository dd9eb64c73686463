/** Readings of tastytrade's market data and watchlists. Pure. */
import { z } from 'zod';
import type { AskOf, QuoteRow, ValueOf, WatchlistRow } from '../../engine/domain/account-facts.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import { UNDERLYINGS, underlyingOf } from '../../engine/domain/underlying.ts';
import type { Reading } from '../account-reader.ts';
import { http, read } from '../account-reader.ts';
import { bodyOf, decimal, refusedBy } from './market-reading.ts';

const text = z.string().nullish();

const quotesAnswer = z.object({
  data: z.object({
    items: z.array(
      z.object({
        symbol: z.string(),
        bid: decimal,
        ask: decimal,
        'bid-size': decimal,
        'ask-size': decimal,
        last: decimal,
        'prev-close': decimal,
        volume: decimal,
        'updated-at': text,
      }),
    ),
  }),
});

const INDICES: ReadonlySet<string> = new Set(
  UNDERLYINGS.filter((symbol) => underlyingOf(symbol).settlement === 'cash'),
);

function typeOf(symbol: string): 'equity-option' | 'index' | 'equity' {
  if (parseOccSymbol(symbol) !== undefined) return 'equity-option';
  return INDICES.has(symbol) ? 'index' : 'equity';
}

/** One request for up to a hundred symbols of every kind. */
export function* readQuotes({ symbols }: AskOf<'quotes'>): Reading<ValueOf<'quotes'>> {
  const groups = Map.groupBy(symbols, typeOf);
  const query = [...groups]
    .map(([type, list]) => `${type}=${list.map(encodeURIComponent).join(',')}`)
    .join('&');
  const answer = yield* http({ method: 'GET', path: `/market-data/by-type?${query}` });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, quotesAnswer, 'the quotes request');
  if ('kind' in body) return body;
  const quotes = body.value.data.items.map(
    (item): QuoteRow => ({
      symbol: item.symbol,
      bid: item.bid,
      ask: item.ask,
      bidSize: item['bid-size'],
      askSize: item['ask-size'],
      last: item.last,
      previousClose: item['prev-close'],
      volume: item.volume,
      at: item['updated-at'] ?? null,
    }),
  );
  return read({ quotes }, 'tastytrade', answer.wall);
}

const listShape = z.object({
  name: z.string(),
  'watchlist-entries': z.array(z.object({ symbol: z.string() })).nullish(),
});
const oneList = z.object({ data: listShape });
const manyLists = z.object({ data: z.object({ items: z.array(listShape) }) });

function row(list: z.output<typeof listShape>, kind: WatchlistRow['kind']): WatchlistRow {
  const symbols = (list['watchlist-entries'] ?? []).map(({ symbol }) => symbol);
  return { name: list.name, kind, symbols };
}

export function* readWatchlists({
  kind,
  name,
}: AskOf<'watchlists'>): Reading<ValueOf<'watchlists'>> {
  const root = kind === 'public' ? '/public-watchlists' : '/watchlists';
  const path = name === undefined ? root : `${root}/${encodeURIComponent(name)}`;
  const answer = yield* http({ method: 'GET', path });
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404) return { kind: 'notFound', what: 'watchlist' };
  if (name === undefined) {
    const body = bodyOf(answer, manyLists, 'the watchlists request');
    if ('kind' in body) return body;
    const watchlists = body.value.data.items.map((list) => row(list, kind));
    return read({ watchlists }, 'tastytrade', answer.wall);
  }
  const body = bodyOf(answer, oneList, 'the watchlist request');
  if ('kind' in body) return body;
  return read({ watchlists: [row(body.value.data, kind)] }, 'tastytrade', answer.wall);
}

/** Replaces a list whole; makes it where there is none of that name. */
export function* writeWatchlist({
  name,
  symbols,
}: AskOf<'writeWatchlist'>): Reading<ValueOf<'writeWatchlist'>> {
  const entries = symbols.map((symbol) => ({
    symbol,
    'instrument-type': TYPE_WORDS[typeOf(symbol)],
  }));
  const body = JSON.stringify({ name, 'watchlist-entries': entries });
  const path = `/watchlists/${encodeURIComponent(name)}`;
  const there = yield* http({ method: 'GET', path });
  if (there.kind === 'failed') return there;
  if (there.status !== 200 && there.status !== 404)
    return refusedBy(there, 'the watchlist request');
  const answer =
    there.status === 404
      ? yield* http({ method: 'POST', path: '/watchlists', body })
      : yield* http({ method: 'PUT', path, body });
  if (answer.kind === 'failed') return answer;
  const written = bodyOf(answer, oneList, 'the watchlist');
  if ('kind' in written) return written;
  return read({ watchlist: row(written.value.data, 'private') }, 'tastytrade', answer.wall);
}

const TYPE_WORDS = { 'equity-option': 'Equity Option', index: 'Index', equity: 'Equity' } as const;

export function* deleteWatchlist({
  name,
}: AskOf<'deleteWatchlist'>): Reading<ValueOf<'deleteWatchlist'>> {
  const path = `/watchlists/${encodeURIComponent(name)}`;
  const answer = yield* http({ method: 'DELETE', path });
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404) return { kind: 'notFound', what: 'watchlist' };
  const body = bodyOf(answer, z.object({ data: z.unknown() }), 'the watchlist');
  if ('kind' in body) return body;
  return read({ deleted: name }, 'tastytrade', answer.wall);
}
