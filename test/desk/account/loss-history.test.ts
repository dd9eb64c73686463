import { describe, expect, it } from 'vitest';
import { consecutiveRejects, lossesByStrategy } from '../../../src/desk/account/loss-history.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import { adoptOrder } from '../../../src/desk/orders/adopting.ts';
import { instrumentSymbol, occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import {
  addMicros,
  cents,
  centsFromDollars,
  MICROS_PER_MINUTE,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, denialIn, LOTTO, valueIn } from '../../support/desk-rig.ts';

const heldContracts = (rig: DeskRig): string[] =>
  rig.positions().flatMap(({ legs }) => {
    return legs.map((leg) => `${leg.quantity} ${instrumentSymbol(leg.instrument).slice(-9)}`);
  });

const STRATEGY = 'iron_condor_30_delta';
const STRADDLE = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;

const tell = (rig: DeskRig, ...fills: readonly Fill[]): void =>
  rig.brokerSays(...fills.map((fill) => ({ kind: 'fill' as const, fill })));

function loseOne(rig: DeskRig): void {
  const { positionId } = rig.openPosition();
  rig.execute(rig.previewClose(positionId));
}

describe('the losses of a session', () => {
  it('count a position that was closed for more than it brought in, and rest its strategy', () => {
    const rig = new DeskRig();
    loseOne(rig);
    const lost = lossesByStrategy(rig.desk.context).get(STRATEGY);
    expect(lost?.count).toBe(1);
    expect(lost?.lastAtWall).toBeGreaterThan(rig.at.wall - 60_000_000);
    const tokenSha256 = rig.newToken();
    const request = { strategy: STRATEGY, width: 4, shortDelta: 30, select: 'delta', quantity: 1 };
    const again = { kind: 'previewStrategy', request, tokenSha256 } as const;
    expect(denialIn(rig.ask(again as Parameters<DeskRig['ask']>[0])).code).toBe('cool_down');
    rig.advance(301);
    expect('value' in rig.ask({ ...again, tokenSha256: rig.newToken() } as never)).toBe(true);
  });

  it('of a run whose clock was ahead count as of now', () => {
    const rig = new DeskRig();
    loseOne(rig);
    const again = rig.restart(undefined, {
      market: addMicros(rig.at.market, -20 * MICROS_PER_MINUTE),
    });
    const lost = lossesByStrategy(again.desk.context).get(STRATEGY);
    expect(lost?.count).toBe(1);
    expect(lost?.lastAtWall).toBeLessThanOrEqual(again.at.wall);
  });

  it('rest a strategy from the last end of a position that came back by a late fill', () => {
    const rig = new DeskRig();
    const { positionId, legs } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    const told = { quantity: 1, feesCents: cents(0), marketAt: rig.at.market };
    const back = legs.map(({ instrument, quantity, averagePrice }, i) => {
      const action = quantity > 0 ? ('buyToOpen' as const) : ('sellToOpen' as const);
      return {
        ...told,
        fillId: `late-${i}`,
        intentId: positionId,
        instrument,
        price: averagePrice,
        action,
      };
    });
    rig.brokerSays(...back.map((fill) => ({ kind: 'fill' as const, fill })));
    rig.advance(600);
    expect(rig.positions()).toHaveLength(1);
    const gone = back.map((fill) => {
      const isLong = fill.action === 'buyToOpen';
      const action = isLong ? ('sellToClose' as const) : ('buyToClose' as const);
      const ended = {
        fillId: `end-${fill.fillId}`,
        intentId: 'external-B',
        marketAt: rig.at.market,
      };
      return { ...fill, ...ended, action, price: priceFromDollars(isLong ? 0.01 : 5) };
    });
    rig.brokerSays(...gone.map((fill) => ({ kind: 'fill' as const, fill })));
    expect(rig.positions()).toEqual([]);
    const lost = lossesByStrategy(rig.desk.context).get(STRATEGY);
    expect(lost?.lastAtWall).toBeGreaterThan(rig.at.wall - MICROS_PER_MINUTE);
  });

  it('rest a strategy from the end of an opening of which others had closed a leg before it was told', () => {
    const rig = new DeskRig();
    rig.gateway.isMute = true;
    valueIn(rig.confirm(rig.preview(STRADDLE).tokenSha256));
    rig.gateway.editSnapshot = () => undefined;
    const { intentId, legs } = rig.orders().at(-1)!.intent;
    const marketAt = rig.at.market;
    const opened = legs.map(({ instrument, action }, i): Fill => {
      const money = { price: priceFromDollars(2), feesCents: cents(0), marketAt };
      return { fillId: `opened-${i}`, intentId, instrument, action, quantity: 1, ...money };
    });
    const sold = (leg: Fill, fillId: string): Fill => {
      const ids = { fillId, intentId: `external-${fillId}` };
      return { ...leg, ...ids, action: 'sellToClose', price: priceFromDollars(1) };
    };
    const [first, second] = opened as [Fill, Fill];
    tell(rig, sold(first, 'early'), first, second);
    expect(heldContracts(rig)).toHaveLength(1);
    expect(lossesByStrategy(rig.desk.context).size).toBe(0);
    rig.advance(600);
    tell(rig, sold(second, 'late'));
    const lost = { count: 1, lastAtWall: rig.at.wall };
    for (const { desk } of [rig, rig.restart()]) {
      expect(lossesByStrategy(desk.context).get(STRADDLE.strategy)).toEqual(lost);
    }
  });

  it('know nothing of what is still held, or was closed for less', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    expect(lossesByStrategy(rig.desk.context).size).toBe(0);
    rig.atmVol = 0.05;
    rig.advance(1);
    rig.execute(rig.previewClose(positionId));
    expect(rig.positions()).toEqual([]);
    expect(lossesByStrategy(rig.desk.context).size).toBe(0);
  });

  /** Somebody at another screen closes all of a position at these dollars a share. */
  function closedElsewhere(rig: DeskRig, { legs }: StructurePosition, dollars: number): void {
    const marketAt = rig.at.market;
    for (const [i, { instrument, quantity }] of legs.entries()) {
      const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
      const money = { price: priceFromDollars(dollars), feesCents: cents(0), marketAt };
      const ids = { fillId: `theirs-${i}`, intentId: 'external-B-7' };
      rig.brokerSays({ kind: 'fill', fill: { ...ids, ...money, instrument, action, quantity: 1 } });
    }
    expect(rig.positions()).toEqual([]);
  }

  it('count what others closed at a loss, from then on, and not what they sold at a profit', () => {
    const lost = new DeskRig({ minutes: 14 * 60 + 30 });
    const position = lost.openPosition(LOTTO);
    lost.advance(60);
    closedElsewhere(lost, position, 0.01);
    const now = { count: 1, lastAtWall: lost.at.wall };
    const losses = (rig: DeskRig) => lossesByStrategy(rig.desk.context).get('lotto_play_5_delta');
    expect(losses(lost)).toEqual(now);
    expect(losses(lost.restart())).toEqual(now);
    const won = new DeskRig({ minutes: 14 * 60 + 30 });
    closedElsewhere(won, won.openPosition(LOTTO), 5);
    expect(losses(won)).toBeUndefined();
  });

  it('add up, keep the latest time, survive a restart, and end with the session', () => {
    const rig = new DeskRig({ limits: { coolDownMillis: 0, duplicateWindowMillis: 0 } });
    loseOne(rig);
    rig.advance(60);
    loseOne(rig);
    const lost = lossesByStrategy(rig.desk.context).get(STRATEGY);
    expect(lost?.count).toBe(2);
    expect(lost?.lastAtWall).toBeGreaterThan(rig.at.wall - 60_000_000);
    expect(lossesByStrategy(rig.restart().desk.context).get(STRATEGY)?.count).toBe(2);
    rig.goTo(10 * 60, '2026-11-23');
    expect(lossesByStrategy(rig.desk.context).size).toBe(0);
  });
});

