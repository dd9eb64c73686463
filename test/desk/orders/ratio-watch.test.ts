import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import { type Instrument, instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import type { PositionLeg } from '../../../src/engine/portfolio/portfolio-book.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, valueIn } from '../../support/desk-rig.ts';
import { optionLeg } from '../../support/legs.ts';

const limits = { maxDailyLossCents: centsFromDollars(9_000), portfolioDeltaCap: 500 };

/** A condor whose call side was stopped; the broker took back what that had executed of one leg, and says
 * of that leg's next order what the test lets it. */
function busted(strike: '601' | '606') {
  const rig = new DeskRig({ limits });
  rig.openPosition();
  sideCosts(rig, 'put', 0.1);
  sideCosts(rig, 'call', 2, { bid: 0.2, ask: 0.22 });
  rig.advance(15);
  const [, close] = rig.orders();
  if (close?.exitReason !== 'callSideStop') throw new Error('the call side is stopped');
  const fill = close.fills.find(({ instrument }) => instrumentSymbol(instrument).includes(strike));
  if (fill === undefined) throw new Error('the leg has traded');
  rig.gateway.isMute = true;
  rig.gateway.editSnapshot = () => undefined;
  const { intentId } = close.intent;
  rig.brokerSays({ kind: 'busted', intentId, fillId: fill.fillId, reason: 'erroneous' });
  const search = { outcome: 'found', standing: 'filled', evidence: 'x' } as const;
  rig.brokerSays({ kind: 'searched', intentId, search });
  rig.advance(5);
  return { rig, fill };
}

/** Alerts of legs out of proportion, and what became of them. */
function told(rig: DeskRig): string[] {
  const ofRatio = rig.bodies('alert').filter(({ code }) => code === 'BROKEN_RATIO');
  return ofRatio.map(({ action = 'open' }) => action);
}

/** Two condors of which closes bought the shorts back alone, one after the other, and were cancelled. */
function twoUneven() {
  const rig = new DeskRig({ limits: { ...limits, duplicateWindowMillis: 0 } });
  const ids = [5, 4].map((width) => rig.openPosition({ ...CONDOR, width }).positionId);
  rig.gateway.isMute = true;
  rig.gateway.editSnapshot = () => undefined;
  const executed = (intentId: string, { instrument, quantity }: PositionLeg): BrokerEvent => {
    const action = quantity < 0 ? ('buyToClose' as const) : ('sellToClose' as const);
    const money = { price: price(5_000), feesCents: cents(0), marketAt: rig.at.market };
    const fillId = `${intentId} ${instrumentSymbol(instrument)}`;
    const fill = { fillId, intentId, instrument, action, quantity: Math.abs(quantity), ...money };
    return { kind: 'fill', fill };
  };
  const legsOf = (id: string) => rig.positions().find((each) => each.positionId === id)?.legs ?? [];
  for (const id of ids) {
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(id).tokenSha256 });
    const { intentId } = rig.orders().at(-1)!.intent;
    const shorts = legsOf(id).filter(({ quantity }) => quantity < 0);
    rig.brokerSays(
      { kind: 'accepted', intentId, brokerOrderId: `b-${intentId}` },
      ...shorts.map((leg) => executed(intentId, leg)),
      { kind: 'cancelled', intentId, remaining: 1 },
    );
    rig.advance(5);
  }
  const sellRest = (id: string) =>
    rig.brokerSays(...legsOf(id).map((leg) => executed(`external-${id}`, leg)));
  return { rig, ids, sellRest };
}

/** Of which positions it was told, and what became of that. */
function toldOf(rig: DeskRig): string[] {
  const ofRatio = rig.bodies('alert').filter(({ code }) => code === 'BROKEN_RATIO');
  return ofRatio.map(({ subject, action = 'open' }) => `${action} ${subject}`);
}

