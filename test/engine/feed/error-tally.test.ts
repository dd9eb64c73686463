import { describe, expect, it } from 'vitest';
import { ErrorTally } from '../../../src/engine/feed/error-tally.ts';

describe('ErrorTally', () => {
  it('counts by class and names no class that never occurred', () => {
    const tally = new ErrorTally();
    expect(tally.byClass()).toEqual({});
    tally.count('rowLength');
    tally.count('silence');
    tally.count('rowLength');
    expect(tally.byClass()).toEqual({ rowLength: 2, silence: 1 });
  });

  it('hands out copies', () => {
    const tally = new ErrorTally();
    const before = tally.byClass();
    tally.count('silence');
    expect(before).toEqual({});
  });
});
