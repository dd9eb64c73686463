import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConfirmResult, TradeCard } from '../../../src/desk/engine-api.ts';
import type { ManualLeg, OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import type { Preview, Reply } from '../../support/desk-rig.ts';
import { DeskRig, denialIn, TRADER } from '../../support/desk-rig.ts';

const EXPIRY = sessionDate('2026-11-20');

function symbolOf(right: 'call' | 'put', dollars: number): string {
  const strike = priceFromDollars(dollars);
  return occSymbol({ kind: 'option', root: 'SPY', expiry: EXPIRY, right, strike });
}

function leg(action: ManualLeg['action'], right: 'call' | 'put', dollars: number, ratio = 1) {
  return { symbol: symbolOf(right, dollars), action, ratio };
}

/** A put spread sold for a credit. */
const SPREAD: OrderRequest = {
  legs: [leg('sellToOpen', 'put', 598), leg('buyToOpen', 'put', 595)],
  quantity: 1,
};

function ask(rig: DeskRig, request: OrderRequest): Reply<TradeCard> & { token: string } {
  const tokenSha256 = rig.newToken();
  const reply = rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 }, TRADER);
  return { ...reply, token: tokenSha256 };
}

function previewed(rig: DeskRig, request: OrderRequest): Preview {
  const reply = ask(rig, request);
  if ('denied' in reply) throw new Error(`${reply.denied.code}: ${reply.denied.message}`);
  return { tokenSha256: reply.token, card: reply.value };
}

function codeOf(reply: Reply<TradeCard | ConfirmResult>): string {
  return 'denied' in reply ? reply.denied.code : 'passed';
}

