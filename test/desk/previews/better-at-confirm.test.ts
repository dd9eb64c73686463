import { describe, expect, it } from 'vitest';
import { quoteOf } from '../../../src/desk/desk-context.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderRequest, StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { netPrices } from '../../../src/engine/domain/net-price.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { breakoutOf, breakoutRig, putBar } from '../../support/breakout-rig.ts';
import { CONDOR, DeskRig, denialIn, TRADER, valueIn } from '../../support/desk-rig.ts';

const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };
const WIDE = {
  maxDailyLossCents: cents(5_000_00),
  portfolioDeltaCap: 400,
  portfolioGammaCap: 9_999,
};

/** Previews, moves the market and confirms; nothing has filled yet, and no limit was walked. */
function confirmedAfter(rig: DeskRig, request: StrategyRequest, move: () => void) {
  const { card, tokenSha256 } = rig.preview(request);
  move();
  rig.advance(2);
  rig.size = 0;
  rig.quotes();
  rig.send({ kind: 'confirm', tokenSha256 });
  const order = rig.orders().at(-1);
  if (order === undefined) throw new Error('it was refused');
  return { card, order, limit: order.limit };
}

function fills(rig: DeskRig, seconds = 30): void {
  rig.size = 50;
  rig.advance(seconds);
}

