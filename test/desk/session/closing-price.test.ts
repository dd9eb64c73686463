import { describe, expect, it } from 'vitest';
import { accountRisk } from '../../../src/desk/account/account-risk.ts';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { DeskRig, LOTTO } from '../../support/desk-rig.ts';
import { buyTwoCalls, unbidAll } from '../../support/two-calls.ts';

const FRIDAY = '2026-11-20';
const MONDAY = '2026-11-23';
const TUESDAY = '2026-11-24';

/** A Friday on which a call is exercised, sealed at 610. */
function exercisedOnFriday(options: RigOptions = {}): DeskRig {
  const rig = new DeskRig({ minutes: 14 * 60 + 5, ...options });
  rig.openPosition(LOTTO);
  rig.spot = 610;
  rig.edit = ({ ask }) => ({ bid: undefined, ask });
  rig.goTo(16 * 60 - 1);
  rig.goTo(16 * 60 + 15);
  rig.edit = (sides) => sides;
  return rig;
}

/** A hundred shares of Friday's exercise; on Monday they trade at 603, and the engine is gone before their day
 * is over. */
function heldOnMonday(): DeskRig {
  const rig = exercisedOnFriday();
  rig.goTo(10 * 60, MONDAY);
  rig.spot = 603;
  rig.open();
  rig.advance(5);
  return rig;
}

/** The next engine on these records, before its feed is there. */
function startedAt(date: string, minutes: number, rig: DeskRig): DeskRig {
  const market = newYorkInstant(sessionDate(date), minutes);
  const again = new DeskRig({ market, records: rig.records(), isOpen: false });
  again.spot = 603;
  again.step({ kind: 'clock', at: again.at });
  return again;
}

/** One quote of the underlying, in dollars, and a tick of the clock. */
function quoteSpot(rig: DeskRig, bid: number, ask: number | undefined): void {
  const sides = {
    bid: priceFromDollars(bid),
    ask: ask === undefined ? undefined : priceFromDollars(ask),
  };
  rig.step({ kind: 'quote', at: rig.at, index: -1, ...sides, bidSize: 5, askSize: 5 });
  rig.step({ kind: 'batchEnd', at: rig.at });
  rig.step({ kind: 'clock', at: rig.at });
}

/** A hundred shares of Friday's exercise, sealed at 610, with Monday's chain open: Monday, 4:00. */
function heldBeforeTheOpen(): DeskRig {
  const rig = exercisedOnFriday({ limits: { portfolioDeltaCap: 500 } });
  rig.goTo(17 * 60 + 31);
  rig.open();
  rig.goTo(4 * 60, MONDAY);
  expect(rig.desk.context.book.sharesHeld()).toBe(100);
  return rig;
}

function dayOf(rig: DeskRig): number | undefined {
  return dayPnl(rig.desk.context).liquidationCents;
}

