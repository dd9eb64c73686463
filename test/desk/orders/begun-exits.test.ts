import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import { noteExit } from '../../../src/desk/orders/exit-cause.ts';
import { instrumentSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { LegAction } from '../../../src/engine/domain/order.ts';
import { cents, centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, valueIn } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};

/** A condor at a broker that takes no order of several legs, and what its call side costs; the put side
 * costs next to nothing. */
function condor(exits: RigOptions['exits'] = {}) {
  const rig = new DeskRig({ limits, exits });
  const { exitPlan } = rig.openPosition();
  rig.gateway.refuse = ({ legs }) =>
    legs.length === 1 ? undefined : { reason: 'insufficient qty', refusal: 'combination' };
  sideCosts(rig, 'put', 0.1);
  const callCosts = (dollars: number) => sideCosts(rig, 'call', dollars, { bid: 0.2, ask: 0.22 });
  return { rig, exitPlan, callCosts };
}

function held(rig: DeskRig): string[] {
  const legs = rig.positions().flatMap((position) => position.legs);
  return legs
    .filter(({ quantity }) => quantity !== 0)
    .map(({ instrument, quantity }) => `${quantity} ${instrumentSymbol(instrument).slice(-9)}`);
}

/** A condor whose call side is stopped, and whose short call alone has been bought back. */
function begun() {
  const { rig, exitPlan, callCosts } = condor();
  callCosts(((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.6);
  for (let second = 0; second < 60 && held(rig).length === 4; second += 1) rig.advance(1);
  expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000', '1 C00606000']);
  return { rig, callCosts };
}

describe('an exit whose legs the broker takes one at a time', () => {
  it('sells the long of a stopped side once its short is bought back, and leaves the other side', () => {
    const { rig } = begun();
    rig.advance(20);
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
    expect(rig.bodies('exitTriggered').at(-1)).toMatchObject({ reason: 'callSideStop' });
    rig.advance(60);
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
  });

  it('leaves both of two sides that broke together', () => {
    const { rig, exitPlan } = condor();
    const debit = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
    for (const side of ['call', 'put'] as const) {
      sideCosts(rig, side, debit + 1, { bid: 0.6, ask: 0.62 });
    }
    rig.advance(60);
    expect(held(rig)).toEqual([]);
    const told = rig.bodies('exitTriggered').map(({ reason }) => reason);
    expect(told.slice(0, 2)).toEqual(['putSideStop', 'callSideStop']);
  });

  it('goes on after a restart', () => {
    const { rig } = begun();
    const again = rig.restart();
    again.advance(20);
    expect(held(again)).toEqual(['1 P00594000', '-1 P00599000']);
  });

  it('leaves a long that nobody bids for to expire', () => {
    const { rig, callCosts } = begun();
    callCosts(0.4);
    sideCosts(rig, 'call', 0.1, { bid: undefined, ask: 0.01 });
    rig.advance(30);
    expect(held(rig)).toContain('1 C00606000');
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
  });

  it('of the whole ends although its reason has passed', () => {
    const { rig, exitPlan, callCosts } = condor({ condorStop: 'whole' });
    callCosts(((exitPlan?.stop?.price ?? 0) / 10_000) * 1.5);
    for (let second = 0; second < 60 && held(rig).length === 4; second += 1) rig.advance(1);
    callCosts(0.3);
    rig.advance(60);
    expect(held(rig)).toEqual([]);
  });
});

const PAGES = ['EXIT_REFUSED', 'FLATTEN_INCOMPLETE', 'OPEN_PAST_DEADLINE'];

/** What was told anew of what is held. */
function pages({ effects }: DeskRig): readonly string[] {
  return effects.flatMap((effect) => {
    const isPage = effect.kind === 'alert' && effect.action === 'trigger';
    return isPage && PAGES.includes(effect.code) ? [effect.code] : [];
  });
}

describe('the long of a side that was stopped', () => {
  const PUTS = ['1 P00594000', '-1 P00599000'];

  /** A condor whose call side was stopped while nobody bid for its long: the short alone was bought back. */
  function bare() {
    const rig = new DeskRig({ limits });
    const { exitPlan } = rig.openPosition();
    sideCosts(rig, 'put', 0.1);
    const calls = ((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.6;
    const longIsBid = (bid: number | undefined) =>
      sideCosts(rig, 'call', calls, { bid, ask: 0.62 });
    longIsBid(undefined);
    rig.advance(15);
    expect(held(rig)).toEqual([...PUTS, '1 C00606000']);
    return { rig, longIsBid };
  }

  it('is sold once somebody bids for it again', () => {
    const { rig, longIsBid } = bare();
    longIsBid(0.6);
    rig.advance(15);
    expect(held(rig)).toEqual(PUTS);
  });

  it('is sold so after a restart too', () => {
    const { rig } = bare();
    const again = rig.restart();
    sideCosts(again, 'call', 2.1, { bid: 0.6, ask: 0.62 });
    again.advance(15);
    expect(held(again)).toEqual(PUTS);
  });

  it('is sold while the long of the other side, stopped as well, cannot be', () => {
    const { rig } = bare();
    const stopped = (side: 'put' | 'call', bid: number | undefined) =>
      sideCosts(rig, side, 3, { bid, ask: 0.62 });
    stopped('put', undefined);
    rig.advance(15);
    expect(held(rig)).toEqual(['1 P00594000', '1 C00606000']);
    stopped('put', 0.6);
    rig.quotes(606.5);
    rig.advance(20);
    expect(held(rig)).toEqual(['1 C00606000']);
    expect(rig.bodies('exitTriggered').at(-1)).toMatchObject({ reason: 'putSideStop' });
  });

  it('is sold alone where its side was left before a dividend as well', () => {
    const { rig, longIsBid } = bare();
    const { positionId } = rig.positions()[0]!;
    noteExit(rig.desk.context, positionId, { reason: 'exDividend', numbers: {} });
    longIsBid(0.6);
    rig.advance(20);
    expect(held(rig)).toEqual(PUTS);
  });

  it('is sold for a stop of before: its strategy rests from that one on, after a restart too', () => {
    const { rig, longIsBid } = bare();
    const stopOf = ({ desk }: DeskRig) => desk.context.plan.lastStop('iron_condor_30_delta');
    const stoppedAt = stopOf(rig);
    expect(stoppedAt).toBeDefined();
    rig.goTo(12 * 60);
    longIsBid(0.6);
    rig.advance(15);
    expect(held(rig)).toEqual(PUTS);
    expect(stopOf(rig)).toBe(stoppedAt);
    expect(stopOf(rig.restart())).toBe(stoppedAt);
  });

  it('makes no order and no page while nobody bids for it', () => {
    const { rig } = bare();
    const orders = rig.orders().length;
    rig.advance(60);
    expect(rig.orders()).toHaveLength(orders);
    expect(rig.alerts()).not.toContain('EXIT_REFUSED');
  });

  it('is no page before its first quotes of a run, be it flattened or past the deadline', () => {
    for (const minutes of [undefined, 15 * 60 + 52]) {
      for (const isFlattened of [false, true]) {
        const { rig } = bare();
        if (isFlattened) rig.ask({ kind: 'flattenNow' }, CONSOLE);
        rig.advance(15);
        if (minutes !== undefined) rig.goTo(minutes);
        rig.advance(20);
        const again = rig.restartUnquoted();
        expect(pages(again)).toEqual([]);
        again.advance(10);
        expect(pages(again)).toEqual([]);
        expect(held(again)).toContain('1 C00606000');
      }
    }
  });

  it('that cannot be sold in the money, as its trader asks too, is over once it is left to expire', () => {
    const { rig, longIsBid } = bare();
    rig.gateway.refuse = () => ({ reason: 'try later' });
    longIsBid(0.6);
    rig.quotes();
    const symbol = 'SPY   261120C00606000';
    const request = { legs: [{ symbol, action: 'sellToClose', ratio: 1 }], quantity: 1 } as const;
    const tokenSha256 = rig.newToken();
    valueIn(rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }));
    rig.confirm(tokenSha256);
    const { positionId } = rig.positions()[0]!;
    const { askedCloses } = rig.day;
    longIsBid(undefined);
    rig.quotes(606.5);
    rig.advance(20);
    expect(askedCloses.get(positionId)?.told).toContain('no leg has a market');
    rig.quotes(600);
    rig.advance(10);
    expect(askedCloses.get(positionId)?.told).toBe('');
    expect(rig.desk.context.out.isOpen('EXIT_REFUSED', positionId)).toBe(false);
  });

  it('that cannot be sold in the money is over once it is left to expire, after a restart too', () => {
    const { rig } = bare();
    const isOpen = ({ desk }: DeskRig) =>
      desk.context.out.isOpen('EXIT_REFUSED', rig.positions()[0]!.positionId);
    rig.quotes(606.5);
    rig.advance(10);
    expect(isOpen(rig)).toBe(true);
    const again = rig.restart();
    again.advance(10);
    for (const each of [rig, again]) {
      expect(isOpen(each)).toBe(true);
      each.quotes(600);
      expect(isOpen(each)).toBe(false);
      expect(held(each)).toContain('1 C00606000');
    }
  });

  it('ends no page of the other side, whose short is quoted again and offered by nobody', () => {
    const { rig } = bare();
    const again = rig.restartUnquoted();
    const { chain, out } = again.desk.context;
    const { positionId } = again.positions()[0]!;
    const silent = chain.indexOf('SPY   261120P00599000');
    again.hears = (row) => row !== silent;
    sideCosts(again, 'call', 0.1, { bid: undefined, ask: 0.02 });
    sideCosts(again, 'put', 2.5);
    again.advance(20);
    expect(out.isOpen('EXIT_REFUSED', positionId)).toBe(true);
    again.hears = () => true;
    const costly = again.edit;
    again.edit = (sides, right, strike) => {
      return right === 'put' && strike === 599
        ? { bid: 2.5, ask: undefined }
        : costly(sides, right, strike);
    };
    again.advance(2);
    expect(held(again)).toEqual([...PUTS, '1 C00606000']);
    expect(out.isOpen('EXIT_REFUSED', positionId)).toBe(true);
    again.edit = costly;
    again.advance(15);
    expect(held(again)).toEqual(['1 C00606000']);
    expect(out.isOpen('EXIT_REFUSED', positionId)).toBe(false);
  });

  it('beside the close of a flatten is no page, and hides none of the deadline', () => {
    const { rig } = bare();
    rig.size = 0;
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(5);
    const { positionId } = rig.positions()[0]!;
    expect(rig.orders().at(-1)).toMatchObject({
      status: 'working',
      intent: { purpose: 'flatten' },
    });
    const { warnings } = valueIn(
      rig.ask<TradeCard>({ kind: 'previewFlatten', tokenSha256: rig.newToken() }),
    );
    expect(warnings).toEqual([
      `${positionId}: a live order closes it already; it is only hurried`,
      expect.stringContaining('606000: nobody bids for it: it is left to expire'),
    ]);
    rig.goTo(15 * 60 + 51);
    expect(rig.alerts()).not.toContain('FLATTEN_INCOMPLETE');
    const ofDeadline = () =>
      rig.effects.flatMap((effect) => {
        const isOurs = effect.kind === 'alert' && effect.code === 'OPEN_PAST_DEADLINE';
        return isOurs ? [effect.action] : [];
      });
    expect(ofDeadline()).toEqual(['trigger']);
    rig.size = 50;
    rig.advance(5);
    expect(held(rig)).toEqual(['1 C00606000']);
    expect(ofDeadline()).toEqual(['trigger', 'resolve']);
  });

  it('stays where a person calls its sale back', () => {
    const { rig, longIsBid } = bare();
    rig.size = 0;
    longIsBid(0.6);
    rig.advance(2);
    const { intent } = rig.orders().at(-1) ?? {};
    expect(intent?.legs).toMatchObject([{ action: 'sellToClose' }]);
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'cancel', orderId: intent?.intentId ?? '', tokenSha256 });
    rig.confirm(tokenSha256);
    rig.size = 50;
    rig.advance(15);
    expect(held(rig)).toEqual([...PUTS, '1 C00606000']);
    expect(rig.orders().at(-1)?.intent).toEqual(intent);
    const again = rig.restart();
    sideCosts(again, 'call', 2.1, { bid: 0.6, ask: 0.62 });
    again.advance(15);
    expect(held(again)).toEqual([...PUTS, '1 C00606000']);
  });
});

