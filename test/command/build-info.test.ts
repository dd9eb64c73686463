import { appendFileSync, cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOf, thisBuild, VERSION } from '../../src/command/build-info.ts';

let copy = '';

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'dr-build-'));
  for (const part of ['src', 'package.json', 'package-lock.json']) {
    cpSync(part, join(copy, part), { recursive: true });
  }
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the build', () => {
  it('names the version of the package, a hash, and the runtime', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(VERSION).toBe(version);
    const runtime = `node${process.versions.node} ${process.arch}`;
    expect(thisBuild()).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')}\\+[0-9a-f]{12} `));
    expect(thisBuild().endsWith(` ${runtime}`)).toBe(true);
  });

  it('is the same of the same bytes, wherever they lie', () => {
    expect(buildOf(copy)).toBe(thisBuild());
  });

  it('is another one after a byte of any source file or pin, under another name, and without a lockfile', () => {
    const seen = new Set([buildOf(copy)]);
    const parts = ['src/main.ts', 'src/web/dashboard.html', 'package.json', 'package-lock.json'];
    for (const part of parts) {
      appendFileSync(join(copy, part), '\n');
      seen.add(buildOf(copy));
    }
    renameSync(join(copy, 'src/main.ts'), join(copy, 'src/other.ts'));
    seen.add(buildOf(copy));
    rmSync(join(copy, 'package-lock.json'));
    seen.add(buildOf(copy));
    expect(seen.size).toBe(parts.length + 3);
  });
});
