/** What authorizes requests and socket messages of a broker: kept here, on the core thread, alone. */
import { SECRET_MARKS } from '../../broker/order-gateway.ts';
import type { BrokerLogin } from './broker-wire.ts';
import type { FromIo, ToIo } from './core-protocol.ts';
import type { Unwanted } from './token-keeper-shell.ts';

/** Secrets that are valid now. */
export interface Secrets {
  readonly headers: Readonly<Record<string, string>>;
  /** What each mark in a text stands for. */
  readonly marks: ReadonlyMap<string, string>;
}

/** A source of secrets. */
export interface WireSecrets {
  /** At hand at this moment; undefined = `fetch` has to be waited for. */
  now(): Secrets | undefined;
  /** Rejects where there are none to be had; the message holds no secret. */
  fetch(): Promise<Secrets>;
  /** The broker took these no more: others are fetched. */
  refused(secrets: Secrets): void;
  /** The broker may take those at hand no more: others are fetched, and these serve until they are there. */
  doubted(): void;
}

/** Writes secrets where their marks stand. They are put into JSON texts, so they are escaped. */
export function withSecrets(text: string, { marks }: Secrets): string {
  let filled = text;
  for (const [mark, secret] of marks) {
    filled = filled.replaceAll(mark, () => JSON.stringify(secret).slice(1, -1));
  }
  return filled;
}

/** The reverse, for what comes in: a broker that repeats a secret does not get it into a recording. */
export function withoutSecrets(text: string, secrets: Secrets | undefined): string {
  let plain = text;
  for (const [mark, secret] of secrets?.marks ?? []) plain = plain.replaceAll(secret, mark);
  return plain;
}

/** Keys that never change, in the headers that Alpaca reads. */
export function keySecrets({ keyId, secretKey }: Extract<BrokerLogin, { kind: 'keys' }>) {
  const secrets: Secrets = {
    headers: { 'apca-api-key-id': keyId, 'apca-api-secret-key': secretKey },
    marks: new Map([
      [SECRET_MARKS.keyId, keyId],
      [SECRET_MARKS.secretKey, secretKey],
    ]),
  };
  return {
    now: () => secrets,
    fetch: () => Promise.resolve(secrets),
    refused: () => undefined,
    doubted: () => undefined,
  } satisfies WireSecrets;
}

/** While one still serves, the next is asked for no sooner than this after a failure. */
const ASK_AGAIN_MILLIS = 5_000;
/** A keeper that says nothing for this long says no. */
const PATIENCE_MILLIS = 30_000;

type AccessAnswer = Extract<FromIo, { kind: 'access' | 'accessFailed' }>;

interface Held {
  readonly token: string;
  readonly until: number;
  readonly renewAt: number;
  readonly secrets: Secrets;
}

/**
 * Access tokens of an OAuth login. The I/O worker keeps the login; this end holds the newest token
 * and asks for the next one when the keeper would renew it, so that an order never waits for a login: a
 * token serves to its end, or until the broker refuses it, whatever becomes of that. One request at a time.
 * `now` tells milliseconds that never step back, and go on while the machine sleeps.
 */
export class OAuthSecrets implements WireSecrets {
  readonly #ask: (message: Extract<ToIo, { kind: 'access' }>) => void;
  readonly #now: () => number;
  #held: Held | undefined;
  #unwanted: Unwanted = {};
  #askAgainAt = 0;
  #waiting: PromiseWithResolvers<Secrets> | undefined;
  #patience: NodeJS.Timeout | undefined;

  constructor(ask: (message: Extract<ToIo, { kind: 'access' }>) => void, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  now(): Secrets | undefined {
    const held = this.#held;
    const now = this.#now();
    if (held === undefined) return undefined;
    if (now >= held.renewAt && now >= this.#askAgainAt) void this.#renew();
    return now < held.until ? held.secrets : undefined;
  }

  fetch(): Promise<Secrets> {
    const secrets = this.now();
    return secrets === undefined ? this.#renew() : Promise.resolve(secrets);
  }

  refused(secrets: Secrets): void {
    if (this.#held?.secrets !== secrets) return;
    this.#unwanted = { refused: this.#held.token };
    this.#held = undefined;
    void this.#renew();
  }

  doubted(): void {
    if (this.#held === undefined) return;
    this.#unwanted = { doubted: this.#held.token };
    this.#held = { ...this.#held, renewAt: this.#now() };
    this.now();
  }

  /** The keeper's answer. */
  onAnswer(answer: AccessAnswer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(this.#patience);
    if (answer.kind === 'accessFailed') {
      this.#askAgainAt = this.#now() + ASK_AGAIN_MILLIS;
      waiting?.reject(new Error(answer.reason));
      return;
    }
    const { token, millisLeft, millisToRenewal } = answer;
    const now = this.#now();
    const secrets: Secrets = {
      headers: { authorization: `Bearer ${token}` },
      marks: new Map([[SECRET_MARKS.accessToken, token]]),
    };
    this.#unwanted = {};
    this.#held = { token, until: now + millisLeft, renewAt: now + millisToRenewal, secrets };
    waiting?.resolve(secrets);
  }

  #renew(): Promise<Secrets> {
    if (this.#waiting !== undefined) return this.#waiting.promise;
    const waiting = Promise.withResolvers<Secrets>();
    waiting.promise.catch(() => undefined);
    this.#waiting = waiting;
    this.#patience = setTimeout(
      () => this.onAnswer({ kind: 'accessFailed', reason: 'no access token in time' }),
      PATIENCE_MILLIS,
    );
    this.#patience.unref();
    this.#ask({ kind: 'access', ...this.#unwanted });
    return waiting.promise;
  }
}
