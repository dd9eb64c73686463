import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  clearKillLatch,
  engageKillLatch,
  engageOrTell,
  killLatchPath,
  readKillLatch,
} from '../../src/audit/kill-latch.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { START_MICROS } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

const wallMicros = epochMicros(START_MICROS);

describe('the kill latch', () => {
  it('is set once, stays as it was first set, and is cleared once', () => {
    const home = join(tempHome(), 'not-yet-there');
    expect(readKillLatch(home)).toBeUndefined();
    engageKillLatch(home, { principal: 'alice', reason: 'odd fills', wallMicros });
    engageKillLatch(home, { principal: 'bob', reason: 'second', wallMicros });
    expect(readKillLatch(home)).toEqual({ principal: 'alice', reason: 'odd fills', wallMicros });
    expect(statSync(killLatchPath(home)).mode & 0o077).toBe(0);
    expect(clearKillLatch(home)).toBe(true);
    expect(clearKillLatch(home)).toBe(false);
    expect(readKillLatch(home)).toBeUndefined();
  });

  it('is made durable by whoever sets it again: the first may have met a crash before that', () => {
    const home = tempHome();
    writeFileSync(killLatchPath(home), '');
    chmodSync(killLatchPath(home), 0o400);
    const kill = { principal: 'alice', reason: 'odd fills', wallMicros };
    expect(engageOrTell(home, kill)).toBe('odd fills');
    expect(readKillLatch(home)).toMatchObject({ principal: 'unknown' });
  });

  it('stops nobody where it cannot be written: the reason tells of it', () => {
    const home = tempHome();
    const kill = { principal: 'alice', reason: 'odd fills', wallMicros };
    expect(engageOrTell(home, kill)).toBe('odd fills');
    expect(readKillLatch(home)).toEqual(kill);
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    const told = engageOrTell(join(file, 'home'), kill);
    expect(told).toMatch(/^odd fills \(the latch file could not be written: ENOTDIR;/);
  });

  it('keeps the first words of a long reason, and is set by it all the same', () => {
    const home = tempHome();
    const kill = { principal: 'alice', reason: 'x'.repeat(5_000), wallMicros };
    const reason = 'x'.repeat(200);
    expect(engageOrTell(home, kill)).toBe(reason);
    expect(readKillLatch(home)).toEqual({ ...kill, reason });
  });

  it.each(['', 'not json', '{"principal":1}'])('counts as set whatever its text (%j)', (text) => {
    const home = tempHome();
    writeFileSync(killLatchPath(home), text);
    expect(readKillLatch(home)).toMatchObject({ principal: 'unknown' });
  });
});
