/** Heavy reads for the core: the broker's REST answers become small typed messages here. */
import type { MessagePort } from 'node:worker_threads';
import { z } from 'zod';
import { DeltaringError } from '../../engine/domain/errors.ts';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import { type UnderlyingSpec, underlyingOf } from '../../engine/domain/underlying.ts';
import { priceFromDollars, type SessionDate } from '../../engine/domain/units.ts';
import type { CallLimits } from '../../ops/outgoing-call.ts';
import { isResting, OutgoingCalls } from '../../ops/outgoing-call.ts';
import type { FromIo, ToIo } from './core-protocol.ts';

const REQUEST_TIMEOUT_MILLIS = 10_000;
const UNAUTHORIZED = 401;
/** An access token is renewed this long before it ends. */
const RENEW_EARLY_MILLIS = 60_000;
/** One try a request, for the core asks again by itself. Five failures in a row rest the service for
 * ten seconds, so that nothing storms it. Two requests make a token, each with a limit of its own. */
const CALLS: Omit<CallLimits, 'timeoutMillis'> = {
  callsPerMinute: 60,
  attempts: 1,
  firstWaitMillis: 0,
  mostWaitMillis: 0,
  failuresToOpen: 5,
  restMillis: 10_000,
};
const REQUESTS_PER_CALL = 2;

/** Where quotes and listings come from. */
export type IoSource =
  | {
      /** The tastytrade REST interface, or the simulator that speaks it. */
      readonly kind: 'rest';
      readonly baseUrl: string;
      readonly clientSecret: string;
      readonly refreshToken: string;
      readonly userAgent: string;
    }
  | {
      /** A feed without an instruments service: the strikes are told. */
      readonly kind: 'fixed';
      readonly dxlinkUrl: string;
      readonly token: string;
      /** Lowest and highest strike in whole dollars; those between stand the class's spacing apart. */
      readonly strikes: readonly [lowest: number, highest: number];
    };

export interface IoStart {
  readonly source: IoSource;
  readonly underlying: string;
  readonly port: MessagePort;
  /** How long one request may take; ten seconds when absent. */
  readonly timeoutMillis?: number;
}

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });
const quoteTokenAnswer = z.object({
  data: z.object({ token: z.string(), 'dxlink-url': z.string() }),
});
const strikeShape = z.object({ call: z.string(), put: z.string() });
const expirationShape = z.object({
  'expiration-date': z.string(),
  'settlement-type': z.string().optional(),
  strikes: z.array(strikeShape),
});
const chainAnswer = z.object({
  data: z.object({ items: z.array(z.object({ expirations: z.array(expirationShape) })) }),
});

interface RestRequest {
  readonly method?: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type RestSource = Extract<IoSource, { kind: 'rest' }>;

/** The service answered, and not with what was asked for. */
class HttpRefusal extends DeltaringError {
  readonly status: number;

  constructor(path: string, status: number) {
    super('FEED_AUTH', `${path} answered ${status}`);
    this.status = status;
  }
}

/** One REST account: keeps its access token, one refresh at a time. */
class RestAccount {
  readonly #source: RestSource;
  readonly #timeoutMillis: number;
  #access: { readonly token: string; readonly until: number } | undefined;
  #refreshing: Promise<string> | undefined;

  constructor(source: RestSource, timeoutMillis: number) {
    this.#source = source;
    this.#timeoutMillis = timeoutMillis;
  }

  /** An access token that is not taken any more is dropped: the next request gets a fresh one. */
  async get(path: string): Promise<unknown> {
    const token = await this.#accessToken();
    try {
      return await this.#request(path, { headers: { authorization: `Bearer ${token}` } });
    } catch (error) {
      if (error instanceof HttpRefusal && error.status === UNAUTHORIZED) this.#access = undefined;
      throw error;
    }
  }

