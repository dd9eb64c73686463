import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type {
  ManualLeg,
  OrderRequest,
  StrategyRequest,
} from '../../../src/desk/engine-api-requests.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import type { LimitSettings } from '../../../src/risk/limits.ts';
import { breakoutRig } from '../../support/breakout-rig.ts';
import type { Sides } from '../../support/desk-rig.ts';
import { CONDOR, DeskRig, denialIn, LOTTO, TRADER, valueIn } from '../../support/desk-rig.ts';

const ORB: StrategyRequest = {
  strategy: 'orb_long_call',
  strikeDelta: 30,
  rangeMinutes: 15,
  quantity: 3,
};
const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
const WIDE: LimitSettings = { portfolioDeltaCap: 400, maxDailyLossCents: cents(5_000_00) };
/** Worse than any market: the natural is what the replacement may cost. */
const ANY_DEBIT = -9;

function restAt(rig: DeskRig, tokenSha256: string): string {
  rig.size = 0;
  rig.send({ kind: 'confirm', tokenSha256 });
  rig.advance(2);
  const [order] = rig.orders();
  if (order?.status !== 'working') throw new Error(`it is ${order?.status}`);
  return order.intent.intentId;
}

function replace(rig: DeskRig, orderId: string, limit: number) {
  const tokenSha256 = rig.newToken();
  const command = { kind: 'previewReplace', orderId, limit, tokenSha256 } as const;
  return { reply: rig.ask<TradeCard>(command, TRADER), tokenSha256 };
}

/** Rests an order, moves the market and previews a replacement at what is asked then. */
function replaced(rig: DeskRig, request: StrategyRequest, move: () => void, limit = ANY_DEBIT) {
  const { card: old, tokenSha256 } = rig.preview(request);
  const orderId = restAt(rig, tokenSha256);
  move();
  rig.advance(1);
  return { old, card: valueIn(replace(rig, orderId, limit).reply) };
}

function dollarsIn(words: string | null | undefined): number {
  return Number(/\d+\.\d\d/.exec(words ?? '')?.[0]);
}

describe('the exit plan of a replacement', () => {
  it('of a breakout stops at half of its own premium, aims at twice, and keeps the range', () => {
    const rig = breakoutRig({ limits: WIDE });
    const { old, card } = replaced(rig, ORB, () => rig.quotes(601.2));
    const premium = -card.limitPrice;
    expect(premium).toBeGreaterThan(-old.limitPrice * 1.3);
    expect(dollarsIn(card.exitPlan?.stop)).toBe(Math.ceil(premium * 50) / 100);
    expect(card.exitPlan?.stop).toContain('closes when a minute closes below 598.00');
    expect(dollarsIn(card.exitPlan?.target)).toBeCloseTo(premium * 2, 9);
    expect(card.exitPlan?.timeExit).toBe(old.exitPlan?.timeExit);
    const lost = Math.round((-card.worstPrice - dollarsIn(card.exitPlan?.stop)) * 3 * 100) * 100;
    const feesOutCents = 38;
    expect(card.exitPlan?.plannedLossCents).toBe(lost + card.feesCents + feesOutCents);
  });

  it('of a straddle and of a lotto goes by their own premium', () => {
    const straddle = new DeskRig({ limits: WIDE });
    const first = replaced(straddle, STRADDLE, () => straddle.quotes(602));
    const premium = -first.card.limitPrice;
    expect(dollarsIn(first.card.exitPlan?.stop)).toBe(Math.ceil(premium * 50) / 100);
    expect(dollarsIn(first.card.exitPlan?.target)).toBeCloseTo(premium * 2, 9);

    const late = new DeskRig({ limits: WIDE, minutes: 14 * 60 + 5 });
    const second = replaced(late, LOTTO, () => late.quotes(600.8));
    expect(second.card.exitPlan?.stop).toContain('none: the premium paid is the whole loss');
    expect(dollarsIn(second.card.exitPlan?.target)).toBeCloseTo(-second.card.limitPrice * 5, 9);
    expect(second.card.limitPrice).not.toBe(second.old.limitPrice);
  });

  it('of a condor stops each side at its own credit', () => {
    const rig = new DeskRig({ limits: WIDE });
    const cheaper = (): void => {
      rig.atmVol = 0.14;
    };
    const { old, card } = replaced(rig, CONDOR, cheaper, 0.01);
    expect(card.limitPrice).toBeLessThan(old.limitPrice);
    expect(dollarsIn(card.exitPlan?.stop)).toBe(card.limitPrice);
    const lost = Math.round((2 * card.limitPrice - card.worstPrice) * 10_000);
    expect(card.exitPlan?.plannedLossCents).toBe(lost + card.feesCents + 52);
  });

  it('plans for the units that are left', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { tokenSha256 } = rig.preview({ ...STRADDLE, quantity: 4 });
    const orderId = restAt(rig, tokenSha256);
    const { intent } = rig.order(orderId);
    const whole = valueIn(replace(rig, orderId, ANY_DEBIT).reply);
    rig.brokerSays(
      ...intent.legs.map(({ instrument, action }, i) => {
        const facts = { quantity: 3, feesCents: cents(0), marketAt: rig.at.market };
        const at = priceFromDollars(0.9);
        const fill = { fillId: `part-${i}`, intentId: orderId, instrument, action, price: at };
        return { kind: 'fill', fill: { ...fill, ...facts } } as const;
      }),
    );
    const rest = valueIn(replace(rig, orderId, ANY_DEBIT).reply);
    expect([whole.quantity, rest.quantity]).toEqual([4, 1]);
    const [all, one] = [whole, rest].map((card) => card.exitPlan?.plannedLossCents ?? 0);
    expect(one).toBeCloseTo((all ?? 0) / 4, -1);
  });

  it('counts in the loss of the day as what it is', () => {
    const rig = breakoutRig({ limits: { ...WIDE, maxDailyLossCents: cents(15_000) } });
    const orderId = restAt(rig, rig.preview(ORB).tokenSha256);
    rig.quotes(601.2);
    rig.advance(1);
    expect(denialIn(replace(rig, orderId, ANY_DEBIT).reply).code).toBe('daily_loss');
  });

  it('does not sell what filled below the stop of another price', () => {
    const rig = breakoutRig({ limits: WIDE });
    const orderId = restAt(rig, rig.preview(ORB).tokenSha256);
    rig.quotes(598.7);
    rig.advance(1);
    const { reply, tokenSha256 } = replace(rig, orderId, ANY_DEBIT);
    valueIn(reply);
    rig.size = 50;
    rig.confirm(tokenSha256);
    rig.advance(25);
    expect(rig.orders().map(({ status }) => status)).toEqual(['cancelled', 'filled']);
    expect(rig.bodies('exitTriggered')).toEqual([]);
  });
});

