/** One REST account of the tastytrade service, or of the simulator that speaks it. I/O worker only. */
import { z } from 'zod';
import { DeltaringError } from '../../engine/domain/errors.ts';

const UNAUTHORIZED = 401;
/** An access token is renewed this long before it ends. */
const RENEW_EARLY_MILLIS = 60_000;

/** Where a REST service is and what opens it. */
export interface RestSource {
  readonly kind: 'rest';
  readonly baseUrl: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly userAgent: string;
}

const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });

interface RestRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The service answered, and not with what was asked for. */
class HttpRefusal extends DeltaringError {
  constructor(path: string, status: number) {
    super('FEED_AUTH', `${path} answered ${status}`);
  }
}

/** Keeps its access token, one refresh at a time. */
export class RestAccount {
  readonly #source: RestSource;
  readonly #timeoutMillis: number;
  #access: { readonly token: string; readonly until: number } | undefined;
  #refreshing: Promise<string> | undefined;

  constructor(source: RestSource, timeoutMillis: number) {
    this.#source = source;
    this.#timeoutMillis = timeoutMillis;
  }

  /** Reads JSON. Throws where the answer is a refusal. */
  async get(path: string): Promise<unknown> {
    const response = await this.send('GET', path);
    if (!response.ok) throw new HttpRefusal(path, response.status);
    return response.json();
  }

  /** Sends a request and hands out whatever was answered; throws only where nothing was. An access
   * token that is not taken any more is dropped: the next request gets a fresh one. */
  async send(
    method: NonNullable<RestRequest['method']>,
    path: string,
    body?: string,
  ): Promise<Response> {
    const token = await this.#accessToken();
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await this.#request(path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...type },
      ...(body === undefined ? {} : { body }),
    });
    if (response.status === UNAUTHORIZED) this.#access = undefined;
    return response;
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
    const path = '/oauth/token';
    const response = await this.#request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'refresh_token',
        client_secret: clientSecret,
        refresh_token: refreshToken,
      }),
    });
    if (!response.ok) throw new HttpRefusal(path, response.status);
    const { access_token: token, expires_in: seconds } = tokenAnswer.parse(await response.json());
    this.#access = { token, until: Date.now() + seconds * 1_000 - RENEW_EARLY_MILLIS };
    return token;
  }

  #request(path: string, { headers, ...init }: RestRequest): Promise<Response> {
    const { baseUrl, userAgent } = this.#source;
    return fetch(new URL(path, baseUrl), {
      ...init,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...headers },
      redirect: 'error',
      signal: AbortSignal.timeout(this.#timeoutMillis),
    });
  }
}
