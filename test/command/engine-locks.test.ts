import { describe, expect, it, onTestFinished } from 'vitest';
import { takeLocks } from '../../src/command/engine-locks.ts';
import { paperAccountId } from '../../src/command/engine-paths.ts';
import { readConfig } from '../../src/config.ts';
import { createHome, removeHome } from '../support/engine-process.ts';

function newHome(): string {
  const home = createHome();
  onTestFinished(() => removeHome(home));
  return home;
}

/** A broker that tells whose account it is. */
function accountOf(accountId: string) {
  return () => Promise.resolve({ accountId });
}

describe('the locks of an engine', () => {
  it('keep a second one from the home and from the account, and free both', async () => {
    const [home, other] = [newHome(), newHome()];
    const [ours, theirs] = [accountOf(paperAccountId(home)), accountOf(paperAccountId(other))];
    const config = readConfig({ DELTARING_HOME: home });
    const elsewhere = readConfig({ DELTARING_HOME: other });
    const { locks } = await takeLocks(config, ours);
    await expect(takeLocks(config, theirs)).rejects.toThrow('home folder');
    await expect(takeLocks(elsewhere, ours)).rejects.toThrow('account');
    (await takeLocks(elsewhere, theirs)).locks.release();
    locks.release();
    (await takeLocks(elsewhere, ours)).locks.release();
  });

  it('let a start log in only with the home in hand, and free that where the login is refused', async () => {
    const home = newHome();
    const config = readConfig({ DELTARING_HOME: home });
    let logins = 0;
    const reach = () => {
      logins += 1;
      return accountOf(paperAccountId(home))();
    };
    const { locks } = await takeLocks(config, reach);
    await expect(takeLocks(config, reach)).rejects.toThrow('home folder');
    expect(logins).toBe(1);
    locks.release();
    const refused = () => Promise.reject(new Error('the login is refused'));
    await expect(takeLocks(config, refused)).rejects.toThrow('the login is refused');
    (await takeLocks(config, reach)).locks.release();
  });
});
