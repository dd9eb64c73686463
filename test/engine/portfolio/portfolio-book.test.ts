import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentSymbol, multiplierOf } from '../../../src/engine/domain/instrument.ts';
import type { Fill, OrderIntent, OrderLeg } from '../../../src/engine/domain/order.ts';
import { isOpening, legSign } from '../../../src/engine/domain/order.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import {
  amountCents,
  cents,
  price,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import type { UnderlyingPrice } from '../../../src/engine/portfolio/carried-gains.ts';
import { externalPositionId } from '../../../src/engine/portfolio/external-position.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import { payoffSummary } from '../../../src/engine/pricing/payoff.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { EXIT_PLAN, fillOf, intentOf, OPENED_AT } from './book-rig.ts';

const CONDOR = condorLegs([630, 635, 645, 650]);
const CREDIT = [0.2, 0.6, 0.6, 0.2];
const SHORT_PUT = optionLeg('sellToOpen', 'put', 640);
const MONDAY = sessionDate('2026-08-03');
const TUESDAY = sessionDate('2026-08-04');
const WEDNESDAY = sessionDate('2026-08-05');
const THURSDAY = sessionDate('2026-08-06');

function closingOf({ instrument, action, ratio }: OrderLeg): OrderLeg {
  return { instrument, action: legSign(action) > 0 ? 'sellToClose' : 'buyToClose', ratio };
}

/** Folds one fill of each leg, at the dollars beside it. */
function fold(book: PortfolioBook, intent: OrderIntent, dollars: readonly number[]): void {
  for (const [i, leg] of intent.legs.entries()) {
    book.applyFill(fillOf(leg, dollars[i] ?? 0, leg.ratio * intent.quantity), intent);
  }
}

function spyAt(dollars: number): UnderlyingPrice {
  return { of: underlyingOf('SPY'), at: priceFromDollars(dollars) };
}

function withCondor(quantity = 1): PortfolioBook {
  const book = new PortfolioBook();
  book.startSession(TUESDAY);
  fold(book, intentOf(CONDOR, 'p', quantity), CREDIT);
  return book;
}

function settlement(leg: OrderLeg, quantity: number, shares: number, id = 's') {
  const { instrument } = leg;
  const strike = instrument.kind === 'option' ? instrument.strike : price(0);
  const money = { sharePrice: strike, feesCents: cents(500), marketAt: OPENED_AT };
  return { settlementId: id, instrument, quantity, shares, ...money };
}

