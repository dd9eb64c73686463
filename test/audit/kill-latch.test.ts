import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  clearKillLatch,
  engageKillLatch,
  engageKillLatchAside,
  killLatchPath,
  latchMark,
  readKillLatch,
} from '../../src/audit/kill-latch.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { START_MICROS } from './support/sample-records.ts';
import { tempHome } from './support/temp-home.ts';

const wallMicros = epochMicros(START_MICROS);

describe('the kill latch', () => {
  const alice = { principal: 'alice', reason: 'odd fills', wallMicros };
  const ways = [
    ['at once', (home: string, by: typeof alice) => engageKillLatch(home, by)],
    ['aside', (home: string, by: typeof alice) => engageKillLatchAside(home, by)],
  ] as const;

  it.each(ways)('set %s stays as it was first set, and is cleared once', async (_, engage) => {
    const home = join(tempHome(), 'not-yet-there');
    expect(readKillLatch(home)).toBeUndefined();
    await engage(home, alice);
    await engage(home, { ...alice, principal: 'bob', reason: 'second' });
    expect(readKillLatch(home)).toEqual(alice);
    expect(statSync(killLatchPath(home)).mode & 0o077).toBe(0);
    expect(await clearKillLatch(home)).toBe(true);
    expect(await clearKillLatch(home)).toBe(false);
    expect(readKillLatch(home)).toBeUndefined();
  });

  it.each(ways)(
    'set %s is made durable also where somebody met a crash before',
    async (_, engage) => {
      const home = tempHome();
      writeFileSync(killLatchPath(home), '');
      chmodSync(killLatchPath(home), 0o400);
      await engage(home, alice);
      expect(readKillLatch(home)).toMatchObject({ principal: 'unknown' });
    },
  );

  it('set aside is known by its mark, which a kill of somebody else changes', async () => {
    const home = tempHome();
    const mark = await engageKillLatchAside(home, alice);
    expect(latchMark(home)).toBe(mark);
    engageKillLatch(home, { ...alice, wallMicros: epochMicros(wallMicros + 1) });
    expect(latchMark(home)).not.toBe(mark);
  });

  it('set aside tells with the system’s error where it cannot be', async () => {
    const file = join(tempHome(), 'a-file');
    writeFileSync(file, '');
    await expect(engageKillLatchAside(join(file, 'home'), alice)).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });

  it.each(['', 'not json', '{"principal":1}'])('counts as set whatever its text (%j)', (text) => {
    const home = tempHome();
    writeFileSync(killLatchPath(home), text);
    expect(readKillLatch(home)).toMatchObject({ principal: 'unknown' });
  });
});
