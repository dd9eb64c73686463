import { describe, expect, it } from 'vitest';
import { engageKillLatch, readKillLatch } from '../../src/audit/kill-latch.ts';
import { KillSwitch } from '../../src/command/kill-switch.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { tempFolder } from './support/terminal.ts';

function switchOf(home: string) {
  const counters = new Counters(createCountersBuffer());
  return { counters, kill: new KillSwitch(home, counters) };
}

describe('the kill switch of an engine', () => {
  it('sets word and latch together, and clears them together', () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    expect(kill.engage('a leak', 'operator')).toBe('a leak');
    expect([counters.isKilled(), readKillLatch(home)?.reason]).toEqual([true, 'a leak']);
    expect(kill.latchedBeside()).toBeUndefined();
    kill.clear();
    expect([counters.isKilled(), readKillLatch(home)]).toEqual([false, undefined]);
  });

  it('finds a latch that a console set beside it, until the word is raised for it', () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    expect(kill.latchedBeside()).toBeUndefined();
    engageKillLatch(home, { principal: 'operator', reason: 'a leak', wallMicros: wallMicros() });
    expect(kill.latchedBeside()?.reason).toBe('a leak');
    kill.engage('a leak', 'latch');
    expect(kill.latchedBeside()).toBeUndefined();
    expect(counters.get('kills')).toBe(1);
  });

  it('takes up a latch that is set again under its word, and a clear leaves that one', () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    const byConsole = (): void =>
      engageKillLatch(home, { principal: 'operator', reason: 'more', wallMicros: wallMicros() });
    const latched = () => [counters.isKilled(), readKillLatch(home)?.reason];
    kill.engage('a leak', 'operator');
    byConsole();
    kill.clear();
    expect(latched()).toEqual([true, 'a leak']);
    expect(kill.latchedBeside()?.reason).toBe('a leak');
    kill.engage('a leak', 'latch');
    expect(kill.latchedBeside()).toBeUndefined();
    kill.clear();
    expect(latched()).toEqual([false, undefined]);
  });

  it('knows the latch that stood at its start', () => {
    const home = tempFolder();
    switchOf(home).kill.engage('a leak', 'operator');
    const { counters, kill } = switchOf(home);
    counters.raiseKillWord();
    expect(kill.latchedBeside()).toBeUndefined();
    kill.clear();
    expect(readKillLatch(home)).toBeUndefined();
  });

  it('takes up a latch under a word of which the disk took none', () => {
    const home = tempFolder();
    const { counters, kill } = switchOf(home);
    counters.raiseKillWord();
    engageKillLatch(home, { principal: 'operator', reason: 'a leak', wallMicros: wallMicros() });
    kill.clear();
    expect([counters.isKilled(), kill.latchedBeside()?.reason]).toEqual([true, 'a leak']);
  });
});
