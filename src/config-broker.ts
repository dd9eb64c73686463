/** What the settings of brokers and of live money need of each other: one sentence a fault. */
import type { UnderlyingSymbol } from './engine/domain/underlying.ts';
import { underlyingOf } from './engine/domain/underlying.ts';
import { environmentOfKey, environmentOfToken } from './ops/token-environment.ts';

/** The settings that these rules are about. */
export interface BrokerSettings {
  readonly DELTARING_BROKER: 'paper' | 'tastytrade' | 'alpaca';
  readonly DELTARING_ENV: 'paper' | 'live';
  readonly DELTARING_LIVE_ACCOUNT?: string | undefined;
  readonly DELTARING_UNDERLYING: UnderlyingSymbol;
  readonly DELTARING_FEED: 'sim' | 'tastytrade' | 'dxlink' | 'replay';
  readonly ALPACA_API_KEY?: string | undefined;
  readonly ALPACA_SECRET_KEY?: string | undefined;
  readonly ALPACA_BASE_URL?: string | undefined;
  readonly TASTYTRADE_CLIENT_SECRET?: string | undefined;
  readonly TASTYTRADE_REFRESH_TOKEN?: string | undefined;
  readonly TASTYTRADE_ACCOUNT_ID?: string | undefined;
  readonly TASTYTRADE_BASE_URL?: string | undefined;
  readonly TASTYTRADE_STREAMER_URL?: string | undefined;
}

/** Where each environment of Alpaca is reached. */
export const ALPACA_HOSTS = {
  paper: 'https://paper-api.alpaca.markets',
  live: 'https://api.alpaca.markets',
} as const;

/** Where each environment of tastytrade is reached; its paper money is the sandbox. */
export const TASTYTRADE_HOSTS = {
  paper: {
    rest: 'https://api.cert.tastyworks.com',
    streamer: 'wss://streamer.cert.tastyworks.com',
  },
  live: { rest: 'https://api.tastyworks.com', streamer: 'wss://streamer.tastyworks.com' },
} as const;

export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}

/** Faults of the broker's settings, and of those that live money needs. No text holds a key. */
export function brokerFaults(s: BrokerSettings): string[] {
  const faults = faultsOfBroker(s);
  return s.DELTARING_ENV === 'live' ? [...faults, ...liveFaults(s)] : faults;
}

function faultsOfBroker(s: BrokerSettings): string[] {
  if (s.DELTARING_BROKER === 'alpaca') return alpacaFaults(s);
  return s.DELTARING_BROKER === 'tastytrade' ? tastytradeFaults(s) : [];
}

function liveFaults(s: BrokerSettings): string[] {
  const faults: string[] = [];
  if (s.DELTARING_BROKER === 'paper') {
    faults.push('DELTARING_ENV: the embedded paper broker has no live money; unset it');
  }
  if (s.DELTARING_LIVE_ACCOUNT === undefined) {
    faults.push('DELTARING_LIVE_ACCOUNT: live money needs the account number typed here');
  }
  if (s.DELTARING_FEED === 'sim') {
    faults.push('DELTARING_FEED: live orders are not priced by a simulated market; use dxlink');
  }
  return faults;
}

function alpacaFaults(s: BrokerSettings): string[] {
  const { ALPACA_API_KEY: key, ALPACA_BASE_URL: base, DELTARING_ENV: environment } = s;
  const faults = (['ALPACA_API_KEY', 'ALPACA_SECRET_KEY'] as const)
    .filter((name) => s[name] === undefined)
    .map((name) => `${name}: DELTARING_BROKER=alpaca needs it`);
  const keyEnvironment = key === undefined ? undefined : environmentOfKey(key);
  if (keyEnvironment !== undefined && keyEnvironment !== environment) {
    faults.push(
      `ALPACA_API_KEY: this is a key for ${keyEnvironment} money, and DELTARING_ENV is ${environment}`,
    );
  }
  if (base !== undefined && !isAt(ALPACA_HOSTS[environment], base)) {
    faults.push(`ALPACA_BASE_URL: for ${environment} money it is ${ALPACA_HOSTS[environment]}`);
  }
  const isIndex = underlyingOf(s.DELTARING_UNDERLYING).settlement === 'cash';
  if (environment === 'live' && isIndex) {
    faults.push(
      `DELTARING_UNDERLYING: Alpaca lists index options for paper money only, ${s.DELTARING_UNDERLYING} among them`,
    );
  }
  return faults;
}

function tastytradeFaults(s: BrokerSettings): string[] {
  const { DELTARING_ENV: environment, TASTYTRADE_BASE_URL: base } = s;
  const faults = (['TASTYTRADE_CLIENT_SECRET', 'TASTYTRADE_REFRESH_TOKEN'] as const)
    .filter((name) => s[name] === undefined)
    .map((name) => `${name}: DELTARING_BROKER=tastytrade needs it`);
  const wanted = environment === 'live' ? 'live' : 'sandbox';
  const found = environmentOfToken(s.TASTYTRADE_REFRESH_TOKEN ?? '');
  if (found !== undefined && found !== wanted) {
    faults.push(
      `TASTYTRADE_REFRESH_TOKEN: this is a login of the ${found} environment, and DELTARING_ENV is ${environment}`,
    );
  }
  const { rest, streamer } = TASTYTRADE_HOSTS[environment];
  if (base !== undefined && !isAt(rest, base)) {
    faults.push(`TASTYTRADE_BASE_URL: for ${environment} money it is ${rest}`);
  }
  const stream = s.TASTYTRADE_STREAMER_URL;
  if (stream !== undefined && !isAt(streamer, stream)) {
    faults.push(`TASTYTRADE_STREAMER_URL: for ${environment} money it is ${streamer}`);
  }
  const isStandIn = base !== undefined && isLoopback(new URL(base).hostname);
  if (s.DELTARING_FEED === 'sim' && !isStandIn && environment === 'paper') {
    faults.push(
      'DELTARING_FEED: orders at tastytrade are not priced by a simulated market; use tastytrade or dxlink',
    );
  }
  const typed = s.DELTARING_LIVE_ACCOUNT;
  const account = s.TASTYTRADE_ACCOUNT_ID;
  const differs = typed !== undefined && account !== undefined && typed !== account;
  if (environment === 'live' && differs) {
    faults.push(`DELTARING_LIVE_ACCOUNT: it is not the account of TASTYTRADE_ACCOUNT_ID`);
  }
  return faults;
}

/** A stand-in on this machine may take the place of the service. */
function isAt(host: string, given: string): boolean {
  const { origin, hostname } = new URL(given);
  return origin === host || isLoopback(hostname);
}