describe('an opened structure', () => {
  it('keeps its legs, their prices and the plan it was opened with', () => {
    const intent = intentOf(CONDOR, 'p', 2);
    const book = new PortfolioBook();
    fold(book, intent, CREDIT);
    expect(book.structures()).toHaveLength(1);
    expect(book.structure('p')).toMatchObject({
      positionId: 'p',
      strategy: 'iron_condor_30_delta',
      openedAt: OPENED_AT,
      quantity: 2,
      entryNet: 8_000,
      openCashCents: 160_00,
      feesCents: 8,
      realizedCents: 0,
      exitPlan: EXIT_PLAN,
      openingIntent: intent,
    });
    expect(book.structure('p')?.legs.map((leg) => [leg.quantity, leg.ratio])).toEqual([
      [2, 1],
      [-2, -1],
      [-2, -1],
      [2, 1],
    ]);
  });

  it('takes the same fill once', () => {
    const book = new PortfolioBook();
    const intent = intentOf([SHORT_PUT]);
    const fill = fillOf(SHORT_PUT, 1);
    book.applyFill(fill, intent);
    book.applyFill(fill, intent);
    expect(book.structure('p')?.quantity).toBe(1);
    expect(book.day()).toEqual({ realizedCents: 0, feesCents: 1, cashFlowCents: 99_99 });
  });

  it('is gone once everything of it is closed, and its profit stays', () => {
    const book = withCondor();
    fold(book, intentOf(CONDOR.map(closingOf)), [0.1, 0.3, 0.2, 0.1]);
    expect(book.structures()).toEqual([]);
    expect(book.held()).toEqual(new Map());
    expect(book.day()).toEqual({ realizedCents: 50_00, feesCents: 8, cashFlowCents: 49_92 });
  });

  it('stays as half a condor after a side was closed', () => {
    const book = withCondor(2);
    const callSide = CONDOR.slice(2).map(closingOf);
    fold(book, intentOf(callSide, 'p', 2), [0.3, 0.1]);
    expect(book.structure('p')).toMatchObject({
      quantity: 2,
      entryNet: 4_000,
      openCashCents: 80_00,
      realizedCents: 40_00,
      exitPlan: EXIT_PLAN,
    });
  });

  it('counts units by the leg that has the most, wings aside, and its legs truly, while they are uneven', () => {
    const book = withCondor(3);
    const [, shortPut] = CONDOR as [OrderLeg, OrderLeg];
    book.applyFill(fillOf(closingOf(shortPut), 0.5, 1), intentOf([closingOf(shortPut)]));
    const position = book.structure('p');
    expect(position?.quantity).toBe(3);
    expect(position?.legs.map((leg) => leg.ratio * 3)).toEqual([3, -2, -3, 3]);
  });

  it('tells what closing the gone part took, but for what the broker took back', () => {
    const book = withCondor(2);
    const [, shortPut, shortCall] = CONDOR as [OrderLeg, OrderLeg, OrderLeg];
    for (const leg of [shortPut, shortCall]) {
      book.applyFill(fillOf(closingOf(leg), 0.5, 1), intentOf([closingOf(leg)]));
    }
    expect(book.structure('p')).toMatchObject({ quantity: 1, goneCashCents: 0 });
    const last = fillOf(closingOf(shortPut), 0.1, 1);
    book.applyFill(last, intentOf([closingOf(shortPut)]));
    expect(book.structure('p')).toMatchObject({ quantity: 1, goneCashCents: -10_00 });
    book.bustFill(last, intentOf([closingOf(shortPut)]), undefined);
    book.applyFill(fillOf(closingOf(shortPut), 0.2, 1), intentOf([closingOf(shortPut)]));
    expect(book.structure('p')).toMatchObject({ quantity: 1, goneCashCents: -20_00 });
  });

  it('stands as it was opened, and has realised nothing, once its close is taken back', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const intent = intentOf([bought], 'p', 3);
    const sold = intentOf([closingOf(bought)]);
    for (const isOurs of [true, false]) {
      const book = new PortfolioBook();
      book.startSession(TUESDAY);
      const opened = fillOf(bought, 1, 3);
      book.applyFill(opened, intent);
      const sale = fillOf(closingOf(bought), 3, 1);
      const [apply, bust] = isOurs
        ? [() => book.applyFill(sale, sold), () => book.bustFill(sale, sold, intent)]
        : [() => book.applyExternalFill(sale), () => book.bustExternalFill(sale)];
      const before = book.structure('p');
      apply();
      bust();
      expect(book.structure('p')).toEqual(before);
      expect(book.day()).toMatchObject({ realizedCents: 0, feesCents: 3 });
      book.applyFill(fillOf(closingOf(bought), 2.9, 1), sold);
      const [leg] = book.structure('p')?.legs ?? [];
      expect(leg).toMatchObject({ quantity: 2, averagePrice: 10_000 });
      expect(book.structure('p')).toMatchObject({ entryNet: -10_000, realizedCents: 190_00 });
    }
  });

  it('gives the contract to another position’s close that traded more than its own, as the broker nets it', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const [ours, other] = ['p', 'q'].map((positionId) => intentOf([bought], positionId));
    const close = intentOf([closingOf(bought)]);
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    book.applyFill(fillOf(bought, 1), ours!);
    book.applyFill(fillOf(bought, 2), other!);
    const before = book.structure('q');
    book.applyFill(fillOf(closingOf(bought), 3), close);
    const tooMuch = fillOf(closingOf(bought), 3, 3);
    book.applyFill(tooMuch, close);
    expect(book.structure('q')).toBeUndefined();
    expect(book.structure('p')?.legs).toMatchObject([{ quantity: -2 }]);
    expect(book.day().realizedCents).toBe(300_00);
    book.bustFill(tooMuch, close, ours);
    expect(book.structure('p')).toBeUndefined();
    expect(book.structure('q')).toEqual(before);
    expect(book.day().realizedCents).toBe(200_00);
  });

  it('gives whole spreads to a close that traded more than its own, in whatever turn its legs are told', () => {
    const [shortLeg, near, far] = [
      SHORT_PUT,
      ...[635, 630].map((k) => optionLeg('buyToOpen', 'put', k)),
    ];
    for (const turn of [1, -1]) {
      const book = new PortfolioBook();
      const [older, fitting, own] = [far, near, near].map((long, i) =>
        intentOf([shortLeg, long!], ['older', 'fitting', 'own'][i]),
      );
      for (const intent of [older!, fitting!, own!]) fold(book, intent, [2, 1]);
      const before = book.structure('older');
      const legs = own!.legs.map(closingOf);
      const close = intentOf(legs, 'own');
      for (const leg of legs) book.applyFill(fillOf(leg, 1), close);
      const taken = legs.toSorted(() => turn).map((leg) => book.applyFill(fillOf(leg, 1), close));
      expect(taken).toEqual([['fitting'], ['fitting']]);
      expect(book.structures()).toEqual([before]);
    }
  });

  it('is closed by the later of two closes once the earlier is taken back, and another one is whole again', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const [ours, other] = ['p', 'q'].map((positionId) => intentOf([bought], positionId));
    const close = intentOf([closingOf(bought)]);
    for (const isOurs of [true, false]) {
      const book = new PortfolioBook();
      book.startSession(TUESDAY);
      book.applyFill(fillOf(bought, 1), ours!);
      book.applyFill(fillOf(bought, 2), other!);
      const before = book.structure('q');
      const first = fillOf(closingOf(bought), 3);
      if (isOurs) book.applyFill(first, close);
      else book.applyExternalFill(first);
      book.applyFill(fillOf(closingOf(bought), 4), close);
      expect(book.structures()).toEqual([]);
      if (isOurs) book.bustFill(first, close, ours);
      else book.bustExternalFill(first);
      expect(book.structures()).toEqual([before]);
      expect(book.day().realizedCents).toBe(300_00);
      expect(book.gone().get('p')).toBe(300_00 - 2);
    }
  });

  it('loses nothing to the close of another one that was told before all of that was opened', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const ours = intentOf([bought], 'p', 2);
    const book = new PortfolioBook();
    book.applyFill(fillOf(bought, 1), ours);
    book.applyFill(fillOf(bought, 2), intentOf([bought], 'q'));
    const before = book.structure('q');
    book.applyFill(fillOf(closingOf(bought), 3, 2), intentOf([closingOf(bought)]));
    book.applyFill(fillOf(bought, 1), ours);
    expect(book.structures()).toEqual([before]);
    expect(book.gone().get('p')).toBe(400_00 - 4);
  });

  it('is gone once the broker takes back what somebody else closed of it beside its own close', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const book = new PortfolioBook();
    book.applyFill(fillOf(bought, 1), intentOf([bought]));
    const theirs = fillOf(closingOf(bought), 2);
    book.applyExternalFill(theirs);
    book.applyFill(fillOf(closingOf(bought), 2), intentOf([closingOf(bought)]));
    expect(book.structure('p')?.legs).toMatchObject([{ quantity: -1 }]);
    book.bustExternalFill(theirs);
    expect(book.structures()).toEqual([]);
    expect([...book.gone()]).toContainEqual(['p', 100_00 - 2]);
  });

  it('that nobody here opened is held again at its own price once its close is taken back, whoever gave it', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const positionId = externalPositionId(bought.instrument);
    const close = intentOf([closingOf(bought)], positionId);
    for (const isOurs of [true, false]) {
      const book = new PortfolioBook();
      book.applyExternalFill(fillOf(bought, 2));
      const sale = fillOf(closingOf(bought), 1);
      if (isOurs) book.applyFill(sale, close);
      else book.applyExternalFill(sale);
      expect(book.day().realizedCents).toBe(-100_00);
      if (isOurs) book.bustFill(sale, close, undefined);
      else book.bustExternalFill(sale);
      expect(book.structure(positionId)?.legs).toMatchObject([
        { quantity: 1, averagePrice: 20_000 },
      ]);
      expect(book.day().realizedCents).toBe(0);
      expect([...book.gone().values()].filter((came) => came > 0 || came < -1)).toEqual([]);
    }
  });

  it('is as it was where a close took it first and then turns out to be of another position', () => {
    const long = optionLeg('buyToOpen', 'put', 635);
    const intent = intentOf([SHORT_PUT, long], 'p');
    const book = new PortfolioBook();
    book.applyExternalFill({ ...fillOf(SHORT_PUT, 3), intentId: 'theirs-1' });
    fold(book, intent, [2, 1.4]);
    for (const leg of intent.legs.map(closingOf)) {
      const dollars = leg.action === 'buyToClose' ? 1 : 0.7;
      book.applyExternalFill({ ...fillOf(leg, dollars), intentId: 'theirs-2' });
    }
    expect(book.structures()).toMatchObject([
      { legs: [{ quantity: -1, averagePrice: 30_000 }], realizedCents: 0 },
    ]);
    expect(book.day().realizedCents).toBe(30_00);
  });

  it('is as it was opened where a close was told between its executions and is taken back', () => {
    const bought = optionLeg('buyToOpen', 'call', 640);
    const intent = intentOf([bought], 'p', 2);
    const book = new PortfolioBook();
    book.applyFill(fillOf(bought, 2), intent);
    const sale = fillOf(closingOf(bought), 1, 2);
    book.applyExternalFill(sale);
    book.applyFill(fillOf(bought, 2), intent);
    expect(book.structures()).toEqual([]);
    book.bustExternalFill(sale);
    expect(book.structure('p')?.legs).toMatchObject([{ quantity: 2, averagePrice: 20_000 }]);
    expect(book.day().realizedCents).toBe(0);
  });

  it('keeps what a day before had realised of a close that is taken back in this one', () => {
    const book = withCondor();
    const closing = intentOf(CONDOR.map(closingOf));
    const fills = CONDOR.map((leg, i) => fillOf(closingOf(leg), [0.1, 0.3, 0.2, 0.1][i] ?? 0, 1));
    for (const fill of fills) book.applyFill(fill, closing);
    book.startSession(WEDNESDAY);
    for (const fill of fills) book.bustFill(fill, closing, intentOf(CONDOR));
    expect(book.structure('p')).toMatchObject({ entryNet: 3_000, openCashCents: 30_00 });
    expect(book.day().realizedCents).toBe(0);
  });

  it('shows a short that lost its cover at its true worst case', () => {
    const spread = [SHORT_PUT, optionLeg('buyToOpen', 'put', 635)];
    const book = new PortfolioBook();
    fold(book, intentOf(spread, 'p', 3), [1, 0.5]);
    book.applyFill(fillOf(closingOf(spread[1] as OrderLeg), 0.5, 1), intentOf([]));
    const position = book.structure('p');
    const legs = (position?.legs ?? []).map(({ instrument, ratio }): OrderLeg => {
      return {
        instrument,
        action: ratio > 0 ? 'buyToOpen' : 'sellToOpen',
        ratio: Math.abs(ratio),
      };
    });
    const { marginCents } = payoffSummary({
      legs,
      quantity: position?.quantity ?? 0,
      netPrice: price(0),
      feesCents: cents(0),
    });
    expect(Math.abs(marginCents - (3 * 64_000_00 - 2 * 63_500_00))).toBeLessThanOrEqual(1);
  });

  it('takes over the plan of an opening that is heard of after a closing', () => {
    const book = new PortfolioBook();
    const closing = intentOf([closingOf(SHORT_PUT)]);
    book.applyFill(fillOf(closingOf(SHORT_PUT), 0.5, 1), closing);
    expect(book.structure('p')).toMatchObject({ strategy: 'external', exitPlan: undefined });
    book.applyFill(fillOf(SHORT_PUT, 1, 3), intentOf([SHORT_PUT], 'p', 3));
    expect(book.structure('p')).toMatchObject({
      strategy: 'iron_condor_30_delta',
      exitPlan: EXIT_PLAN,
      quantity: 2,
      realizedCents: 50_00,
    });
  });
});

