/**
 * The one OAuth login of an engine: a grant's access tokens, one refresh at a time, a minute before
 * the last one ends. Everything that speaks to the broker asks here, so nothing logs in twice at
 * once. I/O worker only.
 */
import { z } from 'zod';
import { retryAfterMicros } from '../../broker/retry-after.ts';
import { DeltaringError } from '../../engine/domain/errors.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { environmentOfToken, type TokenEnvironment } from '../../ops/token-environment.ts';
import type { RefreshTokenFile } from './refresh-token-file-shell.ts';

/** An access token is renewed this long before it ends. */
const RENEW_EARLY_MILLIS = 60_000;
/** A token this short-lived is renewed at half its life. */
const SHORT_LIFE_SHARE = 0.5;
/** Logins that were refused are tried again after waits that double: repeated ones get an address blocked. A login
 * service refuses in an outage too, and no exit leaves before the first try behind it. */
const FIRST_WAIT_MILLIS = 2_000;
const MOST_WAIT_MILLIS = 30_000;
/** A service that is out or overrun blocks nobody: its word keeps no exit for longer. */
const MOST_OUTAGE_WAIT_MILLIS = 5_000;
const FAULT_OF_SERVICE = 500;
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403]);

export interface GrantSettings {
  readonly baseUrl: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly userAgent: string;
  /** A login of the other environment is refused; absent = any. */
  readonly environment?: TokenEnvironment | undefined;
  /** Where a refresh token that the broker renews is kept; absent = in memory. */
  readonly tokenFolder?: string | undefined;
}

export interface KeeperWorld {
  readonly file: RefreshTokenFile | undefined;
  /** Hears why a renewed refresh token could not be kept; it is tried again with the next login. */
  onUnkept(reason: string): void;
  /** Sends a request within the time limit of this thread; rejects where no answer came. */
  post(path: string, body: string): Promise<Response>;
  /** Milliseconds that never step back. */
  now(): number;
}

export interface AccessToken {
  readonly token: string;
  readonly millisLeft: number;
  /** Whoever asks again by then gets the next one before this one ends. */
  readonly millisToRenewal: number;
}

/** A token that somebody asks to have replaced, however long it was said to live. */
export interface Unwanted {
  /** The broker took it no more. */
  readonly refused?: string;
  /** The broker may take it no more: it serves until another is there. */
  readonly doubted?: string;
}

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive(),
});

/** Read by itself: it may be the only one that is good from then on, whatever else the answer holds. */
const renewedAnswer = z.object({ refresh_token: z.string().min(1) });

interface Held {
  readonly token: string;
  readonly renewAt: number;
  readonly endsAt: number;
}

/** One grant. A refusal is a DeltaringError FEED_AUTH without any secret in it. */
export class TokenKeeper {
  readonly #grant: GrantSettings;
  readonly #world: KeeperWorld;
  #refreshToken: string;
  /** True while the file has not taken the newest refresh token. */
  #isUnkept = false;
  #held: Held | undefined;
  #refreshing: Promise<Held> | undefined;
  #refusals = 0;
  #notBefore = 0;
  /** True while the wait came of a service that is out. */
  #isForOutage = false;

  constructor(grant: GrantSettings, world: KeeperWorld) {
    this.#grant = grant;
    this.#world = world;
    this.#refreshToken = world.file?.read(grant.refreshToken) ?? grant.refreshToken;
  }

