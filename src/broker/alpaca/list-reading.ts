/** Watchlists and symbols. Pure. */
import type { AskOf, ValueOf, WatchlistRow } from '../../engine/domain/account-facts.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { Asking, Reading } from '../account-reader.ts';
import { failed, read, unsupported } from '../account-reader.ts';
import { get, LISTS_CACHE_MILLIS, one, rowsOf } from './account-answers.ts';
import type { Fields } from './wire-order.ts';
import { isFields, textIn } from './wire-order.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

function namedIn(fields: Fields): Named | undefined {
  const id = textIn(fields, 'id');
  const name = textIn(fields, 'name');
  return id === undefined || name === undefined ? undefined : { id, name };
}

function watchlistIn(value: unknown): WatchlistRow | undefined {
  const name = isFields(value) ? textIn(value, 'name') : undefined;
  const assets = isFields(value) ? rowsOf(value['assets'], (row) => textIn(row, 'symbol')) : [];
  return name === undefined ? undefined : { name, kind: 'private', symbols: assets ?? [] };
}

function* namedLists(): Asking<readonly Named[]> {
  const got = yield* get('/v2/watchlists', { cacheMillis: LISTS_CACHE_MILLIS });
  if (got === 'none') return [];
  return got.kind === 'failed' ? got : (rowsOf(got.value, namedIn) ?? []);
}

/** The list of the lists names none of their symbols: each is read by itself. */
export function* readWatchlists({
  kind,
  name,
}: AskOf<'watchlists'>): Reading<ValueOf<'watchlists'>> {
  if (kind === 'public') {
    return unsupported('public watchlists', 'the private ones: Alpaca has no others');
  }
  const lists = yield* namedLists();
  if ('kind' in lists) return lists;
  const chosen = lists.filter((each) => name === undefined || each.name === name);
  if (name !== undefined && chosen.length === 0) return { kind: 'notFound', what: 'watchlist' };
  const watchlists: WatchlistRow[] = [];
  let wall: EpochMicros | undefined;
  for (const { id } of chosen) {
    const got = yield* get(`/v2/watchlists/${id}`);
    if (got === 'none') continue;
    if (got.kind === 'failed') return got;
    wall ??= got.wall;
    const row = watchlistIn(got.value);
    if (row !== undefined) watchlists.push(row);
  }
  const got = wall === undefined ? yield* get('/v2/clock') : undefined;
  if (got !== undefined && got !== 'none' && got.kind === 'got') wall = got.wall;
  return wall === undefined
    ? failed('the watchlists could not be read', true)
    : read({ watchlists }, 'alpaca', wall);
}

export function* writeWatchlist(ask: AskOf<'writeWatchlist'>): Reading<ValueOf<'writeWatchlist'>> {
  const lists = yield* namedLists();
  if ('kind' in lists) return lists;
  const known = lists.find((each) => each.name === ask.name);
  const body = JSON.stringify({ name: ask.name, symbols: ask.symbols });
  const isNew = known === undefined;
  const path = isNew ? '/v2/watchlists' : `/v2/watchlists/${known.id}`;
  const made = (value: unknown) => {
    const watchlist = watchlistIn(value);
    return watchlist === undefined ? undefined : { watchlist };
  };
  return yield* one(path, made, { method: isNew ? 'POST' : 'PUT', body });
}

export function* deleteWatchlist({
  name,
}: AskOf<'deleteWatchlist'>): Reading<ValueOf<'deleteWatchlist'>> {
  const lists = yield* namedLists();
  if ('kind' in lists) return lists;
  const known = lists.find((each) => each.name === name);
  if (known === undefined) return { kind: 'notFound', what: 'watchlist' };
  const deleted = () => ({ deleted: name });
  return yield* one(`/v2/watchlists/${known.id}`, deleted, { method: 'DELETE' });
}

/** Alpaca finds assets by their exact symbol only. */
export function* readSymbols({ text }: AskOf<'symbols'>): Reading<ValueOf<'symbols'>> {
  const ticker = text.trim().toUpperCase();
  const got = yield* get(`/v2/assets/${encodeURIComponent(ticker)}`);
  if (got === 'none') return { kind: 'notFound', what: 'symbol' };
  if (got.kind === 'failed') return got;
  const fields = isFields(got.value) ? got.value : {};
  const { attributes } = fields;
  const row = {
    symbol: textIn(fields, 'symbol') ?? ticker,
    description: textIn(fields, 'name') ?? null,
    type: textIn(fields, 'class') ?? null,
    hasOptions: Array.isArray(attributes) ? attributes.includes('has_options') : null,
  };
  return read({ symbols: [row] }, 'alpaca', got.wall, 'Alpaca knows whole symbols only');
}