describe('shares carried into a day', () => {
  it('start it at the close of the session before, though the engine saw only its evening', () => {
    const evening = startedAt(MONDAY, 16 * 60 + 20, heldOnMonday());
    evening.step({ kind: 'feed', at: evening.at, connected: true, detail: 'test' });
    evening.advance(5);
    expect(evening.bodies('sessionSealed').at(-1)).toMatchObject({ contracts: 0, spot: 6_030_000 });
    expect(evening.bodies('sessionSealed')).toHaveLength(2);
    evening.goTo(9 * 60 + 40, TUESDAY);
    evening.spot = 603.5;
    evening.open();
    evening.advance(2);
    expect(dayOf(evening)).toBe(49_00);
    const again = startedAt(TUESDAY, 10 * 60, evening);
    again.open();
    expect(dayOf(again)).toBe(-1_00);
  });

  it('start it at its first sound quote where nobody saw the session before end', () => {
    const rig = startedAt(TUESDAY, 9 * 60 + 31, heldOnMonday());
    expect(dayOf(rig)).toBe(0);
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    quoteSpot(rig, 560, 640);
    expect(dayOf(rig)).toBe(0);
    rig.open();
    rig.advance(2);
    expect(dayOf(rig)).toBe(-1_00);
    rig.spot = 602;
    rig.advance(2);
    expect(dayOf(rig)).toBe(-101_00);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
  });

  it.each([
    { bid: 540, ask: 603.01 },
    { bid: 610, ask: 603.01 },
    { bid: 602.99, ask: undefined },
  ])('start it at the next sound quote where the last is no market: %o', ({ bid, ask }) => {
    const rig = heldOnMonday();
    rig.goTo(16 * 60 + 14);
    rig.hears = (row) => row !== -1;
    rig.goTo(16 * 60 + 14 + 59 / 60);
    quoteSpot(rig, bid, ask);
    rig.goTo(16 * 60 + 15);
    expect(rig.bodies('sessionSealed').at(-1)).not.toHaveProperty('spot');
    const again = startedAt(MONDAY, 16 * 60 + 16, rig);
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    rig.hears = () => true;
    for (const each of [rig, again]) {
      each.advance(5);
      expect(each.bodies('sessionSealed').at(-1)).toMatchObject({ spot: 6_030_000 });
      each.goTo(9 * 60 + 40, TUESDAY);
      each.open();
      each.advance(2);
      expect(dayOf(each)).toBe(-1_00);
    }
  });

  it('and are sold in it make no loss of days ago in the next run', () => {
    const rig = startedAt(TUESDAY, 9 * 60 + 31, heldOnMonday());
    rig.open();
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    rig.confirm(tokenSha256);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
    const again = startedAt(TUESDAY, 10 * 60, rig);
    again.open();
    again.advance(2);
    for (const each of [rig, again]) {
      expect(Math.abs(dayOf(each) ?? Number.NaN)).toBeLessThan(10_00);
      expect(each.day.status.causes).not.toContain('dailyLoss');
    }
  });

  it('start it there again after a restart in the day, held or sold', () => {
    const rig = startedAt(TUESDAY, 9 * 60 + 31, heldOnMonday());
    rig.open();
    rig.advance(2);
    rig.spot = 599;
    rig.advance(2);
    expect(dayOf(rig)).toBe(-401_00);
    const again = startedAt(TUESDAY, 10 * 60, rig);
    again.spot = 599;
    again.open();
    again.advance(2);
    expect(dayOf(again)).toBe(-401_00);
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewFlatten', tokenSha256 });
    rig.confirm(tokenSha256);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
    const sold = startedAt(TUESDAY, 10 * 60, rig).desk.context.book.day();
    expect(sold).toEqual(rig.desk.context.book.day());
  });

  it('start it at the first sound quote after a machine slept through the close', () => {
    const rig = heldOnMonday();
    rig.spot = 600;
    rig.goTo(10 * 60, TUESDAY);
    expect(rig.bodies('sessionSealed').at(-1)).not.toHaveProperty('spot');
    rig.open();
    rig.advance(2);
    expect(dayOf(rig)).toBe(-1_00);
  });
});