describe('what others did and the broker took back', () => {
  const bought = { ...SHORT_PUT, action: 'buyToOpen' } as const;

  it('is gone where it opened, and leaves nothing beside it', () => {
    const book = new PortfolioBook();
    book.applyFill(fillOf(bought, 2, 1), intentOf([bought], 'a'));
    const fill = fillOf(bought, 0.5, 1);
    book.applyExternalFill(fill);
    book.bustExternalFill(fill);
    book.bustExternalFill(fill);
    expect(book.structures()).toMatchObject([{ positionId: 'a', quantity: 1, entryNet: -20_000 }]);
    expect(book.day()).toMatchObject({ realizedCents: 0, feesCents: 1, cashFlowCents: -200_01 });
  });

  it('is taken from whatever holds the contract where what it opened was closed since', () => {
    const book = new PortfolioBook();
    const fill = fillOf(bought, 0.5, 1);
    book.applyExternalFill(fill);
    book.applyFill(fillOf(bought, 2, 1), intentOf([bought], 'a'));
    book.applyExternalFill(fillOf(closingOf(bought), 1, 1));
    expect(book.structures()).toMatchObject([{ positionId: 'a' }]);
    book.bustExternalFill(fill);
    expect(book.structures()).toEqual([]);
  });

  it('is held again where it closed, by what it was taken from and under the plan of that', () => {
    const book = new PortfolioBook();
    book.applyFill(fillOf(SHORT_PUT, 1, 1), intentOf([SHORT_PUT], 'a'));
    book.applyFill(fillOf(SHORT_PUT, 1, 3), intentOf([SHORT_PUT], 'b', 3));
    const fill = fillOf(closingOf(SHORT_PUT), 0.4, 2);
    book.applyExternalFill(fill);
    expect(book.structures()).toMatchObject([{ positionId: 'b', quantity: 2 }]);
    book.startSession(TUESDAY);
    book.bustExternalFill(fill);
    expect(book.day().realizedCents).toBe(0);
    expect(book.structures()).toMatchObject([
      { positionId: 'b', quantity: 3 },
      { positionId: 'a', quantity: 1, exitPlan: EXIT_PLAN, strategy: 'iron_condor_30_delta' },
    ]);
  });

  it('closes no opening any more that is told after it', () => {
    const book = new PortfolioBook();
    const fill = fillOf(closingOf(SHORT_PUT), 3, 2);
    book.applyExternalFill(fill);
    book.bustExternalFill(fill);
    expect(book.structures()).toEqual([]);
    book.applyFill(fillOf(SHORT_PUT, 1, 3), intentOf([SHORT_PUT], 'a', 3));
    expect(book.structures()).toMatchObject([{ positionId: 'a', quantity: 3 }]);
  });
});

