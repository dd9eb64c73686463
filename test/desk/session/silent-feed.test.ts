import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, type RigOptions } from '../../support/desk-rig.ts';

function exitsOf(rig: DeskRig) {
  return rig.orders().flatMap(({ exitReason }) => (exitReason === undefined ? [] : [exitReason]));
}

describe('a short of which nothing is heard', () => {
  /** The market goes up until something is closed or done, while the short put is silent. */
  function rising(options: RigOptions, isDone: (rig: DeskRig) => boolean): DeskRig {
    const rig = new DeskRig(options);
    const short = rig.openPosition(CONDOR).legs.find(({ quantity, instrument }) => {
      return quantity < 0 && instrument.kind === 'option' && instrument.right === 'put';
    });
    const row = rig.desk.context.chain.indexOf(instrumentSymbol(short!.instrument));
    rig.hears = (index) => index !== row;
    for (let second = 0; second < 300 && !isDone(rig); second += 1) {
      rig.spot += 0.03;
      rig.advance(1);
    }
    return rig;
  }

  it('keeps no stop of the whole from firing', () => {
    const exits = { condorStop: 'whole' } as const;
    const rig = rising({ exits }, (at) => exitsOf(at).length > 0);
    expect(exitsOf(rig)).toEqual(['stop']);
  });

  it('keeps no loss limit of the day from halting', () => {
    const isLost = (rig: DeskRig) => rig.desk.context.day.status.causes.includes('dailyLoss');
    const limits = { maxDailyLossCents: cents(150_00) };
    expect(isLost(rising({ exits: { condorStop: 'whole' }, limits }, isLost))).toBe(true);
  });
});
