import { describe, expect, it } from 'vitest';
import { barsFilling, chainFilling } from '../../../src/desk/session/chain-filling.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { breakoutRig } from '../../support/breakout-rig.ts';
import { CONDOR, CONSOLE, DeskRig } from '../../support/desk-rig.ts';

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

describe('a condor that is to be closed when the engine starts', () => {
  const PAGES = ['EXIT_REFUSED', 'FLATTEN_INCOMPLETE', 'LEG_UNMARKABLE', 'OPEN_PAST_DEADLINE'];
  const pages = ({ effects }: DeskRig) =>
    effects.flatMap((effect) => {
      const isPage = effect.kind === 'alert' && effect.action === 'trigger';
      return isPage && PAGES.includes(effect.code) ? [effect.code] : [];
    });
  const closes = (rig: DeskRig) =>
    rig.orders().flatMap(({ intent }) => (intent.purpose === 'open' ? [] : [intent]));

  /** The same at another minute of its day, some moments after the start. */
  function startedAt(minutes: number, begin: (rig: DeskRig) => void = () => {}): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    begin(rig);
    const market = newYorkInstant(sessionDate('2026-11-20'), minutes);
    const again = rig.restartUnquoted({ market });
    again.edit = (sides) => sides;
    return again;
  }

  function flatten(rig: DeskRig): void {
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.quotes();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
  }

  function askToClose(rig: DeskRig): void {
    rig.gateway.refuse = () => ({ reason: 'try later' });
    rig.confirm(rig.previewClose(rig.positions()[0]!.positionId).tokenSha256);
  }

  it('is closed on its first quotes, whoever wants it closed, and pages nobody before', () => {
    for (const again of [
      startedAt(15 * 60 + 42),
      startedAt(15 * 60 + 52),
      startedAt(14 * 60 + 30, flatten),
      startedAt(15 * 60 + 52, flatten),
      startedAt(14 * 60 + 30, askToClose),
    ]) {
      const before = closes(again).length;
      expect(pages(again)).toEqual([]);
      again.quotes();
      again.step({ kind: 'clock', at: again.at });
      expect(closes(again)).toHaveLength(before + 1);
      expect(closes(again).at(-1)?.legs).toHaveLength(4);
      expect(pages(again)).not.toContain('EXIT_REFUSED');
      expect(pages(again)).not.toContain('FLATTEN_INCOMPLETE');
    }
  });

  it('waits some seconds for the rest of its legs, and no longer', () => {
    for (const again of [startedAt(15 * 60 + 42), startedAt(14 * 60 + 30, flatten)]) {
      const { chain } = again.desk.context;
      const silent = chain.indexOf('SPY   261120P00594000');
      again.hears = (row) => row !== silent;
      again.advance(2);
      expect(closes(again)).toEqual([]);
      again.advance(2);
      expect(closes(again)[0]?.legs).toHaveLength(3);
    }
  });

  it('pages that it cannot be closed once its first quotes are overdue', () => {
    const begun = [
      ['EXIT_REFUSED', startedAt(15 * 60 + 42)],
      ['FLATTEN_INCOMPLETE', startedAt(14 * 60 + 30, flatten)],
      ['EXIT_REFUSED', startedAt(14 * 60 + 30, askToClose)],
    ] as const;
    for (const [code, again] of begun) {
      again.freeze(27);
      expect(pages(again)).toEqual([]);
      again.freeze(1);
      expect(pages(again)).toContain(code);
      again.advance(20);
      expect(again.positions()).toEqual([]);
    }
  });
});