describe('an opening whose price improved before its confirm', () => {
  it('of a straddle stops at half of what is paid, and is not sold at once', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { card, limit } = confirmedAfter(rig, STRADDLE, () => {
      rig.atmVol = 0.085;
    });
    expect(0 - limit).toBeLessThan((-card.limitPrice * 10_000) / 2);
    fills(rig);
    const [position] = rig.positions();
    const paid = 0 - (position?.entryNet ?? 0);
    expect(position?.exitPlan?.stop?.price).toBe(Math.ceil(paid / 200) * 100);
    expect(position?.exitPlan?.target?.price).toBe(paid * 2);
    expect(rig.bodies('exitTriggered')).toEqual([]);
  });

  it('of a condor stops each side at the credit that is taken in, and plans the loss of that', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { card, order, limit } = confirmedAfter(rig, CONDOR, () => {
      rig.atmVol = 0.26;
    });
    const better = Math.round(limit - card.limitPrice * 10_000);
    expect(better).toBeGreaterThan(5_000);
    expect(order.exitPlan?.sideStop).toEqual({ debit: limit });
    const planned = (card.exitPlan?.plannedLossCents ?? 0) + 2 * better;
    expect(order.exitPlan?.plannedLossCents).toBe(planned);
    fills(rig);
    const [position] = rig.positions();
    expect(position?.entryNet).toBeGreaterThan(card.limitPrice * 10_000);
    expect(position?.exitPlan?.sideStop?.debit).toBe(position?.entryNet);
  });

  it('of a condor can lose no more than its card says, however near its stops have to stand for it', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { card, order, limit } = confirmedAfter(rig, { ...CONDOR, width: 2 }, () => {
      rig.atmVol = 0.22;
    });
    const agreed = Math.round(card.limitPrice * 10_000);
    const { sideStop, plannedLossCents } = order.exitPlan ?? {};
    expect(order.worstCaseCents).toBe(card.maxLossCents);
    expect(plannedLossCents).toBeLessThanOrEqual(card.maxLossCents ?? 0);
    // Not as near as they were agreed, either: one side of a dearer condor may cost that much at once.
    expect(sideStop?.debit).toBeGreaterThan(agreed);
    expect(sideStop?.debit).toBeLessThan(limit);
    expect(plannedLossCents).toBeGreaterThan((card.maxLossCents ?? 0) - 200);
    const [again] = rig.restart().orders();
    expect(again?.worstCaseCents).toBe(card.maxLossCents);
  });

  it('is recorded as it was agreed, with a record of the better limit and its plan behind it', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { order } = confirmedAfter(rig, CONDOR, () => {
      rig.atmVol = 0.26;
    });
    const [made] = rig.bodies('previewMade');
    expect(rig.bodies('intentRecorded')[0]).toMatchObject({
      intent: made?.intent,
      orderHash: made?.orderHash,
    });
    const { intentId } = order.intent;
    const { limit, exitPlan } = order;
    const reason = 'better at confirm';
    expect(rig.bodies('repriced')).toEqual([
      { kind: 'repriced', intentId, limit, reason, exitPlan },
    ]);
  });

  it('is sent once the record of its plan is durable, and keeps the plan over a restart', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { tokenSha256 } = rig.preview(CONDOR);
    rig.atmVol = 0.26;
    rig.advance(2);
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 });
    const intentSeq = rig.records().find(({ body }) => body.kind === 'intentRecorded')?.seq ?? 0;
    rig.step({ kind: 'journalDurable', at: rig.at, seq: intentSeq, hash: '' });
    expect(rig.submitted).toEqual([]);
    rig.journal = 'atOnce';
    rig.makeDurable();
    expect(rig.submitted).toHaveLength(1);
    rig.advance(30);
    const [before] = rig.positions();
    const [after] = rig.restart().positions();
    expect(after?.exitPlan).toEqual(before?.exitPlan);
    expect(after?.exitPlan?.sideStop?.debit).toBe(before?.entryNet);
    expect(rig.bodies('repriced')[0]?.limit).toBeGreaterThan(before?.entryNet ?? 0);
  });

  it('works on at that price at the paper broker after a restart, and fills no worse', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { card, order, limit } = confirmedAfter(rig, CONDOR, () => {
      rig.atmVol = 0.26;
    });
    rig.advance(1);
    const again = rig.restart(rig.records(), { isOpen: false });
    expect(again.gateway.snapshot(again.at)?.workingOrders).toMatchObject([{ limit }]);
    expect(again.orders()[0]).toMatchObject({ status: 'working', limit, brokerLimit: limit });
    again.atmVol = 0.24;
    again.open();
    const net = netPrices(order.intent.legs, (symbol) => quoteOf(again.desk.context, symbol));
    const natural = 'missing' in net ? Number.NaN : net.natural;
    expect(natural).toBeGreaterThan(card.limitPrice * 10_000);
    expect(natural).toBeLessThan(limit);
    expect(again.orders()[0]).toMatchObject({ status: 'working', limit });
  });

  it('by hand keeps the distance of its stop, and has none where so much cannot be lost', () => {
    const strike = priceFromDollars(601);
    const expiry = sessionDate('2026-11-20');
    const call = { kind: 'option', root: 'SPY', expiry, right: 'call', strike } as const;
    const legs = [{ symbol: occSymbol(call), action: 'buyToOpen', ratio: 1 }] as const;
    const stops = [0.3, 0.6].map((stopLoss) => {
      const rig = new DeskRig({ limits: WIDE });
      const request: OrderRequest = { legs, quantity: 1, stopLoss };
      const tokenSha256 = rig.newToken();
      valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }, TRADER));
      rig.quotes(599.5);
      rig.advance(1);
      rig.send({ kind: 'confirm', tokenSha256 });
      const [order] = rig.orders();
      const stop = order?.exitPlan?.stop?.price;
      return stop === undefined ? 'none' : 0 - (order?.limit ?? 0) - stop;
    });
    expect(stops).toEqual([3_000, 'none']);
  });

  it('by hand that is sold closes at the debit that was agreed, where so much more cannot be lost', () => {
    const expiry = sessionDate('2026-11-20');
    const call = (dollars: number, action: 'sellToOpen' | 'buyToOpen') => {
      const strike = priceFromDollars(dollars);
      const symbol = occSymbol({ kind: 'option', root: 'SPY', expiry, right: 'call', strike });
      return { symbol, action, ratio: 1 };
    };
    const legs = [call(601, 'sellToOpen'), call(606, 'buyToOpen')];
    const rig = new DeskRig({ limits: WIDE });
    const previewAt = (stopLoss: number) => {
      const tokenSha256 = rig.newToken();
      const request: OrderRequest = { legs, quantity: 1, stopLoss, takeProfit: 0.2 };
      const command = { kind: 'previewOrder', request, tokenSha256 } as const;
      return { card: valueIn(rig.ask<TradeCard>(command, TRADER)), tokenSha256 };
    };
    const credit = previewAt(1).card.limitPrice;
    const { card, tokenSha256 } = previewAt(5 - credit - 0.02);
    rig.quotes(600.2);
    rig.advance(1);
    rig.send({ kind: 'confirm', tokenSha256 });
    const [order] = rig.orders();
    const better = (order?.limit ?? 0) - card.limitPrice * 10_000;
    expect(better).toBeGreaterThanOrEqual(200);
    expect(order?.exitPlan).toMatchObject({
      stop: { kind: 'debitAtOrAbove', price: 49_800 },
      target: { kind: 'debitAtOrBelow', price: (order?.limit ?? 0) - 2_000 },
      plannedLossCents: card.exitPlan?.plannedLossCents,
    });
  });

  it('that takes the place of another goes by its own price too', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { order: old } = confirmedAfter(rig, STRADDLE, () => {});
    rig.advance(2);
    const tokenSha256 = rig.newToken();
    const command = { kind: 'previewReplace', orderId: old.intent.intentId, limit: -9 } as const;
    valueIn(rig.ask<TradeCard>({ ...command, tokenSha256 }, TRADER));
    rig.atmVol = 0.085;
    rig.quotes();
    rig.confirm(tokenSha256);
    rig.advance(3);
    const better = rig.bodies('repriced').findLast(({ exitPlan }) => exitPlan !== undefined);
    expect(better?.intentId).toBe(rig.orders().at(-1)?.intent.intentId);
    const paid = 0 - (better?.limit ?? 0);
    expect(better?.exitPlan?.stop?.price).toBe(Math.ceil(paid / 200) * 100);
  });
});

