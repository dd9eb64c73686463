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

describe('the locks of an engine', () => {
  it('keep a second one from the home and from the account, and free both', () => {
    const [home, other] = [newHome(), newHome()];
    const accountId = paperAccountId(home);
    const config = readConfig({ DELTARING_HOME: home });
    const elsewhere = readConfig({ DELTARING_HOME: other });
    const locks = takeLocks(config, accountId);
    expect(() => takeLocks(config, paperAccountId(other))).toThrow();
    expect(() => takeLocks(elsewhere, accountId)).toThrow();
    takeLocks(elsewhere, paperAccountId(other)).release();
    locks.release();
    takeLocks(elsewhere, accountId).release();
  });
});
