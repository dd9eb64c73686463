import { describe, expect, it } from 'vitest';
import { plannedLossOf, worstCaseOf } from '../../../src/desk/account/account-risk.ts';
import { asOpenPosition, cashSoFar } from '../../../src/desk/account/held-position.ts';
import type { TradeCard } from '../../../src/desk/engine-api.ts';
import type { OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import { sideStopNow } from '../../../src/desk/exits/judge-stops.ts';
import { WholeTrades } from '../../../src/desk/simulation/whole-trade.ts';
import {
  type Instrument,
  instrumentSymbol,
  occSymbol,
  type Right,
} from '../../../src/engine/domain/instrument.ts';
import {
  cents,
  centsFromDollars,
  price,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { CONDOR, DeskRig, denialIn, type Preview, valueIn } from '../../support/desk-rig.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(50_000),
  maxTradeLossCents: centsFromDollars(5_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 5_000,
};
const UNBID = { bid: undefined, ask: 0.02 };
const EXPIRY = sessionDate('2026-11-20');

function putAt(dollars: number): string {
  const strike = priceFromDollars(dollars);
  return occSymbol({ kind: 'option', root: 'SPY', expiry: EXPIRY, right: 'put', strike });
}

/** Two put spreads, sold by hand. */
const SPREADS: OrderRequest = {
  legs: [
    { symbol: putAt(599), action: 'sellToOpen', ratio: 1 },
    { symbol: putAt(594), action: 'buyToOpen', ratio: 1 },
  ],
  quantity: 2,
};

function byHand(rig: DeskRig, request: OrderRequest): Preview {
  const tokenSha256 = rig.newToken();
  const reply = rig.ask<TradeCard>({ kind: 'previewOrder', request, tokenSha256 });
  return { tokenSha256, card: valueIn(reply) };
}

/** Closes by hand so many units of what is held, of this right or all; returns what a unit of it took. */
function closeByHand(rig: DeskRig, right?: Right, units = 1): number {
  const held = rig.positions()[0]?.legs ?? [];
  const side = held.filter(({ instrument: i }) => {
    return right === undefined || (i.kind === 'option' && i.right === right);
  });
  const legs = side.map(({ instrument, quantity }) => {
    const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
    return { symbol: instrumentSymbol(instrument), action, ratio: 1 } as const;
  });
  const { fills } = rig.execute(byHand(rig, { legs, quantity: units }));
  const paid = fills.reduce((sum, { action, price, quantity }) => {
    return sum + (action === 'buyToClose' ? price : 0 - price) * quantity;
  }, 0);
  return paid / units / 10_000;
}

function stopOf(rig: DeskRig): number {
  return (rig.positions()[0]?.exitPlan?.stop?.price ?? 0) / 10_000;
}

function quantities(rig: DeskRig): number[] {
  return rig.positions().flatMap(({ legs }) => legs.map(({ quantity }) => quantity));
}

function reasons(rig: DeskRig): string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

/** Nothing is left until a side costs this much, and then the stop fires. */
function isStoppedAt(rig: DeskRig, right: Right, dollars: number): void {
  sideCosts(rig, right, Math.round((dollars - 0.02) * 100) / 100);
  rig.advance(30);
  expect(reasons(rig)).toEqual([]);
  sideCosts(rig, right, Math.round((dollars + 0.02) * 100) / 100);
  rig.advance(15);
  expect(reasons(rig)).toEqual(['stop']);
}

describe('the stop of a unit that is left', () => {
  it('stands where the card says beside the wing of one that was closed without it', () => {
    const rig = new DeskRig({ limits });
    rig.execute(byHand(rig, SPREADS));
    const stop = stopOf(rig);
    sideCosts(rig, 'put', 0.42, UNBID);
    rig.advance(5);
    rig.execute(rig.previewClose(rig.positions()[0]?.positionId ?? '', 1));
    expect(quantities(rig)).toEqual([2, -1]);
    isStoppedAt(rig, 'put', stop + 0.01);
  });

  it('counts what its own gone side took, and nothing of a unit that is gone', () => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    const stop = stopOf(rig);
    sideCosts(rig, 'call', 0.3);
    sideCosts(rig, 'put', 0.2);
    rig.advance(5);
    rig.execute(rig.previewClose(positionId, 1));
    sideCosts(rig, 'call', 0.1);
    rig.advance(5);
    const gone = closeByHand(rig, 'call');
    const again = rig.restart();
    isStoppedAt(again, 'put', stop - gone);
  });

  it.each([1.2, 0.3])('counts a side at %d where a unit went whole after it', (dollars) => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    rig.openPosition({ ...CONDOR, quantity: 3 });
    const stop = stopOf(rig);
    sideCosts(rig, 'call', dollars);
    sideCosts(rig, 'put', 0.2);
    rig.advance(5);
    const gone = closeByHand(rig, 'call', 2);
    sideCosts(rig, 'call', 1.5 - dollars);
    rig.advance(5);
    closeByHand(rig);
    expect(quantities(rig)).toEqual([2, -2]);
    const again = rig.restart();
    const { goneDebit } = asOpenPosition(again.desk.context, again.positions()[0]!);
    expect(goneDebit / 10_000).toBeCloseTo(gone, 4);
    const oracle = new WholeTrades();
    for (const record of rig.records()) oracle.onRecord(record);
    expect(oracle.wholeOf(again.positions()[0]!)).toMatchObject({ units: 2, gone: goneDebit });
    isStoppedAt(again, 'put', stop - gone);
  });
});

