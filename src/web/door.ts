/**
 * What stands before every route: Host, Origin, the token, and how often an address and a caller may
 * come. Main thread only.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Config } from '../config.ts';
import { isReachedFromOutside } from '../config.ts';
import type { Visitor } from '../mcp/face.ts';
import { APPROVE_PREFIX } from './approve-route.ts';
import { BearerAuth } from './bearer-auth.ts';
import type { HttpFault } from './http-reply.ts';
import { pathOf } from './http-reply.ts';
import type { Exchange, Route, Site } from './http-routes.ts';
import type { OriginGuard } from './origin-guard.ts';
import { isLoopbackAddress } from './outside-connections.ts';
import { RequestLimits } from './request-limits.ts';
import { urgentKindOf } from './urgent-calls.ts';

/** Health probes and scrapers have a purse of their own, so that nobody starves them; and so has the
 * human's page, for its trade waits seconds. */
const PROBES_PER_MINUTE = 600;
const PAGES_PER_MINUTE = 600;
export const PROBE_PATHS: readonly string[] = ['/health', '/metrics'];
/** What proxies and tunnels write into a request that they pass on. */
const PROXY_HEADERS: readonly string[] = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'cf-connecting-ip',
];

export const ANYONE: Visitor = { principal: 'anyone', authority: 'observe' };

const NO_TOKEN_SET: HttpFault = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'this engine is reachable from outside and has no token: set MCP_TOKEN, or OAuth',
};

/**
 * The checks of one server. Only a caller who is let in counts against an address's purse: whoever
 * comes without a right token, or to what needs none, has another one, and what must not wait (see
 * urgent-calls.ts) goes on when the purses of address and caller are empty.
 */
export class Door {
  readonly guard: OriginGuard;
  readonly #auth: BearerAuth;
  readonly #isBehindProxy: boolean;
  readonly #isReachedFromOutside: boolean;
  readonly #addresses: RequestLimits;
  readonly #strangers: RequestLimits;
  readonly #probes = RequestLimits.perAddress(PROBES_PER_MINUTE);
  readonly #pages = RequestLimits.perAddress(PAGES_PER_MINUTE);
  readonly #principals = RequestLimits.perPrincipal();
  readonly #urgent = RequestLimits.perUrgentKind();

  constructor(config: Config, { oauth, guard }: Pick<Site, 'oauth' | 'guard'>) {
    this.guard = guard;
    this.#auth = new BearerAuth(config.bearers, oauth);
    this.#isBehindProxy = config.PUBLIC_URL !== undefined;
    this.#isReachedFromOutside = isReachedFromOutside(config);
    this.#addresses = RequestLimits.perAddress(config.RATE_LIMIT_REQUESTS_PER_MINUTE);
    this.#strangers = RequestLimits.perAddress(config.RATE_LIMIT_REQUESTS_PER_MINUTE);
  }

  /** Refuses what comes for another host, or from a page that may not speak to this server. */
  outerFault(request: IncomingMessage): HttpFault | undefined {
    const isProbe = pathOf(request) === '/health';
    const hostFault = isProbe ? this.guard.probeHostFault(request) : this.guard.hostFault(request);
    return hostFault ?? this.guard.originFault(request);
  }

  /** Counts a request that needs no caller. */
  passing(request: IncomingMessage): HttpFault | undefined {
    return this.#purseOf(pathOf(request)).take(this.#addressOf(request));
  }

  #purseOf(path: string): RequestLimits {
    if (PROBE_PATHS.includes(path)) return this.#probes;
    return path.startsWith(APPROVE_PREFIX) ? this.#pages : this.#strangers;
  }

  /** Who comes to a route, or why they may not. */
  async callerOf(site: Site, route: Route, exchange: Exchange): Promise<Visitor | HttpFault> {
    const { request } = exchange;
    const { gate, scope } = route;
    if (gate === 'open' || (gate === 'tokenFromOutside' && this.#isHere(request))) {
      return this.passing(request) ?? ANYONE;
    }
    if (this.#isUnguarded(request)) return NO_TOKEN_SET;
    const caller = this.guard.lookFault(request) ?? (await this.#auth.callerOf(request));
    if ('status' in caller) return this.#strangers.take(this.#addressOf(request)) ?? caller;
    if (gate === 'tokenFromOutside') return this.passing(request) ?? caller;
    const isShort = scope !== undefined && caller.scopes?.includes(scope) === false;
    const isTooOften = await this.#isTooOften(site, exchange, caller);
    return isTooOften ?? (isShort ? this.#auth.insufficientScope(scope) : caller);
  }

  #isHere(request: IncomingMessage): boolean {
    return isLoopback(request) && !this.#isBehindProxy && !wasPassedOn(request);
  }

  /** True where nobody is asked for a token, although whoever comes may be elsewhere. */
  #isUnguarded(request: IncomingMessage): boolean {
    return !this.#auth.isOn && (this.#isReachedFromOutside || wasPassedOn(request));
  }

  async #isTooOften({ api }: Site, exchange: Exchange, caller: Visitor) {
    const { principal } = caller;
    const address = this.#addressOf(exchange.request);
    const fault = this.#addresses.take(address) ?? this.#principals.take(principal);
    if (fault === undefined) return undefined;
    const mayAsk = (): boolean => this.#urgent.take(`${principal} token`) === undefined;
    const kind = await urgentKindOf(exchange, { api, caller, mayAsk });
    return kind === undefined ? fault : this.#urgent.take(`${principal} ${kind}`);
  }

  /** Where a request comes from: behind the proxy on this machine, what that proxy saw, which it adds
   * as the last entry; what stands before it anybody may have written. */
  #addressOf(request: IncomingMessage): string {
    const peer = request.socket.remoteAddress ?? '';
    if (!this.#isBehindProxy || !isLoopback(request)) return peer;
    const last = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim();
    return last !== undefined && isIP(last) !== 0 ? last : peer;
  }
}

function isLoopback(request: IncomingMessage): boolean {
  return isLoopbackAddress(request.socket.remoteAddress ?? '');
}

/** True where a proxy says that it stands between: from a peer on this machine, anybody may be behind. */
function wasPassedOn({ headers }: IncomingMessage): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined);
}
