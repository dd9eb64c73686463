import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILD, VERSION } from '../../src/command/build-info.ts';

describe('the build', () => {
  it('names the version of the package, its pins, and the runtime', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(VERSION).toBe(version);
    const runtime = `node${process.versions.node} ${process.arch}`;
    expect(BUILD).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')}\\+[0-9a-f]{12} `));
    expect(BUILD.endsWith(` ${runtime}`)).toBe(true);
  });
});