describe('two positions out of proportion', () => {
  it('are told of each for itself, and each is over by itself', () => {
    const { rig, ids, sellRest } = twoUneven();
    const [first = '', second = ''] = ids;
    const opened = [`open ${first}`, `open ${second}`];
    expect(toldOf(rig)).toEqual(opened);
    sellRest(first);
    rig.advance(1);
    expect(toldOf(rig)).toEqual([...opened, `resolve ${first}`]);
    expect(rig.day.status.causes).toContain('brokenRatio');
    sellRest(second);
    rig.advance(1);
    expect(toldOf(rig)).toEqual([...opened, `resolve ${first}`, `resolve ${second}`]);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
  });

  it('are not told of again after a restart, and are over in that run', () => {
    const { rig, ids, sellRest } = twoUneven();
    const again = rig.restart();
    again.gateway.isMute = true;
    again.gateway.editSnapshot = () => undefined;
    again.advance(5);
    expect(again.day.status.causes).toContain('brokenRatio');
    expect(toldOf(again)).toEqual(ids.map((id) => `open ${id}`));
    ids.forEach(sellRest);
    const later = rig.restart();
    later.advance(1);
    expect(toldOf(later).slice(2)).toEqual(ids.map((id) => `resolve ${id}`));
  });
});

describe('a long that filled alone and is hardly bid for', () => {
  it('is told of once while its bid comes and goes, and over once nobody has bid for seconds', () => {
    const rig = new DeskRig({ limits, date: '2026-08-04' });
    const legs = [optionLeg('buyToOpen', 'put', 594), optionLeg('sellToOpen', 'put', 599)];
    const request = {
      legs: legs.map(({ instrument, ...leg }) => ({
        symbol: instrumentSymbol(instrument),
        ...leg,
      })),
      quantity: 1,
    };
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewOrder', request, tokenSha256 });
    rig.size = 0;
    rig.quotes();
    const intentId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
    const money = { price: price(2_000), feesCents: cents(0), marketAt: rig.at.market };
    const { instrument, action } = legs[0]!;
    rig.brokerSays(
      { kind: 'fill', fill: { fillId: 'f', intentId, instrument, action, quantity: 1, ...money } },
      { kind: 'cancelled', intentId, remaining: 1 },
    );
    rig.advance(4);
    expect(told(rig)).toEqual(['open']);
    const bidFor = (bid: number | undefined, seconds: number) => {
      rig.edit = (sides, _right, strike) => (strike === 594 ? { bid, ask: 0.02 } : sides);
      rig.advance(seconds);
    };
    const states = rig.bodies('tradingStateChanged').length;
    for (let beat = 0; beat < 10; beat += 1) {
      bidFor(undefined, 1);
      bidFor(0.01, 1);
    }
    expect(told(rig)).toEqual(['open']);
    expect(rig.bodies('tradingStateChanged')).toHaveLength(states);
    bidFor(undefined, 7);
    expect(told(rig)).toEqual(['open', 'resolve']);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
  });
});

describe('legs that an execution was taken back of', () => {
  it.each(['601', '606'] as const)(
    'are out of proportion while the %s call is held, and no longer',
    (strike) => {
      const { rig, fill } = busted(strike);
      expect(rig.day.status.causes).toContain('brokenRatio');
      expect(told(rig)).toEqual(['open']);
      const { intentId } = rig.orders().at(-1)?.intent ?? fill;
      expect(intentId).not.toBe(fill.intentId);
      rig.brokerSays(
        { kind: 'accepted', intentId, brokerOrderId: 'b-9' },
        { kind: 'fill', fill: { ...fill, fillId: 'again', intentId } },
      );
      rig.advance(1);
      expect(rig.positions()).not.toEqual([]);
      expect(rig.day.status.causes).not.toContain('brokenRatio');
      expect(told(rig)).toEqual(['open', 'resolve']);
    },
  );
});