describe('a lost condor of which a long is left that nobody bids for', () => {
  const limits = {
    maxDailyLossCents: centsFromDollars(9_000),
    portfolioDeltaCap: 500,
    duplicateWindowMillis: 0,
  };
  const longIsBid = (rig: DeskRig, bid: number | undefined) =>
    sideCosts(rig, 'call', 2.5, { bid, ask: 0.03 });

  /** Both its sides were stopped. */
  function stopped(): DeskRig {
    const rig = new DeskRig({ limits });
    rig.openPosition();
    sideCosts(rig, 'put', 0.1);
    longIsBid(rig, undefined);
    rig.advance(15);
    expect(lossesByStrategy(rig.desk.context).size).toBe(0);
    sideCosts(rig, 'put', 2.5);
    rig.advance(20);
    expect(heldContracts(rig)).toEqual(['1 C00606000']);
    return rig;
  }

  const lossOf = (rig: DeskRig) => lossesByStrategy(rig.desk.context).get(STRATEGY);

  it('counts as a loss, and rests its strategy from the last stop on, after a restart too', () => {
    const rig = stopped();
    const lost = lossOf(rig);
    expect(lost?.count).toBe(1);
    expect(lost?.lastAtWall).toBeGreaterThan(rig.at.wall - 20_000_000);
    rig.edit = (sides, right, strike) =>
      right === 'call' && strike === 606 ? { bid: undefined, ask: 0.03 } : sides;
    rig.advance(6);
    const request = { ...CONDOR, width: 4 };
    const again = () => rig.ask({ kind: 'previewStrategy', request, tokenSha256: rig.newToken() });
    expect(denialIn(again()).code).toBe('cool_down');
    expect(lossOf(rig.restart())).toEqual(lost);
    rig.advance(301);
    expect('value' in again()).toBe(true);
  });

  it('rests its strategy for no sale of that long anew', () => {
    const rig = stopped();
    const lost = lossOf(rig);
    rig.goTo(12 * 60);
    longIsBid(rig, 0.02);
    rig.advance(15);
    expect(rig.positions()).toEqual([]);
    expect(lossOf(rig)).toEqual(lost);
    expect(lossOf(rig.restart())).toEqual(lost);
  });

  it('is no loss while its long may bring more than it lost', () => {
    const rig = stopped();
    sideCosts(rig, 'call', 9.5, { bid: undefined, ask: 6 });
    rig.quotes();
    expect(lossOf(rig)).toBeUndefined();
  });

  it('rests its strategy anew from when a buy-back that the broker took back is made again', () => {
    const rig = stopped();
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    const { intent, fills } = rig.orders().at(-1)!;
    const fill = fills.find(({ action }) => action === 'buyToClose')!;
    const { intentId } = intent;
    rig.brokerSays({ kind: 'busted', intentId, fillId: fill.fillId, reason: 'erroneous' });
    expect(lossOf(rig)).toBeUndefined();
    rig.advance(60);
    const marketAt = rig.at.market;
    rig.brokerSays({ kind: 'fill', fill: { ...fill, fillId: 'again', marketAt } });
    expect(lossOf(rig)).toEqual({ count: 1, lastAtWall: rig.at.wall });
  });
});