describe('the close of an underlying that the settings do not name any more', () => {
  /** A hundred shares of QQQ of somebody's own, bought at 520, over a day of SPY that was sealed at 600; then
   * an engine of QQQ. */
  function changedToQqq(edit: (record: AuditRecord) => AuditRecord = (record) => record): DeskRig {
    const rig = new DeskRig({ minutes: 15 * 60 });
    const instrument = { kind: 'shares', symbol: 'QQQ' } as const;
    const of = { fillId: 'theirs-1', intentId: 'somebody else', feesCents: cents(0) };
    const trade = { action: 'buyToOpen', quantity: 100, price: priceFromDollars(520) } as const;
    const fill = { ...of, ...trade, instrument, marketAt: rig.at.market };
    rig.brokerSays({ kind: 'fill', fill });
    rig.goTo(16 * 60 + 15);
    const sealed = { spot: 6_000_000, underlying: 'SPY' };
    expect(rig.bodies('sessionSealed').at(-1)).toMatchObject(sealed);
    const market = newYorkInstant(sessionDate(MONDAY), 10 * 60);
    const records = rig.records().map(edit);
    const again = new DeskRig({ underlying: 'QQQ', market, records, isOpen: false });
    again.spot = 521;
    return again;
  }

  it('is none of what is held of another: that begins its day at its own first price', () => {
    const rig = changedToQqq();
    expect(rig.positions()).toMatchObject([{ carriedCents: 0, isCarryDue: true }]);
    rig.open();
    rig.advance(3);
    expect(dayOf(rig)).toBe(-1_00);
    expect(rig.bodies('heldCarried')).toMatchObject([{ spot: 5_210_000, underlying: 'QQQ' }]);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
    rig.goTo(10 * 60 + 5);
    const back = startedAt(MONDAY, 10 * 60 + 10, rig);
    expect(back.positions()).toMatchObject([{ carriedCents: 100_00, isCarryDue: false }]);
  });

  it('is taken for that of the settings where an older build did not record whose it is', () => {
    const rig = changedToQqq((record) => {
      const { body } = record;
      if (body.kind !== 'sessionSealed') return record;
      const { underlying: _, ...older } = body;
      return { ...record, body: older };
    });
    expect(rig.positions()).toMatchObject([{ carriedCents: 8_000_00, isCarryDue: false }]);
  });

  it('is not sealed for the underlying of now, whose own evening tells its close', () => {
    const rig = new DeskRig({ minutes: 15 * 60 });
    rig.goTo(16 * 60 + 15);
    const market = newYorkInstant(rig.session.date, 16 * 60 + 20);
    const records = rig.records();
    const again = new DeskRig({ underlying: 'QQQ', market, records, isOpen: false });
    again.spot = 521;
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    again.advance(5);
    const closes = again.bodies('sessionSealed').map(({ spot, underlying }) => [underlying, spot]);
    expect(closes).toEqual([
      ['SPY', 6_000_000],
      ['QQQ', 5_210_000],
    ]);
  });
});

describe('a chain that a setting ends early', () => {
  /** A hundred shares of Friday's exercise on Monday, whose chain is gone at 15:00: SPY stands at 610 then,
   * and falls to 604 by the close. */
  function heldOverEarlyEnd(): DeskRig {
    const limits = { portfolioDeltaCap: 500 };
    const market = newYorkInstant(sessionDate(MONDAY), 10 * 60);
    const records = heldBeforeTheOpen().records();
    const rig = new DeskRig({ market, records, isOpen: false, expireMinutes: 15 * 60, limits });
    rig.spot = 610;
    rig.open();
    rig.gateway.isMute = true;
    rig.goTo(14 * 60 + 59);
    rig.goTo(15 * 60);
    rig.advance(5);
    expect(rig.bodies('sessionSealed').at(-1)).not.toHaveProperty('spot');
    rig.spot = 604;
    return rig;
  }

  it('leaves the close to the end of the session, in this run or in the next', () => {
    const rig = heldOverEarlyEnd();
    rig.goTo(16 * 60 + 14);
    expect(rig.bodies('sessionSealed').at(-1)).not.toHaveProperty('spot');
    const again = startedAt(MONDAY, 16 * 60 + 16, rig);
    again.spot = 604;
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    again.gateway.isMute = true;
    rig.goTo(16 * 60 + 15);
    for (const each of [rig, again]) {
      each.advance(5);
      expect(each.bodies('sessionSealed').at(-1)).toMatchObject({ spot: 6_040_000 });
      each.goTo(17 * 60 + 31);
      each.open();
      each.advance(10);
      expect(each.session.date).toBe(TUESDAY);
      expect(dayOf(each)).toBe(-1_00);
      expect(each.day.status.causes).not.toContain('dailyLoss');
    }
  });
});

