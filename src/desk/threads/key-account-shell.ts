/** Requests of an account reader at a broker that is opened by keys. I/O worker only. */
import type { HttpAnswer, ReadStep } from '../../broker/account-reader.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import { isResting, OutgoingCalls } from '../../ops/outgoing-call.ts';
import type { BrokerLogin } from './broker-wire.ts';
import { keySecrets } from './wire-secrets-shell.ts';

/** Where the account and its market data are read, and what opens both. */
export interface KeyAccount {
  readonly tradingUrl: string;
  readonly dataUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly login: Extract<BrokerLogin, { kind: 'keys' }>;
}

/** A step of a reading; a question of the command line may also change the account's settings. */
type HttpStep = Extract<ReadStep, { kind: 'http' }>;
export type HttpQuestion = Pick<HttpStep, 'path' | 'body' | 'service'> & {
  readonly method: HttpStep['method'] | 'PATCH';
};

/** Requests a minute: what the broker allows an account, less the share of its orders. */
const CALLS_PER_MINUTE = 40;

/** Sends each request once, under a pace, a time limit and a breaker of its own: what a face asks never
 * keeps an order waiting. What it throws names no key. */
export function keySender(
  account: KeyAccount,
  timeoutMillis: number,
): (step: HttpQuestion) => Promise<HttpAnswer> {
  const calls = new OutgoingCalls({
    callsPerMinute: CALLS_PER_MINUTE,
    timeoutMillis,
    attempts: 1,
    firstWaitMillis: 1,
    mostWaitMillis: 1,
    failuresToOpen: 5,
    restMillis: 10_000,
  });
  const secrets = keySecrets(account.login).now();
  return async ({ method, path, body, service = 'trading' }) => {
    const base = service === 'data' ? account.dataUrl : account.tradingUrl;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = { accept: 'application/json', ...account.headers, ...type, ...secrets.headers };
    const request = {
      method,
      headers,
      redirect: 'error',
      ...(body !== undefined && { body }),
    } as const;
    try {
      return await calls.run(async (signal) => {
        const response = await fetch(base + path, { ...request, signal });
        const answered = { status: response.status, body: await response.text() };
        return { kind: 'answer', ...answered, wall: wallMicros() } as const;
      });
    } catch (error) {
      const why = isResting(error) ? 'rests after repeated failures' : 'did not answer';
      throw new Error(`the broker ${why}`, { cause: error });
    }
  };
}
