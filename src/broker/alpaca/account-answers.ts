/** Answers of Alpaca to an account reader: one of JSON, a value made of it, and lists page by page.
 * Pure. */
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { Asking, ReadFailure, Reading, ReadStep } from '../account-reader.ts';
import { failed, http, read } from '../account-reader.ts';
import { TOO_MANY_REQUESTS } from '../request-pacer.ts';
import type { Fields } from './wire-order.ts';
import { isFields, parseJson } from './wire-order.ts';

const MOST_PAGES = 20;
/** What changes slowly may be told again for so long. */
export const LISTS_CACHE_MILLIS = 5_000;

type Request = Omit<Extract<ReadStep, { kind: 'http' }>, 'kind'>;

interface Got {
  readonly kind: 'got';
  readonly value: unknown;
  readonly wall: EpochMicros;
}

/** What a status other than success means. Texts of the broker stay out of reasons. */
function refusalOf(status: number): ReadFailure {
  if (status === 401 || status === 403) return failed('Alpaca does not take these keys', false);
  if (status === TOO_MANY_REQUESTS)
    return failed("the broker's limit of requests is reached", true);
  return failed(`Alpaca answered ${status}`, status >= 500);
}

/** One answer of JSON. */
export function* get(path: string, more: Partial<Request> = {}): Asking<Got | 'none'> {
  const answer = yield* http({ method: 'GET', path, ...more });
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404) return 'none';
  if (answer.status < 200 || answer.status >= 300) return refusalOf(answer.status);
  const value = answer.body === '' ? {} : parseJson(answer.body);
  if (value === undefined) return failed('Alpaca answered what is no JSON', true);
  return { kind: 'got', value, wall: answer.wall };
}

/** A reading of one answer, made into a value. */
export function* one<T>(
  path: string,
  make: (value: unknown) => T | undefined,
  more: Partial<Request> = {},
): Reading<T> {
  const got = yield* get(path, more);
  if (got === 'none') return { kind: 'notFound', what: path };
  if (got.kind === 'failed') return got;
  const value = make(got.value);
  if (value === undefined) return failed('Alpaca answered in a shape that is not known', false);
  return read(value, 'alpaca', got.wall);
}

export function rowsOf<T>(
  value: unknown,
  row: (fields: Fields) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.flatMap((each) => {
    const made = isFields(each) ? row(each) : undefined;
    return made === undefined ? [] : [made];
  });
}

export function listed<K extends string, T>(name: K, row: (fields: Fields) => T | undefined) {
  return (value: unknown): Record<K, readonly T[]> | undefined => {
    const rows = rowsOf(value, row);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one key is the one asked for
    return rows === undefined ? undefined : ({ [name]: rows } as Record<K, readonly T[]>);
  };
}

interface Pages {
  readonly kind: 'pages';
  readonly rows: readonly Fields[];
  readonly wall: EpochMicros;
}

/** How a list is read page after page: what the next page is asked for with, from the last row. */
interface Paging {
  readonly path: string;
  readonly size: number;
  readonly enough: number;
  /** What the first page is asked for with, in place of what `after` gives for the others. */
  readonly first: string;
  after(last: Fields): string | undefined;
}

export function* readPages(paging: Paging): Asking<Pages> {
  const { path, size, enough } = paging;
  const rows: Fields[] = [];
  let next = paging.first;
  let wall: EpochMicros | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const got = yield* get(path + next);
    if (got === 'none') return refusalOf(404);
    if (got.kind === 'failed') return got;
    wall ??= got.wall;
    const found = Array.isArray(got.value) ? got.value.filter(isFields) : [];
    rows.push(...found);
    const last = found.at(-1);
    const after = last === undefined ? undefined : paging.after(last);
    if (found.length < size || rows.length >= enough || after === undefined) {
      return { kind: 'pages', rows, wall };
    }
    next = after;
  }
  return failed('the list has more pages than are read: ask for fewer days', false);
}
