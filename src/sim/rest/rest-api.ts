/**
 * The part of the broker's REST service that a market data client needs: access tokens, quote
 * tokens, the nested option chain, market metrics and symbol search, in the real envelopes. Pure but
 * for the tokens it mints.
 */
import { randomBytes } from 'node:crypto';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { occSymbol, streamerSymbol } from '../../engine/domain/instrument.ts';
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import type { EpochMicros, Price, SessionDate } from '../../engine/domain/units.ts';
import {
  dollarsFromPrice,
  MICROS_PER_MILLI,
  MICROS_PER_SECOND,
} from '../../engine/domain/units.ts';
import type { QuoteTokens } from '../dxlink/quote-tokens.ts';
import type { Market } from '../market.ts';
import { foundSymbols, marketMetrics } from './market-facts.ts';

const ACCESS_SECONDS = 900;
const FRIDAY = 5;
const TOKEN_BYTES = 32;

/** What opens the simulator's REST service. Random at each start. */
export interface SimCredentials {
  readonly clientSecret: string;
  readonly refreshToken: string;
}

/** What the service knows of the market. */
export type RestMarket = Pick<Market, 'spec' | 'date' | 'contracts' | 'volatility'>;

/** What the service needs of its surroundings. */
export interface RestHost {
  readonly credentials: SimCredentials;
  readonly tokens: QuoteTokens;
  readonly market: RestMarket;
  dxlinkUrl(): string;
  wall(): EpochMicros;
}

/** One request, read whole. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  /** Behind the question mark; empty where there is none. */
  readonly query: string;
  readonly userAgent: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** One answer. */
export interface RestResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Makes the secrets of one run. */
export function mintCredentials(): SimCredentials {
  return { clientSecret: randomText(), refreshToken: randomText() };
}

function randomText(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** Answers requests. Holds the access tokens it has given out; one owner. */
export class RestApi {
  readonly #host: RestHost;
  readonly #accessExpiry = new Map<string, number>();

  constructor(host: RestHost) {
    this.#host = host;
  }

  answer(request: RestRequest): RestResponse {
    if (request.userAgent === undefined || request.userAgent === '') return nginxUnauthorized();
    const { method, path } = request;
    if (method === 'POST' && path === '/oauth/token') return this.#accessToken(request);
    if (!this.#isAuthorized(request.authorization)) {
      return failure(401, 'unauthorized', 'Token has insufficient scopes or is not valid');
    }
    if (method === 'GET' && path === '/api-quote-tokens') return this.#quoteToken(path);
    const chainOf = /^\/option-chains\/([^/]+)\/nested$/.exec(path)?.[1];
    if (method === 'GET' && chainOf !== undefined) return this.#nestedChain(path, chainOf);
    if (method === 'GET' && path === '/market-metrics') return this.#metrics(request);
    const text = /^\/symbols\/search\/([^/]+)$/.exec(path)?.[1];
    if (method === 'GET' && text !== undefined) return this.#symbols(path, text);
    return failure(404, 'record_not_found', `${method} ${path} does not exist here`);
  }

  #isAuthorized(authorization: string | undefined): boolean {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
    return (this.#accessExpiry.get(token) ?? 0) > this.#host.wall();
  }

  #accessToken(request: RestRequest): RestResponse {
    const grant = readGrant(request);
    const { clientSecret, refreshToken } = this.#host.credentials;
    if (grant === undefined || grant['grant_type'] !== 'refresh_token') {
      return refusal('unsupported_grant_type', 'The grant type is not supported');
    }
    if (grant['client_secret'] !== clientSecret) {
      return refusal('invalid_client', 'Client authentication failed');
    }
    if (grant['refresh_token'] !== refreshToken) {
      return refusal('invalid_grant', 'The refresh token is not valid');
    }
    const now = this.#host.wall();
    for (const [old, expiresAt] of this.#accessExpiry) {
      if (expiresAt <= now) this.#accessExpiry.delete(old);
    }
    const token = randomText();
    this.#accessExpiry.set(token, now + ACCESS_SECONDS * MICROS_PER_SECOND);
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: ACCESS_SECONDS });
  }

  #quoteToken(path: string): RestResponse {
    const { token, issuedAt, expiresAt } = this.#host.tokens.issue(this.#host.wall());
    return success(path, {
      token,
      'dxlink-url': this.#host.dxlinkUrl(),
      level: 'api',
      'issued-at': isoTime(issuedAt),
      'expires-at': isoTime(expiresAt),
    });
  }

  #metrics({ path, query }: RestRequest): RestResponse {
    const { market } = this.#host;
    const wanted = (new URLSearchParams(query).get('symbols') ?? '').split(',');
    return success(path, { items: marketMetrics(market.spec, market.volatility(), wanted) });
  }

  #symbols(path: string, encoded: string): RestResponse {
    const text = decodedText(encoded);
    if (text === undefined) return failure(400, 'validation_error', 'The search text is malformed');
    return success(path, { items: foundSymbols(this.#host.market.spec, text) });
  }

  #nestedChain(path: string, symbol: string): RestResponse {
    const { market } = this.#host;
    if (symbol !== market.spec.symbol || market.date === undefined) {
      return failure(404, 'record_not_found', `Couldn't find an option chain for ${symbol}`);
    }
    return success(path, { items: nestedChains(market.spec, market, market.date) });
  }
}

