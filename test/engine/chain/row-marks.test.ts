import { describe, expect, it } from 'vitest';
import { MAX_CONTRACTS, UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { CHANGED, QUOTED, RowMarks, TOLD } from '../../../src/engine/chain/row-marks.ts';

function marked(marks: RowMarks): number[] {
  return Array.from({ length: marks.count }, (_, place) => marks.rowAt(place));
}

describe('the marks of a batch', () => {
  it('hold each marked row once, in the order of its first mark, and all its marks', () => {
    const marks = new RowMarks();
    marks.add(7, QUOTED);
    marks.add(UNDERLYING, TOLD);
    marks.add(MAX_CONTRACTS - 1, CHANGED);
    marks.add(7, TOLD);
    expect(marked(marks)).toEqual([7, UNDERLYING, MAX_CONTRACTS - 1]);
    expect([7, UNDERLYING, MAX_CONTRACTS - 1, 0].map((row) => marks.of(row))).toEqual([
      QUOTED | TOLD,
      TOLD,
      CHANGED,
      0,
    ]);
  });

  it('are gone once they are cleared', () => {
    const marks = new RowMarks();
    for (let row = UNDERLYING; row < MAX_CONTRACTS; row += 1) marks.add(row, CHANGED);
    marks.clear();
    expect(marked(marks)).toEqual([]);
    expect(marks.of(UNDERLYING) | marks.of(MAX_CONTRACTS - 1)).toBe(0);
    marks.add(3, TOLD);
    expect(marked(marks)).toEqual([3]);
  });
});
