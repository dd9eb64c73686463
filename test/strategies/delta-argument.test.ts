import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDelta } from '../../src/strategies/delta-argument.ts';
import { refused } from './strategy-day.ts';

describe('readDelta', () => {
  it('reads 30 as 30 points for calls and puts alike', () => {
    expect(readDelta('strike_delta', 30, 'call')).toEqual({ points: 30 });
    expect(readDelta('strike_delta', 30, 'put')).toEqual({ points: 30 });
  });

  it('accepts a sign on a put, and where a put is among the legs', () => {
    expect(readDelta('strike_delta', -30, 'put')).toEqual({ points: 30 });
    expect(readDelta('short_delta', -30, 'both')).toEqual({ points: 30 });
  });

  it('refuses a sign on a call and says what was probably meant', () => {
    const denial = refused(readDelta('strike_delta', -30, 'call'));
    expect(denial.code).toBe('argument_invalid');
    expect(denial.message).toContain('did you mean 30?');
  });

  it.each([
    [0.3, 'did you mean 30?'],
    [-0.3, 'did you mean 30?'],
    [0.05, 'did you mean 5?'],
    [0.999, 'did you mean 99.9?'],
  ])('refuses the fraction %s with "%s"', (value, text) => {
    const denial = refused(readDelta('strike_delta', value, 'put'));
    expect(denial.code).toBe('argument_invalid');
    expect(denial.message).toContain(text);
    expect(denial.numbers).toEqual({ argument: 'strike_delta', value: String(value) });
  });

  it('takes 1 and 99 and refuses 0, 99.5 and what is not a number', () => {
    expect(readDelta('strike_delta', 1, 'call')).toEqual({ points: 1 });
    expect(readDelta('strike_delta', 99, 'call')).toEqual({ points: 99 });
    for (const value of [0, 99.5, 3_000, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(refused(readDelta('strike_delta', value, 'call')).code).toBe('argument_invalid');
    }
  });

  it('answers every number, and with points from 1 to 99 or a refusal', () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom('call', 'put', 'both'), (value, right) => {
        const read = readDelta('d', value, right as 'call' | 'put' | 'both');
        if ('denied' in read) return read.denied.code === 'argument_invalid';
        return read.points >= 1 && read.points <= 99 && read.points === Math.abs(value);
      }),
    );
  });
});