describe('shares before the open', () => {
  it('lose nothing by a quote that is no market', () => {
    const rig = heldBeforeTheOpen();
    rig.hears = (row) => row !== -1;
    for (let second = 0; second < 8; second += 1) {
      rig.advance(1);
      quoteSpot(rig, 598, 622);
    }
    expect(rig.day.status.causes).toEqual(['sharesHeld']);
    rig.hears = () => true;
    rig.goTo(9 * 60 + 31, MONDAY);
    rig.advance(3);
    expect(rig.desk.context.book.sharesHeld()).toBe(100);
    expect(rig.day.status.causes).toEqual(['sharesHeld']);
  });

  it('lose what a narrow market or the best side of a wide one says', () => {
    for (const [bid, ask] of [
      [597.99, 598.01],
      [590, 598],
    ] as const) {
      const rig = heldBeforeTheOpen();
      rig.hears = (row) => row !== -1;
      quoteSpot(rig, bid, ask);
      expect(rig.day.status.causes).toContain('dailyLoss');
    }
  });
});

describe('shares while their market is shut', () => {
  /** Numbers of the records that page of legs without a market, behind the newest so far. */
  function pagesOf(rig: DeskRig): () => readonly number[] {
    const from = rig.records().length;
    return () =>
      rig
        .records()
        .slice(from)
        .flatMap(({ body, seq }) => {
          const isPage = body.kind === 'alert' && body.action === undefined;
          return isPage && body.code === 'LEG_UNMARKABLE' ? [seq] : [];
        });
  }

  it('count at the last sound price between its quotes, and page nobody', () => {
    const rig = heldBeforeTheOpen();
    const pages = pagesOf(rig);
    rig.hears = (row) => row !== -1;
    for (const [bid, ask] of [
      [607.99, 608.01],
      [570, undefined],
      [607.99, 608.01],
    ] as const) {
      quoteSpot(rig, bid, ask);
      rig.freeze(8);
    }
    const { liquidationCents, midCents, trusted, unmarkable: none } = dayPnl(rig.desk.context);
    expect([liquidationCents, midCents]).toEqual([-200_00, -200_00]);
    expect([trusted, none, pages()]).toEqual([false, [], []]);
    expect(rig.day.status.causes).toEqual(['sharesHeld']);
  });

  it('count at the close where this run has heard no price', () => {
    const evening = exercisedOnFriday();
    for (const rig of [
      startedAt(FRIDAY, 16 * 60 + 20, evening),
      startedAt(MONDAY, 4 * 60, heldBeforeTheOpen()),
    ]) {
      const pages = pagesOf(rig);
      rig.freeze(60);
      expect(pages()).toEqual([]);
      expect(rig.positions()).toMatchObject([{ strategy: 'shares' }]);
      expect(dayPnl(rig.desk.context)).toMatchObject({ trusted: false, unmarkable: [] });
      const { openCashCents } = rig.positions()[0]!;
      expect(rig.query<PnlView>({ kind: 'pnl' }).positions).toMatchObject([
        { unrealizedLiquidationCents: 61_000_00 + openCashCents },
      ]);
    }
    expect(dayOf(startedAt(MONDAY, 4 * 60, heldBeforeTheOpen()))).toBe(0);
  });

  it('page once nothing has quoted them for half a minute of the session', () => {
    const rig = heldBeforeTheOpen();
    const pages = pagesOf(rig);
    rig.hears = (row) => row !== -1;
    rig.goTo(9 * 60 + 29.5, MONDAY);
    rig.freeze(59);
    expect(pages()).toEqual([]);
    expect(rig.day.status.causes).toContain('unmarkable');
    rig.freeze(1);
    expect(pages()).toHaveLength(1);
  });
});