describe('an order by hand', () => {
  it('is judged by every check, and goes by preview, token and journal to the broker', () => {
    const rig = new DeskRig();
    const preview = previewed(rig, SPREAD);
    const { card } = preview;
    expect(card).toMatchObject({ strategy: 'place_order', purpose: 'open', quantity: 1 });
    expect(card.checks.map(({ code }) => code)).toEqual(CHECKS.map(({ code }) => code));
    expect(card.checks.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(rig.submitted).toEqual([]);
    const order = rig.execute(preview);
    expect(order).toMatchObject({ status: 'filled', intent: { strategy: 'place_order' } });
    expect(rig.bodies('intentRecorded')).toHaveLength(1);
    expect(rig.bodies('intentRecorded')[0]?.tokenSha256).toBe(preview.tokenSha256);
    expect(rig.submitted).toEqual([order.intent.intentId]);
  });

  it('states its worst case from the payoff at expiry, after fees', () => {
    const { card } = previewed(new DeskRig(), SPREAD);
    const width = 300 * 100;
    const settling = 2 * 500;
    const paid = card.feesCents + settling;
    expect(card.maxLossCents).toBe(width - card.worstPrice * 10_000 + paid);
    expect(card.limitPrice).toBeGreaterThan(0);
  });

  it('states as worst case what the account has lost once both legs are settled in the money', () => {
    const rig = new DeskRig({ underlying: 'XSP', minutes: 14 * 60 });
    const legs = SPREAD.legs.map((each) => ({
      ...each,
      symbol: each.symbol.replace('SPY', 'XSP'),
    }));
    const cash = () => rig.gateway.snapshot(rig.at)?.cashCents ?? 0;
    const before = cash();
    const preview = previewed(rig, { legs, quantity: 1 });
    const { intent, fills } = rig.execute(preview);
    // It filled at a better price than the worst one that the card reckons with.
    const better = fills.reduce((sum, fill) => {
      return sum + (fill.action === 'sellToOpen' ? fill.price : 0 - fill.price);
    }, 0 - intent.worst);
    rig.edit = () => ({ bid: undefined, ask: undefined });
    rig.spot = 590;
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + 20);
    expect(rig.positions()).toEqual([]);
    expect(before - cash()).toBe(preview.card.maxLossCents - better);
  });

  it('has a way out: a stop where the loss is not paid, the clock always', () => {
    const spread = previewed(new DeskRig(), SPREAD).card;
    expect(spread.exitPlan?.stop).toMatch(/^closes when it costs \d/);
    expect(spread.exitPlan?.plannedLossCents).toBeLessThan(spread.maxLossCents);
    expect(spread.exitPlan?.timeExit).toContain('T15:40');
    const long = previewed(new DeskRig(), {
      legs: [leg('buyToOpen', 'call', 603)],
      quantity: 1,
    }).card;
    expect(long.exitPlan?.stop).toBe('none: the premium paid is the whole loss');
    const exerciseCents = 500;
    const paidCents = Math.round(-long.worstPrice * 10_000) + long.feesCents;
    expect(long.maxLossCents).toBe(paidCents + exerciseCents);
  });

  it('takes a stop and a target as loss and gain a share', () => {
    const { card } = previewed(new DeskRig(), { ...SPREAD, stopLoss: 0.5, takeProfit: 0.2 });
    const debit = card.limitPrice + 0.5;
    expect(card.exitPlan?.stop).toBe(`closes when it costs ${debit.toFixed(2)}`);
    expect(card.exitPlan?.target).toBe(`buys back at ${(card.limitPrice - 0.2).toFixed(2)}`);
    const conceded = Math.round((card.limitPrice - card.worstPrice) * 10_000);
    const feesOutCents = 26;
    expect(card.exitPlan?.plannedLossCents).toBe(5_000 + conceded + card.feesCents + feesOutCents);
    expect(codeOf(ask(new DeskRig(), { ...SPREAD, stopLoss: 30 }))).toBe('argument_invalid');
    expect(codeOf(ask(new DeskRig(), { ...SPREAD, takeProfit: -1 }))).toBe('argument_invalid');
    const beyond = ask(new DeskRig(), { ...SPREAD, takeProfit: 5 });
    expect(JSON.stringify(beyond)).toContain('take_profit must be less than the best case');
  });

  it('has no stop that is broken as soon as it is opened: the least loss that is taken is named', () => {
    const { natural, mid } = previewed(new DeskRig(), SPREAD).card.expectedFill;
    const width = 2 * (mid - natural);
    const closing = (natural + width).toFixed(2);
    for (const stopLoss of [0.01, (mid - natural) / 2, width - 0.01]) {
      const rig = new DeskRig();
      const refused = denialIn(ask(rig, { ...SPREAD, stopLoss }));
      expect(refused.code).toBe('argument_invalid');
      expect(refused.message).toContain(`closing at natural costs ${closing} now`);
      const { leastStopLoss } = refused.numbers;
      expect(refused.message).toMatch(`give a stop_loss of at least ${leastStopLoss}`);
      const taken = ask(rig, { ...SPREAD, stopLoss: Number(leastStopLoss) });
      expect(codeOf(taken)).toBe('passed');
      const nearer = ask(rig, { ...SPREAD, stopLoss: Number(leastStopLoss) - 0.01 });
      expect(codeOf(nearer)).toBe('argument_invalid');
    }
  });

  it('is not stopped in the market that it was opened in, sold or bought, at the least loss taken', () => {
    const bought = { legs: [leg('buyToOpen', 'call', 603)], quantity: 1 };
    const spread = {
      legs: [leg('buyToOpen', 'put', 598), leg('sellToOpen', 'put', 595)],
      quantity: 1,
    };
    for (const request of [SPREAD, bought, spread]) {
      const rig = new DeskRig();
      const { leastStopLoss } = denialIn(ask(rig, { ...request, stopLoss: 0.01 })).numbers;
      const { natural } = previewed(rig, request).card.expectedFill;
      const stopLoss = Number(leastStopLoss);
      rig.execute(previewed(rig, { ...request, limit: natural, stopLoss }));
      rig.advance(60);
      expect(rig.positions()).toHaveLength(1);
      expect(rig.bodies('exitTriggered')).toEqual([]);
    }
  });

  it('may go without a stop where none fits a market so wide, bought', () => {
    const rig = new DeskRig();
    rig.edit = (sides, _right, strike) => (strike === 603 ? { bid: 0.1, ask: 0.5 } : sides);
    rig.quotes();
    const bought = { legs: [leg('buyToOpen', 'call', 603)], quantity: 1, stopLoss: 0.2 };
    expect(denialIn(ask(rig, bought)).message).toContain('brings 0.10 now, 0.40 a share worse');
    expect(denialIn(ask(rig, bought)).message).toMatch(/give no stop_loss$/);
  });

  it('is never worked to a price at which it can only lose, however wide the market is', () => {
    const rig = new DeskRig();
    const legs = [leg('buyToOpen', 'call', 596), leg('sellToOpen', 'call', 597)];
    const { card, tokenSha256 } = previewed(rig, { legs, quantity: 1, limit: -1.2 });
    expect(-card.expectedFill.natural).toBeGreaterThanOrEqual(1);
    expect(card.worstPrice).toBe(-0.99);
    rig.send({ kind: 'confirm', tokenSha256 });
    rig.advance(30);
    expect(rig.orders().map(({ limit }) => limit)).toEqual([expect.toSatisfy((l) => l >= -9_900)]);
  });

  it('is never worked past the limit asked for, nor past the market', () => {
    const usual = previewed(new DeskRig(), SPREAD).card;
    const { mid, natural } = usual.expectedFill;
    const better = previewed(new DeskRig(), { ...SPREAD, limit: mid + 0.05 }).card;
    expect([better.limitPrice, better.worstPrice]).toEqual([better.limitPrice, better.limitPrice]);
    expect(better.worstPrice).toBeCloseTo(mid + 0.05, 6);
    const between = previewed(new DeskRig(), { ...SPREAD, limit: natural }).card;
    expect(between.worstPrice).toBe(natural);
    expect(between.limitPrice).toBeGreaterThan(natural);
    const beyond = previewed(new DeskRig(), { ...SPREAD, limit: natural - 0.2 }).card;
    expect(beyond.worstPrice).toBe(natural);
  });

  it('takes legs in any order and in lowest terms for one shape', () => {
    const rig = new DeskRig();
    const [short, long] = SPREAD.legs as [ManualLeg, ManualLeg];
    const doubled = {
      legs: [
        { ...long, ratio: 2 },
        { ...short, ratio: 2 },
      ],
      quantity: 1,
    };
    const { card } = previewed(rig, doubled);
    expect(card.quantity).toBe(2);
    expect(card.legs.map(({ strike, quantity }) => [strike, quantity])).toEqual([
      [595, 2],
      [598, 2],
    ]);
  });
});

