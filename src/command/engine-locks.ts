/** One engine a home and an account. */
import { acquireAccountLock, acquireHomeLock } from '../audit/account-lock.ts';
import type { Config } from '../config.ts';
import { socketPath } from './engine-paths.ts';

export interface Locks {
  release(): void;
}

/** Takes the home, and the account that `reach` then tells; or neither. A login may renew the refresh token of
 * the home's engine, so a start that is one too many makes none. Throws ENGINE_ALREADY_RUNNING, naming the
 * holder. */
export async function takeLocks<Access extends { readonly accountId: string }>(
  config: Config,
  reach: () => Promise<Access>,
): Promise<Access & { readonly locks: Locks }> {
  const holder = { pid: process.pid, socketPath: socketPath(config.home), home: config.home };
  const home = acquireHomeLock(holder);
  const { DELTARING_BROKER: broker, DELTARING_ENV: environment } = config;
  try {
    const access = await reach();
    const { accountId } = access;
    const account = acquireAccountLock({ broker, environment, accountId }, holder);
    const locks = {
      release: () => {
        account.release();
        home.release();
      },
    };
    return { ...access, locks };
  } catch (error) {
    home.release();
    throw error;
  }
}
