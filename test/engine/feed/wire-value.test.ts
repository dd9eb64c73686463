import { describe, expect, it } from 'vitest';
import { finiteOf, isAbsentNumber, isList, isRecord } from '../../../src/engine/feed/wire-value.ts';

describe('wire values', () => {
  it('are numbers only where they are finite, and never negative zero', () => {
    const values = [1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, true];
    expect(values.map(finiteOf)).toEqual([1.5, 0, ...Array.from({ length: 6 }, () => undefined)]);
  });

  it('are absent in each form the protocol has for it, and in no other', () => {
    const absent = [undefined, null, 'NaN', 'Infinity', '-Infinity', JSON.parse('1e999')];
    expect(absent.every(isAbsentNumber)).toBe(true);
    expect([0, '', 'nan', 'x', false, {}].some(isAbsentNumber)).toBe(false);
  });

  it('are records or lists, never both', () => {
    expect([isRecord({}), isRecord([]), isRecord(null), isRecord('x')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([isList([]), isList({}), isList('x')]).toEqual([true, false, false]);
  });
});
