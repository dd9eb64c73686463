import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readExDividends } from '../../src/command/ex-dividends.ts';
import { sessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { underlyingOf } from '../../src/engine/domain/underlying.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';

const folder = mkdtempSync(join(tmpdir(), 'deltaring-ex-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SPY = underlyingOf('SPY');

function fileWith(text: string): string {
  const path = join(folder, 'own.txt');
  writeFileSync(path, text);
  return path;
}

describe('the ex-dividend days', () => {
  it('that come with the build are sessions, ascending', () => {
    const days = readExDividends(SPY, undefined);
    expect(days).toEqual(days.toSorted());
    expect(days.filter((day) => sessionTimes(sessionDate(day)) === undefined)).toEqual([]);
    expect(days).toContain('2026-12-18');
  });

  it("take in the operator's own, once each", () => {
    const days = readExDividends(SPY, fileWith('2026-12-18\n2029-03-16 # by the rule\n\n'));
    expect(days.at(-1)).toBe('2029-03-16');
    expect(days.filter((day) => day === '2026-12-18')).toHaveLength(1);
  });

  it('are those of the fund that is traded, and none of an index', () => {
    const own = fileWith('2026-12-21\n');
    for (const fund of ['QQQ', 'IWM']) {
      expect(readExDividends(underlyingOf(fund), undefined)).toEqual([]);
      expect(readExDividends(underlyingOf(fund), own)).toEqual(['2026-12-21']);
    }
    for (const index of ['SPX', 'XSP']) {
      expect(readExDividends(underlyingOf(index), undefined)).toEqual([]);
      expect(readExDividends(underlyingOf(index), own)).toEqual([]);
    }
  });

  it('refuse what is no day, and a file that is not there, by name', () => {
    expect(() => readExDividends(SPY, fileWith('18.12.2026'))).toThrow(
      /"18\.12\.2026", which is no day/,
    );
    expect(() => readExDividends(SPY, fileWith('2026-13-01'))).toThrow(/which is no day/);
    expect(() => readExDividends(SPY, join(folder, 'missing'))).toThrow(/cannot be read/);
  });
});