describe('what others did', () => {
  it('is a position of its own', () => {
    const book = new PortfolioBook();
    book.applyExternalFill(fillOf(SHORT_PUT, 1, 2));
    const [position] = book.structures();
    expect(position).toMatchObject({
      positionId: 'external-SPY260804P00640000',
      strategy: 'external',
      quantity: 2,
      entryNet: 10_000,
    });
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 0.4, 2));
    expect(book.structures()).toEqual([]);
    expect(book.day().realizedCents).toBe(120_00);
  });

  it('closes an opening that is told after it, as if it had been told before', () => {
    const inTurn = new PortfolioBook();
    const outOfTurn = new PortfolioBook();
    const opening = intentOf([SHORT_PUT], 'a', 3);
    const opened = fillOf(SHORT_PUT, 1, 3);
    const closed = fillOf(closingOf(SHORT_PUT), 3, 2);
    inTurn.applyFill(opened, opening);
    inTurn.applyExternalFill(closed);
    outOfTurn.applyExternalFill(closed);
    expect(outOfTurn.structures()).toMatchObject([{ strategy: 'external', realizedCents: 0 }]);
    outOfTurn.applyFill(opened, opening);
    expect(outOfTurn.structures()).toMatchObject([{ quantity: 1, realizedCents: -400_00 }]);
    expect(outOfTurn.structure('a')?.legs).toEqual(inTurn.structure('a')?.legs);
    expect(outOfTurn.day()).toEqual(inTurn.day());
    for (const book of [inTurn, outOfTurn]) book.applyFill(fillOf(SHORT_PUT, 1, 2), opening);
    expect(outOfTurn.structure('a')?.legs).toEqual(inTurn.structure('a')?.legs);
  });

  it('closes one leg of an opening, whose price counts in the whole, also while no other leg is told', () => {
    const spread = [SHORT_PUT, optionLeg('buyToOpen', 'put', 635)] as const;
    const opening = intentOf(spread, 'a', 2);
    const opened = [fillOf(spread[0], 1, 2), fillOf(spread[1], 0.3, 2)] as const;
    const closed = fillOf(closingOf(SHORT_PUT), 1.5, 2);
    const [inTurn, between, before] = [0, 1, 2].map(() => new PortfolioBook());
    for (const fill of opened) inTurn?.applyFill(fill, opening);
    inTurn?.applyExternalFill(closed);
    between?.applyFill(opened[0], opening);
    between?.applyExternalFill(closed);
    between?.applyFill(opened[1], opening);
    before?.applyExternalFill(closed);
    for (const fill of opened) before?.applyFill(fill, opening);
    const position = inTurn?.structure('a');
    expect(position).toMatchObject({ goneCashCents: -300_00, realizedCents: -100_00 });
    expect(between?.structure('a')).toEqual(position);
    expect(before?.structure('a')).toEqual(position);
  });

  it('is not closed by an opening of ours where it was opened, or is gone, or is of another day', () => {
    const opening = intentOf([SHORT_PUT], 'a', 1);
    const bought = { ...SHORT_PUT, action: 'buyToOpen' } as const;
    const book = new PortfolioBook();
    book.applyExternalFill(fillOf(bought, 3, 1));
    book.applyFill(fillOf(SHORT_PUT, 1, 1), opening);
    expect(book.structures().map(({ quantity }) => quantity)).toEqual([1, 1]);
    const taken = new PortfolioBook();
    taken.applyExternalFill(fillOf(closingOf(SHORT_PUT), 3, 1));
    taken.applyExternalFill(fillOf(SHORT_PUT, 3, 1));
    taken.applyFill(fillOf(SHORT_PUT, 1, 1), opening);
    expect(taken.structures()).toMatchObject([{ positionId: 'a', quantity: 1 }]);
    const tomorrow = new PortfolioBook();
    tomorrow.applyExternalFill(fillOf(closingOf(SHORT_PUT), 3, 1));
    tomorrow.startSession(WEDNESDAY);
    tomorrow.applyFill(fillOf(SHORT_PUT, 1, 1), opening);
    expect(tomorrow.structures()).toHaveLength(2);
  });

  it('closes our structures where it closes, once', () => {
    const book = new PortfolioBook();
    fold(book, intentOf([SHORT_PUT], 'a', 2), [1]);
    const fill = fillOf(closingOf(SHORT_PUT), 3, 3);
    book.applyExternalFill(fill);
    book.applyExternalFill(fill);
    expect(book.structure('a')).toBeUndefined();
    expect(book.day()).toMatchObject({ realizedCents: -400_00, feesCents: 5 });
    expect([...book.held().values()]).toEqual([1]);
  });

  it('opens beside our structures where it opens', () => {
    const book = new PortfolioBook();
    fold(book, intentOf([SHORT_PUT], 'a', 2), [1]);
    book.applyExternalFill(fillOf(optionLeg('buyToOpen', 'put', 640), 1, 1));
    expect(book.structures().map((position) => position.quantity)).toEqual([2, 1]);
    expect([...book.held().values()]).toEqual([-1]);
  });
});