describe('an order out of proportion', () => {
  const symbolsOf = (legs: readonly { readonly instrument: Instrument }[], strike: string) =>
    legs.map(({ instrument }) => instrumentSymbol(instrument)).find((s) => s.includes(strike))!;

  /** One contract, or more, bought or sold to close by hand. */
  function closeByHand(rig: DeskRig, legs: readonly PositionLeg[], quantity: number): OrderRecord {
    const request: OrderRequest = {
      quantity,
      legs: legs.map(({ instrument, quantity: held }) => {
        const action = held > 0 ? 'sellToClose' : 'buyToClose';
        return { symbol: instrumentSymbol(instrument), action, ratio: 1 } as const;
      }),
    };
    const tokenSha256 = rig.newToken();
    const card = valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }));
    return rig.execute({ tokenSha256, card });
  }

  const legAt = (rig: DeskRig, strike: string): PositionLeg =>
    rig.positions()[0]!.legs.find(({ instrument }) => {
      return instrumentSymbol(instrument).includes(strike);
    })!;

  /** The broker takes back what the order executed of one leg, and lists the order as filled. */
  function bust(rig: DeskRig, { intent: { intentId }, fills }: OrderRecord, strike: string): void {
    const symbol = symbolsOf(fills, strike);
    const of = fills.filter(({ instrument }) => instrumentSymbol(instrument) === symbol);
    const reason = 'erroneous';
    const busts = of.map(({ fillId }) => ({ kind: 'busted', intentId, fillId, reason }) as const);
    rig.gateway.editSnapshot = () => undefined;
    rig.brokerSays(...busts);
    rig.advance(5);
    expect(rig.day.status.causes).toContain('brokenRatio');
    expect(told(rig)).toEqual(['open']);
  }

  it('is even again where a side that its opening left bare is bought back', () => {
    const rig = new DeskRig({ limits });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    bust(rig, rig.order(positionId), 'C00606');
    closeByHand(rig, [legAt(rig, 'C00601')], 2);
    rig.advance(1);
    expect(rig.positions()[0]!.legs.map(({ quantity }) => quantity)).toEqual([2, -2]);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
    expect(told(rig)).toEqual(['open', 'resolve']);
  });

  it('is even again beside a wing that was left of another unit', () => {
    const rig = new DeskRig({ limits: { ...limits, maxTradeLossCents: centsFromDollars(2_000) } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 3 });
    const before = rig.edit;
    sideCosts(rig, 'call', 0.5, { bid: undefined, ask: 0.02 });
    rig.advance(3);
    rig.execute(rig.previewClose(positionId, 1));
    rig.edit = before;
    rig.advance(3);
    bust(rig, closeByHand(rig, rig.positions()[0]!.legs, 1), 'P00599');
    closeByHand(rig, [legAt(rig, 'P00599')], 1);
    rig.advance(1);
    const held = rig.positions()[0]!.legs.map(({ quantity }) => quantity);
    expect(held.toSorted((a, b) => a - b)).toEqual([-1, -1, 1, 2]);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
    expect(told(rig)).toEqual(['open', 'resolve']);
  });

  it('is not where a long straddle has more of one leg', () => {
    const rig = new DeskRig({ limits });
    const { spot } = rig;
    const symbolAt = (right: 'call' | 'put') => {
      const row = rig
        .listing()
        .contracts.find((c) => c.right === right && c.strike === spot * 10_000);
      return instrumentSymbol(row!);
    };
    const legs = (['call', 'put'] as const).map((right) => {
      return { symbol: symbolAt(right), action: 'buyToOpen', ratio: 1 } as const;
    });
    const request: OrderRequest = { legs, quantity: 2 };
    const tokenSha256 = rig.newToken();
    const card = valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }));
    const order = rig.execute({ tokenSha256, card });
    closeByHand(rig, [legAt(rig, 'C00600')], 1);
    bust(rig, order, 'P00600');
    rig.advance(5);
    expect(rig.day.status.causes).toContain('brokenRatio');
  });
});

