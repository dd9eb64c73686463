import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pruneRecordings } from '../../src/audit/recording-retention.ts';
import { tempHome } from './support/temp-home.ts';

function folderWith(sizes: readonly number[]): string {
  const folder = tempHome();
  sizes.forEach((size, age) => {
    const path = join(folder, `2026-11-${20 - age}-1.rec`);
    writeFileSync(path, Buffer.alloc(size));
    utimesSync(path, 1_000_000 - age, 1_000_000 - age);
  });
  writeFileSync(join(folder, 'notes.txt'), 'kept');
  return folder;
}

describe('the recordings folder', () => {
  it('keeps everything that fits to the byte', () => {
    const folder = folderWith([10, 20, 30]);
    expect(pruneRecordings(folder, 60)).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it('gives up the oldest one where a single byte is too much', () => {
    const folder = folderWith([10, 20, 30]);
    expect(pruneRecordings(folder, 59)).toEqual([join(folder, '2026-11-18-1.rec')]);
    expect(readdirSync(folder).sort()).toEqual([
      '2026-11-19-1.rec',
      '2026-11-20-1.rec',
      'notes.txt',
    ]);
  });
});