describe('settlement', () => {
  it('takes expired options out at nothing', () => {
    const book = new PortfolioBook();
    fold(book, intentOf([SHORT_PUT], 'a', 2), [1]);
    expect(book.applySettlement(settlement(SHORT_PUT, -2, 0))).toBe(0);
    expect(book.structures()).toEqual([]);
    expect(book.day().realizedCents).toBe(200_00);
  });

  it('turns assignment into shares at the strike, once', () => {
    const book = new PortfolioBook();
    fold(book, intentOf([SHORT_PUT], 'a'), [1]);
    book.applySettlement(settlement(SHORT_PUT, -1, 100));
    book.applySettlement(settlement(SHORT_PUT, -1, 100));
    expect(book.sharesHeld()).toBe(100);
    expect(book.structures()).toMatchObject([
      {
        positionId: 'shares-SPY',
        strategy: 'shares',
        quantity: 100,
        openCashCents: -64_000_00,
        entryNet: -6_400_000,
      },
    ]);
    expect(book.day()).toMatchObject({
      realizedCents: 100_00,
      feesCents: 501,
      cashFlowCents: 100_00 - 1 - 64_000_00 - 500,
    });
    const sale = sharesLeg('sellToClose', 100);
    book.applyFill(fillOf(sale, 639), intentOf([sale], 'shares-SPY'));
    expect(book.structures()).toEqual([]);
    expect(book.day().realizedCents).toBe(0);
  });

  it('loses the width of a breached spread and leaves no shares', () => {
    const long = optionLeg('buyToOpen', 'put', 635);
    const book = new PortfolioBook();
    fold(book, intentOf([SHORT_PUT, long], 'a', 2), [1, 0.4]);
    book.applySettlement(settlement(SHORT_PUT, -2, 200, 'short'));
    book.applySettlement(settlement(long, 2, -200, 'long'));
    expect(book.structures()).toEqual([]);
    expect(book.sharesHeld()).toBe(0);
    expect(book.day().realizedCents).toBe(2 * (60_00 - 500_00));
  });

  it('reaches over all structures that hold the option', () => {
    const book = new PortfolioBook();
    for (const id of ['a', 'b', 'c']) fold(book, intentOf([SHORT_PUT], id), [1]);
    expect(book.applySettlement(settlement(SHORT_PUT, -2, 0))).toBe(0);
    expect(book.structures().map((position) => position.positionId)).toEqual(['c']);
  });

  it.each([
    ['short', SHORT_PUT, -2],
    ['long', optionLeg('buyToOpen', 'put', 635), 2],
  ])('without a sign takes what is held %s', (_, leg, quantity) => {
    const book = new PortfolioBook();
    fold(book, intentOf([leg], 'a', 3), [1]);
    const unsigned = { ...settlement(leg, 2, 0), isUnsigned: true };
    expect(book.applySettlement(unsigned)).toBe(0);
    expect(book.structures()[0]?.legs).toMatchObject([{ quantity: quantity / 2 }]);
    expect(book.applySettlement({ ...unsigned, settlementId: 't' })).toBe(quantity / 2);
  });

  it('says what it did not hold, and takes the shares all the same', () => {
    const book = new PortfolioBook();
    fold(book, intentOf([SHORT_PUT], 'a'), [1]);
    expect(book.applySettlement(settlement(SHORT_PUT, -3, 300))).toBe(-2);
    expect(book.sharesHeld()).toBe(300);
  });
});

