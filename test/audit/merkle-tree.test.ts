import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRoot, leafHash, MerkleTree, nodeHash } from '../../src/audit/merkle-tree.ts';
import { TreeLevels } from '../../src/audit/tree-levels.ts';

/** The eight entries and the roots over the first n of them that Certificate Transparency's own test
 * suites use (google/certificate-transparency, transparency-dev/merkle). */
const ENTRIES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** RFC 6962, section 2.1, word by word: recursive, with another interface to SHA-256. */
function rootByTheBook(entries: readonly Buffer[]): Buffer {
  const [only] = entries;
  const sha256 = (...parts: Buffer[]): Buffer =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
  if (only === undefined) return sha256();
  if (entries.length === 1) return sha256(Buffer.from([0]), only);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  const left = rootByTheBook(entries.slice(0, split));
  const right = rootByTheBook(entries.slice(split));
  return sha256(Buffer.from([1]), left, right);
}

describe('the Merkle tree', () => {
  it('has the published root over each number of the published entries', () => {
    const tree = new MerkleTree();
    ENTRIES.forEach((entry, index) => {
      tree.append(leafHash(Buffer.from(entry, 'hex')));
      expect(tree.root().toString('hex')).toBe(ROOTS[index]);
    });
    expect(tree.size).toBe(8);
  });

  it('has the hash of nothing as the root of an empty tree', () => {
    expect(new MerkleTree().root()).toEqual(emptyRoot());
    expect(emptyRoot()).toEqual(rootByTheBook([]));
  });

  it('agrees with the definition on any entries, however long', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }), (bytes) => {
        const entries = bytes.map((each) => Buffer.from(each));
        const tree = new MerkleTree();
        for (const entry of entries) tree.append(leafHash(entry));
        expect(tree.root()).toEqual(rootByTheBook(entries));
      }),
      { numRuns: 60 },
    );
    const long = Buffer.alloc(70_000, 7);
    expect(leafHash(long)).toEqual(rootByTheBook([long]));
    expect(nodeHash(leafHash(long), leafHash(long))).toEqual(rootByTheBook([long, long]));
  });

  it('knows its root at every earlier size from the hashes of its tiles', () => {
    const levels = new TreeLevels();
    const roots: Buffer[] = [];
    for (let i = 0; i < 700; i++) {
      roots.push(levels.root());
      levels.append(leafHash(Buffer.from(String(i))));
    }
    for (const [size, root] of roots.entries()) expect(levels.rootAt(size)).toEqual(root);
    expect(levels.rootAt(700)).toEqual(levels.root());
    expect(levels.rootAt(701)).toBeUndefined();
  });
});
