import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/engine/domain/verdict.ts';
import { deny } from '../../../src/engine/domain/verdict.ts';

function half(of: number): Outcome<{ readonly value: number }> {
  if (of % 2 !== 0) return deny('argument_invalid', 'Odd; give an even number.', { of });
  return { value: of / 2 };
}

describe('a refusal', () => {
  it('is a value that carries its code, its sentence and its numbers', () => {
    expect(
      deny('order_size', 'Too many; lower the quantity.', { quantity: 11, limit: 10 }),
    ).toEqual({
      denied: {
        code: 'order_size',
        message: 'Too many; lower the quantity.',
        numbers: { quantity: 11, limit: 10 },
      },
    });
    expect(deny('killed', 'Killed; re-arm at the console.').denied.numbers).toEqual({});
  });

  it('narrows from an answer by its one field', () => {
    const refused = half(3);
    const answered = half(4);
    expect('denied' in refused && refused.denied.numbers['of']).toBe(3);
    expect('denied' in answered).toBe(false);
    expect(!('denied' in answered) && answered.value).toBe(2);
  });
});
