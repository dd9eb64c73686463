import { describe, expect, it } from 'vitest';
import { NO_ROW, StrikeLadder } from '../../../src/engine/chain/strike-ladder.ts';
import { option } from './black-chain.ts';

function ladderOf(...strikes: readonly (readonly ['call' | 'put', number])[]): StrikeLadder {
  const ladder = new StrikeLadder();
  ladder.rebuild(strikes.map(([right, dollars]) => option(right, dollars)));
  return ladder;
}

describe('a strike ladder', () => {
  it('orders strikes and knows the row of each right, or that there is none', () => {
    const ladder = ladderOf(['put', 602], ['call', 600], ['call', 602], ['put', 601.5]);
    expect(ladder.count).toBe(3);
    expect([...ladder.strikeDollars.subarray(0, 3)]).toEqual([600, 601.5, 602]);
    expect([...ladder.callRow.subarray(0, 3)]).toEqual([1, NO_ROW, 2]);
    expect([...ladder.putRow.subarray(0, 3)]).toEqual([NO_ROW, 3, 0]);
  });

  it('forgets the strikes before', () => {
    const ladder = ladderOf(['call', 600], ['call', 601]);
    ladder.rebuild([option('put', 650)]);
    expect(ladder.count).toBe(1);
    expect(ladder.callRow[0]).toBe(NO_ROW);
  });

  it('finds the first rung at or above a price', () => {
    const ladder = ladderOf(['call', 600], ['call', 601], ['call', 602]);
    expect([599, 600, 600.01, 602, 602.01].map((at) => ladder.rungAtOrAbove(at))).toEqual([
      0, 0, 1, 2, 3,
    ]);
    expect(new StrikeLadder().rungAtOrAbove(600)).toBe(0);
  });
});
