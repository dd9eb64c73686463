/**
 * What a client may do: a ladder of levels, and on the one that opens a ceiling in dollars. As text:
 * `observe`, `reduce-only`, `open:500`, `full`. Whoever joins rights takes the lesser of them.
 */
import { CENTS_PER_DOLLAR } from './units.ts';

/** Each level includes the ones before it; `console` is the operator's alone and can re-arm. */
export type Authority = 'observe' | 'reduce' | 'open' | 'console';

const RANK: Readonly<Record<Authority, number>> = { observe: 0, reduce: 1, open: 2, console: 3 };

/** True where `held` is enough for what needs `needed`. */
export function suffices(held: Authority, needed: Authority): boolean {
  return RANK[held] >= RANK[needed];
}

/** What a caller may do. */
export interface Rights {
  readonly authority: Authority;
  /** The most that all a principal has open, working or UNKNOWN may lose, fees included; without it
   * the engine's own limits alone hold. Cents. */
  readonly openUpToCents?: number | undefined;
}

/** Rights that a client can have: never those of the console. */
export interface ClientRights extends Rights {
  readonly authority: Exclude<Authority, 'console'>;
}

/** All that a client can ever have. */
export const FULL_RIGHTS: ClientRights = { authority: 'open' };

/** The lesser of two rights, level and ceiling each for itself. */
export function narrower(a: ClientRights, b: Rights): ClientRights {
  const isLess = b.authority !== 'console' && !suffices(b.authority, a.authority);
  const authority = isLess ? b.authority : a.authority;
  const ceilings = [a.openUpToCents, b.openUpToCents].filter((ceiling) => ceiling !== undefined);
  return ceilings.length === 0
    ? { authority }
    : { authority, openUpToCents: Math.min(...ceilings) };
}

const OPEN_UP_TO = /^open:\$?(\d{1,9}(?:\.\d{1,2})?)$/;
const NAMED: Readonly<Record<string, ClientRights>> = {
  observe: { authority: 'observe' },
  'reduce-only': { authority: 'reduce' },
  full: FULL_RIGHTS,
};

export const RIGHTS_FORM = 'observe, reduce-only, open:DOLLARS (as open:500) or full';

/** Reads rights; undefined where the text is none of the forms. */
export function parseClientRights(text: string): ClientRights | undefined {
  const plain = text.trim().toLowerCase();
  if (Object.hasOwn(NAMED, plain)) return NAMED[plain];
  const dollars = OPEN_UP_TO.exec(plain)?.[1];
  if (dollars === undefined) return undefined;
  return { authority: 'open', openUpToCents: Math.round(Number(dollars) * CENTS_PER_DOLLAR) };
}

/** Rights as they are written. */
export function rightsText({ authority, openUpToCents }: Rights): string {
  if (authority === 'observe') return 'observe';
  if (authority === 'reduce') return 'reduce-only';
  return openUpToCents === undefined ? 'full' : `open:${openUpToCents / CENTS_PER_DOLLAR}`;
}