describe('a new session', () => {
  it('begins its money at nothing and keeps positions; the same date changes nothing', () => {
    const book = withCondor();
    const before = book.structures();
    book.startSession(TUESDAY);
    expect(book.day().feesCents).toBe(4);
    book.startSession(WEDNESDAY);
    expect(book.day()).toEqual({ realizedCents: 0, feesCents: 0, cashFlowCents: 0 });
    const isCarryDue = true;
    expect(book.structures()).toEqual(before.map((position) => ({ ...position, isCarryDue })));
  });

  it('begins at nothing for an option whose day is over, however late its settlement is told', () => {
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    fold(book, intentOf([SHORT_PUT], 'a'), [1]);
    book.startSession(WEDNESDAY, spyAt(638));
    expect(book.structure('a')?.carriedCents).toBe(-100_00);
    book.startSession(THURSDAY, spyAt(650));
    expect(book.structure('a')?.carriedCents).toBe(-100_00);
    book.applySettlement(settlement(SHORT_PUT, -1, 100));
    const [shares] = book.structures();
    expect(shares).toMatchObject({ strategy: 'shares', openCashCents: -64_000_00 });
    const atClose = 63_800_00;
    expect(book.day().realizedCents + (shares?.openCashCents ?? 0) + atClose).toBe(0);
  });

  it('carries each leg with itself, so that no settlement counts what another leg made', () => {
    const book = withCondor();
    book.startSession(WEDNESDAY, spyAt(645));
    const carried = book.structures().reduce((sum, position) => sum + position.carriedCents, 0);
    expect(carried).toBe(book.structures()[0]?.openCashCents);
    for (const [i, leg] of CONDOR.entries()) {
      book.applySettlement(settlement(leg, legSign(leg.action), 0, `s-${i}`));
      expect(book.day().realizedCents).toBe(0);
    }
    expect(book.structures()).toEqual([]);
  });

  it('begins an option that lives at a price of its own, and once it is over at what it came to', () => {
    const book = new PortfolioBook();
    book.startSession(MONDAY);
    book.applyExternalFill(fillOf(SHORT_PUT, 1));
    const { positionId } = book.structures()[0]!;
    const symbol = instrumentSymbol(SHORT_PUT.instrument);
    book.startSession(TUESDAY, spyAt(600));
    expect(book.structure(positionId)).toMatchObject({ carriedCents: 0, isCarryDue: true });
    expect(book.carryContractAt(symbol, priceFromDollars(3))).toBe(true);
    expect(book.carryContractAt(symbol, priceFromDollars(5))).toBe(false);
    const { openCashCents } = book.structure(positionId)!;
    expect(book.structure(positionId)?.carriedCents).toBe(openCashCents - 300_00);
    book.startSession(WEDNESDAY, spyAt(638));
    expect(book.structure(positionId)?.carriedCents).toBe(openCashCents - 200_00);
    book.startSession(THURSDAY, spyAt(650));
    expect(book.structure(positionId)?.carriedCents).toBe(openCashCents - 200_00);
  });

  it('begins what ended unseen at what it is settled at, whatever later prices and closes say', () => {
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    fold(book, intentOf([SHORT_PUT], 'a'), [1]);
    book.startSession(WEDNESDAY);
    book.carrySharesAt(spyAt(630));
    expect(book.structure('a')).toMatchObject({ carriedCents: 0, isCarryDue: true });
    book.startSession(THURSDAY, spyAt(630));
    expect(book.structure('a')).toMatchObject({ carriedCents: 0, isCarryDue: true });
    book.applySettlement(settlement(SHORT_PUT, -1, 0));
    expect(book.structures()).toEqual([]);
    expect(book.day().realizedCents).toBe(0);
  });

  it('leaves the rest to begin by itself where a part is closed before that, whatever at', () => {
    const book = new PortfolioBook();
    book.startSession(MONDAY);
    book.applyExternalFill(fillOf(SHORT_PUT, 1, 3));
    book.startSession(TUESDAY, spyAt(600));
    const { positionId } = book.structures()[0]!;
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 7, 1));
    expect(book.day().realizedCents).toBe(0);
    expect(book.structure(positionId)).toMatchObject({ carriedCents: 0, isCarryDue: true });
    expect(book.carryContractAt(instrumentSymbol(SHORT_PUT.instrument), priceFromDollars(3))).toBe(
      true,
    );
    expect(book.structure(positionId)?.carriedCents).toBe(-400_00);
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 2, 2));
    expect(book.structures()).toEqual([]);
    expect(book.day().realizedCents).toBe(200_00);
  });

  it('begins what is settled before a close is known at the first price that comes', () => {
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    fold(book, intentOf([SHORT_PUT], 'a'), [1]);
    book.startSession(WEDNESDAY);
    expect(book.structure('a')?.isCarryDue).toBe(true);
    book.applySettlement(settlement(SHORT_PUT, -1, 100));
    expect(book.day().realizedCents).toBe(0);
    expect(book.structures()).toMatchObject([{ strategy: 'shares', isCarryDue: true }]);
    book.carrySharesAt(spyAt(636));
    expect(book.structures()[0]).toMatchObject({ carriedCents: -400_00, isCarryDue: false });
  });
});

