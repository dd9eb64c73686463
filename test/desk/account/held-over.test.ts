import { describe, expect, it } from 'vitest';
import { accountRisk } from '../../../src/desk/account/account-risk.ts';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import { parseInstrument } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn } from '../../support/desk-rig.ts';
import { OtherScreen } from '../../support/other-screen.ts';

const MONDAY = '2026-11-23';
const LATER = 'SPY   261218C00650000';
const OF_MONDAY = 'SPY   261123C00594000';
const LIMITS = {
  maxDailyLossCents: cents(30_000),
  portfolioDeltaCap: 100_000,
  maxOpenRiskCents: cents(10_000_000),
};

function overTheWeekend(rig: DeskRig): void {
  rig.advance(5);
  rig.goTo(16 * 60 + 20);
  rig.advance(2);
  rig.goTo(18 * 60);
  rig.advance(2);
  rig.goTo(10 * 60 + 30, MONDAY);
  rig.open();
  rig.advance(40);
}

/** The same, at eight on Monday: before the open, while nothing has begun its day. */
function beforeMonday(rig: DeskRig): void {
  rig.gateway.isMute = true;
  rig.advance(5);
  rig.goTo(16 * 60 + 20);
  rig.advance(2);
  rig.goTo(18 * 60);
  rig.advance(2);
  rig.goTo(8 * 60, MONDAY);
}

function untilMondayTrades(rig: DeskRig): void {
  rig.advance(2);
  rig.goTo(9 * 60 + 31, MONDAY);
  rig.open();
  rig.advance(40);
}

function assignOne(rig: DeskRig, symbol: string): void {
  const instrument = parseInstrument(symbol);
  if (instrument.kind !== 'option') throw new Error(`${symbol} is no option`);
  const settlement = {
    settlementId: 'assigned-1',
    outcome: 'assigned',
    instrument,
    quantity: -1,
    shares: 100,
    sharePrice: instrument.strike,
    feesCents: cents(0),
    marketAt: rig.at.market,
  } as const;
  rig.brokerSays({ kind: 'settlement', settlement });
}

function dayOf(rig: DeskRig): number {
  return dayPnl(rig.desk.context).liquidationCents ?? Number.NaN;
}

/** The next engine on these records, some minutes later. */
function restarted(rig: DeskRig, screen: OtherScreen, minutes: number): DeskRig {
  const market = newYorkInstant(sessionDate(MONDAY), minutes);
  const again = new DeskRig({ limits: LIMITS, market, records: rig.records(), isOpen: false });
  screen.show(again);
  again.spot = rig.spot;
  again.open();
  again.advance(2);
  return again;
}

describe('what others hold over a session that the chain never quotes', () => {
  it.each([
    { opened: 'buyToOpen', closed: 'sellToClose', at: 4, out: 9 },
    { opened: 'buyToOpen', closed: 'sellToClose', at: 9, out: 4 },
    { opened: 'sellToOpen', closed: 'buyToClose', at: 4, out: 9 },
  ] as const)('begins its day at what it is closed at: $opened at $at, out at $out', (theirs) => {
    const rig = new DeskRig({ limits: LIMITS });
    const screen = new OtherScreen();
    screen.trade(rig, { symbol: LATER, action: theirs.opened, quantity: 2, dollars: theirs.at });
    overTheWeekend(rig);
    screen.trade(rig, { symbol: LATER, action: theirs.closed, dollars: theirs.out });
    rig.advance(10);
    expect(rig.positions()).toHaveLength(1);
    const last = screen.trade(rig, { symbol: LATER, action: theirs.closed, dollars: theirs.out });
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(dayOf(rig)).toBe(0);
    expect(rig.day.status.causes).toEqual([]);
    expect(dayOf(restarted(rig, screen, 10 * 60 + 35))).toBe(0);
    screen.bust(rig, last);
    rig.advance(5);
    expect(rig.positions()).toHaveLength(1);
    expect(dayOf(rig)).toBe(0);
    screen.trade(rig, { symbol: LATER, action: theirs.closed, dollars: theirs.out });
    rig.advance(5);
    expect(dayOf(rig)).toBe(0);
  });

  it('is no room for losses of the day once they take its gain', () => {
    const rig = new DeskRig({ limits: LIMITS });
    const screen = new OtherScreen();
    screen.trade(rig, { symbol: LATER, action: 'buyToOpen', dollars: 4 });
    overTheWeekend(rig);
    screen.trade(rig, { symbol: LATER, action: 'sellToClose', dollars: 9 });
    rig.advance(10);
    rig.openPosition(CONDOR);
    rig.gateway.isMute = true;
    rig.spot += 9;
    rig.advance(40);
    expect(dayOf(rig)).toBeLessThan(-30_000);
    expect(rig.day.status.causes).toContain('dailyLoss');
  });
});

