/**
 * Who may speak to this server from a browser. A page that made its own name point at this machine
 * (DNS rebinding) is told by its Host, a page from elsewhere by its Origin.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import type { Config } from '../config.ts';
import type { HttpFault } from './http-reply.ts';

const WILDCARD_HOSTS = ['0.0.0.0', '::', '[::]', ''];
const PREFLIGHT_SECONDS = '600';

const ORIGIN_NOT_ALLOWED: HttpFault = {
  status: 403,
  code: 'ORIGIN_NOT_ALLOWED',
  message: 'this Origin is not allowed: add it to ALLOWED_ORIGINS',
};

const NO_PAGES: HttpFault = {
  status: 403,
  code: 'ORIGIN_NOT_ALLOWED',
  message: 'this port is for scrapers and answers no page: a page asks at PORT',
};

/** Domains under which nobody can register a name. */
const RESERVED_DOMAIN = /\.(?:internal|local|localhost|home\.arpa)$/;

export type GuardConfig = Pick<Config, 'HOST' | 'PUBLIC_URL' | 'ALLOWED_ORIGINS'>;

/** The host name of a Host header, without its port; undefined when it is none. */
function hostNameOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^[\w.:[\]-]+$/.test(header)) return undefined;
  return URL.parse(`http://${header}`)?.hostname;
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** A page from outside is never under such a name, whatever machine it makes its own name point at. */
function isNoStrangersName(name: string): boolean {
  return isIPv4(name) || !name.includes('.') || RESERVED_DOMAIN.test(name);
}

/** Judges Host and Origin. Immutable. */
export class OriginGuard {
  readonly #hostNames: readonly string[];
  readonly #origins: readonly string[];
  readonly #ownOrigin: string | undefined;

  constructor({ HOST, PUBLIC_URL, ALLOWED_ORIGINS }: GuardConfig) {
    const outside = PUBLIC_URL === undefined ? null : URL.parse(PUBLIC_URL);
    const bound = WILDCARD_HOSTS.includes(HOST) ? undefined : hostNameOf(bracketed(HOST));
    this.#hostNames = [outside?.hostname, bound].filter((name) => name !== undefined);
    this.#ownOrigin = outside?.origin;
    this.#origins = [...ALLOWED_ORIGINS, ...(outside === null ? [] : [outside.origin])];
  }

  /** Refuses a request for a host that is not this server. */
  hostFault({ headers }: IncomingMessage): HttpFault | undefined {
    const name = hostNameOf(headers.host);
    if (name !== undefined && (isLoopbackName(name) || this.#hostNames.includes(name))) {
      return undefined;
    }
    const message =
      'this Host is not served: use a loopback address, or set PUBLIC_URL to the outside address';
    return { status: 403, code: 'HOST_NOT_ALLOWED', message };
  }

  /** The same where programs ask without a token, by names of this machine that it does not know itself.
   * No browser leaves the Host out. */
  probeHostFault({ headers: { host } }: IncomingMessage): HttpFault | undefined {
    if (host === undefined) return undefined;
    const name = hostNameOf(host);
    if (name !== undefined && (isNoStrangersName(name) || this.#hostNames.includes(name))) {
      return undefined;
    }
    const message =
      'this Host is not served: ask by an address, by a name without a dot, or by that of PUBLIC_URL';
    return { status: 403, code: 'HOST_NOT_ALLOWED', message };
  }

  /** Refuses what a browser fetches for a page; no scraper sends either header. `none` is what somebody
   * typed into the browser. */
  pageFault({ headers }: IncomingMessage): HttpFault | undefined {
    const site = headers['sec-fetch-site'] ?? 'none';
    return headers.origin !== undefined || site !== 'none' ? NO_PAGES : undefined;
  }

  /** True for what this server's own page sends, as a browser says it. */
  isOwnPage({ headers: { origin, host } }: IncomingMessage): boolean {
    return origin !== undefined && (origin === this.#ownOrigin || origin === `http://${host}`);
  }

  /** Refuses a browser page that is neither this server's own nor allowed. */
  originFault(request: IncomingMessage): HttpFault | undefined {
    const { origin } = request.headers;
    if (origin === undefined || this.#origins.includes(origin)) return undefined;
    if (this.isOwnPage(request)) return undefined;
    return ORIGIN_NOT_ALLOWED;
  }

  /** Refuses what a page from elsewhere makes a browser fetch without a word of its own, as a picture
   * or a frame: it sends no Origin, but the browser says where it comes from. */
  lookFault({ headers }: IncomingMessage): HttpFault | undefined {
    const site = headers['sec-fetch-site'];
    const isElsewhere = site === 'cross-site' || site === 'same-site';
    return isElsewhere && headers.origin === undefined ? ORIGIN_NOT_ALLOWED : undefined;
  }

  /** The CORS headers for an allowed page; none for anyone else. */
  corsHeaders({ headers: { origin } }: IncomingMessage): Readonly<Record<string, string>> {
    if (origin === undefined || !this.#origins.includes(origin)) return {};
    return {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Methods': 'GET, POST, DELETE',
      'Access-Control-Allow-Headers':
        'Authorization, Content-Type, Accept, Mcp-Session-Id, Mcp-Protocol-Version, Last-Event-ID',
      'Access-Control-Expose-Headers': 'Mcp-Session-Id',
      'Access-Control-Max-Age': PREFLIGHT_SECONDS,
      Vary: 'Origin',
    };
  }
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