describe('what is of another underlying', () => {
  const longCall = (root: string, dollars: number): OrderLeg => {
    const { instrument, ...leg } = optionLeg('buyToOpen', 'call', dollars);
    return { ...leg, instrument: { ...instrument, root } as OrderLeg['instrument'] };
  };
  const AAPL: OrderLeg = {
    instrument: { kind: 'shares', symbol: 'AAPL' },
    action: 'buyToOpen',
    ratio: 100,
  };

  it.each([
    { root: 'QQQ', strike: 610 },
    { root: 'SPXW', strike: 6_000 },
    { root: 'SPX', strike: 600 },
  ])('a price says nothing of: options of $root, however their end is told', ({ root, strike }) => {
    const call = longCall(root, strike);
    for (const close of [spyAt(680), undefined]) {
      const book = new PortfolioBook();
      book.startSession(TUESDAY);
      book.applyExternalFill(fillOf(call, 1));
      book.startSession(WEDNESDAY, close);
      book.carrySharesAt(spyAt(690));
      expect(book.structures()).toMatchObject([{ carriedCents: 0, isCarryDue: true }]);
      book.applySettlement(settlement(call, 1, 0));
      expect(book.structures()).toEqual([]);
      expect(book.day().realizedCents).toBe(0);
    }
  });

  it('a price says nothing of: shares, which begin at what they are sold at', () => {
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    book.applyExternalFill(fillOf(AAPL, 200));
    book.startSession(WEDNESDAY, spyAt(680));
    book.carrySharesAt(spyAt(690));
    book.applyExternalFill(fillOf(closingOf(AAPL), 201));
    expect(book.structures()).toEqual([]);
    expect(book.day().realizedCents).toBe(0);
  });
});

describe('positions that are gone', () => {
  it('stand with what they came to after fees, whoever closed them, until the next session', () => {
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    const opening = intentOf([SHORT_PUT], 'a', 2);
    book.applyFill(fillOf(SHORT_PUT, 1, 2), opening);
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 1.5, 1));
    expect(book.gone().has('a')).toBe(false);
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 2, 1));
    expect(book.gone().get('a')).toBe(-150_00 - 2);
    book.startSession(WEDNESDAY);
    expect(book.gone().size).toBe(0);
  });

  it('count once what they had come to before a fill brought them back', () => {
    const book = new PortfolioBook();
    book.applyFill(fillOf(SHORT_PUT, 1, 1), intentOf([SHORT_PUT], 'a', 2));
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 1.5, 1));
    book.applyFill(fillOf(SHORT_PUT, 1, 1), intentOf([SHORT_PUT], 'a', 2));
    expect(book.structure('a')).toMatchObject({ realizedCents: -50_00, feesCents: 2 });
    book.applyExternalFill(fillOf(closingOf(SHORT_PUT), 2, 1));
    expect(book.gone().get('a')).toBe(-150_00 - 2);
  });

  it('are each another position where nobody here opened them', () => {
    const book = new PortfolioBook();
    for (const dollars of [1.5, 2]) {
      book.applyExternalFill(fillOf(SHORT_PUT, 1, 1));
      expect(book.structures()).toMatchObject([{ realizedCents: 0, feesCents: 1 }]);
      book.applyExternalFill(fillOf(closingOf(SHORT_PUT), dollars, 1));
    }
    expect(Array.from(book.gone().values())).toEqual([-150_00 - 4]);
  });
});