describe('what others hold over a session that comes into the chain', () => {
  it('begins its day at its first price of the session, again after a restart', () => {
    const rig = new DeskRig({ limits: LIMITS });
    const screen = new OtherScreen();
    screen.trade(rig, { symbol: OF_MONDAY, action: 'buyToOpen', quantity: 2, dollars: 1 });
    rig.advance(5);
    rig.goTo(16 * 60 + 20);
    rig.goTo(18 * 60);
    rig.open();
    rig.advance(2);
    expect(rig.session.date).toBe(MONDAY);
    expect(rig.bodies('contractCarried')).toEqual([]);
    rig.goTo(9 * 60 + 31, MONDAY);
    rig.advance(5);
    expect(rig.bodies('contractCarried')).toMatchObject([{ symbol: OF_MONDAY }]);
    expect(rig.positions()).toMatchObject([{ isCarryDue: false }]);
    expect(rig.positions()[0]?.carriedCents).toBeGreaterThan(500_00);
    expect(Math.abs(dayOf(rig))).toBeLessThan(50_00);
    rig.spot -= 2;
    rig.advance(3);
    const lost = dayOf(rig);
    expect(lost).toBeLessThan(-250_00);
    const again = restarted(rig, screen, 9 * 60 + 32);
    expect(again.positions()[0]?.carriedCents).toBe(rig.positions()[0]?.carriedCents);
    expect(Math.abs(dayOf(again) - lost)).toBeLessThan(20_00);
    expect(again.bodies('contractCarried')).toHaveLength(1);
  });

  it('is told where nobody quotes it, and counts nothing so long', () => {
    const rig = new DeskRig({ limits: LIMITS });
    const screen = new OtherScreen();
    screen.trade(rig, { symbol: OF_MONDAY, action: 'sellToOpen', dollars: 1 });
    rig.edit = (sides, right, strike) => {
      return right === 'call' && strike === 594 ? { bid: undefined, ask: undefined } : sides;
    };
    rig.gateway.isMute = true;
    overTheWeekend(rig);
    expect(dayPnl(rig.desk.context).unmarkable).toEqual([OF_MONDAY]);
    expect(rig.day.status.causes).toContain('unmarkable');
    expect(dayOf(rig)).toBe(0);
  });

  it('latches no loss of the day by what was lost before, where it was adopted', () => {
    const rig = new DeskRig({ limits: LIMITS });
    rig.gateway.editSnapshot = (snapshot) => {
      const held = { symbol: 'SPY   261123C00597000', quantity: 1 };
      const positions = [...snapshot.positions, { ...held, averagePrice: priceFromDollars(9) }];
      return { ...snapshot, positions };
    };
    rig.advance(10);
    rig.ask({ kind: 'adopt' }, CONSOLE);
    overTheWeekend(rig);
    expect(rig.positions()).toMatchObject([{ strategy: 'external', isCarryDue: false }]);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
    expect(Math.abs(dayOf(rig))).toBeLessThan(20_00);
  });
});

