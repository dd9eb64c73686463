import { describe, expect, it } from 'vitest';
import { price } from '../../../src/engine/domain/units.ts';
import type { SaleUpdate } from '../../../src/engine/feed/feed-handler.ts';
import { REMEMBERED_SALES, SaleFilter } from '../../../src/engine/feed/sale-filter.ts';

function sale(sequence: number | undefined, timeMillis = 1): SaleUpdate {
  return { kind: 'new', price: price(1), size: 1, timeMillis, sequence, aggressor: undefined };
}

describe('SaleFilter', () => {
  it('tells prints apart by symbol, time and sequence', () => {
    const filter = new SaleFilter();
    expect(filter.isNew('A', sale(1))).toBe(true);
    expect(filter.isNew('A', sale(1))).toBe(false);
    expect(filter.isNew('B', sale(1))).toBe(true);
    expect(filter.isNew('A', sale(1, 2))).toBe(true);
    expect(filter.isNew('A', sale(2))).toBe(true);
  });

  it('takes every print without a sequence for new', () => {
    const filter = new SaleFilter();
    filter.isNew('A', sale(undefined));
    expect(filter.isNew('A', sale(undefined))).toBe(true);
  });

  it('remembers the last 1,024 prints of a symbol', () => {
    const filter = new SaleFilter();
    for (let i = 0; i < REMEMBERED_SALES; i += 1) filter.isNew('A', sale(i));
    expect(filter.isNew('A', sale(0))).toBe(false);
    filter.isNew('A', sale(REMEMBERED_SALES));
    expect(filter.isNew('A', sale(1))).toBe(false);
    expect(filter.isNew('A', sale(0))).toBe(true);
  });
});
