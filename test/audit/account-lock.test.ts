import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import {
  accountLockPath,
  acquireAccountLock,
  acquireHomeLock,
  isHomeHeld,
  lockFolder,
  readAccountHolder,
} from '../../src/audit/account-lock.ts';
import { tempHome } from './support/temp-home.ts';

const account = { broker: 'paper', environment: 'paper', accountId: 'A-1' };
const script = fileURLToPath(new URL('./support/hold-lock.ts', import.meta.url));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function holdElsewhere(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [script, folder, account.accountId]);
  children.push(child);
  const [chunk] = await once(child.stdout, 'data');
  return { child, said: String(chunk).trim() };
}

const holder = (home: string) => ({ pid: process.pid, socketPath: '/tmp/here', home });

describe('the account lock', () => {
  it('lets one engine in, names it to the next, and frees itself on SIGKILL', async () => {
    const folder = tempHome();
    const { child, said } = await holdElsewhere(folder);
    expect(said).toBe('held');
    expect(() => acquireAccountLock(account, holder(folder), folder)).toThrow(
      expect.objectContaining({
        code: 'ENGINE_ALREADY_RUNNING',
        message: expect.stringContaining(`process ${child.pid}`),
      }),
    );
    expect(readAccountHolder(account, folder)).toMatchObject({ pid: child.pid, home: folder });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = acquireAccountLock(account, holder(folder), folder);
    expect(readAccountHolder(account, folder)?.pid).toBe(process.pid);
    expect((await holdElsewhere(folder)).said).toBe('ENGINE_ALREADY_RUNNING');
    lock.release();
    lock.release();
    expect((await holdElsewhere(folder)).said).toBe('held');
  });

  it('keeps accounts, environments and brokers apart', () => {
    const folder = tempHome();
    const variants = [
      account,
      { ...account, accountId: 'A-2' },
      { ...account, environment: 'live' },
      { ...account, broker: 'alpaca' },
    ];
    const locks = variants.map((identity) => acquireAccountLock(identity, holder(folder), folder));
    expect(new Set(locks.map((lock) => lock.path)).size).toBe(4);
    for (const lock of locks) lock.release();
  });

  it('keeps the account number out of the file name and the folder to its owner', () => {
    const folder = `${tempHome()}/locks`;
    acquireAccountLock(account, holder(folder), folder).release();
    expect(accountLockPath(account, folder)).not.toContain('A-1');
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(accountLockPath(account)).toContain(lockFolder());
  });

  it('has a folder of its own for a user without a home, and takes none of others', () => {
    const shared = tempHome();
    const own = join(shared, `deltaring-${process.getuid?.()}`);
    const nobody = () => {
      const info = { code: 'ENOENT' };
      throw Object.assign(new Error('uv_os_get_passwd'), { code: 'ERR_SYSTEM_ERROR', info });
    };
    expect(lockFolder(nobody, shared)).toBe(join(own, 'locks'));
    expect(lockFolder(() => '/dev/null', shared)).toBe(join(own, 'locks'));
    expect(statSync(own).mode & 0o777).toBe(0o700);
    const home = tempHome();
    expect(lockFolder(() => home, shared)).toBe(join(home, '.deltaring', 'locks'));
    chmodSync(own, 0o777);
    expect(() => lockFolder(nobody, shared)).toThrow(`${own} cannot hold the locks`);
  });

  it('says what to do about a lock file that is none', () => {
    const folder = tempHome();
    writeFileSync(
      accountLockPath(account, folder),
      'this is no database, and longer than a header'.repeat(40),
    );
    expect(() => acquireAccountLock(account, holder(folder), folder)).toThrow(
      expect.objectContaining({ code: 'INTERNAL', message: expect.stringContaining('delete it') }),
    );
  });

  it('does not trust a damaged holder file', () => {
    const folder = tempHome();
    expect(readAccountHolder(account, folder)).toBeUndefined();
    writeFileSync(`${accountLockPath(account, folder)}.json`, '{"pid":"x"}');
    expect(readAccountHolder(account, folder)).toBeUndefined();
  });

  it('counts a home folder as held where that cannot be asked', () => {
    const folder = tempHome();
    const home = join(folder, 'loop');
    // A link to itself can be entered by nobody, root included.
    symlinkSync(home, home);
    expect(isHomeHeld(home)).toBe(true);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(isHomeHeld(file)).toBe(false);
  });

  it('holds a home folder for one engine', () => {
    const home = tempHome();
    expect(isHomeHeld(home)).toBe(false);
    const lock = acquireHomeLock(holder(home));
    expect(() => acquireHomeLock(holder(home))).toThrow(/already runs on this home folder/);
    expect(isHomeHeld(home)).toBe(true);
    lock.release();
    expect(isHomeHeld(home)).toBe(false);
    acquireHomeLock(holder(home)).release();
  });
});