describe('what closes a part of what others hold before that has begun its day', () => {
  const PUT = 'SPY   261123P00606000';
  const limits = { ...LIMITS, maxOpenRiskCents: cents(100_000_000) };

  function expectTheRestBeganAnew(rig: DeskRig, quantity: number): void {
    expect(rig.positions()[0]).toMatchObject({ legs: [{ quantity }], isCarryDue: false });
    expect(rig.bodies('contractCarried')).toHaveLength(1);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
    expect(Math.abs(dayOf(rig))).toBeLessThan(50_00);
  }

  it('begins the rest at no price of an assignment', () => {
    const rig = new DeskRig({ limits });
    new OtherScreen().trade(rig, { symbol: PUT, action: 'sellToOpen', quantity: 3, dollars: 6 });
    beforeMonday(rig);
    assignOne(rig, PUT);
    expect(rig.desk.context.book.day().realizedCents).toBe(0);
    expect(rig.positions()).toMatchObject([
      { legs: [{ quantity: -2 }], isCarryDue: true },
      { strategy: 'shares' },
    ]);
    untilMondayTrades(rig);
    expectTheRestBeganAnew(rig, -2);
  });

  it('leaves the rest of what the chain never quotes to what closes that', () => {
    const rig = new DeskRig({ limits });
    const screen = new OtherScreen();
    const symbol = 'SPY   261218P00650000';
    screen.trade(rig, { symbol, action: 'sellToOpen', quantity: 3, dollars: 6 });
    beforeMonday(rig);
    assignOne(rig, symbol);
    untilMondayTrades(rig);
    screen.trade(rig, { symbol, action: 'buyToClose', quantity: 2, dollars: 6 });
    rig.advance(10);
    expect(rig.positions()).toMatchObject([{ strategy: 'shares' }]);
    expect(rig.desk.context.book.day().realizedCents).toBe(0);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
  });

  it('begins the rest at no price of an opening that is taken back', () => {
    const rig = new DeskRig({ limits });
    const screen = new OtherScreen();
    screen.trade(rig, { symbol: OF_MONDAY, action: 'buyToOpen', quantity: 2, dollars: 12 });
    const last = screen.trade(rig, { symbol: OF_MONDAY, action: 'buyToOpen', dollars: 12 });
    beforeMonday(rig);
    screen.bust(rig, last);
    untilMondayTrades(rig);
    expectTheRestBeganAnew(rig, 2);
  });

  it('begins the rest at no price of what is taken over by hand', () => {
    const rig = new DeskRig({ limits });
    new OtherScreen().trade(rig, { symbol: PUT, action: 'sellToOpen', quantity: 3, dollars: 2 });
    beforeMonday(rig);
    const left = { symbol: PUT, quantity: -2, averagePrice: priceFromDollars(2) };
    rig.gateway.editSnapshot = (snapshot) => {
      return { ...snapshot, positions: [...snapshot.positions, left] };
    };
    rig.gateway.isMute = false;
    rig.advance(70);
    rig.ask({ kind: 'adopt' }, CONSOLE);
    rig.gateway.isMute = true;
    untilMondayTrades(rig);
    expectTheRestBeganAnew(rig, -2);
  });
});

describe('what others hold over a session beside the planned losses of the day', () => {
  const bought = (dollars: number, maxDailyLossCents: number): DeskRig => {
    const rig = new DeskRig({ limits: { ...LIMITS, maxDailyLossCents: cents(maxDailyLossCents) } });
    new OtherScreen().trade(rig, { symbol: OF_MONDAY, action: 'buyToOpen', dollars });
    rig.gateway.isMute = true;
    return rig;
  };
  const plannedOf = (rig: DeskRig): number => accountRisk(rig.desk.context).plannedLossCents;
  const bidOf = (rig: DeskRig): number => rig.desk.context.evidence.of(OF_MONDAY)?.bid ?? 0;

  it('has all of its worth to lose, whenever it gained that', () => {
    const rig = bought(1, 30_000);
    overTheWeekend(rig);
    expect(rig.positions()[0]?.carriedCents).toBeGreaterThan(450_00);
    expect(plannedOf(rig)).toBeGreaterThanOrEqual(bidOf(rig));
    const asked = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    expect(denialIn(rig.ask(asked))?.code).toBe('daily_loss');
  });

  it('has all of its worth to lose before it has begun its day', () => {
    const rig = bought(1, 30_000);
    rig.edit = (sides, right, strike) => {
      if (right !== 'call' || strike !== 594 || sides.bid === undefined) return sides;
      return { bid: Math.round(sides.bid * 80) / 100, ask: sides.ask };
    };
    overTheWeekend(rig);
    expect(rig.positions()).toMatchObject([{ isCarryDue: true }]);
    expect(plannedOf(rig)).toBeGreaterThanOrEqual(bidOf(rig));
  });

  it('has no more to lose than it was worth when its day began', () => {
    const rig = bought(12, 90_000);
    overTheWeekend(rig);
    const { carriedCents = 0 } = rig.positions()[0] ?? {};
    expect(carriedCents).toBeLessThan(-500_00);
    expect(plannedOf(rig)).toBeGreaterThanOrEqual(bidOf(rig));
    expect(plannedOf(rig)).toBeLessThan(650_00);
    const asked = {
      kind: 'previewStrategy',
      request: CONDOR,
      tokenSha256: rig.newToken(),
    } as const;
    expect(rig.ask(asked)).toHaveProperty('value');
    rig.spot += 2;
    rig.advance(10);
    expect(plannedOf(rig)).toBeGreaterThanOrEqual(bidOf(rig));
  });
});