describe('a wing whose short was bought back alone', () => {
  const buyBack = (symbol: string): OrderRequest => {
    return { legs: [{ symbol, action: 'buyToClose', ratio: 1 }], quantity: 1 };
  };

  it('brings no unit beside it to its target', () => {
    const rig = new DeskRig({ limits });
    rig.execute(byHand(rig, { ...SPREADS, takeProfit: 0.3 }));
    sideCosts(rig, 'put', 1.4, { bid: 0.7, ask: 0.72 });
    rig.advance(5);
    rig.execute(byHand(rig, buyBack(putAt(599))));
    expect(quantities(rig)).toEqual([2, -1]);
    sideCosts(rig, 'put', 2.4, { bid: 1.06, ask: 1.08 });
    rig.advance(30);
    expect(reasons(rig)).toEqual([]);
  });

  it('leaves the stop of the units beside it where the card says', () => {
    const rig = new DeskRig({ limits });
    rig.execute(byHand(rig, SPREADS));
    const stop = stopOf(rig);
    sideCosts(rig, 'put', 1.4, { bid: 0.2, ask: 0.22 });
    rig.advance(5);
    rig.execute(byHand(rig, buyBack(putAt(599))));
    const again = rig.restart();
    const wing = { bid: 0.2, ask: 0.22 };
    sideCosts(again, 'put', Math.round((stop + 0.18) * 100) / 100, wing);
    again.advance(30);
    expect(reasons(again)).toEqual([]);
    sideCosts(again, 'put', Math.round((stop + 0.22) * 100) / 100, wing);
    again.advance(15);
    expect(reasons(again)).toEqual(['stop']);
    expect(quantities(again)).toEqual([]);
  });

  it('leaves the stop of its side where the card says', () => {
    const rig = new DeskRig({ limits });
    rig.openPosition({ ...CONDOR, quantity: 3 });
    const stop = (rig.positions()[0]?.exitPlan?.sideStop?.debit ?? 0) / 10_000;
    const wing = { bid: 0.3, ask: 0.32 };
    sideCosts(rig, 'put', 1, wing);
    rig.advance(5);
    rig.execute(byHand(rig, buyBack(putAt(599))));
    sideCosts(rig, 'put', Math.round((stop + 0.28) * 100) / 100, wing);
    rig.advance(30);
    expect(reasons(rig)).toEqual([]);
    sideCosts(rig, 'put', Math.round((stop + 0.32) * 100) / 100, wing);
    rig.advance(15);
    expect(reasons(rig)).toEqual(['putSideStop']);
  });
});