describe('an option whose settlement is told after the session changed', () => {
  /** Two calls at 601 that nobody sold, and of which their broker tells nothing yet. */
  function leftOnFriday(closeAt: number): { readonly friday: number; readonly rig: DeskRig } {
    const limits = { portfolioDeltaCap: 500 };
    const rig = new DeskRig({ brokerName: 'alpaca', limits });
    buyTwoCalls(rig);
    rig.quotes(closeAt);
    unbidAll(rig);
    rig.goTo(15 * 60 + 52);
    rig.advance(5);
    rig.gateway.isMute = true;
    rig.goTo(16 * 60 + 14);
    const friday = dayOf(rig) ?? 0;
    rig.goTo(16 * 60 + 16);
    rig.edit = (sides) => sides;
    return { friday, rig };
  }

  /** On Monday it says what became of them. */
  function toldOnMonday(closeAt: number): ReturnType<typeof leftOnFriday> {
    const { friday, rig } = leftOnFriday(closeAt);
    rig.goTo(18 * 60);
    rig.gateway.isMute = false;
    rig.goTo(10 * 60, MONDAY);
    rig.open();
    rig.advance(20);
    return { friday, rig };
  }

  it('counts its loss in its own day alone', () => {
    const { friday, rig } = toldOnMonday(597);
    expect(friday).toBeLessThan(-100_00);
    expect(rig.positions()).toEqual([]);
    expect(dayOf(rig)).toBe(0);
  });

  it('holds nothing down and pages nobody while it is not told', () => {
    const { rig } = leftOnFriday(597);
    const before = rig.alerts().length;
    rig.goTo(18 * 60);
    for (const [minutes, date] of [
      [18 * 60 + 1, FRIDAY],
      [9 * 60 + 31, MONDAY],
      [9 * 60 + 45, MONDAY],
    ] as const) {
      rig.goTo(minutes, date);
      rig.open();
      rig.advance(12);
      expect(rig.day.status.causes).toEqual([]);
      expect(dayOf(rig)).toBe(0);
    }
    expect(rig.positions()).toHaveLength(1);
    expect(rig.preview().card.purpose).toBe('open');
    const nothing = { openRiskCents: 0, plannedLossCents: 0, netDelta: 0, totalContracts: 0 };
    const risk = accountRisk(rig.desk.context);
    expect(risk).toMatchObject(nothing);
    expect([...risk.contractsBySymbol, ...risk.unitsByStrategy]).toEqual([]);
    const pnl = rig.query<PnlView>({ kind: 'pnl' });
    expect(pnl).toMatchObject({ greeks: { delta: 0 } });
    expect(pnl.positions).toMatchObject([{ expiredOn: FRIDAY, protectedBy: 'none' }]);
    expect(pnl.warnings).toEqual([
      `${pnl.positions[0]?.positionId} expired on ${FRIDAY} and its settlement is not told yet: it counts in no total of this session`,
    ]);
    expect(rig.alerts().slice(before)).toEqual([]);
  });

  it('leaves shares that begin their day at the close of that one', () => {
    const { rig } = toldOnMonday(606);
    expect(rig.desk.context.book.sharesHeld()).toBe(200);
    expect(Math.abs(dayPnl(rig.desk.context).midCents ?? 0)).toBeLessThan(10_00);
  });
});

describe('an option of another class in the account', () => {
  it('is worth nothing that this close tells, and asks for no other price', () => {
    const rig = new DeskRig({ minutes: 15 * 60 });
    const expiry = rig.session.date;
    const strike = priceFromDollars(590);
    const call = { kind: 'option', root: 'QQQ', expiry, right: 'call', strike } as const;
    const told = { instrument: call, quantity: 1, feesCents: cents(0), marketAt: rig.at.market };
    const fill = {
      fillId: 'theirs-1',
      intentId: 'somebody else',
      action: 'buyToOpen',
      price: priceFromDollars(1),
      ...told,
    } as const;
    rig.brokerSays({ kind: 'fill', fill });
    rig.goTo(16 * 60 + 15);
    rig.goTo(17 * 60 + 31);
    rig.open();
    rig.advance(5);
    expect(rig.positions()).toMatchObject([{ carriedCents: 0, isCarryDue: true }]);
    expect(rig.bodies('heldCarried')).toEqual([]);
    const settlement = {
      settlementId: 's-1',
      outcome: 'expired',
      shares: 0,
      sharePrice: strike,
      ...told,
    } as const;
    rig.brokerSays({ kind: 'settlement', settlement });
    rig.advance(2);
    expect(rig.positions()).toEqual([]);
    expect(dayOf(rig)).toBe(0);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
  });
});
