/** How tastytrade is reached, and which account a login may trade. */
import { join } from 'node:path';
import { z } from 'zod';
import { TASTYTRADE_PACE } from '../broker/tastytrade/tastytrade-pace.ts';
import type { Config } from '../config.ts';
import { TASTYTRADE_HOSTS } from '../config-broker.ts';
import type { BrokerWire } from '../desk/threads/broker-wire.ts';
import { quoteTokenAnswer } from '../desk/threads/io-worker-shell.ts';
import { newAccountPace, RequestTurns } from '../desk/threads/request-turns-shell.ts';
import { RestAccount } from '../desk/threads/rest-account-shell.ts';
import type { GrantSettings } from '../desk/threads/token-keeper-shell.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { ClockOffset } from '../ops/clock-offset.ts';
import { VERSION } from './build-info.ts';

const TIMEOUT_MILLIS = 10_000;
/** The version of the order service that this adapter is written for. The sandbox has answered 404
 * to any version, so none is named there. */
const ORDER_SERVICE_VERSION = '20261012';

/** The REST service: the configured one, or that of the money in use; the live one serves a feed whose
 * orders go elsewhere. */
export function tastytradeUrl(config: Config): string {
  const isSandbox = config.DELTARING_BROKER === 'tastytrade' && config.DELTARING_ENV === 'paper';
  const { rest } = TASTYTRADE_HOSTS[isSandbox ? 'paper' : 'live'];
  return (config.TASTYTRADE_BASE_URL ?? rest).replace(/\/$/, '');
}

function streamerUrl(config: Config): string {
  const { TASTYTRADE_STREAMER_URL: configured, TASTYTRADE_BASE_URL: base } = config;
  if (configured !== undefined) return configured;
  // A stand-in on this machine answers for both.
  if (base !== undefined && base !== TASTYTRADE_HOSTS[config.DELTARING_ENV].rest) {
    return tastytradeUrl(config).replace(/^http/, 'ws');
  }
  return TASTYTRADE_HOSTS[config.DELTARING_ENV].streamer;
}

/** The login, with the folder where a renewed refresh token is kept. */
export function tastytradeGrant(config: Config): GrantSettings {
  const environment = config.DELTARING_ENV === 'live' ? 'live' : 'sandbox';
  return {
    baseUrl: tastytradeUrl(config),
    clientSecret: config.TASTYTRADE_CLIENT_SECRET ?? '',
    refreshToken: config.TASTYTRADE_REFRESH_TOKEN ?? '',
    userAgent: `deltaring/${VERSION}`,
    environment: config.DELTARING_BROKER === 'tastytrade' ? environment : undefined,
    tokenFolder: join(config.home, 'tastytrade'),
  };
}

/** What the core's shell needs to send for the adapter. */
export function tastytradeWire(config: Config, pace = newAccountPace(TASTYTRADE_PACE)): BrokerWire {
  const version = { 'accept-version': ORDER_SERVICE_VERSION };
  return {
    restUrl: tastytradeUrl(config),
    socketUrl: streamerUrl(config),
    headers: {
      'user-agent': `deltaring/${VERSION}`,
      ...(config.DELTARING_ENV === 'live' ? version : {}),
    },
    login: { kind: 'oauth' },
    pace,
  };
}

/** An account of the login, and what stands in the way of trading in it. */
export interface TastytradeAccount {
  readonly accountId: string;
  readonly kind: string;
  readonly optionsLevel: string;
  /** In words; empty where nothing does. */
  readonly blocks: readonly string[];
}

const accountsShape = z.object({
  data: z.object({
    items: z.array(
      z.object({
        account: z.object({
          'account-number': z.string(),
          'account-type-name': z.string().nullish(),
          'is-closed': z.boolean().nullish(),
        }),
        'authority-level': z.string().nullish(),
      }),
    ),
  }),
});

const statusShape = z.object({
  data: z.looseObject({ 'options-level': z.string().nullish() }),
});

const BLOCKS = [
  'is-frozen',
  'is-closed',
  'is-in-margin-call',
  'is-in-day-trade-equity-maintenance-call',
  'is-closing-only',
  'is-risk-reducing-only',
] as const;

/** The login of the configuration, for questions of the command line. */
export function tastytradeService(
  config: Config,
  pace = newAccountPace(TASTYTRADE_PACE),
  clock?: ClockOffset,
): RestAccount {
  const turns = new RequestTurns(pace, Math.random);
  return new RestAccount(tastytradeGrant(config), turns, TIMEOUT_MILLIS, clock);
}

/** Logs in and finds the account: the one configured, or the only one that is open and the login's own.
 * Throws BROKER_UNREACHABLE or CONFIG_INVALID with what to do; no message holds a secret. */
export async function readTastytradeAccount(
  config: Config,
  pace = newAccountPace(TASTYTRADE_PACE),
  service = tastytradeService(config, pace),
): Promise<TastytradeAccount> {
  const { data } = await ask(service, '/customers/me/accounts', accountsShape);
  const open = data.items.filter(({ account, 'authority-level': authority }) => {
    return account['is-closed'] !== true && (authority ?? 'owner') === 'owner';
  });
  const numbers = open.map(({ account }) => account['account-number']);
  const wanted = config.TASTYTRADE_ACCOUNT_ID ?? (numbers.length === 1 ? numbers[0] : undefined);
  const found = open.find(({ account }) => account['account-number'] === wanted)?.account;
  if (found === undefined) throw noAccount(config, numbers);
  const accountId = found['account-number'];
  const status = await ask(service, `/accounts/${accountId}/trading-status`, statusShape);
  return {
    accountId,
    kind: found['account-type-name'] ?? 'account',
    optionsLevel: status.data['options-level'] ?? 'unknown',
    blocks: BLOCKS.filter((name) => status.data[name] === true).map(inWords),
  };
}

/** Asks for what opens the feed. Throws BROKER_UNREACHABLE with what to do where the login gets none. */
export async function askForQuoteToken(service: RestAccount): Promise<void> {
  await ask(service, '/api-quote-tokens', quoteTokenAnswer);
}

function inWords(flag: string): string {
  return flag.replace(/^is-(?:in-)?/, '').replaceAll('-', ' ');
}

function noAccount(config: Config, numbers: readonly string[]): DeltaringError {
  const wanted = config.TASTYTRADE_ACCOUNT_ID;
  const list = numbers.length === 0 ? 'none' : numbers.join(', ');
  const why =
    wanted === undefined ? 'which account is meant is not said' : `${wanted} is not among them`;
  const text = `TASTYTRADE_ACCOUNT_ID: this login owns ${list}, and ${why}`;
  return new DeltaringError('CONFIG_INVALID', text);
}

async function ask<T>(service: RestAccount, path: string, shape: z.ZodType<T>): Promise<T> {
  try {
    return shape.parse(await service.get(path));
  } catch (error) {
    const why = error instanceof DeltaringError ? error.message : 'it does not answer as it should';
    const advice =
      'check TASTYTRADE_CLIENT_SECRET and TASTYTRADE_REFRESH_TOKEN (my.tastytrade.com, Manage, API), and https://status.tastytrade.com';
    throw new DeltaringError('BROKER_UNREACHABLE', `tastytrade: ${why}; ${advice}`, error);
  }
}
