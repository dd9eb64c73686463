import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';

const LONG = join(tmpdir(), 'a-folder-of-a-long-name'.repeat(10));

describe.skipIf(process.platform === 'win32')('the socket of a home', () => {
  it('has one path, however the home is written', () => {
    const home = join(tmpdir(), 'home');
    expect(socketPath(`${home}/`)).toBe(socketPath(home));
    expect(socketPath(relative(process.cwd(), home))).toBe(socketPath(home));
    expect(socketPath(join(tmpdir(), 'other'))).not.toBe(socketPath(home));
  });

  it('is short enough for every system, however long the home is', () => {
    expect(Buffer.byteLength(socketPath(LONG))).toBeLessThan(104);
  });

  it('leaves a temporary folder whose own name is too long', () => {
    vi.stubEnv('TMPDIR', LONG);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(socketPath(LONG)).toMatch(/^\/tmp\/deltaring-\d+\/[0-9a-f]{12}\.sock$/);
  });

  it('lies in a folder of this user', () => {
    expect(socketPath(LONG)).toContain(`deltaring-${process.getuid?.()}`);
  });
});

describe('the paper account', () => {
  it('is one a home, and says that it is paper', () => {
    expect(paperAccountId('/one')).toMatch(/^PAPER-[0-9A-F]{12}$/);
    expect(paperAccountId('/one/')).toBe(paperAccountId('/one'));
    expect(paperAccountId('/two')).not.toBe(paperAccountId('/one'));
  });
});
