import { describe, expect, it } from 'vitest';
import {
  checkpointPath,
  keyPath,
  parseLogName,
  tilePath,
  tilesOf,
} from '../../src/audit/log-layout.ts';

describe('the names of a log', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 0, index: 1, width: 44 }, 'tile/0/001.p/44'],
    [{ level: 'entries', index: 1_000, width: 256 }, 'tile/entries/x001/000'],
    [{ level: 'entries', index: 999, width: 1 }, 'tile/entries/999.p/1'],
  ] as const)('writes %j as the format does, and reads it back', (name, path) => {
    expect(tilePath(name)).toBe(path);
    expect(parseLogName(path)).toEqual({ kind: 'tile', ...name });
  });

  it('numbers checkpoints and keys the same way', () => {
    expect(checkpointPath(1_001)).toBe('checkpoints/x001/001');
    expect(parseLogName(checkpointPath(1_001))).toEqual({ kind: 'checkpoint', number: 1_001 });
    expect(parseLogName(keyPath(2))).toEqual({ kind: 'key', number: 2 });
    expect(parseLogName('checkpoint')).toEqual({ kind: 'newest' });
  });

  it.each([
    'tile/0/0',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/0/001.p/256',
    'tile/0/001.p/04',
    'tile/0/../0/001',
    'checkpoints/1',
    'other',
    '',
  ])('knows no file %j', (name) => {
    expect(parseLogName(name)).toBeUndefined();
  });

  it('lists the tiles of a tree as the format counts them', () => {
    const paths = (size: number): string[] => tilesOf(size).map(tilePath);
    expect(paths(0)).toEqual([]);
    expect(paths(1)).toEqual(['tile/0/000.p/1', 'tile/entries/000.p/1']);
    // The example of the format: 70,000 entries.
    const many = paths(70_000);
    expect(many).toContain('tile/0/272');
    expect(many).toContain('tile/0/273.p/112');
    expect(many).toContain('tile/1/000');
    expect(many).toContain('tile/1/001.p/17');
    expect(many).toContain('tile/2/000.p/1');
    expect(many).toHaveLength(2 * 274 + 2 + 1);
  });
});
