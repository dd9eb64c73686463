/** Requests of an account reader at a broker that is opened by keys. I/O worker only. */
import type { HttpAnswer, ReadStep } from '../../broker/account-reader.ts';
import { wallMicros, wallMillis } from '../../engine/domain/clock.ts';
import type { ClockOffset } from '../../ops/clock-offset.ts';
import { isResting, NotCalled, OutgoingCalls } from '../../ops/outgoing-call.ts';
import type { BrokerLogin } from './broker-wire.ts';
import type { AccountPace } from './request-turns-shell.ts';
import { RequestTurns } from './request-turns-shell.ts';
import { keySecrets } from './wire-secrets-shell.ts';

/** Where the account and its market data are read, and what opens both. */
export interface KeyAccount {
  readonly tradingUrl: string;
  readonly dataUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly login: Extract<BrokerLogin, { kind: 'keys' }>;
  /** Shared with whatever else asks this account. */
  readonly pace: AccountPace;
}

/** A step of a reading; a question of the command line may also change the account's settings. */
type HttpStep = Extract<ReadStep, { kind: 'http' }>;
export type HttpQuestion = Pick<HttpStep, 'path' | 'body' | 'service'> & {
  readonly method: HttpStep['method'] | 'PATCH';
};

/** Sends each request once, in the account's turn for looks, under a time limit and a breaker of its
 * own: what a face asks never keeps an order waiting, and is told when to ask again. What it throws names
 * no key. `clock` hears what time each answer tells. */
export function keySender(
  account: KeyAccount,
  timeoutMillis: number,
  clock?: ClockOffset,
): (step: HttpQuestion) => Promise<HttpAnswer> {
  const calls = new OutgoingCalls({
    timeoutMillis,
    attempts: 1,
    firstWaitMillis: 1,
    mostWaitMillis: 1,
    failuresToOpen: 5,
    restMillis: 10_000,
  });
  const turns = new RequestTurns(account.pace, Math.random);
  const patienceMillis = timeoutMillis / 2;
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
        const wait = await turns.turn({ turn: 'look', method, path, patienceMillis });
        if (wait > 0) throw new NotCalled(wait);
        const sentMillis = wallMillis();
        const response = await fetch(base + path, { ...request, signal });
        clock?.heard(response.headers.get('date'), sentMillis, wallMillis());
        turns.onStatus(response.status, response.headers.get('retry-after'));
        const answered = { status: response.status, body: await response.text() };
        return { kind: 'answer', ...answered, wall: wallMicros() } as const;
      });
    } catch (error) {
      if (error instanceof NotCalled) throw error;
      const why = isResting(error) ? 'rests after repeated failures' : 'did not answer';
      throw new Error(`the broker ${why}`, { cause: error });
    }
  };
}