describe('what others hold over a session and nobody quotes so that its day could begin', () => {
  /** All day long wider than the guard takes, or without a bid. */
  function unsound(rig: DeskRig, half: number | undefined): void {
    rig.gateway.isMute = true;
    rig.edit = (sides, right, strike) => {
      if (right !== 'call' || strike !== 594 || sides.ask === undefined) return sides;
      if (half === undefined) return { bid: undefined, ask: sides.ask };
      const mid = ((sides.bid ?? 0) + sides.ask) / 2;
      const side = (fraction: number): number => Math.round(mid * fraction * 100) / 100;
      return { bid: side(1 - half), ask: side(1 + half) };
    };
  }

  it.each([
    { action: 'sellToOpen', half: 0.07 },
    { action: 'buyToOpen', half: 0.07 },
    { action: 'sellToOpen', half: undefined },
  ] as const)(
    'is told and holds openings, and what else counts in the day is trusted: %o',
    ({ action, half }) => {
      const rig = new DeskRig({ limits: LIMITS });
      new OtherScreen().trade(rig, { symbol: OF_MONDAY, action, quantity: 2, dollars: 1 });
      unsound(rig, half);
      overTheWeekend(rig);
      expect(rig.positions()).toMatchObject([{ isCarryDue: true }]);
      const { trusted, unmarkable, liquidationCents } = dayPnl(rig.desk.context);
      expect({ trusted, unmarkable }).toEqual({ trusted: true, unmarkable: [OF_MONDAY] });
      expect(liquidationCents).toBe(0);
      expect(rig.day.status.causes).toContain('unmarkable');
      const told = rig.effects.filter(({ kind }) => kind === 'alert');
      expect(told).toContainEqual(
        expect.objectContaining({
          action: 'trigger',
          code: 'LEG_UNMARKABLE',
          text: expect.stringContaining(`counts nothing of ${OF_MONDAY}`),
        }),
      );
      unsound(rig, 0.01);
      rig.advance(40);
      expect(rig.positions()).toMatchObject([{ isCarryDue: false }]);
      expect(dayPnl(rig.desk.context)).toMatchObject({ trusted: true, unmarkable: [] });
      expect(rig.day.status.causes).toEqual([]);
    },
  );

  it('keeps no loss of others from being seen', () => {
    const rig = new DeskRig({ limits: LIMITS });
    const screen = new OtherScreen();
    screen.trade(rig, { symbol: OF_MONDAY, action: 'buyToOpen', dollars: 1 });
    const other = 'SPY   261123C00597000';
    screen.trade(rig, { symbol: other, action: 'buyToOpen', quantity: 2, dollars: 1 });
    unsound(rig, 0.07);
    overTheWeekend(rig);
    expect(rig.bodies('contractCarried')).toMatchObject([{ symbol: other }]);
    rig.spot -= 6;
    rig.advance(20);
    expect(rig.day.status.causes).toContain('dailyLoss');
  });
});