describe('any fills in any order', () => {
  const legs = [...CONDOR, SHORT_PUT, sharesLeg('buyToOpen', 1)];
  const fills = fc.array(
    fc.record({
      leg: fc.nat(legs.length - 1),
      closes: fc.boolean(),
      quantity: fc.integer({ min: 1, max: 5 }),
      ticks: fc.integer({ min: 1, max: 400 }),
      structure: fc.constantFrom('a', 'b'),
      external: fc.boolean(),
    }),
  );
  type Folded = { fill: Fill; intent: OrderIntent | undefined };
  const folds = fills.map((list) =>
    list.map(({ leg, closes, quantity, ticks, structure, external }): Folded => {
      const opening = legs[leg] ?? SHORT_PUT;
      const traded = closes ? closingOf(opening) : opening;
      const fill = fillOf(traded, ticks / 100, quantity);
      return { fill, intent: external ? undefined : intentOf([traded], structure) };
    }),
  );

  function foldAll(list: readonly Folded[]): PortfolioBook {
    const book = new PortfolioBook();
    for (const each of list) apply(book, each);
    return book;
  }

  function apply(book: PortfolioBook, { fill, intent }: Folded): void {
    if (intent === undefined) book.applyExternalFill(fill);
    else book.applyFill(fill, intent);
  }

  /** What executions leave, leg by leg, and their money. */
  function sumsOf(list: readonly Folded[]) {
    const held = new Map<string, number>();
    let [cash, fees] = [0, 0];
    for (const { fill } of list) {
      const { instrument, action, quantity, feesCents } = fill;
      const signed = legSign(action) * quantity;
      const symbol = instrumentSymbol(instrument);
      held.set(symbol, (held.get(symbol) ?? 0) + signed);
      cash += amountCents(fill.price, -signed, multiplierOf(instrument));
      fees += feesCents;
    }
    for (const [symbol, quantity] of held) if (quantity === 0) held.delete(symbol);
    return { held, cash, fees };
  }

  const openCash = (book: PortfolioBook) =>
    book.structures().reduce((sum, position) => sum + position.openCashCents, 0);

  it('conserve money: cash less fees is realised plus the cash of what is open', () => {
    fc.assert(
      fc.property(folds, (list) => {
        const book = foldAll(list);
        const { cash, fees } = sumsOf(list);
        const { realizedCents, feesCents, cashFlowCents } = book.day();
        expect(feesCents).toBe(fees);
        expect(cashFlowCents).toBe(cash - fees);
        expect(realizedCents + openCash(book)).toBe(cash);
      }),
    );
  });

  it('hold the same and are worth the same', () => {
    const shuffled = folds.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    const sorted = (book: PortfolioBook) =>
      [...book.held()].map(String).toSorted((a, b) => a.localeCompare(b));
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        const [one, two] = [foldAll(list), foldAll(other)];
        expect(sorted(two)).toEqual(sorted(one));
        expect(two.day().realizedCents + openCash(two)).toBe(
          one.day().realizedCents + openCash(one),
        );
      }),
    );
  });

  it('taken back in any turn leave, leg by leg, the sum of those that stand, and their money, position by position', () => {
    const steps = fc.array(fc.tuple(folds, fc.array(fc.nat(), { maxLength: 3 })), { maxLength: 6 });
    fc.assert(
      fc.property(steps, (list) => {
        const book = new PortfolioBook();
        book.startSession(TUESDAY);
        const standing: Folded[] = [];
        const openings = new Map<string, OrderIntent>();
        for (const [folded, busts] of list) {
          for (const each of folded) {
            apply(book, each);
            standing.push(each);
            const { intent } = each;
            if (intent?.purpose === 'open' && !openings.has(intent.positionId))
              openings.set(intent.positionId, intent);
          }
          for (const nth of busts) {
            const [each] = standing.splice(nth % standing.length, 1);
            if (each?.intent === undefined) {
              if (each !== undefined) book.bustExternalFill(each.fill);
            } else book.bustFill(each.fill, each.intent, openings.get(each.intent.positionId));
          }
          const { held, cash, fees } = sumsOf(standing);
          expect(book.held()).toEqual(held);
          expect(book.day()).toEqual({
            realizedCents: cash - openCash(book),
            feesCents: fees,
            cashFlowCents: cash - fees,
          });
          const came = book.structures().map((each) => each.realizedCents - each.feesCents);
          const all = [...came, ...book.gone().values()].reduce((sum, each) => sum + each, 0);
          expect(all).toBe(cash - openCash(book) - fees);
          for (const { legs } of book.structures()) expect(legs).not.toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of our own orders, told and taken back in any turn, leave each position what its own came to', () => {
    const ofOurs = folds.map((list) => list.filter(({ intent }) => intent !== undefined));
    const steps = fc.array(fc.tuple(ofOurs, fc.array(fc.nat(), { maxLength: 3 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(steps, (list) => {
        const book = new PortfolioBook();
        const standing: Folded[] = [];
        for (const [folded, busts] of list) {
          for (const each of folded) apply(book, each);
          standing.push(...folded);
          for (const nth of busts) {
            const [each] = standing.splice(nth % standing.length, 1);
            if (each?.intent !== undefined) book.bustFill(each.fill, each.intent, undefined);
          }
          for (const { instrument, action } of legs) {
            const symbol = instrumentSymbol(instrument);
            const own = ['a', 'b'].map((positionId) => {
              const of = standing.filter(({ intent }) => intent?.positionId === positionId);
              return { positionId, came: sumsOf(of).held.get(symbol) ?? 0 };
            });
            // Who closed more than was opened there at all took what the other holds.
            if (own.some(({ came }) => came * legSign(action) < 0)) continue;
            for (const { positionId, came } of own) {
              const held = book.structure(positionId)?.legs ?? [];
              const leg = held.find((each) => instrumentSymbol(each.instrument) === symbol);
              expect(leg?.quantity ?? 0).toBe(came);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('show structures whose units and ratios say exactly what is held', () => {
    fc.assert(
      fc.property(folds, (list) => {
        const net = new Map<string, number>();
        for (const position of foldAll(list).structures()) {
          expect(position.quantity).toBeGreaterThan(0);
          for (const leg of position.legs) {
            expect(leg.ratio * position.quantity).toBeCloseTo(leg.quantity, 9);
            const symbol = instrumentSymbol(leg.instrument);
            net.set(symbol, (net.get(symbol) ?? 0) + leg.quantity);
          }
        }
        for (const [symbol, quantity] of net) if (quantity === 0) net.delete(symbol);
        expect(net).toEqual(foldAll(list).held());
      }),
    );
  });

  it('know an opening from a closing', () => {
    expect(CONDOR.every((leg) => isOpening(leg.action))).toBe(true);
    expect(CONDOR.map(closingOf).some((leg) => isOpening(leg.action))).toBe(false);
  });
});

describe('executions told again', () => {
  it('are known through the session that follows, and change nothing in it', () => {
    const book = new PortfolioBook();
    book.startSession(TUESDAY);
    const intent = intentOf([SHORT_PUT]);
    const again = fillOf(SHORT_PUT, 0.6);
    book.applyFill(again, intent);
    const held = new Map(book.held());
    book.startSession(WEDNESDAY);
    expect(book.knows(again.fillId)).toBe(true);
    book.applyFill(again, intent);
    expect(new Map(book.held())).toEqual(held);
  });
});
