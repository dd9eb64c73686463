import { describe, expect, it } from 'vitest';
import { assert, BrokenInvariant, unreachable } from '../../../src/engine/domain/assert.ts';

function nameOf(side: 'call' | 'put'): string {
  if (side === 'call') return 'C';
  if (side === 'put') return 'P';
  return unreachable(side);
}

describe('an invariant', () => {
  it('holds in silence, and breaks with its statement', () => {
    expect(() => assert(true, 'two is even')).not.toThrow();
    expect(() => assert(false, 'three is even')).toThrow(new BrokenInvariant('three is even'));
    expect(new BrokenInvariant('three is even').message).toBe('broken invariant: three is even');
    expect(new BrokenInvariant('x').name).toBe('BrokenInvariant');
  });

  it('breaks in a branch that the types rule out', () => {
    expect(nameOf('put')).toBe('P');
    const impossible: string = 'straddle';
    expect(() => nameOf(impossible as 'call')).toThrow('no such case: "straddle"');
  });
});
