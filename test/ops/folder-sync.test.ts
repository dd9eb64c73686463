import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncFolder } from '../../src/ops/folder-sync.ts';

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
});
