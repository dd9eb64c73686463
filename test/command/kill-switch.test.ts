import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { engageKillLatch, killLatchPath, readKillLatch } from '../../src/audit/kill-latch.ts';
import { KillSwitch } from '../../src/command/kill-switch.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { tempFolder } from './support/terminal.ts';

function switchOf(home: string) {
  const counters = new Counters(createCountersBuffer());
  return { counters, kill: new KillSwitch(home, counters) };
}

function byConsole(home: string, reason = 'a leak'): void {
  engageKillLatch(home, { principal: 'operator', reason, wallMicros: wallMicros() });
}

describe('the kill switch of an engine', () => {
  it('sets word and latch together, and clears them together', async () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    const { reason, kept } = kill.engage('a leak', 'operator');
    expect([reason, counters.isKilled()]).toEqual(['a leak', true]);
    expect(await kept).toBeUndefined();
    expect(readKillLatch(home)).toMatchObject({ principal: 'operator', reason: 'a leak' });
    expect(kill.latchedBeside()).toBeUndefined();
    expect(await kill.clear()).toBeUndefined();
    expect([counters.isKilled(), readKillLatch(home)]).toEqual([false, undefined]);
  });

  it('keeps the first words of a long reason, and stands by it all the same', async () => {
    const home = tempFolder();
    const { kill } = switchOf(home);
    const { reason, kept } = kill.engage('x'.repeat(5_000), 'operator');
    await kept;
    expect([reason, readKillLatch(home)?.reason]).toEqual(['x'.repeat(200), 'x'.repeat(200)]);
  });

  it('stands where the disk takes no latch, and tells why it does not', async () => {
    const file = join(tempFolder(), 'a-file');
    writeFileSync(file, '');
    const { counters, kill } = switchOf(join(file, 'home'));
    expect(await kill.engage('a leak', 'operator').kept).toBe('ENOTDIR');
    expect(counters.isKilled()).toBe(true);
  });

  it('finds a latch that a console set beside it, until the word is raised for it', async () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    expect(kill.latchedBeside()).toBeUndefined();
    byConsole(home);
    expect(kill.latchedBeside()?.reason).toBe('a leak');
    await kill.engage('a leak', 'latch').kept;
    expect(kill.latchedBeside()).toBeUndefined();
    expect(counters.get('kills')).toBe(1);
  });

  it('takes up a latch that is set again under its word, and a clear leaves that one', async () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    const latched = () => [counters.isKilled(), readKillLatch(home)?.reason];
    await kill.engage('a leak', 'operator').kept;
    byConsole(home, 'more');
    await kill.clear();
    expect(latched()).toEqual([true, 'a leak']);
    expect(kill.latchedBeside()?.reason).toBe('a leak');
    await kill.engage('a leak', 'latch').kept;
    expect(kill.latchedBeside()).toBeUndefined();
    await kill.clear();
    expect(latched()).toEqual([false, undefined]);
  });

  it('knows the latch that stood at its start', async () => {
    const home = tempFolder();
    await switchOf(home).kill.engage('a leak', 'operator').kept;
    const { counters, kill } = switchOf(home);
    counters.raiseKillWord();
    expect(kill.latchedBeside()).toBeUndefined();
    await kill.clear();
    expect(readKillLatch(home)).toBeUndefined();
  });

  it('takes up a latch under a word of which the disk took none', async () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    counters.raiseKillWord();
    byConsole(home);
    await kill.clear();
    expect([counters.isKilled(), kill.latchedBeside()?.reason]).toEqual([true, 'a leak']);
  });

  it('is not cleared by what was asked for before its kill', async () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    await kill.engage('a leak', 'operator').kept;
    const cleared = kill.clear();
    const again = kill.engage('again', 'operator');
    await cleared;
    expect(await again.kept).toBeUndefined();
    expect([counters.isKilled(), readKillLatch(home) !== undefined]).toEqual([true, true]);
    expect(kill.latchedBeside()).toBeUndefined();
    await kill.clear();
    expect([counters.isKilled(), readKillLatch(home)]).toEqual([false, undefined]);
  });
});

describe.skipIf(process.platform === 'win32')('a kill on a disk that hangs', () => {
  /** A home in which the latch cannot be opened until the test lets it. */
  function hangingHome() {
    const home = tempFolder();
    const path = killLatchPath(home);
    const { counters, kill } = switchOf(home);
    execFileSync('mkfifo', [path]);
    let reader: number | undefined;
    const letGo = (): number =>
      (reader ??= openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    onTestFinished(async () => {
      const open = letGo();
      await kill.settled;
      closeSync(open);
    });
    return { home, path, counters, kill, letGo };
  }

  it('holds the word and not this thread, and looks at no latch meanwhile', async () => {
    const { counters, kill, letGo } = hangingHome();
    let isKept = false;
    const kept = kill.engage('a leak', 'operator').kept.finally(() => {
      isKept = true;
    });
    await turn();
    expect([counters.isKilled(), isKept]).toEqual([true, false]);
    expect(kill.latchedBeside()).toBeUndefined();
    letGo();
    // A pipe is no disk: it is opened, and cannot be synced.
    expect(await kept).toBe('EINVAL');
    await kill.settled;
  });

  it('is cleared behind its latch, so that none is left', async () => {
    const { path, counters, kill, letGo } = hangingHome();
    const { kept } = kill.engage('a leak', 'operator');
    await turn();
    const cleared = kill.clear();
    await turn();
    expect(counters.isKilled()).toBe(true);
    letGo();
    await kept;
    expect(await cleared).toBeUndefined();
    expect([counters.isKilled(), existsSync(path)]).toEqual([false, false]);
  });

  it('stands with its latch where it came behind the clear that waits', async () => {
    const { home, path, counters, kill, letGo } = hangingHome();
    const first = kill.engage('a leak', 'operator').kept;
    const cleared = kill.clear();
    const second = kill.engage('again', 'operator').kept;
    await turn();
    letGo();
    await first;
    rmSync(path);
    await cleared;
    expect(await second).toBeUndefined();
    expect([counters.isKilled(), readKillLatch(home)?.reason]).toEqual([true, 'again']);
  });
});
