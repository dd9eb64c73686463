/**
 * Browsers whose yes to a trade counts. The operator lets one in once, with a code of `deltaring pair`;
 * from then on two secrets stand for it that no program was ever shown. A cookie, which no script can
 * read, but which the browser sends to every port of this machine; and a key in the storage of the page,
 * which belongs to this port alone. They are known by the hash of both, kept in one file of the
 * operator's. Main thread only.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { OwnerFile } from './oauth/owner-file.ts';
import type { PairingDesk, PairingVerdict } from './oauth/pairing.ts';

const COOKIE = 'deltaring_browser';
const KEY_HEADER = 'x-deltaring-key';
const SECRET_BYTES = 32;
const KNOWN_SECONDS = 90 * 24 * 3_600;
/** The oldest makes room. */
const MOST_BROWSERS = 16;

const fileShape = z.object({
  version: z.literal(1),
  browsers: z.array(z.object({ sha256: z.string(), untilSeconds: z.number() })),
});

export interface KnownBrowsersOptions {
  readonly path: string;
  readonly pairing: PairingDesk;
  /** True where browsers come over TLS. */
  readonly isSecure: boolean;
  readonly nowSeconds: () => number;
  readonly log: (line: string) => void;
}

/** What became of a code: the cookie to set and the key for the page to keep, or why there is none. */
export type LetIn =
  | { readonly cookie: string; readonly key: string }
  | { readonly verdict: Exclude<PairingVerdict, 'right'> };

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Of both secrets; neither's characters hold the mark between them. */
function hashOf(cookie: string, key: string): string {
  return createHash('sha256').update(`${cookie}.${key}`).digest('hex');
}

function secretOf({ headers }: IncomingMessage): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === COOKIE)?.[1];
}

export class KnownBrowsers {
  readonly #options: KnownBrowsersOptions;
  readonly #file: OwnerFile<typeof fileShape>;

  constructor(options: KnownBrowsersOptions) {
    this.#options = options;
    const { path, log } = options;
    this.#file = new OwnerFile({
      path,
      shape: fileShape,
      next: 'each browser is let in again',
      log,
    });
  }

  /** Lets a browser in with a code of the console. */
  letIn(code: string): LetIn {
    const verdict = this.#options.pairing.redeem(code);
    if (verdict !== 'right') return { verdict };
    const [secret, key] = [newSecret(), newSecret()];
    const untilSeconds = this.#options.nowSeconds() + KNOWN_SECONDS;
    const browsers = [...this.#known(), { sha256: hashOf(secret, key), untilSeconds }];
    this.#file.write({ version: 1, browsers: browsers.slice(-MOST_BROWSERS) });
    const secure = this.#options.isSecure ? '; Secure' : '';
    return {
      key,
      cookie: `${COOKIE}=${secret}; Path=/approve; Max-Age=${KNOWN_SECONDS}; HttpOnly; SameSite=Strict${secure}`,
    };
  }

  /** True for a request of a browser that was let in, from the page that keeps its key. */
  knows(request: IncomingMessage): boolean {
    const secret = secretOf(request);
    const key = request.headers[KEY_HEADER];
    if (secret === undefined || typeof key !== 'string') return false;
    const hash = hashOf(secret, key);
    return this.#known().some((browser) => browser.sha256 === hash);
  }

  #known() {
    const now = this.#options.nowSeconds();
    const browsers = this.#file.read()?.browsers ?? [];
    return browsers.filter(({ untilSeconds }) => untilSeconds > now);
  }
}