function cancelNewest(rig: DeskRig): void {
  const tokenSha256 = rig.newToken();
  rig.ask({ kind: 'cancel', orderId: rig.orders().at(-1)!.intent.intentId, tokenSha256 });
  rig.confirm(tokenSha256);
  rig.advance(5);
}

function byHand(rig: DeskRig, request: OrderRequest): void {
  const tokenSha256 = rig.newToken();
  const reply = rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 });
  rig.execute({ tokenSha256, card: valueIn(reply) });
}

describe('the long that a stop of the whole left while nobody bid for it', () => {
  function left(quantity = 1) {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    const { exitPlan } = rig.openPosition({ ...CONDOR, quantity });
    const stop = (exitPlan?.stop?.price ?? 0) / 10_000;
    sideCosts(rig, 'put', 0.1);
    sideCosts(rig, 'call', stop + 0.3, { bid: undefined, ask: 0.03 });
    rig.advance(25);
    expect(held(rig)).toEqual([`${quantity} C00606000`]);
    const longIsBid = (at: DeskRig) => sideCosts(at, 'call', stop + 0.3, { bid: 0.6, ask: 0.62 });
    return { rig, longIsBid };
  }

  it('is sold once somebody bids for it, although that breaks no stop, after a restart too', () => {
    const { rig, longIsBid } = left();
    for (const each of [rig.restart(), rig]) {
      longIsBid(each);
      each.advance(15);
      expect(held(each)).toEqual([]);
      const [stopped, ended] = each.bodies('exitTriggered');
      const goesOnFrom = each.orders()[1]?.intent.intentId;
      expect(stopped).toMatchObject({ reason: 'stop' });
      expect(ended).toMatchObject({ reason: 'stop', numbers: { goesOnFrom } });
    }
  });

  it('is no page any more once it is left to expire', () => {
    const { rig } = left();
    rig.quotes(606.5);
    rig.advance(10);
    rig.quotes(600);
    const told = rig.bodies('alert').filter(({ code }) => code === 'EXIT_REFUSED');
    expect(told.map(({ action }) => action)).toEqual([undefined, 'resolve']);
  });

  it('stays where a person calls its sale back', () => {
    const { rig, longIsBid } = left();
    rig.size = 0;
    longIsBid(rig);
    rig.advance(2);
    const { intentId } = rig.orders().at(-1)!.intent;
    cancelNewest(rig);
    rig.size = 50;
    rig.advance(15);
    expect(held(rig)).toEqual(['1 C00606000']);
    expect(rig.orders().at(-1)?.intent.intentId).toBe(intentId);
  });

  it('stays so where that person sells one of two', () => {
    const { rig, longIsBid } = left(2);
    rig.size = 0;
    longIsBid(rig);
    rig.advance(2);
    cancelNewest(rig);
    rig.size = 50;
    const symbol = 'SPY   261120C00606000';
    byHand(rig, { legs: [{ symbol, action: 'sellToClose', ratio: 1 }], quantity: 1 });
    rig.advance(15);
    expect(held(rig)).toEqual(['1 C00606000']);
  });
});

