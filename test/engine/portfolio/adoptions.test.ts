import { describe, expect, it } from 'vitest';
import type { Fill, OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { adoptedFillId } from '../../../src/engine/portfolio/adoptions.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import type { SettlementFacts } from '../../../src/engine/portfolio/settlement-facts.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';
import { fillOf, intentOf, OPENED_AT } from './book-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 640);
const SOLD = optionLeg('sellToClose', 'call', 640);
const PUT = optionLeg('sellToOpen', 'put', 640);
const BOUGHT = optionLeg('buyToClose', 'put', 640);
const SHARES = sharesLeg('buyToOpen', 100);

/** Holds one leg, bought or sold at two dollars. */
function holding(leg: OrderLeg, quantity = 1): PortfolioBook {
  const book = new PortfolioBook();
  book.startSession(sessionDate('2026-08-04'));
  book.applyFill(fillOf(leg, 2, quantity), intentOf([leg], 'a', quantity));
  return book;
}

/** The operator takes over what differs in one instrument. */
function adopt(book: PortfolioBook, leg: OrderLeg, dollars: number, quantity = leg.ratio): void {
  const fill: Fill = { ...fillOf(leg, dollars, quantity), feesCents: cents(0) };
  book.applyExternalFill({ ...fill, fillId: adoptedFillId(7, fill.fillId) });
}

function settlement(leg: OrderLeg, quantity: number, shares: number): SettlementFacts {
  const { instrument } = leg;
  const strike = instrument.kind === 'option' ? instrument.strike : price(0);
  const facts = { settlementId: 's', instrument, quantity, shares, sharePrice: strike };
  return { ...facts, feesCents: cents(500), marketAt: OPENED_AT };
}

/** What is held, what it cost and what the day made. */
function standing(book: PortfolioBook) {
  const openCash = book.structures().reduce((sum, each) => sum + each.openCashCents, 0);
  const { realizedCents, feesCents, cashFlowCents } = book.day();
  const money = { feesCents, cashFlowCents, gainCents: realizedCents + openCash };
  return { held: [...book.held()], ...money };
}

describe('a settlement of what the operator took over before it was told', () => {
  it.each([
    ['at nothing, shares at the strike', 0, 640],
    ['at what was quoted then', 3.05, 643.2],
  ])('moves no shares and no cash twice: taken over %s', (_, optionAt, shareAt) => {
    const told = holding(CALL);
    told.applySettlement(settlement(CALL, 1, 100));
    const book = holding(CALL);
    adopt(book, SOLD, optionAt);
    adopt(book, SHARES, shareAt);
    expect(book.applySettlement(settlement(CALL, 1, 100))).toBe(0);
    expect(book.sharesHeld()).toBe(100);
    expect(standing(book)).toEqual(standing(told));
  });

  it('brings the shares that the broker did not show when it was taken over', () => {
    const book = holding(PUT);
    adopt(book, BOUGHT, 0);
    expect(book.applySettlement(settlement(PUT, -1, 100))).toBe(0);
    expect(book.sharesHeld()).toBe(100);
    expect(book.structures()).toMatchObject([{ positionId: 'shares-SPY' }]);
  });

  it('counts contracts that are held still, and those that nobody knows of, as ever', () => {
    const book = holding(CALL, 2);
    adopt(book, SOLD, 0);
    adopt(book, SHARES, 640);
    expect(book.applySettlement(settlement(CALL, 3, 300))).toBe(1);
    expect(book.sharesHeld()).toBe(300);
    expect(book.held().get('SPY')).toBe(300);
  });

  it('knows its sign from what was taken over', () => {
    const book = holding(PUT);
    adopt(book, BOUGHT, 0);
    expect(book.applySettlement({ ...settlement(PUT, 1, 0), isUnsigned: true })).toBe(0);
  });

  it('pays in cash what it is worth beyond the price of then', () => {
    const inCash = { ...settlement(CALL, 1, 0), cashPerShare: priceFromDollars(4) };
    const told = holding(CALL);
    told.applySettlement(inCash);
    const book = holding(CALL);
    adopt(book, SOLD, 0);
    expect(book.applySettlement(inCash)).toBe(0);
    expect(standing(book)).toEqual(standing(told));
  });

  it('is one of a missed fill again once, and once nothing more can come of the contract', () => {
    const book = holding(CALL);
    adopt(book, SOLD, 0);
    adopt(book, SHARES, 640);
    expect(book.applySettlement(settlement(CALL, 1, 100))).toBe(0);
    expect(book.applySettlement({ ...settlement(CALL, 1, 100), settlementId: 't' })).toBe(1);
    expect(book.sharesHeld()).toBe(200);
    const late = holding(CALL);
    adopt(late, SOLD, 0);
    adopt(late, SHARES, 640);
    late.startSession(sessionDate('2026-08-14'));
    late.startSession(sessionDate('2026-08-15'));
    expect(late.applySettlement(settlement(CALL, 1, 100))).toBe(1);
    expect(late.sharesHeld()).toBe(200);
  });

  it('is no matter of shares that somebody traded', () => {
    const book = holding(CALL);
    book.applyExternalFill(fillOf(SOLD, 0.01));
    book.applyExternalFill(fillOf(SHARES, 640, 100));
    expect(book.applySettlement(settlement(CALL, 1, 100))).toBe(1);
    expect(book.sharesHeld()).toBe(200);
  });

  it('moves them in a journal of 0.1.0, whose operator took over the second time too', () => {
    const book = holding(CALL);
    const adopted = (leg: OrderLeg, dollars: number, quantity: number) => {
      const fill = fillOf(leg, dollars, quantity);
      book.applyExternalFill({ ...fill, fillId: `adopted-${fill.fillId}` });
    };
    adopted(SOLD, 5, 1);
    adopted(SHARES, 645, 100);
    expect(book.applySettlement(settlement(CALL, 1, 100))).toBe(1);
    adopted(sharesLeg('sellToClose', 100), 645, 100);
    expect(book.sharesHeld()).toBe(100);
  });
});
