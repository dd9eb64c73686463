import * as mnemonist from 'mnemonist';
import { describe, expect, it } from 'vitest';
import { LRUMap, LRUMapWithDelete } from '../../../src/engine/domain/lru-map.ts';

describe('bounded maps', () => {
  it("are the package's own", () => {
    expect([LRUMap, LRUMapWithDelete]).toEqual([mnemonist.LRUMap, mnemonist.LRUMapWithDelete]);
  });

  it('forget what was used least recently', () => {
    const map = new LRUMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect(['a', 'b', 'c'].filter((key) => map.has(key))).toEqual(['a', 'c']);
  });

  it('of the second kind give one up before its time', () => {
    const map = new LRUMapWithDelete<string, number>(2);
    map.set('a', 1);
    expect(map.delete('a')).toBe(true);
    expect(map.has('a')).toBe(false);
  });
});
