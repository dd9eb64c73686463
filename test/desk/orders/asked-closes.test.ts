import { describe, expect, it } from 'vitest';
import { addMicros, centsFromDollars, MICROS_PER_DAY } from '../../../src/engine/domain/units.ts';
import { DeskRig, LOTTO, valueIn } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(3_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

/** Four contracts of which closes of so many rest, one after another. */
function asking(...units: readonly (number | undefined)[]) {
  const rig = new DeskRig({ limits, minutes: 14 * 60 + 30 });
  const { positionId } = rig.openPosition({ ...LOTTO, quantity: 4 });
  rig.size = 0;
  rig.quotes();
  for (const each of units) valueIn(rig.confirm(rig.previewClose(positionId, each).tokenSha256));
  return { rig, positionId };
}

/** Contracts that stay, by what was asked for; undefined where nothing is to stay. */
function stays(rig: DeskRig) {
  return [...rig.day.askedCloses.values()].map(({ keeps }) => keeps && [...keeps.values()]);
}

describe('what is to stay of a position', () => {
  it('is all but what its closes take', () => {
    expect(stays(asking(1).rig)).toEqual([[3]]);
    expect(stays(asking(1, 2).rig)).toEqual([[1]]);
  });

  it('is nothing once all was asked for, and that stands', () => {
    expect(stays(asking(undefined).rig)).toEqual([undefined]);
    expect(stays(asking(1, undefined).rig)).toEqual([undefined]);
  });

  it('follows from the records', () => {
    for (const units of [[1, 2], [1, undefined], [3]]) {
      const { rig } = asking(...units);
      expect(stays(rig.restart(undefined, { isOpen: false }))).toEqual(stays(rig));
    }
  });

  it('is recorded of a close of all, and of no other', () => {
    const { rig } = asking(1, undefined);
    const closes = rig.bodies('intentRecorded').filter(({ intent }) => intent.purpose === 'close');
    expect(closes.map(({ closesAll }) => closesAll)).toEqual([undefined, true]);
  });

  it('is told by no record of another session', () => {
    const { rig } = asking(1);
    const market = addMicros(rig.at.market, 3 * MICROS_PER_DAY);
    const later = rig.restart(undefined, { market, isOpen: false });
    expect(stays(later)).toEqual([]);
  });
});