describe('the exit plan of an order by hand that is replaced', () => {
  function leg(action: ManualLeg['action'], right: 'call' | 'put', dollars: number): ManualLeg {
    const strike = priceFromDollars(dollars);
    const expiry = sessionDate('2026-11-20');
    return {
      symbol: occSymbol({ kind: 'option', root: 'SPY', expiry, right, strike }),
      action,
      ratio: 1,
    };
  }

  const SPREAD: OrderRequest = {
    legs: [leg('sellToOpen', 'put', 598), leg('buyToOpen', 'put', 595)],
    quantity: 1,
  };

  function byHand(
    request: OrderRequest,
    { spot = 600.6, limit = 0.01, edit = (sides: Sides) => sides } = {},
  ) {
    const rig = new DeskRig({ limits: WIDE });
    const tokenSha256 = rig.newToken();
    const old = valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }, TRADER));
    const orderId = restAt(rig, tokenSha256);
    rig.edit = edit;
    rig.quotes(spot);
    rig.advance(1);
    return { old, reply: replace(rig, orderId, limit).reply };
  }

  it('keeps the distances that were asked for', () => {
    const { old, reply } = byHand({ ...SPREAD, stopLoss: 0.5, takeProfit: 0.1 });
    const card = valueIn(reply);
    expect(card.limitPrice).toBeLessThan(old.limitPrice);
    expect(dollarsIn(card.exitPlan?.stop)).toBeCloseTo(card.limitPrice + 0.5, 9);
    expect(dollarsIn(card.exitPlan?.target)).toBeCloseTo(card.limitPrice - 0.1, 9);
  });

  it('keeps a target that stands where it can just be closed', () => {
    const rig = new DeskRig({ limits: WIDE, underlying: 'SPX' });
    const legs = [leg('buyToOpen', 'call', 6_000), leg('sellToOpen', 'call', 6_010)].map(
      (each) => ({
        ...each,
        symbol: each.symbol.replace('SPY ', 'SPXW'),
      }),
    );
    const preview = (takeProfit: number) => {
      const request: OrderRequest = { legs, quantity: 1, takeProfit };
      const tokenSha256 = rig.newToken();
      const command = { kind: 'previewOrder', request, tokenSha256 } as const;
      return { tokenSha256, card: valueIn(rig.ask<TradeCard>(command, TRADER)) };
    };
    const paid = -preview(1).card.limitPrice;
    const { card, tokenSha256 } = preview(10 - paid - 0.02);
    expect(dollarsIn(card.exitPlan?.target)).toBe(9.95);
    const orderId = restAt(rig, tokenSha256);
    const anew = valueIn(replace(rig, orderId, -paid).reply);
    expect(dollarsIn(anew.exitPlan?.target)).toBe(9.95);
  });

  it('has a stop chosen anew where none was asked for', () => {
    const { old, reply } = byHand(SPREAD);
    const card = valueIn(reply);
    const usual = Math.max(card.limitPrice, (3 - card.limitPrice) / 4);
    expect(card.limitPrice).not.toBe(old.limitPrice);
    expect(dollarsIn(card.exitPlan?.stop)).toBe(
      Math.floor((card.limitPrice + usual) * 100 + 1e-6) / 100,
    );
  });

  it('is refused where the profit that was asked for can no longer be made, in so many words', () => {
    const { old } = byHand(SPREAD);
    const takeProfit = old.limitPrice - 0.01;
    const { code, message } = denialIn(byHand({ ...SPREAD, takeProfit }).reply);
    const words = 'profit that was asked for is not below the best case';
    expect([code, message]).toEqual(['argument_invalid', expect.stringContaining(words)]);
  });

  it('is refused where the stop that was asked for would be broken at entry, as the market is now', () => {
    const edit = ({ bid = 0, ask = 0 }: Sides) => ({ bid: bid - 0.04, ask: ask + 0.04 });
    const { code, message, numbers } = denialIn(
      byHand({ ...SPREAD, stopLoss: 0.1 }, { edit }).reply,
    );
    const words = `cancel the order and place it anew with a stop_loss of at least ${numbers['leastStopLoss']}`;
    expect([code, message]).toEqual(['argument_invalid', expect.stringContaining(words)]);
  });

  it('is refused where the stop that was asked for is no stop any more', () => {
    const request = { legs: [leg('buyToOpen', 'call', 601)], quantity: 1, stopLoss: 0.6 };
    const { reply } = byHand(request, { spot: 599.5, limit: ANY_DEBIT });
    const { code, message } = denialIn(reply);
    expect([code, message]).toEqual(['argument_invalid', expect.stringContaining('place it anew')]);
  });
});
