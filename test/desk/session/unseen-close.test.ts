import { describe, expect, it } from 'vitest';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { cents, sessionDate } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';
import { OtherScreen } from '../../support/other-screen.ts';

const MONDAY = '2026-11-23';
const CALL = 'SPY   261120C00601000';
const LIMITS = { maxDailyLossCents: cents(50_000), portfolioDeltaCap: 1_000_000 };

/** The next engine on Monday before the open, which hears the underlying at this price. */
function nextEngine(rig: DeskRig, spot: number): DeskRig {
  const market = newYorkInstant(sessionDate(MONDAY), 9 * 60);
  const again = new DeskRig({ limits: LIMITS, records: rig.records(), isOpen: false, market });
  again.gateway.isMute = true;
  again.spot = spot;
  again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
  return again;
}

function morning(rig: DeskRig): void {
  rig.goTo(9 * 60 + 35);
  rig.open();
  rig.advance(5);
}

describe('options that expired in a session whose close no engine saw', () => {
  it.each([
    { what: 'bought', action: 'buyToOpen', first: 'its settlement' },
    { what: 'bought', action: 'buyToOpen', first: 'a price' },
    { what: 'sold', action: 'sellToOpen', first: 'its settlement' },
    { what: 'sold', action: 'sellToOpen', first: 'a price' },
  ] as const)('$what, make nothing of the next day by its price: $first comes first', (each) => {
    const rig = new DeskRig({ minutes: 15 * 60 + 40, limits: LIMITS });
    const screen = new OtherScreen();
    rig.gateway.isMute = true;
    rig.spot = 599;
    rig.edit = (sides, right, strike) => {
      return right === 'call' && strike === 601 ? { bid: undefined, ask: 0.01 } : sides;
    };
    screen.trade(rig, { symbol: CALL, action: each.action, quantity: 2, dollars: 0.1 });
    rig.advance(30);
    const again = nextEngine(rig, 606);
    screen.show(again);
    if (each.first === 'its settlement') screen.expire(again, CALL);
    again.advance(3);
    if (each.first === 'a price') screen.expire(again, CALL);
    morning(again);
    expect(again.positions()).toEqual([]);
    expect(dayPnl(again.desk.context).liquidationCents).toBe(0);
    expect(again.day.status.causes).toEqual([]);
    expect(again.bodies('heldCarried')).toEqual([]);
  });

  it('of our own, left to expire behind their shorts, latch no loss of the next day', () => {
    const rig = new DeskRig({ limits: LIMITS });
    const { legs } = rig.openPosition(CONDOR);
    const longs = legs.filter(({ quantity }) => quantity > 0).map(({ instrument }) => instrument);
    const isLong = (side: string, strike: number): boolean =>
      longs.some((long) => {
        return long.kind === 'option' && long.right === side && long.strike === strike * 10_000;
      });
    rig.edit = (sides, right, strike) => {
      return isLong(right, strike) ? { bid: undefined, ask: 0.01 } : sides;
    };
    rig.goTo(15 * 60 + 45);
    rig.advance(60);
    expect(rig.positions().flatMap((position) => position.legs)).toHaveLength(2);
    const call = longs.find((long) => long.kind === 'option' && long.right === 'call');
    const strike = call?.kind === 'option' ? call.strike / 10_000 : 0;
    const again = nextEngine(rig, strike + 4);
    again.advance(3);
    const settlements = longs.flatMap((instrument, place) => {
      if (instrument.kind !== 'option') return [];
      const of = {
        settlementId: `s-${place}`,
        outcome: 'expired',
        quantity: 1,
        shares: 0,
      } as const;
      const told = {
        sharePrice: instrument.strike,
        feesCents: cents(0),
        marketAt: again.at.market,
      };
      return [{ kind: 'settlement', settlement: { ...of, ...told, instrument } } as const];
    });
    again.brokerSays(...settlements);
    morning(again);
    expect(again.positions()).toEqual([]);
    expect(dayPnl(again.desk.context).liquidationCents).toBe(0);
    expect(again.day.status.causes).not.toContain('dailyLoss');
  });
});
