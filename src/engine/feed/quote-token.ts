import { MICROS_PER_MINUTE } from '../domain/units.ts';

/** A token is used for this long; the service lets it live 24 h. */
export const TOKEN_LIFE_MICROS = 23 * 60 * MICROS_PER_MINUTE;

/** A quote token and the address it is good for: neither is used without the other. */
export interface QuoteToken {
  readonly url: string;
  readonly token: string;
  /** Wall microseconds. */
  readonly receivedAt: number;
}

/** True where the token may still be shown. */
export function isUsable(token: QuoteToken | undefined, wallMicros: number): token is QuoteToken {
  return token !== undefined && wallMicros - token.receivedAt < TOKEN_LIFE_MICROS;
}

/** True for an address that a websocket can be opened to. */
export function isSocketUrl(url: string): boolean {
  return URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol);
}

/** The text without the token, should the server have echoed it, and cut to a readable length. */
export function withoutToken(text: string, token: QuoteToken | undefined): string {
  const secret = token?.token ?? '';
  const clean = secret === '' ? text : text.replaceAll(secret, '[token]');
  return clean.length > MAX_DETAIL_CHARS ? `${clean.slice(0, MAX_DETAIL_CHARS)}…` : clean;
}

/** Longest text from outside that is shown in a status. */
const MAX_DETAIL_CHARS = 200;
