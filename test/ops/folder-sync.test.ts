import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, syncFolder } from '../../src/ops/folder-sync.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deltaring-folder-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe.skipIf(process.platform === 'win32')('the names in a folder', () => {
  it('are synced as often as is asked', () => {
    for (let time = 0; time < 3; time += 1) expect(() => syncFolder(folder)).not.toThrow();
  });

  it('of a folder that is gone fail with the error of the system', () => {
    expect(() => syncFolder(join(folder, 'gone'))).toThrow(/ENOENT/);
  });

  it('are there, for their owner only, once it is made with those above it that were missing', () => {
    const synced: string[] = [];
    const note = (path: string): void => {
      synced.push(relative(folder, path));
      syncFolder(path);
    };
    mkdirSync(join(folder, 'home'));
    const path = join(folder, 'home', 'audit', 'log');
    makeFolder(path, note);
    expect(synced).toEqual([join('home', 'audit'), 'home']);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    makeFolder(path, note);
    expect(synced).toHaveLength(2);
  });
});
