/** Quotes of options and shares, for people to look at. Pure. */
import type { AskOf, ValueOf } from '../../engine/domain/account-facts.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { Asking, Reading } from '../account-reader.ts';
import { read } from '../account-reader.ts';
import { get } from './account-answers.ts';
import { quoteRow } from './account-rows.ts';
import type { Fields } from './wire-order.ts';
import { isFields } from './wire-order.ts';

/** The snapshots of some symbols, by symbol. */
function* snapshots(
  path: string,
  symbols: readonly string[],
): Asking<{ readonly rows: Fields; readonly wall?: EpochMicros }> {
  if (symbols.length === 0) return { rows: {} };
  const list = encodeURIComponent(symbols.join(','));
  const got = yield* get(`${path}?symbols=${list}`, { service: 'data' });
  if (got === 'none') return { rows: {} };
  if (got.kind === 'failed') return got;
  const body = isFields(got.value) ? got.value : {};
  return { rows: isFields(body['snapshots']) ? body['snapshots'] : body, wall: got.wall };
}

/** Options and shares are asked of two services; what neither knows is left out. */
export function* readQuotes({ symbols }: AskOf<'quotes'>): Reading<ValueOf<'quotes'>> {
  const named = symbols.map((symbol) => symbol.replaceAll(' ', ''));
  const isOption = (symbol: string) => parseOccSymbol(symbol) !== undefined;
  const options = yield* snapshots('/v1beta1/options/snapshots', named.filter(isOption));
  if ('kind' in options) return options;
  const stocks = named.filter((symbol) => !isOption(symbol));
  const shares = yield* snapshots('/v2/stocks/snapshots', stocks);
  if ('kind' in shares) return shares;
  const wall = options.wall ?? shares.wall;
  if (wall === undefined) return { kind: 'notFound', what: 'quote' };
  const rows: Fields = { ...options.rows, ...shares.rows };
  const quotes = named.flatMap((symbol) => {
    const row = rows[symbol];
    return isFields(row) ? [quoteRow(symbol, row)] : [];
  });
  const note = "Alpaca's free option quotes are delayed and altered: no decision reads them";
  return read({ quotes }, 'alpaca', wall, note);
}