describe('a close whose market moved between preview and confirm', () => {
  function heldStraddle(): { rig: DeskRig; positionId: string } {
    const rig = new DeskRig({ limits: WIDE });
    const { positionId } = rig.openPosition(STRADDLE);
    rig.size = 0;
    rig.quotes();
    return { rig, positionId };
  }

  /** What it is sent at, what its preview named, and the natural net at that moment. */
  function closedAfter({ rig, positionId }: ReturnType<typeof heldStraddle>, atmVol: number) {
    const { card, tokenSha256 } = rig.previewClose(positionId);
    rig.atmVol = atmVol;
    rig.quotes();
    rig.send({ kind: 'confirm', tokenSha256 });
    const order = rig.orders().at(-1);
    if (order === undefined) throw new Error('it was refused');
    const { intent, limit, approved } = order;
    const net = netPrices(intent.legs, (symbol) => quoteOf(rig.desk.context, symbol));
    const natural = 'missing' in net ? Number.NaN : net.natural;
    return {
      order,
      limit,
      sentAt: approved?.intent.limit,
      natural,
      agreed: card.limitPrice * 10_000,
    };
  }

  it('is sent at the better price, recorded as agreed with the better limit behind it', () => {
    const held = heldStraddle();
    const { order, limit, sentAt, natural, agreed } = closedAfter(held, 0.26);
    expect(natural).toBeGreaterThan(agreed + 5_000);
    expect(limit).toBeGreaterThanOrEqual(natural);
    expect(sentAt).toBe(limit);
    const { intentId } = order.intent;
    const { rig } = held;
    expect(rig.bodies('intentRecorded').at(-1)?.intent).toMatchObject({ intentId, limit: agreed });
    const better = { kind: 'repriced', intentId, limit, reason: 'better at confirm' };
    expect(rig.bodies('repriced').at(-1)).toEqual(better);
  });

  it('of what was sold buys back at less', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { positionId } = rig.openPosition(CONDOR);
    rig.size = 0;
    rig.quotes();
    const { limit, natural, agreed } = closedAfter({ rig, positionId }, 0.12);
    expect(natural).toBeGreaterThan(agreed);
    expect(limit).toBeGreaterThanOrEqual(natural);
  });

  it('is never sent at worse than was agreed', () => {
    const held = heldStraddle();
    const { rig } = held;
    const { length: moved } = rig.bodies('repriced');
    const { limit, natural, agreed } = closedAfter(held, 0.12);
    expect(natural).toBeLessThan(agreed);
    expect(limit).toBe(agreed);
    expect(rig.bodies('repriced')).toHaveLength(moved);
  });

  it('goes on at the better price after a restart, at the broker too', () => {
    const held = heldStraddle();
    const { order, limit } = closedAfter(held, 0.26);
    held.rig.advance(1);
    const again = held.rig.restart(held.rig.records(), { isOpen: false });
    expect(again.order(order.intent.intentId)).toMatchObject({ limit, brokerLimit: limit });
    expect(again.gateway.snapshot(again.at)?.workingOrders).toMatchObject([{ limit }]);
  });
});

describe('a breakout at its confirm', () => {
  function refusedAfter(move: (rig: DeskRig) => void) {
    const rig = breakoutRig({ limits: WIDE });
    rig.advance(40);
    const { tokenSha256 } = rig.preview(breakoutOf(1));
    move(rig);
    rig.advance(25);
    return rig.confirm(tokenSha256);
  }

  it('is refused where the price is back inside the range', () => {
    const { code } = denialIn(refusedAfter((rig) => rig.quotes(599.4)));
    expect(code).toBe('breakout_failed');
  });

  it('is refused where a minute closed beyond the other side', () => {
    const closedBelow = (rig: DeskRig) => {
      putBar(rig, 60, 597);
      putBar(rig, 61, 599.8);
    };
    const { code, message } = denialIn(refusedAfter(closedBelow));
    expect([code, message]).toEqual(['breakout_failed', expect.stringContaining('was undone')]);
  });

  it('is refused where that was so and the range has broken again since', () => {
    const rig = breakoutRig({ limits: { ...WIDE, confirmationTimeoutSeconds: 600 } });
    const { tokenSha256 } = rig.preview(breakoutOf(1));
    for (const [minutes, close] of [597, 599.9, 599.9].entries()) {
      rig.advance(60);
      putBar(rig, 60 + minutes, close);
    }
    rig.quotes(600);
    const { code, message } = denialIn(rig.confirm(tokenSha256));
    expect([code, message]).toEqual(['breakout_failed', expect.stringContaining('was undone')]);
  });

  it('is taken where it stands', () => {
    expect(valueIn(refusedAfter((rig) => rig.quotes(599.9))).orderId).not.toBeNull();
  });
});