describe('a close at another screen that is told leg by leg', () => {
  /** The paper broker's pictures know nothing of it. */
  const executed = (rig: DeskRig, { instrument, quantity }: PositionLeg): BrokerEvent => {
    rig.gateway.editSnapshot = () => undefined;
    const action = quantity < 0 ? ('buyToClose' as const) : ('sellToClose' as const);
    const of = { fillId: `other ${instrumentSymbol(instrument)}`, intentId: 'other' };
    const money = { price: price(8_000), feesCents: cents(0), marketAt: rig.at.market };
    return { kind: 'fill', fill: { ...of, instrument, action, quantity: 1, ...money } };
  };
  const triggered = (rig: DeskRig) => rig.bodies('exitTriggered').map(({ reason }) => reason);

  /** A condor whose calls cost 1.00 as long as both are there. */
  function condor() {
    const rig = new DeskRig({ limits });
    rig.openPosition();
    sideCosts(rig, 'call', 1.8, { bid: 0.8, ask: 0.82 });
    rig.advance(8);
    const legs = rig.positions()[0]?.legs ?? [];
    const ofStrike = (strike: string) =>
      legs.find(({ instrument }) => instrumentSymbol(instrument).includes(strike))!;
    return { rig, short: ofStrike('C00601'), wing: ofStrike('C00606') };
  }

  /** The same once its wing is told as sold. */
  function withoutWing() {
    const { rig, short, wing } = condor();
    rig.brokerSays(executed(rig, wing));
    rig.advance(2);
    expect(triggered(rig)).toEqual([]);
    return { rig, short };
  }

  it('sends nothing for the short that is told a moment later', () => {
    const { rig, short } = withoutWing();
    rig.brokerSays(executed(rig, short));
    rig.advance(10);
    expect(triggered(rig)).toEqual([]);
    expect(rig.positions()[0]?.legs).toHaveLength(2);
    expect(rig.orders()).toHaveLength(1);
  });

  it('leaves a lone short whose stop fires where three seconds tell no more', () => {
    const { rig } = withoutWing();
    rig.advance(2);
    expect(triggered(rig)).toEqual(['callSideStop']);
  });

  it('is judged at once where its order is known to have no more of them', () => {
    const { rig, wing } = condor();
    const legs = [{ instrument: wing.instrument, action: 'sellToClose', ratio: 1 }] as const;
    const of = { intentId: 'other', brokerOrderId: 'B-9', remaining: 1, limit: price(8_000) };
    const order = { ...of, legs };
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [order] });
    rig.advance(8);
    expect(rig.orders()).toHaveLength(2);
    rig.brokerSays(executed(rig, wing));
    rig.quotes();
    expect(triggered(rig)).toEqual(['callSideStop']);
  });

  it.each([1, -1])('reaches no target between its shorts and its wings (%d)', (sign) => {
    const rig = new DeskRig({ limits, exits: { profitTargetPercent: 50 } });
    rig.openPosition({ ...CONDOR, quantity: 2 });
    for (const right of ['call', 'put'] as const) {
      sideCosts(rig, right, 0.93, { bid: 0.35, ask: 0.37 });
    }
    rig.advance(6);
    const legs = rig.positions()[0]?.legs ?? [];
    for (const leg of legs.toSorted((a, b) => sign * (a.quantity - b.quantity))) {
      rig.brokerSays(executed(rig, leg));
      rig.quotes();
    }
    rig.advance(5);
    expect(triggered(rig)).toEqual([]);
    expect(rig.positions()[0]?.quantity).toBe(1);
  });
});

describe('longs that somebody else takes', () => {
  /** A condor whose legs of these strikes somebody else closes. */
  const taken = (...strikes: readonly string[]) => {
    const rig = new DeskRig({ limits });
    const { positionId, legs } = rig.openPosition();
    rig.gateway.editSnapshot = () => undefined;
    for (const strike of strikes) {
      const leg = legs.find(({ instrument }) => instrumentSymbol(instrument).includes(strike))!;
      const action = leg.quantity > 0 ? ('sellToClose' as const) : ('buyToClose' as const);
      const money = { price: price(1_000), feesCents: cents(0), marketAt: rig.at.market };
      const ids = { fillId: `theirs-${strike}`, intentId: 'external-9' };
      const fill = { ...ids, instrument: leg.instrument, action, quantity: 1, ...money };
      rig.brokerSays({ kind: 'fill', fill });
    }
    rig.advance(5);
    return { rig, positionId };
  };

  it('leave a bare short: it is paged, and nothing opens until it is gone', () => {
    const { rig, positionId } = taken('C00606');
    expect(told(rig)).toEqual(['open']);
    const [page] = rig.bodies('alert').filter(({ code }) => code === 'BROKEN_RATIO');
    expect(page).toMatchObject({ severity: 'critical', subject: positionId });
    expect(page?.text).toContain(`longs of ${positionId} that cover its shorts`);
    expect(rig.day.status.causes).toContain('brokenRatio');
    const again = rig.restart(rig.records(), { isOpen: false });
    again.gateway.editSnapshot = () => undefined;
    again.open();
    again.advance(5);
    expect(again.day.status.causes).toContain('brokenRatio');
    expect(told(again).filter((action) => action === 'open')).toHaveLength(1);
    again.execute(again.previewClose(positionId));
    again.advance(5);
    expect(told(again)).toEqual(['open', 'resolve']);
    expect(again.day.status.causes).not.toContain('brokenRatio');
  });

  it.each([
    ['with their short', ['C00601', 'C00606']],
    ['with their short, which is told second', ['C00606', 'C00601']],
    ['of both sides with their shorts', ['P00599', 'P00594', 'C00606', 'C00601']],
    ['once the short is gone', ['P00599', 'P00594']],
  ])('are no matter %s', (_what, strikes) => {
    const { rig } = taken(...strikes);
    expect(told(rig)).toEqual([]);
    expect(rig.day.status.causes).not.toContain('brokenRatio');
  });
});
