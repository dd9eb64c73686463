import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeValue, javaDouble } from '../../../src/sim/dxlink/event-encoder.ts';
import { eventIndex } from '../../../src/sim/dxlink/event-schema.ts';

describe('numbers as Java writes them', () => {
  it.each([
    [100, '100.0'],
    [0, '0.0'],
    [0.01, '0.01'],
    [-1.5, '-1.5'],
    [9_999_999, '9999999.0'],
    [10_000_000, '1.0E7'],
    [13_743_299, '1.3743299E7'],
    [0.001, '0.001'],
    [0.000999, '9.99E-4'],
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ])('%d is %s', (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });

  it('read back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(JSON.parse(javaDouble(value)) + 0).toBe(value + 0);
      }),
    );
  });

  it('say "none" by kind', () => {
    const none = (['d', 'i', 's', 'c', 'b', 'e'] as const).map((kind) =>
      encodeValue(kind, undefined),
    );
    expect(none).toEqual(['"NaN"', '0', 'null', '""', 'false', '"UNDEFINED"']);
  });
});

it('packs seconds, millisecond and sequence into the index as a real event did', () => {
  expect(eventIndex(1_684_559_855_338, 0)).toBe(7_235_129_486_797_176_832n);
});
