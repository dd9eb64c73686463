import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../../src/engine/domain/canonical-json.ts';

it('orders keys and leaves out what is undefined', () => {
  expect(canonicalJson({ b: 1, a: undefined, A: [true, null, { d: 2, c: 'x' }] })).toBe(
    '{"A":[true,null,{"c":"x","d":2}],"b":1}',
  );
});

it('writes a number that is not finite as null', () => {
  expect(canonicalJson([Number.NaN, Number.POSITIVE_INFINITY, -0])).toBe('[null,null,0]');
});

it('reads back as the same value, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it('holds no byte below a space', () => {
  expect(canonicalJson('\u0000\n\t')).toBe('"\\u0000\\n\\t"');
});
