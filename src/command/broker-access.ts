/** The broker of a configuration: whose account it is, how it is reached, and whether this home's journal
 * is of that account. */
import { ALPACA_PACE } from '../broker/alpaca/alpaca-pace.ts';
import { TASTYTRADE_PACE } from '../broker/tastytrade/tastytrade-pace.ts';
import type { Config } from '../config.ts';
import type { Started } from '../desk/journal-summary.ts';
import type { BrokerWire } from '../desk/threads/broker-wire.ts';
import { newAccountPace } from '../desk/threads/request-turns-shell.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { alpacaWire, readAlpacaAccount } from './alpaca-access.ts';
import { paperAccountId } from './engine-paths.ts';
import { readTastytradeAccount, tastytradeWire } from './tastytrade-access.ts';

export interface BrokerAccess {
  readonly accountId: string;
  /** Absent for the embedded broker. */
  readonly wire: BrokerWire | undefined;
}

/** Learns the account. Throws DeltaringError with what to do where the broker cannot be used so. */
export async function reachBroker(config: Config): Promise<BrokerAccess> {
  if (config.DELTARING_BROKER === 'paper') {
    return { accountId: paperAccountId(config.home), wire: undefined };
  }
  const isAlpaca = config.DELTARING_BROKER === 'alpaca';
  const pace = newAccountPace(isAlpaca ? ALPACA_PACE : TASTYTRADE_PACE);
  const readAccount = isAlpaca ? readAlpacaAccount : readTastytradeAccount;
  const { accountId } = await readAccount(config, pace);
  assertTyped(config, accountId);
  return { accountId, wire: (isAlpaca ? alpacaWire : tastytradeWire)(config, pace) };
}

/** Throws where live money was typed for another account. */
export function assertTyped(config: Config, accountId: string): void {
  const typed = config.DELTARING_LIVE_ACCOUNT;
  if (config.DELTARING_ENV === 'live' && typed !== accountId) {
    throw new DeltaringError(
      'CONFIG_INVALID',
      `DELTARING_LIVE_ACCOUNT is ${typed ?? 'unset'}, and the keys are of account ${accountId}: nothing was started`,
    );
  }
}

/** Throws where the journal's last start was of another broker's account: its positions are not this
 * account's. */
export function assertSameAccount(
  started: Started | undefined,
  { DELTARING_BROKER: broker, home }: Config,
  accountId: string,
): void {
  if (started === undefined) return;
  const isSame =
    started.broker === broker && (broker === 'paper' || started.accountId === accountId);
  if (isSame) return;
  throw new DeltaringError(
    'CONFIG_INVALID',
    `the journal of ${home} is of account ${started.accountId} at ${started.broker}, not of ${accountId} at ${broker}: set another DELTARING_HOME`,
  );
}
