import { describe, expect, it } from 'vitest';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import { type Instrument, parseInstrument } from '../../../src/engine/domain/instrument.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { externalPositionId } from '../../../src/engine/portfolio/external-position.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn } from '../../support/desk-rig.ts';
import { OtherScreen } from '../../support/other-screen.ts';

/** What a condor loses at the edit below is more than this, and more than this times its multiple. */
const LIMITS = { maxDailyLossCents: cents(30_000), portfolioDeltaCap: 900 };

const OF_MONDAY = 'SPY   261123C00606000';
const ON_MONDAY = externalPositionId(parseInstrument(OF_MONDAY));

type Other = readonly [
  what: string,
  symbol: string,
  action: 'buyToOpen' | 'sellToOpen',
  dollars: number,
];

const OTHERS: readonly [Other, ...Other[]] = [
  ['shares of another ticker', 'AAPL', 'buyToOpen', 200],
  ['an option of a later day', 'SPY   261231C00600000', 'buyToOpen', 9],
  ['a short option of another underlying', 'AAPL  261231C00200000', 'sellToOpen', 2],
];

/** Somebody buys or sells one of it at another screen, and the broker's pictures list it. */
function othersHold(rig: DeskRig, [, symbol, action, dollars]: Other): void {
  const instrument: Instrument = parseInstrument(symbol);
  const quantity = action === 'buyToOpen' ? 1 : -1;
  const at = priceFromDollars(dollars);
  const fill = {
    fillId: 'theirs-1',
    intentId: 'theirs',
    instrument,
    action,
    quantity: 1,
    price: at,
    feesCents: cents(0),
    marketAt: rig.at.market,
  };
  rig.gateway.editSnapshot = (snapshot) => ({
    ...snapshot,
    positions: [...snapshot.positions, { symbol, quantity, averagePrice: at }],
    fills: [...snapshot.fills, fill],
  });
  rig.brokerSays({ kind: 'fill', fill });
}

/** A loss beyond the multiple of the limit on Friday, beside a call of Monday's that others bought; then Monday. */
function lostOnFriday(isAsked: boolean): {
  readonly friday: DeskRig['day']['status'];
  rig: DeskRig;
} {
  const limits = {
    ...LIMITS,
    maxDailyLossCents: cents(20_000),
    maxOpenRiskCents: cents(1_000_000),
  };
  const rig = new DeskRig({ limits });
  rig.openPosition(CONDOR);
  new OtherScreen().trade(rig, { symbol: OF_MONDAY, action: 'buyToOpen', dollars: 1 });
  rig.advance(5);
  rig.spot += 9;
  rig.advance(60);
  const friday = rig.day.status;
  if (isAsked) rig.ask({ kind: 'flattenNow' }, CONSOLE);
  rig.goTo(16 * 60 + 20);
  rig.advance(2);
  rig.goTo(18 * 60);
  rig.advance(2);
  rig.spot = 606;
  rig.goTo(10 * 60 + 30, '2026-11-23');
  rig.open();
  rig.advance(10);
  return { friday, rig };
}

describe('the schedule of the day', () => {
  it('pages of an own position that the chain of another underlying does not quote', () => {
    const rig = new DeskRig({ limits: { portfolioDeltaCap: 100_000 } });
    rig.openPosition(CONDOR);
    rig.advance(5);
    const again = new DeskRig({ underlying: 'SPX', records: rig.records(), isOpen: false });
    again.gateway.isMute = true;
    again.open();
    for (const minutes of [15 * 60 + 44, 15 * 60 + 55]) {
      again.goTo(minutes);
      again.advance(20);
    }
    expect(again.alerts()).toContain('EXIT_REFUSED');
    expect(again.alerts()).toContain('OPEN_PAST_DEADLINE');
  });

  it.each(['SPY   261218C00606000', 'AAPL'])('pages nobody of what it is not of: %s', (symbol) => {
    const rig = new DeskRig();
    new OtherScreen().trade(rig, { symbol, action: 'buyToOpen', dollars: 9 });
    rig.advance(5);
    rig.goTo(15 * 60 + 35);
    rig.advance(20);
    rig.goTo(15 * 60 + 55);
    rig.advance(20);
    expect(rig.alerts()).toContain('LEG_UNMARKABLE');
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
    expect(rig.alerts()).not.toContain('OPEN_PAST_DEADLINE');
    expect(rig.alerts()).not.toContain('OPEN_PAST_ORDERS');
  });
});

describe('the flatten that a loss makes', () => {
  it("leaves others' contract of a later day alone, then and on its own day", () => {
    const { friday, rig } = lostOnFriday(false);
    expect(friday.causes).toContain('flatten');
    expect(friday.causes).not.toContain('flattening');
    expect(rig.day.flattening.size).toBe(0);
    expect(rig.day.status.causes).toEqual([]);
    expect(rig.orders().filter(({ intent }) => intent.positionId === ON_MONDAY)).toEqual([]);
    expect(rig.positions().map(({ positionId }) => positionId)).toEqual([ON_MONDAY]);
  });

  it('is not the one that a person asks for, which goes on with it', () => {
    const { rig } = lostOnFriday(true);
    const closes = rig.orders().filter(({ intent }) => intent.positionId === ON_MONDAY);
    expect(closes.map(({ intent }) => intent.purpose)).toContain('flatten');
  });
});

describe('what others hold that the chain never quotes', () => {
  it.each(OTHERS)('keeps no loss limit from being held: %s', (...other) => {
    const rig = new DeskRig({ limits: LIMITS });
    rig.openPosition(CONDOR);
    othersHold(rig, other);
    rig.advance(40);
    expect(rig.day.status.causes).toContain('unmarkable');
    expect(rig.day.status.causes).not.toContain('dailyLoss');
    rig.gateway.isMute = true;
    rig.spot += 7;
    rig.advance(15);
    expect(rig.day.status.causes).toContain('dailyLoss');
    expect(rig.alerts()).toContain('DAILY_LOSS');
  });

  it.each(OTHERS)('counts nothing in the day while it is held, and says so: %s', (...other) => {
    const rig = new DeskRig();
    rig.openPosition(CONDOR);
    rig.advance(40);
    const before = rig.query<PnlView>({ kind: 'pnl' });
    othersHold(rig, other);
    rig.advance(1);
    const after = rig.query<PnlView>({ kind: 'pnl' });
    expect(after.dayPnlCents).toBe(before.dayPnlCents);
    expect(after.dayPnlMidCents).toBe(before.dayPnlMidCents);
    const [, symbol] = other;
    const positionId = rig.positions().at(-1)!.positionId;
    expect(after.warnings.join('; ')).toContain(
      `${positionId} is not quoted in this session; totals count nothing of it while it is held`,
    );
    const [page] = rig.bodies('alert').filter(({ code }) => code === 'LEG_UNMARKABLE');
    expect(page?.text).toBe(
      `this session quotes no ${symbol}: the day counts nothing of it while it is held, nothing opens until it is closed at the broker`,
    );
  });

  it('keeps everything from opening', () => {
    const rig = new DeskRig();
    othersHold(rig, OTHERS[0]);
    rig.advance(1);
    const tokenSha256 = rig.newToken();
    const denied = denialIn(rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 }));
    expect(denied.code).toBeDefined();
    expect(rig.day.status.causes).toContain('unmarkable');
  });
});
