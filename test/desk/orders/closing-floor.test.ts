import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { filledUnits } from '../../../src/desk/orders/order-book.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { centsFromDollars, MICROS_PER_MINUTE, price } from '../../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout } from '../../support/breakout-rig.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import {
  CONDOR,
  CONSOLE,
  DeskRig,
  denialIn,
  type RigOptions,
  valueIn,
} from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

function reasons(rig: DeskRig): string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

/** What closing one unit of the condor costs, in dollars: half of it each side. */
function condorCosts(rig: DeskRig, dollars: number): void {
  const calls = Math.round(dollars * 50) / 100;
  sideCosts(rig, 'call', calls + 0.01);
  sideCosts(rig, 'put', Math.round((dollars - calls) * 100) / 100 + 0.01);
}

/** A condor whose target was reached and left again before anybody took the close. */
function leftAgain(options: RigOptions = {}, quantity = 1) {
  const exits = { profitTargetPercent: 50, ...options.exits };
  const rig = new DeskRig({ limits, ...options, exits });
  const { exitPlan, positionId } = rig.openPosition({ ...CONDOR, quantity });
  const target = (exitPlan?.target?.price ?? 0) / 10_000;
  condorCosts(rig, target - 0.2);
  rig.size = 0;
  rig.advance(3);
  expect(reasons(rig)).toEqual(['target']);
  condorCosts(rig, target + 0.6);
  rig.advance(3);
  return {
    rig,
    target,
    positionId,
    close: () => rig.orders().find((o) => o.exitReason === 'target'),
  };
}