  /** A token that is valid for a while. Where the newest is unwanted another is fetched. */
  async access({ refused, doubted }: Unwanted = {}): Promise<AccessToken> {
    if (refused !== undefined && this.#held?.token === refused) this.#drop();
    const held = this.#held;
    const now = this.#world.now();
    if (held !== undefined && held.token !== doubted && now < held.renewAt) return told(held, now);
    try {
      return told(await this.#refreshOnce(), this.#world.now());
    } catch (error) {
      const lent = this.#lent(doubted);
      if (lent === undefined) throw error;
      return lent;
    }
  }

  /** Nothing leaves without another one, and the service may be well again. */
  #drop(): void {
    this.#held = undefined;
    if (this.#isForOutage) this.#notBefore = 0;
  }

  /** The one at hand serves while it lives, also where its renewal failed. */
  #lent(doubted: string | undefined): AccessToken | undefined {
    const held = this.#held;
    const now = this.#world.now();
    if (held === undefined || held.token === doubted || now >= held.endsAt) return undefined;
    const renewAt = Math.min(held.endsAt, Math.max(this.#notBefore, now + FIRST_WAIT_MILLIS));
    return told({ ...held, renewAt }, now);
  }

  #refreshOnce(): Promise<Held> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<Held> {
    const world = this.#world;
    if (world.now() < this.#notBefore)
      throw refusal('the broker refused the login; waiting to try again');
    let response = await this.#login();
    if (REFUSALS.has(response.status) && this.#takeNewer()) response = await this.#login();
    if (!response.ok) throw this.#onRefused(response);
    const text = await response.text();
    try {
      return this.#take(text);
    } catch (error) {
      this.#wait(FIRST_WAIT_MILLIS, true);
      throw error;
    }
  }

  #take(text: string): Held {
    const body = parsed(text);
    this.#renew(renewedAnswer.safeParse(body).data?.refresh_token);
    const { data: answer } = tokenAnswer.safeParse(body);
    if (answer === undefined) throw refusal('/oauth/token answered with no login');
    this.#refusals = 0;
    this.#checkEnvironment(answer.access_token);
    const life = answer.expires_in * 1_000;
    const early = Math.min(RENEW_EARLY_MILLIS, life * SHORT_LIFE_SHARE);
    const endsAt = this.#world.now() + life;
    this.#held = { token: answer.access_token, endsAt, renewAt: endsAt - early };
    return this.#held;
  }

  #login(): Promise<Response> {
    const body = JSON.stringify({
      grant_type: 'refresh_token',
      client_secret: this.#grant.clientSecret,
      refresh_token: this.#refreshToken,
    });
    return this.#world.post('/oauth/token', body);
  }

  /** Another process of this home, as `deltaring doctor`, may have renewed the refresh token, which can end
   * the one in memory. True where the file holds one that was not tried yet. */
  #takeNewer(): boolean {
    const kept = this.#world.file?.read(this.#grant.refreshToken);
    if (this.#isUnkept || kept === undefined || kept === this.#refreshToken) return false;
    this.#refreshToken = kept;
    return true;
  }

  #renew(renewed: string | undefined): void {
    if (renewed !== undefined && renewed !== this.#refreshToken) {
      this.#refreshToken = renewed;
      this.#isUnkept = true;
    }
    if (this.#isUnkept) this.#keep();
  }

  /** The file is for the next start: a full disk must not cost the token that closes go out with. */
  #keep(): void {
    try {
      this.#world.file?.write(this.#grant.refreshToken, this.#refreshToken);
      this.#isUnkept = false;
    } catch (error) {
      this.#world.onUnkept(error instanceof Error ? error.message : String(error));
    }
  }

  /** A network fault costs nothing here: only an answer of the broker's makes the next try wait, as long as it
   * asks for, and never so long that an exit waits minutes for its login. */
  #onRefused({ status, headers }: Response): DeltaringError {
    const asked =
      retryAfterMicros(headers.get('retry-after') ?? undefined, Date.now()) / MICROS_PER_MILLI;
    if (REFUSALS.has(status)) {
      const own = FIRST_WAIT_MILLIS * 2 ** this.#refusals;
      this.#refusals += 1;
      this.#wait(Math.min(MOST_WAIT_MILLIS, Math.max(own, asked)), false);
    } else {
      const wait = Math.min(MOST_OUTAGE_WAIT_MILLIS, Math.max(FIRST_WAIT_MILLIS, asked));
      this.#wait(wait, status >= FAULT_OF_SERVICE);
    }
    return refusal(`/oauth/token answered ${status}`);
  }

  #wait(millis: number, isForOutage: boolean): void {
    this.#notBefore = this.#world.now() + millis;
    this.#isForOutage = isForOutage;
  }

  #checkEnvironment(token: string): void {
    const { environment: wanted } = this.#grant;
    const found = environmentOfToken(token);
    if (wanted === undefined || found === undefined || found === wanted) return;
    throw refusal(`the login is one of the ${found} environment, and ${wanted} is configured`);
  }
}

function refusal(text: string): DeltaringError {
  return new DeltaringError('FEED_AUTH', text);
}

function told({ token, endsAt, renewAt }: Held, now: number): AccessToken {
  return { token, millisLeft: endsAt - now, millisToRenewal: renewAt - now };
}

/** A text's JSON; undefined for a page, or whatever else is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
