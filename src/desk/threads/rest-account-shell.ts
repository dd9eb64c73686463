/** One REST account of the tastytrade service, or of the simulator that speaks it. I/O worker only. */

import type { Turn } from '../../broker/request-pacer.ts';
import { wallMillis } from '../../engine/domain/clock.ts';
import { DeltaringError } from '../../engine/domain/errors.ts';
import type { ClockOffset } from '../../ops/clock-offset.ts';
import { NotCalled } from '../../ops/outgoing-call.ts';
import { RefreshTokenFile } from './refresh-token-file-shell.ts';
import type { RequestTurns } from './request-turns-shell.ts';
import type { AccessToken, GrantSettings, Unwanted } from './token-keeper-shell.ts';
import { TokenKeeper } from './token-keeper-shell.ts';

const UNAUTHORIZED = 401;

/** Where a REST service is and what opens it. */
export type RestSource = { readonly kind: 'rest' } & GrantSettings;

interface RestRequest {
  readonly turn: Turn;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The service answered, and not with what was asked for. */
class HttpRefusal extends DeltaringError {
  constructor(path: string, status: number) {
    super('FEED_AUTH', `${path} answered ${status}`);
  }
}

function onUnkept(reason: string): void {
  const text = `the refresh token that the broker renewed could not be kept for the next start: ${reason}`;
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

/** Requests under the access token of one login, each in its turn. */
export class RestAccount {
  readonly #keeper: TokenKeeper;
  readonly #grant: GrantSettings;
  readonly #timeoutMillis: number;
  readonly #turns: RequestTurns;
  readonly #clock: ClockOffset | undefined;
  #unwanted: Unwanted = {};

  /** `clock` hears what time each answer tells. */
  constructor(
    grant: GrantSettings,
    turns: RequestTurns,
    timeoutMillis: number,
    clock?: ClockOffset,
  ) {
    this.#grant = grant;
    this.#turns = turns;
    this.#clock = clock;
    this.#timeoutMillis = timeoutMillis;
    const { tokenFolder } = grant;
    this.#keeper = new TokenKeeper(grant, {
      file: tokenFolder === undefined ? undefined : new RefreshTokenFile(tokenFolder),
      onUnkept,
      now: wallMillis,
      post: (path, body) => {
        const headers = { 'content-type': 'application/json' };
        return this.#request(path, { turn: 'exit', method: 'POST', headers, body });
      },
    });
  }

  /** An access token for somebody else's requests. */
  access(unwanted: Unwanted): Promise<AccessToken> {
    return this.#keeper.access(unwanted);
  }

  /** Reads JSON. Throws where the answer is a refusal. */
  async get(path: string): Promise<unknown> {
    const response = await this.send('GET', path, { turn: 'read' });
    if (!response.ok) throw new HttpRefusal(path, response.status);
    return response.json();
  }

  /** Sends a request and hands out whatever was answered; throws only where nothing was. An access
   * token that is not taken any more is dropped: the next request gets a fresh one. */
  async send(
    method: NonNullable<RestRequest['method']>,
    path: string,
    { turn, body }: { readonly turn: Turn; readonly body?: string | undefined },
  ): Promise<Response> {
    const { token } = await this.#keeper.access(this.#unwanted);
    this.#unwanted = {};
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await this.#request(path, {
      turn,
      method,
      headers: { authorization: `Bearer ${token}`, ...type },
      ...(body === undefined ? {} : { body }),
    });
    if (response.status === UNAUTHORIZED) this.#unwanted = { refused: token };
    return response;
  }

  async #request(path: string, { turn, headers, ...init }: RestRequest): Promise<Response> {
    const { baseUrl, userAgent } = this.#grant;
    const patienceMillis = this.#timeoutMillis / 2;
    const wait = await this.#turns.turn({ turn, method: init.method, path, patienceMillis });
    if (wait > 0) throw new NotCalled(wait);
    const sentMillis = wallMillis();
    const response = await fetch(new URL(path, baseUrl), {
      ...init,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...headers },
      redirect: 'error',
      signal: AbortSignal.timeout(this.#timeoutMillis),
    });
    this.#clock?.heard(response.headers.get('date'), sentMillis, wallMillis());
    this.#turns.onStatus(response.status, response.headers.get('retry-after'));
    return response;
  }
}