describe('the gate holds for what is ordered by hand', () => {
  const NAKED = { legs: [leg('sellToOpen', 'call', 605)], quantity: 1 };
  const RATIO = {
    legs: [leg('buyToOpen', 'call', 602), leg('sellToOpen', 'call', 605, 2)],
    quantity: 1,
  };
  it.each<[string, string, OrderRequest]>([
    ['a naked short', 'undefined_risk', NAKED],
    ['a ratio that is naked beyond', 'undefined_risk', RATIO],
    ['too many units', 'order_size', { ...SPREAD, quantity: 500 }],
    ['a price off the grid', 'tick_or_quantity', { ...SPREAD, limit: 0.7123 }],
    [
      'another day',
      'instrument_not_allowed',
      {
        legs: [{ ...leg('buyToOpen', 'call', 600), symbol: 'SPY   261127C00600000' }],
        quantity: 1,
      },
    ],
    [
      'another underlying',
      'instrument_not_allowed',
      { legs: [{ ...leg('buyToOpen', 'call', 600), symbol: 'AAPL' }], quantity: 1 },
    ],
    [
      'shares to be bought',
      'unsupported',
      { legs: [{ symbol: 'SPY', action: 'buyToOpen', ratio: 1 }], quantity: 100 },
    ],
    [
      'opening and closing at once',
      'unsupported',
      { legs: [leg('buyToOpen', 'call', 600), leg('sellToClose', 'call', 601)], quantity: 1 },
    ],
    [
      'one contract twice',
      'argument_invalid',
      { legs: [leg('buyToOpen', 'call', 600), leg('sellToOpen', 'call', 600)], quantity: 1 },
    ],
    ['no legs', 'argument_invalid', { legs: [], quantity: 1 }],
    [
      'a fraction of a contract',
      'argument_invalid',
      { legs: [leg('buyToOpen', 'call', 600, 0.5)], quantity: 1 },
    ],
    [
      'more units of a ratio than money is counted in',
      'argument_invalid',
      {
        legs: [leg('buyToOpen', 'put', 600, 1_000), leg('buyToOpen', 'put', 599, 1_000)],
        quantity: 1_000_000,
      },
    ],
    [
      'more contracts at any price',
      'argument_invalid',
      { legs: [leg('sellToOpen', 'put', 600, 10)], quantity: 1_000_000, limit: 99_999 },
    ],
    [
      'more contracts than any limit would let pass',
      'argument_invalid',
      { ...SPREAD, quantity: 1_001 },
    ],
    ['as many as can be counted', 'order_size', { ...SPREAD, quantity: 1_000 }],
  ])('against %s', (_what, code, request) => {
    const rig = new DeskRig();
    expect(codeOf(ask(rig, request))).toBe(code);
    expect(rig.submitted).toEqual([]);
    expect(rig.bodies('previewRefused')).toHaveLength(1);
  });

  it('against a second order of the same shape, whoever wrote its legs in which order', () => {
    const rig = new DeskRig();
    rig.execute(previewed(rig, SPREAD));
    const turned = { ...SPREAD, legs: [...SPREAD.legs].reverse() };
    expect(codeOf(ask(rig, turned))).toBe('duplicate_order');
  });

  it('against the other side of what is held', () => {
    const rig = new DeskRig();
    rig.execute(previewed(rig, SPREAD));
    rig.advance(120);
    const other = {
      legs: [leg('buyToOpen', 'put', 598), leg('sellToOpen', 'put', 594)],
      quantity: 1,
    };
    expect(codeOf(ask(rig, other))).toBe('self_match');
  });

  it('against opening after the cut-off, while closing goes on', () => {
    const rig = new DeskRig({ minutes: 15 * 60 + 20 });
    const near = [leg('sellToOpen', 'put', 600), leg('buyToOpen', 'put', 599)];
    rig.execute(previewed(rig, { legs: near, quantity: 1 }));
    rig.advance(6 * 60);
    const later = { legs: [leg('buyToOpen', 'call', 603)], quantity: 1 };
    expect(codeOf(ask(rig, later))).toBe('session_window');
    const close = near.map(({ symbol, action }): ManualLeg => {
      return { symbol, action: action === 'buyToOpen' ? 'sellToClose' : 'buyToClose', ratio: 1 };
    });
    expect(codeOf(ask(rig, { legs: close, quantity: 1 }))).toBe('passed');
  });

  it('against opening while killed, before and after the preview', () => {
    const rig = new DeskRig();
    const preview = previewed(rig, SPREAD);
    rig.ask({ kind: 'kill', reason: 'test' }, TRADER);
    expect(codeOf(ask(rig, SPREAD))).toBe('killed');
    expect(codeOf(rig.confirm(preview.tokenSha256))).toBe('killed');
    expect(rig.submitted).toEqual([]);
  });

  it('whatever the legs: nothing passes whose loss has no floor or is beyond its limit', () => {
    const rig = new DeskRig();
    const { maxTradeLossCents } = rig.desk.context.config.limits;
    const anyLeg = fc.record({
      action: fc.constantFrom<ManualLeg['action']>('buyToOpen', 'sellToOpen'),
      right: fc.constantFrom('call' as const, 'put' as const),
      strike: fc.integer({ min: 590, max: 610 }),
      ratio: fc.integer({ min: 1, max: 3 }),
    });
    const orders = fc.record({
      legs: fc.array(anyLeg, { minLength: 1, maxLength: 4 }),
      quantity: fc.integer({ min: 1, max: 3 }),
    });
    let passed = 0;
    fc.assert(
      fc.property(orders, ({ legs, quantity }) => {
        const request = {
          legs: legs.map(({ action, right, strike, ratio }) => leg(action, right, strike, ratio)),
          quantity,
        };
        const reply = ask(rig, request);
        if ('denied' in reply) return;
        passed += 1;
        const sold = legs.filter(
          ({ action, right }) => action === 'sellToOpen' && right === 'call',
        );
        const bought = legs.filter(
          ({ action, right }) => action === 'buyToOpen' && right === 'call',
        );
        const sum = (some: typeof legs) => some.reduce((total, { ratio }) => total + ratio, 0);
        expect(sum(sold)).toBeLessThanOrEqual(sum(bought));
        expect(reply.value.maxLossCents).toBeLessThanOrEqual(maxTradeLossCents);
        expect(reply.value.checks.every(({ outcome }) => outcome !== 'failed')).toBe(true);
        expect(reply.value.exitPlan?.timeExit).toContain('T15:40');
      }),
      { numRuns: 60 },
    );
    expect(passed).toBeGreaterThan(3);
  });
});

