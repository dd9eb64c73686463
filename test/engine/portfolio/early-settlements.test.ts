import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fill, OrderIntent } from '../../../src/engine/domain/order.ts';
import {
  cents,
  epochMicros,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import type { SettlementFacts } from '../../../src/engine/portfolio/settlement-facts.ts';
import { optionLeg } from '../../support/legs.ts';
import { fillOf, intentOf, OPENED_AT } from './book-rig.ts';

const OPENED = optionLeg('buyToOpen', 'call', 640);
const CLOSED = optionLeg('sellToClose', 'call', 640);

function settlement(quantity: number, shares = quantity * 100): SettlementFacts {
  const money = { sharePrice: priceFromDollars(640), feesCents: cents(500) };
  const facts = { settlementId: 's', quantity, shares, marketAt: OPENED_AT };
  return { ...facts, instrument: OPENED.instrument, ...money };
}

function newBook(): PortfolioBook {
  const book = new PortfolioBook();
  book.startSession(sessionDate('2026-08-04'));
  return book;
}

/** What is held, and what all of it came to. */
function standing(book: PortfolioBook) {
  const openCash = book.structures().reduce((sum, each) => sum + each.openCashCents, 0);
  const { realizedCents, feesCents, cashFlowCents } = book.day();
  return { held: [...book.held()], gainCents: realizedCents + openCash, feesCents, cashFlowCents };
}

describe('what was settled before its execution is told', () => {
  it('is out with that, at what is paid for it', () => {
    const inCash = { ...settlement(2, 0), cashPerShare: priceFromDollars(4) };
    const [inTurn, early] = [newBook(), newBook()];
    const told = [fillOf(OPENED, 2, 3), intentOf([OPENED], 'p', 3)] as const;
    inTurn.applyFill(...told);
    expect(inTurn.applySettlement(inCash)).toBe(0);
    expect(early.applySettlement(inCash)).toBe(2);
    early.applyFill(...told);
    expect(early.structure('p')?.legs).toMatchObject([{ quantity: 1 }]);
    expect(standing(early)).toEqual(standing(inTurn));
  });

  it('is out where the broker takes back what had closed it', () => {
    for (const isOurs of [true, false]) {
      const book = newBook();
      const [opening, closing] = [intentOf([OPENED]), intentOf([CLOSED])];
      const close = fillOf(CLOSED, 3);
      book.applyFill(fillOf(OPENED, 2), opening);
      if (isOurs) book.applyFill(close, closing);
      else book.applyExternalFill(close);
      expect(book.applySettlement(settlement(1))).toBe(1);
      if (isOurs) book.bustFill(close, closing, opening);
      else book.bustExternalFill(close);
      expect([...book.held()]).toEqual([['SPY', 100]]);
    }
  });

  it('is held where it was traded after that, or is told once nothing of that session comes any more', () => {
    const book = newBook();
    book.applySettlement(settlement(1));
    const later = { ...fillOf(OPENED, 2), marketAt: epochMicros(OPENED_AT + 1) };
    book.applyFill(later, intentOf([OPENED]));
    expect(book.structure('p')?.legs).toMatchObject([{ quantity: 1 }]);
    const old = newBook();
    old.applySettlement(settlement(1));
    for (const date of ['2026-08-05', '2026-08-06']) old.startSession(sessionDate(date));
    old.applyFill(fillOf(OPENED, 2), intentOf([OPENED]));
    expect(old.structure('p')?.legs).toMatchObject([{ quantity: 1 }]);
  });

  it('leaves what all of it comes to, whoever traded and in whatever turn it is told', () => {
    const trade = fc.record({
      by: fc.constantFrom('a', 'b', ''),
      closes: fc.boolean(),
      quantity: fc.integer({ min: 1, max: 3 }),
      ticks: fc.integer({ min: 1, max: 400 }),
    });
    type Told = { fill: Fill; intent: OrderIntent | undefined } | 'settled';
    const stories = fc.array(trade, { maxLength: 8 }).chain((trades) => {
      let held = 0;
      const told: Told[] = ['settled'];
      for (const { by, closes, quantity, ticks } of trades) {
        const most = closes ? Math.min(quantity, held) : quantity;
        if (most === 0) continue;
        held += closes ? -most : most;
        const leg = closes ? CLOSED : OPENED;
        const fill = fillOf(leg, ticks / 100, most);
        told.push({ fill, intent: by === '' ? undefined : intentOf([leg], by) });
      }
      return fc.tuple(fc.constant(held), fc.shuffledSubarray(told, { minLength: told.length }));
    });
    fc.assert(
      fc.property(stories, ([held, told]) => {
        const book = newBook();
        for (const each of told) {
          if (each === 'settled') book.applySettlement(settlement(held));
          else if (each.intent === undefined) book.applyExternalFill(each.fill);
          else book.applyFill(each.fill, each.intent);
        }
        const { held: left, gainCents, feesCents, cashFlowCents } = standing(book);
        expect(left).toEqual(held === 0 ? [] : [['SPY', held * 100]]);
        expect(gainCents).toBe(cashFlowCents + feesCents);
      }),
      { numRuns: 300 },
    );
  });
});