describe('longs of a position that an exit of the whole once closed a part of', () => {
  const SHORT = 'SPY   261120P00599000';
  const LONG = 'SPY   261120P00594000';
  const TWO = '-2 P00599000';
  const KEPT = ['1 P00594000'];
  const WING = { bid: 0.02, ask: 0.03 };
  const SPREADS: OrderRequest = {
    legs: [
      { symbol: SHORT, action: 'sellToOpen', ratio: 1 },
      { symbol: LONG, action: 'buyToOpen', ratio: 1 },
    ],
    quantity: 2,
  };

  /** Two put spreads of which a stop has closed one before the market turned; its order works on. */
  function halfStopped(options: RigOptions = {}) {
    const rig = new DeskRig({ limits, ...options });
    byHand(rig, SPREADS);
    const stop = (rig.positions()[0]?.exitPlan?.stop?.price ?? 0) / 10_000;
    rig.size = 1;
    sideCosts(rig, 'put', stop + 0.3, WING);
    for (let second = 0; second < 60 && held(rig).includes(TWO); second += 1) rig.advance(1);
    rig.size = 0;
    sideCosts(rig, 'put', 0.8, WING);
    expect(held(rig)).toEqual(['1 P00594000', '-1 P00599000']);
    expect(rig.orders().at(-1)?.exitReason).toBe('stop');
    return rig;
  }

  const BUY_BACK: OrderRequest = {
    legs: [{ symbol: SHORT, action: 'buyToClose', ratio: 1 }],
    quantity: 1,
  };

  it('stay where the trader buys the other short back by hand', () => {
    const rig = halfStopped();
    cancelNewest(rig);
    rig.size = 50;
    byHand(rig, BUY_BACK);
    const orders = rig.orders().length;
    rig.advance(30);
    expect(held(rig)).toEqual(KEPT);
    expect(rig.orders()).toHaveLength(orders);
  });

  it('stay where it is bought back at another screen, after a restart too', () => {
    const rig = halfStopped();
    const orders = rig.orders().length;
    rig.gateway.editSnapshot = () => undefined;
    const instrument = parseOccSymbol(SHORT)!;
    const money = { price: price(8_000), feesCents: cents(0), marketAt: rig.at.market };
    const ids = { fillId: 'theirs', intentId: 'external-9' };
    const fill = { ...ids, ...money, instrument, action: 'buyToClose', quantity: 1 } as const;
    rig.brokerSays({ kind: 'fill', fill });
    rig.advance(5);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'cancelled', calledBackBy: 'engine' });
    for (const each of [rig.restart(), rig]) {
      each.gateway.editSnapshot = () => undefined;
      each.size = 50;
      each.advance(30);
      expect(held(each)).toEqual(KEPT);
      expect(each.orders()).toHaveLength(orders);
    }
  });

  it('stay where that goes for a nickel', () => {
    const rig = halfStopped({ exits: { nickelBuyBack: true } });
    cancelNewest(rig);
    rig.size = 50;
    sideCosts(rig, 'put', 0.05, WING);
    rig.goTo(15 * 60 + 5);
    rig.advance(30);
    expect(rig.orders().at(-1)).toMatchObject({ exitReason: 'nickel', status: 'filled' });
    expect(held(rig)).toEqual(KEPT);
  });
});