/** The classes that the broker lists of an underlying: the same-day one, and beside it, on the day
 * of the monthlies, an index's own root, settled by that morning's opening. */
function nestedChains(spec: UnderlyingSpec, market: RestMarket, date: SessionDate): object[] {
  const contracts = market.contracts();
  const sameDay = nestedChain(spec, { date, contracts, settlement: 'PM' });
  if (spec.optionRoot === spec.symbol || !isMonthly(date)) return [sameDay];
  const monthlies = contracts.map((contract) => ({ ...contract, root: spec.symbol }));
  return [nestedChain(spec, { date, contracts: monthlies, settlement: 'AM' }), sameDay];
}

/** The third Friday of a month. */
function isMonthly(date: SessionDate): boolean {
  const dayOfMonth = Number(date.slice(8));
  return new Date(`${date}T12:00:00Z`).getUTCDay() === FRIDAY && dayOfMonth > 14 && dayOfMonth < 22;
}

interface Expiration {
  readonly date: SessionDate;
  readonly contracts: readonly OptionContract[];
  readonly settlement: 'AM' | 'PM';
}

function nestedChain(spec: UnderlyingSpec, { date, contracts, settlement }: Expiration): object {
  const strikes = new Map<Price, Record<string, string>>();
  for (const contract of contracts) {
    const dollars = dollarsFromPrice(contract.strike);
    const strikeText = Number.isInteger(dollars) ? `${dollars}.0` : String(dollars);
    const row = strikes.get(contract.strike) ?? { 'strike-price': strikeText };
    row[contract.right] = occSymbol(contract);
    row[`${contract.right}-streamer-symbol`] = streamerSymbol(contract);
    strikes.set(contract.strike, row);
  }
  const expiration = {
    'days-to-expiration': 0,
    'expiration-date': date,
    'expiration-type': settlement === 'AM' ? 'Regular' : 'Weekly',
    'settlement-type': settlement,
    strikes: [...strikes.values()],
  };
  const root = contracts[0]?.root ?? spec.optionRoot;
  return { ...chainOf(spec, root), expirations: [expiration] };
}

function chainOf(spec: UnderlyingSpec, root: string): object {
  const { symbol, multiplier, settlement } = spec;
  const shares = {
    amount: `${multiplier}.0`,
    'deliverable-type': 'Shares',
    description: `${multiplier} shares of ${symbol}`,
    id: 1,
    'instrument-type': 'Equity',
    percent: '100',
    'root-symbol': root,
    symbol,
  };
  const { step, coarse } = spec.ticks.single;
  const tickText = (tick: Price): string => String(dollarsFromPrice(tick));
  const ticks =
    coarse === undefined
      ? [{ value: tickText(step) }]
      : [
          { threshold: tickText(coarse.from), value: tickText(step) },
          { value: tickText(coarse.step) },
        ];
  return {
    deliverables: settlement === 'cash' ? [] : [shares],
    'option-chain-type': 'Standard',
    'root-symbol': root,
    'shares-per-contract': multiplier,
    'tick-sizes': ticks,
    'underlying-symbol': symbol,
  };
}

function readGrant({ contentType, body }: RestRequest): Record<string, unknown> | undefined {
  if (contentType?.includes('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  try {
    const grant: unknown = JSON.parse(body);
    return typeof grant === 'object' && grant !== null ? { ...grant } : undefined;
  } catch {
    return undefined;
  }
}

function decodedText(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function isoTime(at: EpochMicros): string {
  return new Date(at / MICROS_PER_MILLI).toISOString();
}

function json(status: number, body: object): RestResponse {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}

function success(path: string, data: object): RestResponse {
  return json(200, { data, context: path });
}

function failure(status: number, code: string, message: string): RestResponse {
  return json(status, { error: { code, message } });
}

function refusal(error: string, description: string): RestResponse {
  return json(400, { error, error_description: description });
}

function nginxUnauthorized(): RestResponse {
  const title = '401 Authorization Required';
  const head = `<head><title>${title}</title></head>`;
  const body = `<html>${head}<body><center><h1>${title}</h1></center></body></html>`;
  return { status: 401, contentType: 'text/html', body };
}
