import { describe, expect, it } from 'vitest';
import type { PnlView } from '../../../src/desk/engine-api.ts';
import { type Instrument, parseInstrument } from '../../../src/engine/domain/instrument.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig, denialIn } from '../../support/desk-rig.ts';

/** What a condor loses at the edit below is more than this, and more than this times its multiple. */
const LIMITS = { maxDailyLossCents: cents(30_000), portfolioDeltaCap: 900 };

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
