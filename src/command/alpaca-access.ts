/** How Alpaca is reached, and whose keys these are. */
import type { Config } from '../config.ts';
import { ALPACA_HOSTS } from '../config-broker.ts';
import type { BrokerWire } from '../desk/threads/broker-wire.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { OutgoingCalls } from '../ops/outgoing-call.ts';
import { VERSION } from './build-info.ts';

const DATA_HOST = 'https://data.alpaca.markets';
const TIMEOUT_MILLIS = 10_000;

/** What the keys' account says of itself. */
export interface AlpacaAccount {
  readonly accountId: string;
  readonly status: string;
  /** 0 to 3; spreads need 3. */
  readonly optionsLevel: number;
  /** What stands in the way of trading, in words; empty where nothing does. */
  readonly blocks: readonly string[];
}

function baseUrl(config: Config): string {
  return (config.ALPACA_BASE_URL ?? ALPACA_HOSTS[config.DELTARING_ENV]).replace(/\/$/, '');
}

/** Where market data is read: a stub answers for both. */
export function alpacaDataUrl(config: Config): string {
  return config.ALPACA_BASE_URL === undefined ? DATA_HOST : baseUrl(config);
}

/** What the core's shell needs to send for the adapter. */
export function alpacaWire(config: Config): BrokerWire {
  const restUrl = baseUrl(config);
  const { ALPACA_API_KEY: keyId = '', ALPACA_SECRET_KEY: secretKey = '' } = config;
  return {
    restUrl,
    socketUrl: `${restUrl.replace(/^http/, 'ws')}/stream`,
    headers: { 'user-agent': `deltaring/${VERSION}` },
    login: { kind: 'keys', keyId, secretKey },
  };
}

/** Asks whose keys these are. Throws BROKER_UNREACHABLE with what to do; no message holds a key. */
export async function readAlpacaAccount(config: Config): Promise<AlpacaAccount> {
  const calls = new OutgoingCalls({
    callsPerMinute: 60,
    timeoutMillis: TIMEOUT_MILLIS,
    attempts: 3,
    firstWaitMillis: 300,
    mostWaitMillis: 3_000,
    failuresToOpen: 10,
    restMillis: 1_000,
  });
  const { restUrl, headers, login } = alpacaWire(config);
  const keys = login.kind === 'keys' ? login : { keyId: '', secretKey: '' };
  const signed = {
    ...headers,
    'apca-api-key-id': keys.keyId,
    'apca-api-secret-key': keys.secretKey,
  };
  const answer = await calls
    .run(async (signal) => {
      const url = `${restUrl}/v2/account`;
      const response = await fetch(url, { headers: signed, signal, redirect: 'error' });
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      return { status: response.status, body: await response.text() };
    })
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message : 'no answer';
      throw unreachableBroker(
        `${restUrl} does not answer: ${why}; see https://status.alpaca.markets`,
      );
    });
  return accountIn(answer, config);
}

function unreachableBroker(message: string): DeltaringError {
  return new DeltaringError('BROKER_UNREACHABLE', message);
}

function accountIn({ status, body }: { status: number; body: string }, config: Config) {
  if (status === 401 || status === 403) {
    throw unreachableBroker(
      `Alpaca does not take these keys for ${config.DELTARING_ENV} money (${status}): make a new pair in its dashboard and set ALPACA_API_KEY and ALPACA_SECRET_KEY`,
    );
  }
  const fields = fieldsOf(body);
  const accountId = fields['account_number'];
  if (status !== 200 || typeof accountId !== 'string') {
    throw unreachableBroker(`Alpaca answered ${status} and no account`);
  }
  const { status: state, options_trading_level: level } = fields;
  return {
    accountId,
    status: typeof state === 'string' ? state : 'unknown',
    optionsLevel: typeof level === 'number' ? level : 0,
    blocks: BLOCKS.filter((name) => fields[name] === true).map((name) => name.replaceAll('_', ' ')),
  };
}

const BLOCKS = ['trading_blocked', 'account_blocked', 'trade_suspended_by_user'];

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : {};
  } catch {
    return {};
  }
}