describe('the stop of what an opening left that lost a leg to the broker', () => {
  it('counts what a gone side took, once that is even again', () => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    const { fills } = rig.order(positionId);
    const wing = fills.find(({ instrument: i, action }) => {
      return i.kind === 'option' && i.right === 'call' && action === 'buyToOpen';
    })!;
    rig.brokerSays({ kind: 'busted', intentId: positionId, fillId: wing.fillId, reason: 'error' });
    sideCosts(rig, 'call', 1.5);
    rig.advance(1);
    const short = rig.positions()[0]!.legs.find(({ instrument: i, quantity }) => {
      return i.kind === 'option' && i.right === 'call' && quantity < 0;
    })!;
    const symbol = instrumentSymbol(short.instrument);
    const legs = [{ symbol, action: 'buyToClose', ratio: 1 } as const];
    rig.execute(byHand(rig, { legs, quantity: 2 }));
    expect(quantities(rig)).toEqual([2, -2]);
    const paid = rig.orders().at(-1)!.fills[0]!.price / 10_000;
    const position = rig.positions()[0]!;
    const toLose = (stopOf(rig) - paid) * 200 - position.openCashCents / 100;
    const planned = plannedLossOf(rig.desk.context, position) / 100;
    expect(Math.abs(planned - toLose)).toBeLessThan(10);
    isStoppedAt(rig, 'put', stopOf(rig) - paid);
  });

  it('counts it from the word on that the opening has ended, however late that comes', () => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    sideCosts(rig, 'call', 0.9);
    sideCosts(rig, 'put', 0.6);
    rig.advance(3);
    const gone = closeByHand(rig, 'call', 2);
    const wing = rig.order(positionId).fills.find(({ instrument: i, action }) => {
      return i.kind === 'option' && i.right === 'put' && action === 'buyToOpen';
    })!;
    rig.gateway.answerSearch = () => undefined;
    rig.brokerSays({ kind: 'busted', intentId: positionId, fillId: wing.fillId, reason: 'error' });
    rig.advance(5);
    expect(rig.order(positionId).status).toBe('unknown');
    rig.gateway.answerSearch = undefined;
    rig.advance(10);
    expect(rig.order(positionId).status).toBe('filled');
    isStoppedAt(rig, 'put', stopOf(rig) - gone - 0.01);
  });
});

describe('the breakeven stop of a unit that is left', () => {
  /** Where the stop of the puts stands once the calls of the only condor, or of one that is left beside those
   * closed at this much a side, were stopped. */
  function putStop(quantity: number, closedAt = 0): number {
    const rig = new DeskRig({ limits, exits: { condorStop: 'breakeven' } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity });
    sideCosts(rig, 'call', closedAt);
    sideCosts(rig, 'put', closedAt);
    rig.advance(3);
    if (quantity > 1) rig.execute(rig.previewClose(positionId, quantity - 1));
    sideCosts(rig, 'put', 0.03);
    sideCosts(rig, 'call', 1.2);
    for (let second = 0; second < 30 && quantities(rig).length === 4; second += 1) rig.advance(1);
    expect(reasons(rig)).toEqual(['callSideStop']);
    expect(quantities(rig)).toEqual([1, -1]);
    const { context } = rig.restart().desk;
    return sideStopNow(asOpenPosition(context, rig.positions()[0]!), 'putSide') ?? 0;
  }

  it('stands where that unit breaks even, whatever those that are gone have brought', () => {
    const alone = putStop(1, 0.2);
    expect(alone).toBeGreaterThan(100);
    for (const beside of [putStop(2, 0.2), putStop(2, 1), putStop(3, 0.2)]) {
      expect(Math.abs(beside - alone)).toBeLessThanOrEqual(100);
    }
  });
});

describe('a close of some units', () => {
  it('takes one of those whose shorts are left, whatever wings are', () => {
    const rig = new DeskRig({ limits });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 3 });
    const before = rig.edit;
    rig.edit = (sides, right, strike) => {
      return right === 'call' && strike > 603 ? UNBID : before(sides, right, strike);
    };
    rig.advance(3);
    rig.execute(rig.previewClose(positionId, 1));
    const byStrike = () => quantities(rig).toSorted((a, b) => a - b);
    expect(byStrike()).toEqual([-2, -2, 2, 3]);
    expect(rig.positions()[0]?.quantity).toBe(2);
    rig.edit = before;
    rig.advance(3);
    rig.execute(rig.previewClose(positionId, 1));
    expect(byStrike()).toEqual([-1, -1, 1, 2]);
    rig.execute(rig.previewClose(positionId, 1));
    expect(rig.positions()).toEqual([]);
  });

  it('leaves out a side that an order buys back whole, and says so', () => {
    const rig = new DeskRig({ limits, minutes: 14 * 60, exits: { nickelBuyBack: true } });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 3 });
    const before = rig.edit;
    sideCosts(rig, 'put', 0.42, { bid: 0.02, ask: 0.03 });
    sideCosts(rig, 'call', 0.05);
    rig.goTo(15 * 60 + 20);
    rig.journal = 'atOnce';
    for (let second = 0; second < 20 && rig.orders().length === 1; second += 1) rig.advance(1);
    const [, nickel] = rig.orders();
    expect(nickel?.exitReason).toBe('nickel');
    rig.edit = before;
    sideCosts(rig, 'put', 0.42, { bid: 0.02, ask: 0.03 });
    sideCosts(rig, 'call', 0.06);
    rig.advance(30);
    expect(nickel?.status).toBe('working');
    const one = rig.previewClose(positionId, 1);
    expect(one.card.warnings.join()).toContain(`order ${nickel?.intent.intentId} closes`);
    rig.execute(one);
    const puts = rig.positions()[0]!.legs.filter(({ instrument: i }) => {
      return i.kind === 'option' && i.right === 'put';
    });
    expect(puts.map(({ quantity }) => quantity)).toEqual([2, -2]);
    expect(nickel?.status).toBe('working');
  });

  it('that what is held does not come to says what that is', () => {
    const rig = new DeskRig({ limits });
    const { positionId } = rig.openPosition({ ...CONDOR, quantity: 2 });
    closeByHand(rig, 'call');
    const tokenSha256 = rig.newToken();
    const command = { kind: 'previewClose', target: positionId, quantity: 1, tokenSha256 } as const;
    const { code, message } = denialIn(rig.ask(command));
    expect(code).toBe('tick_or_quantity');
    expect(message).toContain(`-2 ${putAt(599)}`);
    expect(message).toContain('place_order');
  });
});

