/** What the settings of brokers and of live money need of each other: one sentence a fault. */
import type { UnderlyingSymbol } from './engine/domain/underlying.ts';
import { underlyingOf } from './engine/domain/underlying.ts';
import { environmentOfKey } from './ops/token-environment.ts';

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
}

/** Where each environment of Alpaca is reached. */
export const ALPACA_HOSTS = {
  paper: 'https://paper-api.alpaca.markets',
  live: 'https://api.alpaca.markets',
} as const;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Faults of the broker's settings, and of those that live money needs. No text holds a key. */
export function brokerFaults(s: BrokerSettings): string[] {
  const faults = s.DELTARING_BROKER === 'alpaca' ? alpacaFaults(s) : [];
  if (s.DELTARING_BROKER === 'tastytrade') {
    faults.push('DELTARING_BROKER: this build does not trade at tastytrade; use paper or alpaca');
  }
  return s.DELTARING_ENV === 'live' ? [...faults, ...liveFaults(s)] : faults;
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
  if (base !== undefined && !isHostOf(environment, new URL(base))) {
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

/** A stand-in on this machine may take the place of either. */
function isHostOf(environment: 'paper' | 'live', base: URL): boolean {
  return base.origin === ALPACA_HOSTS[environment] || isLoopback(base.hostname);
}
