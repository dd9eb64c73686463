import { describe, expect, it } from 'vitest';
import {
  everyPackageHasItsReason,
  everyPinIsExact,
  lockfileIsComplete,
  noHostInLockfile,
} from './tidy-package-rules.ts';

describe('the package rules find', () => {
  it('every pin that is not one version', () => {
    const at = (version: string) => everyPinIsExact({ optionalDependencies: { zod: version } });
    for (const version of ['^4.6.7', '~4.6.7', '4.6', '4.x', '*', 'latest', '>=4.6.7', 'file:z']) {
      expect(at(version)).toHaveLength(1);
    }
    expect([...at('4.6.7'), ...at('5.0.0-rc.1')]).toEqual([]);
  });

  it('a host in the lockfile', () => {
    const resolved = 'https://registry.example/ws.tgz';
    const found = noHostInLockfile({ packages: { 'node_modules/ws': { resolved } } });
    expect(found).toEqual([expect.stringContaining('names a host')]);
  });

  it('a package without its entry, on this platform or another', () => {
    const packages = {
      '': { dependencies: { a: '1.0.0' } },
      'node_modules/a': { dependencies: { b: '1' }, optionalDependencies: { 'a-win32': '1' } },
      'node_modules/a/node_modules/b': { dependencies: { a: '1' }, devDependencies: { c: '1' } },
    };
    expect(lockfileIsComplete({ packages })).toEqual([
      'node_modules/a needs a-win32, which has no entry in package-lock.json',
    ]);
    expect(lockfileIsComplete({ packages: { '': { devDependencies: { d: '1' } } } })).toHaveLength(
      1,
    );
  });

  it('a package that ARCHITECTURE.md does not name', () => {
    const manifest = { dependencies: { ws: '8.23.0', zod: '4.6.7' } };
    const found = everyPackageHasItsReason(manifest, 'ws: the socket of the feed.');
    expect(found).toEqual([expect.stringContaining('zod has no reason')]);
  });
});