describe('a close by hand', () => {
  function open(): DeskRig {
    const rig = new DeskRig();
    rig.execute(previewed(rig, SPREAD));
    return rig;
  }

  const both = (quantity = 1): OrderRequest => ({
    legs: [leg('buyToClose', 'put', 598), leg('sellToClose', 'put', 595)],
    quantity,
  });

  it('closes legs of one position by the ladder, killed or not', () => {
    const rig = open();
    rig.ask({ kind: 'kill', reason: 'test' }, TRADER);
    const preview = previewed(rig, both());
    expect(preview.card).toMatchObject({ purpose: 'close', maxLossCents: 0 });
    expect(rig.execute(preview).status).toBe('filled');
    expect(rig.positions()).toEqual([]);
  });

  it('may take the short leg alone, and never the long that covers it', () => {
    const rig = open();
    const cover = { legs: [leg('sellToClose', 'put', 595)], quantity: 1 };
    const refused = ask(rig, cover);
    expect(codeOf(refused)).toBe('undefined_risk');
    const short = { legs: [leg('buyToClose', 'put', 598)], quantity: 1 };
    expect(rig.execute(previewed(rig, short)).status).toBe('filled');
    expect(rig.execute(previewed(rig, cover)).status).toBe('filled');
    expect(rig.positions()).toEqual([]);
  });

  it('takes no more than is held, and no limit that could keep it from getting out', () => {
    const rig = open();
    const more = ask(rig, both(2));
    expect(codeOf(more)).toBe('nothing_to_close');
    expect(codeOf(ask(rig, { ...both(), limit: -1 }))).toBe('unsupported');
    const turned = { legs: [leg('sellToClose', 'put', 598)], quantity: 1 };
    expect(codeOf(ask(rig, turned))).toBe('nothing_to_close');
  });

  it('sells the shares that an exercise left, alone and no more than there are', () => {
    const rig = new DeskRig();
    rig.execute(previewed(rig, { legs: [leg('buyToOpen', 'call', 603)], quantity: 1 }));
    const { instrument } = rig.positions()[0]!.legs[0]!;
    const settlement = {
      settlementId: 's-1',
      outcome: 'exercised' as const,
      instrument,
      quantity: 1,
      shares: 100,
      sharePrice: priceFromDollars(603),
      feesCents: cents(0),
      marketAt: rig.at.market,
    };
    rig.brokerSays({ kind: 'settlement', settlement });
    const shares = (quantity: number, action: ManualLeg['action'] = 'sellToClose') => ({
      legs: [{ symbol: 'SPY', action, ratio: 1 }],
      quantity,
    });
    expect(codeOf(ask(rig, shares(101)))).toBe('nothing_to_close');
    expect(codeOf(ask(rig, shares(100, 'buyToClose')))).toBe('nothing_to_close');
    const { card } = previewed(rig, shares(100));
    expect(card).toMatchObject({ purpose: 'close', legs: [{ right: 'shares', quantity: 100 }] });
    expect(card.netCents).toBe(Math.round(card.limitPrice * 100) * 100);
  });
});
