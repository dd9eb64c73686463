import { describe, expect, it } from 'vitest';
import { ChainOracle } from '../../../src/desk/simulation/chain-oracle.ts';
import { addMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout } from '../../support/breakout-rig.ts';

/** A call that is held, and an oracle that looks every second at a desk without a chain. */
function watching({ isHeld = true, chainOpen = false } = {}) {
  const rig = breakoutRig();
  if (isHeld) openBreakout(rig);
  const said: string[] = [];
  const oracle = new ChainOracle((what) => said.push(what));
  const { context } = rig.desk;
  let market = context.at.market;
  const look = (times: number, secondsApart = 1) => {
    for (let i = 0; i < times; i += 1) {
      market = addMicros(market, secondsApart * MICROS_PER_SECOND);
      const at = { market, wall: market };
      oracle.afterStep({ ...context, at, day: { ...context.day, chainOpen } }, at);
    }
  };
  return { oracle, said, look };
}

describe('what is held of today', () => {
  it('is reported once it has been without a chain for longer than ten seconds', () => {
    const { said, look } = watching();
    look(11);
    expect(said).toEqual([]);
    look(1);
    expect(said).toEqual(['what is held is watched on no chain']);
  });

  it('is nothing to report on a chain, and nothing held needs none', () => {
    for (const desk of [{ chainOpen: true }, { isHeld: false }]) {
      const { said, look } = watching(desk);
      look(60);
      expect(said).toEqual([]);
    }
  });

  it('is reported however far apart the looks are', () => {
    const { said, look } = watching();
    look(2, 60);
    expect(said).toEqual(['what is held is watched on no chain']);
  });

  it('is counted anew after a crash', () => {
    const { said, look, oracle } = watching();
    look(9);
    oracle.onCrash();
    look(9);
    expect(said).toEqual([]);
  });
});