describe('a close for a profit target', () => {
  it('rests at the target where the market has left it, and asks for the same limit once', () => {
    const { rig, target, close } = leftAgain();
    rig.advance(100);
    rig.size = 50;
    const { length: moved } = rig.repriced;
    rig.advance(60);
    expect(close()).toMatchObject({ status: 'working', limit: -target * 10_000, fills: [] });
    expect(rig.repriced).toHaveLength(moved);
    condorCosts(rig, target);
    rig.advance(2);
    expect(close()?.status).toBe('filled');
    expect(reasons(rig)).toEqual(['target']);
  });

  it('sells longs no lower than the target', () => {
    const rig = new DeskRig({ limits });
    const { exitPlan } = rig.openPosition(STRADDLE);
    const { kind, price: target = price(0) } = exitPlan?.target ?? {};
    expect(kind).toBe('valueAtOrAbove');
    const both = (dollars: number) => () => ({ bid: dollars, ask: dollars + 0.02 });
    rig.edit = both(target / 20_000 + 0.1);
    rig.size = 0;
    rig.advance(3);
    rig.edit = both(target / 20_000 - 0.3);
    rig.advance(100);
    rig.size = 50;
    rig.advance(30);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'working', limit: target, fills: [] });
    rig.edit = both(target / 20_000);
    rig.advance(2);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'filled', exitReason: 'target' });
  });

  /** A straddle whose put rests at its target alone, since nobody bids for the call, which stands at this bid now
   * and with which the trade is short of the target. */
  function restsApart(callBid: number) {
    const rig = new DeskRig({ limits });
    const { exitPlan, legs } = rig.openPosition(STRADDLE);
    const { price: target = price(0) } = exitPlan?.target ?? {};
    const shows = (put: number, bid: number | undefined): void => {
      const bidOfPut = target / 10_000 + put;
      rig.edit = (_sides, right) =>
        right === 'put' ? { bid: bidOfPut, ask: bidOfPut + 0.02 } : { bid, ask: (bid ?? 0) + 0.02 };
    };
    shows(0.01, undefined);
    rig.size = 0;
    rig.advance(3);
    shows(-0.1 - callBid, callBid);
    rig.advance(100);
    const [, put, ...others] = rig.orders();
    expect([put?.intent.legs.length, others]).toEqual([1, []]);
    const call = legs.find(({ instrument: i }) => i.kind === 'option' && i.right === 'call')!;
    /** Somebody sells the call by hand. */
    const sellCall = () => {
      const symbol = instrumentSymbol(call.instrument);
      const request = { legs: [{ symbol, action: 'sellToClose', ratio: 1 } as const], quantity: 1 };
      const tokenSha256 = rig.newToken();
      rig.ask({ kind: 'previewOrder', request, tokenSha256 });
      const { orderId } = valueIn(rig.confirm(tokenSha256));
      return rig.order(orderId ?? '');
    };
    return { rig, target, shows, put: put!, sellCall };
  }

  it.each([0.02, 0.6])(
    'is given anew with what it left out once the two are at the target, at a bid of %d',
    (callBid) => {
      const { rig, shows, put } = restsApart(callBid);
      shows(-callBid, callBid);
      rig.advance(10);
      rig.size = 50;
      rig.advance(30);
      expect(rig.positions()).toEqual([]);
      expect(put).toMatchObject({ status: 'cancelled', exitReason: 'target' });
      expect(rig.orders().at(-1)).toMatchObject({ status: 'filled', exitReason: 'target' });
    },
  );

  it('stays where it is beside what it left out while its own is what it asks for', () => {
    const { rig, shows, put } = restsApart(0.02);
    shows(0, 0.02);
    rig.advance(10);
    expect(put).toMatchObject({ status: 'working', cancelRequested: false });
    rig.size = 50;
    rig.advance(3);
    expect(put.status).toBe('filled');
  });

  it('is paid nothing by what an order beside it may bring', () => {
    const { rig, target, shows, put, sellCall } = restsApart(0.02);
    const call = sellCall();
    shows(-0.02, 0.02);
    rig.advance(100);
    expect(put).toMatchObject({ status: 'working', exitReason: 'target', limit: target });
    expect(call.status).toBe('working');
  });

  it('is paid by what an order beside it has brought', () => {
    const { rig, target, shows, put, sellCall } = restsApart(0.02);
    const call = sellCall();
    shows(-0.02, 0.02);
    rig.advance(100);
    rig.size = 50;
    rig.advance(100);
    expect([put.fills[0]?.price, call.fills[0]?.price]).toEqual([target - 200, 200]);
    expect(rig.positions()).toEqual([]);
  });

  it('rests at the target of its own units beside an order for another', () => {
    const rig = new DeskRig({ limits });
    const { exitPlan, positionId } = rig.openPosition({ ...STRADDLE, quantity: 3 });
    const { price: target = price(0) } = exitPlan?.target ?? {};
    const both = (dollars: number) => () => ({ bid: dollars, ask: dollars + 0.02 });
    rig.size = 0;
    rig.edit = both(target / 20_000 - 0.1);
    rig.advance(3);
    rig.execute(rig.previewClose(positionId, 1));
    rig.edit = both(target / 20_000 + 0.1);
    rig.advance(3);
    rig.edit = both(target / 20_000 - 0.3);
    rig.advance(100);
    const [, beside, close] = rig.orders();
    expect(beside?.status).toBe('working');
    expect(close).toMatchObject({ status: 'working', exitReason: 'target', limit: target });
    expect(close?.intent.quantity).toBe(2);
  });

  it('sells one long no lower than the target, until its time exit', () => {
    const rig = breakoutRig({ limits });
    const { exitPlan } = openBreakout(rig);
    const { target: { price: target } = { price: price(0) }, timeExitAt = rig.at.market } =
      exitPlan ?? {};
    const each = (dollars: number) => () => ({ bid: dollars, ask: dollars + 0.02 });
    rig.edit = each(target / 10_000 + 0.1);
    rig.size = 0;
    rig.advance(3);
    rig.edit = each(target / 10_000 - 0.2);
    rig.advance(100);
    rig.size = 50;
    rig.advance(10);
    const close = rig.orders().at(-1);
    expect(close).toMatchObject({ status: 'working', limit: target, fills: [] });
    rig.goTo((timeExitAt - newYorkInstant(rig.session.date, 0)) / MICROS_PER_MINUTE);
    rig.advance(20);
    expect(close).toMatchObject({ status: 'filled', exitReason: 'target' });
  });

  it('stays where it is while the quotes prove nothing', () => {
    const { rig, close } = leftAgain();
    const { edit } = rig;
    const before = close()?.limit;
    rig.edit = (sides, right, strike) => {
      const shown = edit(sides, right, strike);
      return right === 'put' && shown.bid !== undefined
        ? { ...shown, ask: shown.bid + 0.9 }
        : shown;
    };
    rig.advance(30);
    expect(close()).toMatchObject({ status: 'working', limit: before });
  });

  it.each<[what: string, hurries: (rig: DeskRig, target: number) => void]>([
    [
      'the stop of a side',
      (rig) => {
        const stop = (rig.positions()[0]?.exitPlan?.sideStop?.debit ?? 0) / 10_000;
        sideCosts(rig, 'call', stop + 0.05);
      },
    ],
    ['the schedule', (rig) => rig.goTo(15 * 60 + 41)],
    ['a flatten', (rig) => void rig.send({ kind: 'flattenNow' }, CONSOLE)],
  ])('goes at what it takes once %s wants it', (_what, hurries) => {
    const { rig, target, close } = leftAgain();
    rig.size = 50;
    hurries(rig, target);
    rig.advance(20);
    expect(close()?.status).toBe('filled');
    const paid = (close()?.fills ?? []).reduce((sum, { action, price: at }) => {
      return sum + (action === 'buyToClose' ? at : 0 - at);
    }, 0);
    expect(paid).toBeGreaterThan(target * 10_000);
  });

  it('is hurried at once by a stop that breaks while it rests', () => {
    const { rig, close } = leftAgain();
    rig.advance(60);
    const stop = (rig.positions()[0]?.exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'call', stop * 1.2);
    rig.advance(3);
    expect(close()?.urgency).toBe('fast');
    expect(close()?.limit).toBeLessThan(-stop * 10_000);
    expect(reasons(rig)).toEqual(['target', 'callSideStop']);
  });

  it('rests on after a restart', () => {
    const { rig, target } = leftAgain();
    rig.advance(60);
    const again = rig.restart(rig.records(), { isOpen: false });
    again.size = 0;
    again.open();
    again.size = 50;
    again.advance(60);
    const [, close] = again.orders();
    expect(close).toMatchObject({ status: 'working', limit: -target * 10_000, fills: [] });
  });

  it('rests for the units that are left once some have filled', () => {
    const { rig, target, close } = leftAgain({}, 3);
    condorCosts(rig, target - 0.1);
    rig.size = 1;
    rig.advance(1);
    rig.size = 0;
    const units = filledUnits(close()!);
    expect(units).toBeGreaterThan(0);
    expect(units).toBeLessThan(3);
    condorCosts(rig, target + 0.6);
    rig.advance(100);
    rig.size = 50;
    rig.advance(30);
    expect(close()).toMatchObject({ status: 'working', limit: -target * 10_000 });
    expect(filledUnits(close()!)).toBe(units);
  });

  it('counts what leaving the gone part has cost', () => {
    const rig = new DeskRig({ limits, exits: { profitTargetPercent: 50 } });
    const { exitPlan, legs } = rig.openPosition();
    const target = (exitPlan?.target?.price ?? 0) / 10_000;
    sideCosts(rig, 'call', 0.11);
    rig.advance(1);
    const calls = legs
      .filter(({ instrument }) => instrument.kind === 'option' && instrument.right === 'call')
      .map(({ instrument, quantity }) => {
        const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
        return { symbol: instrumentSymbol(instrument), action, ratio: 1 } as const;
      });
    const tokenSha256 = rig.newToken();
    const request = { legs: calls, quantity: 1 };
    rig.ask({ kind: 'previewOrder', request, tokenSha256 });
    const { fills } = rig.ended(valueIn(rig.confirm(tokenSha256)).orderId ?? '');
    const paid = fills.reduce((sum, { action, price: at }) => {
      return sum + (action === 'buyToClose' ? at : 0 - at);
    }, 0);
    sideCosts(rig, 'put', target - paid / 10_000 - 0.1);
    rig.size = 0;
    rig.advance(3);
    sideCosts(rig, 'put', target + 0.2);
    rig.advance(100);
    const close = rig.orders().at(-1);
    expect(close).toMatchObject({ status: 'working', exitReason: 'target' });
    expect(close?.limit).toBe(paid - target * 10_000);
  });

  it('has no price of its own where the broker takes its legs one at a time', () => {
    const rig = new DeskRig({ limits, exits: { profitTargetPercent: 50 } });
    const { exitPlan } = rig.openPosition();
    const target = (exitPlan?.target?.price ?? 0) / 10_000;
    rig.gateway.refuse = ({ legs }) =>
      legs.length === 1 ? undefined : { reason: 'insufficient qty', refusal: 'combination' };
    condorCosts(rig, target - 0.2);
    rig.advance(40);
    condorCosts(rig, target + 0.6);
    rig.advance(300);
    expect(rig.positions()).toEqual([]);
    expect(new Set(reasons(rig))).toEqual(new Set(['target']));
  });

  it('is named to a trader who asks for all of it, with what ends it', () => {
    const { rig, positionId, close } = leftAgain();
    const { intentId = '' } = close()?.intent ?? {};
    const command = {
      kind: 'previewClose',
      target: positionId,
      tokenSha256: rig.newToken(),
    } as const;
    const { message } = denialIn(rig.ask({ ...command, quantity: undefined }));
    expect(message).toContain(`order ${intentId} closes it at its target and no worse`);
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'cancel', orderId: intentId, tokenSha256 });
    rig.confirm(tokenSha256);
    rig.size = 50;
    const { status } = rig.execute(rig.previewClose(positionId));
    expect([status, rig.positions()]).toEqual(['filled', []]);
  });
});
