import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderRequest, StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { breakoutOf, breakoutRig } from '../../support/breakout-rig.ts';
import { callSideCosts, sideCosts } from '../../support/condor-costs.ts';
import type { Preview, RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, DeskRig, TRADER, valueIn } from '../../support/desk-rig.ts';

const LIMITS = {
  maxDailyLossCents: cents(50_000_00),
  maxTradeLossCents: cents(5_000_00),
  portfolioDeltaCap: 400,
  portfolioGammaCap: 9_999,
};
const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

function desk(exits: RigOptions['exits'] = {}): DeskRig {
  return new DeskRig({ limits: LIMITS, exits });
}

/** Confirms an opening for which nobody trades before it has conceded all that its card allows. */
function conceded(rig: DeskRig, { tokenSha256 }: Preview) {
  rig.size = 0;
  rig.quotes();
  const { orderId } = valueIn(rig.confirm(tokenSha256));
  rig.advance(30);
  rig.size = 50;
  rig.advance(5);
  const order = rig.order(orderId ?? '');
  const position = rig.positions().find(({ positionId }) => positionId === orderId);
  if (position?.exitPlan === undefined) throw new Error(`it is ${order.status}`);
  const { plannedLimit, exitPlan: planned } = order;
  const given = plannedLimit - position.entryNet;
  expect(given).toBeGreaterThan(0);
  return { rig, order, position, plan: position.exitPlan, planned, plannedLimit, given };
}

function opened(exits: RigOptions['exits'] = {}, request: StrategyRequest = CONDOR) {
  const rig = desk(exits);
  return conceded(rig, rig.preview(request));
}

function reasons(rig: DeskRig): string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

/** One unit of each leg fills: each short at this price, each long at five cents. */
function unitFills(rig: DeskRig, { intent }: OrderRecord, name: string, dollars: number) {
  return intent.legs.map(({ instrument, action }, i): BrokerEvent => {
    const price = priceFromDollars(action === 'sellToOpen' ? dollars : 0.05);
    const facts = { quantity: 1, feesCents: cents(0), marketAt: rig.at.market };
    const { intentId } = intent;
    return {
      kind: 'fill',
      fill: { fillId: `${name}-${i}`, intentId, instrument, action, price, ...facts },
    };
  });
}

/** A condor of two units that works and has not filled. */
function working() {
  const rig = desk();
  const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 2 });
  rig.size = 0;
  rig.quotes();
  rig.confirm(tokenSha256);
  const [order] = rig.orders();
  if (order === undefined) throw new Error('nothing works');
  const sideStop = () => rig.positions()[0]?.exitPlan?.sideStop?.debit;
  return { rig, order, sideStop };
}

describe('a condor that was sold for less than its limit', () => {
  it('stops each side at the credit that was received, and plans the loss of that', () => {
    const { rig, position, plan, planned, given } = opened();
    expect(plan.sideStop).toEqual({ debit: position.entryNet });
    expect(plan.plannedLossCents).toBe((planned?.plannedLossCents ?? 0) - 2 * given);
    expect(plan.timeExitAt).toBe(planned?.timeExitAt);
    callSideCosts(rig, position.entryNet / 10_000 + 0.01);
    rig.advance(20);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });

  it('leaves the other side its part of that where a side stops at breakeven', () => {
    const { rig, position, plan } = opened({ condorStop: 'breakeven' });
    const debit = Math.floor((position.entryNet * 0.9) / 100) * 100;
    expect(plan.sideStop).toEqual({ debit, afterOther: 'breakeven' });
    callSideCosts(rig, debit / 10_000);
    sideCosts(rig, 'put', 0.06);
    rig.advance(20);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });

  it('stops at twice of what was received where it is stopped whole', () => {
    const { position, plan, planned, given } = opened({ condorStop: 'whole' });
    expect(plan.stop).toEqual({ kind: 'debitAtOrAbove', price: 2 * position.entryNet });
    expect(plan.plannedLossCents).toBe((planned?.plannedLossCents ?? 0) - 2 * given);
  });

  it('is bought back for a profit of what was received', () => {
    const { position, plan, planned } = opened({ profitTargetPercent: 50 });
    const debit = plan.target?.price ?? 0;
    expect(debit).toBeLessThan(planned?.target?.price ?? 0);
    expect(position.entryNet / 2 - debit).toBeGreaterThanOrEqual(0);
    expect(position.entryNet / 2 - debit).toBeLessThan(200);
  });

  it('never takes a loss for a profit', () => {
    const { position, plan, planned } = opened({ profitTargetPercent: 2 });
    expect(planned?.target?.price).toBeGreaterThan(position.entryNet);
    expect(plan.target?.price).toBeLessThan(position.entryNet);
  });

  it('begins to trail sooner', () => {
    const { position, plan, planned, plannedLimit } = opened({ policy: 'trailing' });
    const part = ((planned?.trail?.afterGain ?? 0) * position.entryNet) / plannedLimit;
    expect(plan.trail?.afterGain).toBe(Math.ceil(part / 100) * 100);
  });

  it('has that plan after a restart', () => {
    const { rig, plan } = opened();
    expect(rig.restart().positions()[0]?.exitPlan).toEqual(plan);
  });
});