describe('a spread whose short was bought back before its long was worth nothing', () => {
  const limits = { maxDailyLossCents: centsFromDollars(9_000), portfolioDeltaCap: 500 };

  function putsAt(rig: DeskRig, short: number, long: number): void {
    const sides = (bid: number) => ({ bid, ask: Math.round((bid + 0.02) * 100) / 100 });
    rig.edit = (before, right, strike) => {
      if (right !== 'put') return before;
      return strike === 599 ? sides(short) : strike === 594 ? sides(long) : before;
    };
  }

  function byHand(rig: DeskRig, request: OrderRequest): void {
    const tokenSha256 = rig.newToken();
    const card = valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }));
    rig.execute({ tokenSha256, card });
  }

  const putAt = (dollars: number): string => {
    const option = { kind: 'option', root: 'SPY', right: 'put' } as const;
    const expiry = sessionDate('2026-11-20');
    return occSymbol({ ...option, expiry, strike: priceFromDollars(dollars) });
  };

  it('rests its strategy from when that long went at a loss, after a restart too', () => {
    const rig = new DeskRig({ limits });
    putsAt(rig, 0.8, 0.2);
    rig.advance(2);
    const short = { symbol: putAt(599), ratio: 1 } as const;
    const long = { symbol: putAt(594), action: 'buyToOpen', ratio: 1 } as const;
    byHand(rig, { legs: [{ ...short, action: 'sellToOpen' }, long], quantity: 1 });
    putsAt(rig, 1.48, 1.1);
    rig.advance(3);
    byHand(rig, { legs: [{ ...short, action: 'buyToClose' }], quantity: 1 });
    expect(lossesByStrategy(rig.desk.context).size).toBe(0);
    putsAt(rig, 0.5, 0.1);
    rig.advance(2_400);
    expect(heldContracts(rig)).toEqual(['1 P00594000']);
    const again = rig.restart();
    for (const each of [rig, again]) {
      each.execute(each.previewClose(each.positions()[0]?.positionId ?? ''));
      expect(each.positions()).toEqual([]);
      const lost = lossesByStrategy(each.desk.context).get('place_order');
      expect(lost?.count).toBe(1);
      expect(lost?.lastAtWall).toBeGreaterThan(each.at.wall - MICROS_PER_MINUTE);
      expect(lossesByStrategy(each.restart().desk.context).get('place_order')).toEqual(lost);
      const sale = each.orders().at(-1)!.fills[0]!;
      const { intentId, fillId } = sale;
      each.gateway.editSnapshot = () => undefined;
      each.brokerSays({ kind: 'busted', intentId, fillId, reason: 'erroneous' });
      expect(heldContracts(each)).toEqual(['1 P00594000']);
      each.advance(600);
      tell(each, { ...sale, fillId: 'again', marketAt: each.at.market });
      expect(each.positions()).toEqual([]);
      expect(lossesByStrategy(each.desk.context).get('place_order')?.lastAtWall).toBe(each.at.wall);
    }
  });
});

