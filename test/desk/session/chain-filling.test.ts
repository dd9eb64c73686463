import { describe, expect, it } from 'vitest';
import { barsFilling, chainFilling } from '../../../src/desk/session/chain-filling.ts';
import { breakoutRig } from '../../support/breakout-rig.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

/** A desk whose feed has just come back, nothing quoted over it yet. */
function reconnected(rig = new DeskRig()): DeskRig {
  rig.advance(10);
  rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'test' });
  rig.freeze(1);
  rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
  return rig;
}

describe('a chain that is filling', () => {
  it('lets no strategy choose before the contracts near the money are quoted', () => {
    const rig = reconnected();
    expect(() => rig.preview(CONDOR)).toThrow(/feed_resync.*the chain is still filling: 0 of/);
    rig.quotes();
    expect(chainFilling(rig.desk.context)).toBeUndefined();
    expect(rig.preview(CONDOR).card.legs).toHaveLength(4);
  });

  it('is filling behind a listing that comes later than the connection, too', () => {
    const rig = new DeskRig({ isOpen: false });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.advance(10);
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    expect(() => rig.preview(CONDOR)).toThrow(/feed_resync/);
    rig.quotes();
    expect(rig.preview(CONDOR).card.legs).toHaveLength(4);
  });

  it('is taken as it is after five seconds', () => {
    const rig = reconnected();
    expect(chainFilling(rig.desk.context)).toBeDefined();
    rig.freeze(5);
    expect(chainFilling(rig.desk.context)).toBeUndefined();
  });

  it('says that the bars have not come, to breakouts alone', () => {
    const rig = reconnected();
    rig.quotes();
    expect(barsFilling(rig.desk.context)?.denied.code).toBe('feed_resync');
    expect(rig.preview(CONDOR).card.legs).toHaveLength(4);
    expect(barsFilling(reconnected(breakoutRig()).desk.context)).toBeUndefined();
  });
});