  async #accessToken(): Promise<string> {
    const access = this.#access;
    if (access !== undefined && Date.now() < access.until) return access.token;
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<string> {
    const { clientSecret, refreshToken } = this.#source;
    const answer = await this.#request('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        client_secret: clientSecret,
        refresh_token: refreshToken,
      }),
    });
    const { access_token: token, expires_in: seconds } = tokenAnswer.parse(answer);
    this.#access = { token, until: Date.now() + seconds * 1_000 - RENEW_EARLY_MILLIS };
    return token;
  }

  async #request(path: string, { headers, ...init }: RestRequest): Promise<unknown> {
    const { baseUrl, userAgent } = this.#source;
    const response = await fetch(new URL(path, baseUrl), {
      ...init,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...headers },
      redirect: 'error',
      signal: AbortSignal.timeout(this.#timeoutMillis),
    });
    if (response.ok) return response.json();
    throw new HttpRefusal(path, response.status);
  }
}

/** The same-day contracts of an underlying. What the opening settles (AM) stopped trading the day
 * before, and adjusted classes are not standard contracts: neither is listed. */
function contractsOf(
  answer: unknown,
  date: SessionDate,
  { optionRoot }: UnderlyingSpec,
): readonly OptionContract[] {
  const { data } = chainAnswer.parse(answer);
  const expirations = data.items.flatMap((item) => item.expirations);
  const today = expirations.filter(
    (e) => e['expiration-date'] === date && e['settlement-type'] !== 'AM',
  );
  return today
    .flatMap((e) => e.strikes.flatMap((strike) => [strike.call, strike.put]))
    .map((symbol) => parseOccSymbol(symbol))
    .filter((contract) => contract !== undefined)
    .filter((contract) => contract.root === optionRoot);
}

function strikeGrid(
  { optionRoot: root, strikeSpacing }: UnderlyingSpec,
  expiry: SessionDate,
  [lowest, highest]: readonly [number, number],
): readonly OptionContract[] {
  const contracts: OptionContract[] = [];
  for (let dollars = lowest; dollars <= highest; dollars += strikeSpacing) {
    const strike = priceFromDollars(dollars);
    for (const right of ['call', 'put'] as const) {
      contracts.push({ kind: 'option', root, expiry, right, strike });
    }
  }
  return contracts;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause;
}

/** Serves requests of the core until the process ends. A failure is an answer, never a throw. */
export function runIo(start: IoStart): void {
  const { source, underlying, port, timeoutMillis = REQUEST_TIMEOUT_MILLIS } = start;
  const account = source.kind === 'rest' ? new RestAccount(source, timeoutMillis) : undefined;
  const spec = underlyingOf(underlying);
  const answer = (message: FromIo): void => port.postMessage(message);

  async function token(): Promise<FromIo> {
    if (source.kind === 'fixed')
      return { kind: 'token', url: source.dxlinkUrl, token: source.token };
    const { data } = quoteTokenAnswer.parse(await account?.get('/api-quote-tokens'));
    return { kind: 'token', url: data['dxlink-url'], token: data.token };
  }

  async function contractsFor(date: SessionDate): Promise<readonly OptionContract[]> {
    if (source.kind === 'fixed') return strikeGrid(spec, date, source.strikes);
    return contractsOf(await account?.get(`/option-chains/${underlying}/nested`), date, spec);
  }

  async function listing(date: SessionDate): Promise<FromIo> {
    const contracts = await contractsFor(date);
    if (contracts.length > 0) return { kind: 'listing', listing: { underlying, date, contracts } };
    return { kind: 'listingFailed', date, reason: `no contracts expire on ${date}` };
  }

  const calls = new OutgoingCalls({ ...CALLS, timeoutMillis: timeoutMillis * REQUESTS_PER_CALL });

  async function serve(request: ToIo): Promise<void> {
    try {
      answer(await calls.run(() => (request.kind === 'token' ? token() : listing(request.date))));
    } catch (error) {
      const isAtRest = isResting(error);
      const reason = isAtRest ? 'the service rests after repeated failures' : reasonOf(error);
      if (request.kind === 'token') answer({ kind: 'tokenFailed', reason });
      else answer({ kind: 'listingFailed', date: request.date, reason });
    }
  }

  port.on('message', (request: ToIo) => void serve(request));
}