describe('a side that the broker closed more than once', () => {
  it.each([
    [2, 3],
    [3, 2.2],
  ])('is stopped with the rest, and all that it took counts (%d times at %d)', (times, dollars) => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'whole' } });
    rig.openPosition(CONDOR);
    sideCosts(rig, 'call', dollars);
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    const legs = rig.positions()[0]!.legs.filter(({ instrument }) => isCall(instrument));
    const closing = legs.map(({ instrument, quantity }) => {
      return { instrument, action: quantity > 0 ? 'sellToClose' : 'buyToClose', ratio: 1 } as const;
    });
    const ofOrder = closing.map(({ instrument, ...leg }) => ({
      ...leg,
      symbol: instrumentSymbol(instrument),
    }));
    rig.confirm(byHand(rig, { legs: ofOrder, quantity: 1 }).tokenSha256);
    const { intentId } = rig.orders().at(-1)!.intent;
    for (const { instrument, action } of closing) {
      const of = { fillId: `all ${instrumentSymbol(instrument)}`, intentId, instrument, action };
      const money = {
        price: priceFromDollars(action === 'sellToClose' ? 0.3 : 0.3 + dollars),
        feesCents: cents(0),
      };
      const fill = { ...of, ...money, quantity: times, marketAt: rig.at.market };
      rig.brokerSays({ kind: 'fill', fill });
    }
    rig.advance(30);
    const [position] = rig.positions();
    const { cashSoFarCents } = asOpenPosition(rig.desk.context, position!);
    expect(cashSoFarCents).toBe(cashSoFar(position!));
    expect(reasons(rig)).toEqual(['stop']);
  });
});

describe('two condors of the same shorts, of which the younger loses a side at another screen', () => {
  it.each([1, -1])('leave the elder whole, whichever leg is told first (%d)', (turn) => {
    const rig = new DeskRig({ limits, exits: { condorStop: 'side' } });
    const elder = rig.openPosition(CONDOR);
    rig.advance(60);
    const younger = rig.openPosition({ ...CONDOR, width: 10 });
    const shown = ({ legs }: StructurePosition) =>
      legs.map((leg) => `${instrumentSymbol(leg.instrument)} ${leg.quantity} ${leg.averagePrice}`);
    const calls = younger.legs.filter(({ instrument }) => isCall(instrument));
    const risk = worstCaseOf(rig.desk.context, elder);
    rig.gateway.isMute = true;
    for (const { instrument, quantity } of calls.toSorted(() => turn)) {
      rig.gateway.editSnapshot = () => undefined;
      const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
      const of = { fillId: `their ${instrumentSymbol(instrument)}`, intentId: 'external-7' };
      const money = { price: price(quantity > 0 ? 300 : 9_000), feesCents: cents(0) };
      const fill = { ...of, ...money, instrument, action, quantity: 1 } as const;
      rig.brokerSays({ kind: 'fill', fill: { ...fill, marketAt: rig.at.market } });
    }
    // A cost at which the short alone would be stopped, and the spread that is held is not.
    sideCosts(rig, 'call', 1.37, { bid: 0.6, ask: 0.62 });
    rig.advance(30);
    for (const each of [rig, rig.restart(rig.records(), { isOpen: false })]) {
      const [first, second] = each.positions();
      expect(new Set(shown(first!))).toEqual(new Set(shown(elder)));
      expect(worstCaseOf(each.desk.context, first!)).toBe(risk);
      expect(second?.legs.filter(({ instrument }) => isCall(instrument))).toEqual([]);
      expect(reasons(each)).toEqual([]);
    }
  });
});

function isCall(instrument: Instrument): boolean {
  return instrument.kind === 'option' && instrument.right === 'call';
}