describe('premium that cost more than its limit', () => {
  it('is sold at half of what was paid, and for twice of it', () => {
    const { position, plan, planned } = opened({}, STRADDLE);
    const paid = 0 - position.entryNet;
    const stop = Math.ceil(paid / 200) * 100;
    expect(plan.stop).toEqual({ kind: 'valueAtOrBelow', price: stop });
    expect(plan.target).toEqual({ kind: 'valueAtOrAbove', price: 2 * paid });
    const nearer = stop - (planned?.stop?.price ?? 0);
    expect(nearer).toBeGreaterThan(0);
    expect(plan.plannedLossCents).toBe((planned?.plannedLossCents ?? 0) - nearer);
  });

  it('has its stop at the broker behind that', () => {
    const exits = { paperNativeStops: true };
    const rig = breakoutRig({ limits: LIMITS, exits });
    const wider = (side: number | undefined, by: number) => Math.max(0.01, (side ?? 0) + by);
    rig.edit = ({ bid, ask }) => ({ bid: wider(bid, -0.01), ask: wider(ask, 0.02) });
    rig.quotes();
    const { plan, planned } = conceded(rig, rig.preview(breakoutOf(1)));
    rig.advance(20);
    const stop = rig.orders().find(({ intent }) => intent.purpose === 'protective');
    const at = plan.stop?.price ?? 0;
    expect(at).toBeGreaterThan(planned?.stop?.price ?? 0);
    expect(stop?.intent.stopTrigger).toBe(Math.floor(at / 150) * 100);
    expect(plan.rangeExit).toEqual(planned?.rangeExit);
  });
});

describe('what was sold by hand for less than its limit', () => {
  const expiry = sessionDate('2026-11-20');
  const call = (dollars: number, action: 'sellToOpen' | 'buyToOpen') => {
    const strike = priceFromDollars(dollars);
    const symbol = occSymbol({ kind: 'option', root: 'SPY', expiry, right: 'call', strike });
    return { symbol, action, ratio: 1 } as const;
  };

  function byHand(asked: Pick<OrderRequest, 'stopLoss' | 'takeProfit'>) {
    const rig = desk();
    const legs = [call(601, 'sellToOpen'), call(606, 'buyToOpen')];
    const tokenSha256 = rig.newToken();
    const request: OrderRequest = { legs, quantity: 1, ...asked };
    const command = { kind: 'previewOrder', request, tokenSha256 } as const;
    const card = valueIn(rig.ask<TradeCard>(command, TRADER));
    return conceded(rig, { tokenSha256, card });
  }

  it('keeps the distances that were asked for, from the real entry', () => {
    const { position, plan, planned, given } = byHand({ stopLoss: 0.5, takeProfit: 0.2 });
    expect(plan.stop?.price).toBe(position.entryNet + 5_000);
    expect(plan.target?.price).toBe(position.entryNet - 2_000);
    expect(plan.plannedLossCents).toBe((planned?.plannedLossCents ?? 0) - given);
  });

  it('has the stop that is chosen for what was received, and no further than planned', () => {
    const { plan, planned } = byHand({});
    expect(plan.stop?.price).toBeLessThan(planned?.stop?.price ?? 0);
    expect(plan.target).toBeUndefined();
  });

  it('keeps a target that cannot be reached from there', () => {
    const net = byHand({}).plannedLimit / 10_000;
    const { plan, planned } = byHand({ takeProfit: Math.round((net - 0.01) * 100) / 100 });
    expect(planned?.target?.price).toBe(100);
    expect(plan.target).toEqual(planned?.target);
    expect(plan.stop?.price).toBeLessThan(planned?.stop?.price ?? 0);
  });
});

describe('while an opening fills', () => {
  it('its stops stand by the average so far, a restart in between or not', () => {
    const { rig, order, sideStop } = working();
    rig.brokerSays(...unitFills(rig, order, 'first', 0.69));
    expect(sideStop()).toBe(12_800);
    rig.brokerSays(...unitFills(rig, order, 'second', 0.7));
    expect(order.status).toBe('filled');
    expect(sideStop()).toBe(12_900);
    expect(rig.restart().positions()[0]?.exitPlan).toEqual(rig.positions()[0]?.exitPlan);
  });

  it('better executions move them no further than planned', () => {
    const { rig, order, sideStop } = working();
    rig.brokerSays(...unitFills(rig, order, 'first', 0.9));
    expect(sideStop()).toBe(order.plannedLimit);
    expect(rig.positions()[0]?.exitPlan).toEqual(order.exitPlan);
  });

  it('an execution that is taken back counts no more', () => {
    const { rig, order, sideStop } = working();
    rig.brokerSays(...unitFills(rig, order, 'first', 0.7));
    const second = unitFills(rig, order, 'second', 0.68);
    rig.brokerSays(...second);
    expect(sideStop()).toBe(12_800);
    const { intentId } = order.intent;
    const busts = second.flatMap((event): BrokerEvent[] =>
      event.kind === 'fill'
        ? [{ kind: 'busted', intentId, fillId: event.fill.fillId, reason: 'test' }]
        : [],
    );
    rig.brokerSays(...busts);
    expect(sideStop()).toBe(13_000);
  });

  it('what is told of a price below its worst moves them no further than that', () => {
    const { rig, order, sideStop } = working();
    rig.brokerSays(...unitFills(rig, order, 'first', 0.3));
    expect(sideStop()).toBe(order.intent.worst);
  });

  it('legs that have filled no whole unit leave the plan as it was sent', () => {
    const { rig, order, sideStop } = working();
    rig.brokerSays(...unitFills(rig, order, 'first', 0.6).slice(0, 2));
    expect(sideStop()).toBe(order.plannedLimit);
  });
});