describe('a call that somebody bought elsewhere', () => {
  it('is none of the side of its short that had left before a dividend', () => {
    const exits = { exDividendDates: ['2026-11-23'] };
    const rig = new DeskRig({ minutes: 15 * 60 + 29, limits, exits });
    const instrument = parseOccSymbol('SPY   261120C00600000')!;
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    const fill = (intentId: string, action: LegAction): void => {
      const worth = { quantity: 1, price: price(15_000), feesCents: cents(0) };
      const told = { fillId: `${action} ${intentId}`, intentId, instrument, action, ...worth };
      rig.brokerSays({ kind: 'fill', fill: { ...told, marketAt: rig.at.market } });
    };
    rig.quotes(601);
    fill('external-9', 'sellToOpen');
    rig.goTo(15 * 60 + 30);
    const [exit] = rig.orders();
    expect(exit).toMatchObject({ exitReason: 'exDividend' });
    fill(exit!.intent.intentId, 'buyToClose');
    expect(held(rig)).toEqual([]);
    fill('external-10', 'buyToOpen');
    rig.advance(60);
    expect(held(rig)).toEqual(['1 C00600000']);
    expect(rig.orders()).toHaveLength(1);
    rig.goTo(15 * 60 + 40);
    const reasons = rig.orders().map(({ exitReason }) => exitReason);
    expect(reasons).toEqual(['exDividend', 'flatBy']);
  });
});
