/** How Alpaca is reached, and whose keys these are. */
import { setTimeout } from 'node:timers/promises';
import { ALPACA_PACE } from '../broker/alpaca/alpaca-pace.ts';
import { isFields, numberIn, parseJson, textIn } from '../broker/alpaca/wire-order.ts';
import type { Config } from '../config.ts';
import { ALPACA_HOSTS } from '../config-broker.ts';
import type { BrokerWire } from '../desk/threads/broker-wire.ts';
import type { KeyAccount } from '../desk/threads/key-account-shell.ts';
import { keySender } from '../desk/threads/key-account-shell.ts';
import { newAccountPace } from '../desk/threads/request-turns-shell.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { backoffMillis } from '../ops/backoff.ts';
import type { ClockOffset } from '../ops/clock-offset.ts';
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

/** What the core's shell needs to send for the adapter. */
export function alpacaWire(config: Config, pace = newAccountPace(ALPACA_PACE)): BrokerWire {
  const restUrl = baseUrl(config);
  const socketUrl = `${restUrl.replace(/^http/, 'ws')}/stream`;
  return { restUrl, socketUrl, headers: HEADERS, login: loginOf(config), pace };
}

/** What the account reader sends with. A stand-in answers for the data host as well. */
export function alpacaReading(config: Config, pace = newAccountPace(ALPACA_PACE)): KeyAccount {
  const tradingUrl = baseUrl(config);
  const dataUrl = config.ALPACA_BASE_URL === undefined ? DATA_HOST : tradingUrl;
  return { tradingUrl, dataUrl, headers: HEADERS, login: loginOf(config), pace };
}

const HEADERS = { 'user-agent': `deltaring/${VERSION}` };

function loginOf(config: Config): KeyAccount['login'] {
  const { ALPACA_API_KEY: keyId = '', ALPACA_SECRET_KEY: secretKey = '' } = config;
  return { kind: 'keys', keyId, secretKey };
}

const TRIES = 3;
const WAIT = { firstMillis: 300, mostMillis: 3_000 };

/** Asks whose keys these are. Throws BROKER_UNREACHABLE with what to do; no message holds a key. */
export async function readAlpacaAccount(
  config: Config,
  pace = newAccountPace(ALPACA_PACE),
  clock?: ClockOffset,
): Promise<AlpacaAccount> {
  const send = keySender(alpacaReading(config, pace), TIMEOUT_MILLIS, clock);
  let why = 'no answer';
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (attempt > 0) await setTimeout(backoffMillis(attempt - 1, WAIT, Math.random()));
    try {
      const answer = await send({ method: 'GET', path: '/v2/account' });
      if (answer.status < SERVER_FAULT) return accountIn(answer, config);
      why = `status ${answer.status}`;
    } catch (error) {
      if (error instanceof DeltaringError) throw error;
      why = error instanceof Error ? error.message : 'no answer';
    }
  }
  const { tradingUrl } = alpacaReading(config);
  throw unreachableBroker(
    `${tradingUrl} does not answer: ${why}; see https://status.alpaca.markets`,
  );
}

const SERVER_FAULT = 500;

function unreachableBroker(message: string): DeltaringError {
  return new DeltaringError('BROKER_UNREACHABLE', message);
}

function accountIn({ status, body }: { status: number; body: string }, config: Config) {
  if (status === 401 || status === 403) {
    throw unreachableBroker(
      `Alpaca does not take these keys for ${config.DELTARING_ENV} money (${status}): make a new pair in its dashboard and set ALPACA_API_KEY and ALPACA_SECRET_KEY`,
    );
  }
  const value = parseJson(body);
  const fields = isFields(value) ? value : {};
  const accountId = textIn(fields, 'account_number');
  if (status !== 200 || accountId === undefined) {
    throw unreachableBroker(`Alpaca answered ${status} and no account`);
  }
  return {
    accountId,
    status: textIn(fields, 'status') ?? 'unknown',
    optionsLevel: numberIn(fields, 'options_trading_level') ?? 0,
    blocks: BLOCKS.filter((name) => fields[name] === true).map((name) => name.replaceAll('_', ' ')),
  };
}

const BLOCKS = ['trading_blocked', 'account_blocked', 'trade_suspended_by_user'];