describe('rejections in a row', () => {
  it('are ended by an order that the broker takes', () => {
    const rig = new DeskRig({ knobs: { rejectNext: 2 }, limits: { duplicateWindowMillis: 0 } });
    for (const rejects of [1, 2, 0]) {
      rig.execute(rig.preview());
      expect(consecutiveRejects(rig.desk.context)).toBe(rejects);
    }
  });

  it('are neither counted nor ended by an order whose outcome is open', () => {
    const rig = new DeskRig({
      knobs: { rejectNext: 1 },
      limits: { duplicateWindowMillis: 0 },
    });
    rig.execute(rig.preview());
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    expect(consecutiveRejects(rig.desk.context)).toBe(1);
  });

  it('are not ended by an order of others, nor by one that is only presumed absent', () => {
    const rig = new DeskRig({ knobs: { rejectNext: 1 }, limits: { duplicateWindowMillis: 0 } });
    const rejected = rig.execute(rig.preview());
    rig.advance(1);
    const intent = { ...rejected.intent, intentId: 'external-B-9', strategy: 'external' } as const;
    adoptOrder(rig.desk.context, { intent, brokerOrderId: 'B-9' });
    expect(consecutiveRejects(rig.desk.context)).toBe(1);
    rig.order('external-B-9').status = 'filled';
    rig.execute(rig.preview()).status = 'absentPresumed';
    expect(consecutiveRejects(rig.desk.context)).toBe(1);
  });

  it('are neither counted nor ended by an order that never reached the broker', () => {
    const rig = new DeskRig({ limits: { duplicateWindowMillis: 0, maxRepeats: 99 } });
    const unsent = { reason: 'connect ECONNREFUSED', refusal: 'unsent' } as const;
    for (const refused of [{ reason: 'no' }, unsent, unsent, { reason: 'no' }]) {
      rig.gateway.refuse = () => refused;
      expect(rig.execute(rig.preview()).status).toBe('rejected');
    }
    for (const { desk, day } of [rig, rig.restart()]) {
      expect(consecutiveRejects(desk.context)).toBe(2);
      expect(day.status.causes).not.toContain('rejectBreaker');
    }
  });

  it('hold nothing down where a close finds no line to the broker', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.gateway.refuse = () => ({ reason: 'connect ECONNREFUSED', refusal: 'unsent' });
    rig.confirm(rig.previewClose(positionId).tokenSha256);
    rig.advance(20);
    expect(rig.gateway.refused.length).toBeGreaterThanOrEqual(3);
    expect(rig.alerts()).not.toContain('REJECT_BREAKER');
    expect(rig.day.status.causes).toEqual([]);
  });

  it('are not ended by one that went down with the engine before the paper broker had it', () => {
    const rig = new DeskRig({ knobs: { rejectNext: 1 }, limits: { duplicateWindowMillis: 0 } });
    rig.execute(rig.preview());
    rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    expect(rig.bodies('orderSent')).toHaveLength(2);
    const again = rig.restart();
    expect(again.orders().map(({ status }) => status)).toEqual(['rejected', 'cancelled']);
    expect(consecutiveRejects(again.desk.context)).toBe(1);
    expect(consecutiveRejects(again.restart().desk.context)).toBe(1);
  });
});
