/** One engine a home and an account. */
import { acquireAccountLock, acquireHomeLock } from '../audit/account-lock.ts';
import type { Config } from '../config.ts';
import { socketPath } from './engine-paths.ts';

export interface Locks {
  release(): void;
}

/** Takes both, or neither. Throws ENGINE_ALREADY_RUNNING, naming the holder. */
export function takeLocks(config: Config, accountId: string): Locks {
  const holder = { pid: process.pid, socketPath: socketPath(config.home), home: config.home };
  const home = acquireHomeLock(holder);
  const { DELTARING_BROKER: broker, DELTARING_ENV: environment } = config;
  try {
    const account = acquireAccountLock({ broker, environment, accountId }, holder);
    return {
      release: () => {
        account.release();
        home.release();
      },
    };
  } catch (error) {
    home.release();
    throw error;
  }
}
