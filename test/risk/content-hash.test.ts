import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../../src/risk/content-hash.ts';

const { plainValue } = fc.letrec((tie) => ({
  plainValue: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('plainValue'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('plainValue'), { maxKeys: 4 }),
  ),
}));

describe('the hash of what a value says', () => {
  it('is SHA-256 of its canonical text', () => {
    const text = '{"a":[true,null,"x"],"b":1}';
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(contentHash({ b: 1, a: [true, null, 'x'] })).toBe(sha256);
  });

  it('does not depend on the order of fields, nor on fields that are absent', () => {
    expect(contentHash({ a: 1, b: undefined })).toBe(contentHash({ a: 1 }));
    expect(contentHash({ b: 2, a: 1 })).toBe(contentHash({ a: 1, b: 2 }));
  });

  it('is the same for a value that was written and read back', () => {
    fc.assert(
      fc.property(plainValue, (value) => {
        expect(contentHash(JSON.parse(JSON.stringify(value)))).toBe(contentHash(value));
      }),
    );
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    () => 1,
    [undefined],
    { a: Number.NaN },
    { a: [Number.NEGATIVE_INFINITY] },
    1n,
    Symbol('x'),
  ])('breaks on what is no plain data: %o', (value) => {
    const what = /broken invariant: a hashed (number is finite|value is plain data)$/;
    expect(() => contentHash(value)).toThrow(what);
  });
});
