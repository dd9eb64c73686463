import { describe, expect, it } from 'vitest';
import {
  averagePrices,
  cashOf,
  flatMoments,
  netLiquidatingValue,
} from '../../../src/broker/paper/paper-statement.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { PaperRig } from './paper-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 640);
const SELL = optionLeg('sellToClose', 'call', 640);
const SYMBOL = instrumentSymbol(CALL.instrument);

/** Buys `quantity` calls at a price. */
function buy(rig: PaperRig, dollars: number, quantity: number): string {
  rig.spot(640);
  rig.quote(CALL.instrument, dollars - 0.02, dollars);
  const { intentId } = rig.accepted(rig.intent([CALL], -dollars, quantity));
  rig.quote(CALL.instrument, dollars - 0.02, dollars);
  return intentId;
}

function sell(rig: PaperRig, dollars: number, quantity: number, of: string): void {
  rig.quote(CALL.instrument, dollars, dollars + 0.02);
  rig.accepted(rig.intent([SELL], dollars, quantity, of));
  rig.quote(CALL.instrument, dollars, dollars + 0.02);
}

describe('the paper statement', () => {
  it('averages what was opened, and a sale of a part leaves the average', () => {
    const rig = new PaperRig();
    const first = buy(rig, 1, 1);
    buy(rig, 2, 3);
    expect(averagePrices(rig.broker.books(rig.at()).ledger).get(SYMBOL)).toBe(17_500);
    sell(rig, 3, 1, first);
    const books = rig.broker.books(rig.at());
    expect(averagePrices(books.ledger).get(SYMBOL)).toBe(17_500);
    expect(books.positions).toMatchObject([{ symbol: SYMBOL, quantity: 3, averagePrice: 17_500 }]);
  });

  it('adds up to the cash of the account, booking by booking', () => {
    const rig = new PaperRig();
    const first = buy(rig, 1, 1);
    sell(rig, 3, 1, first);
    const { ledger, startingCashCents, cashCents } = rig.broker.books(rig.at());
    expect(ledger).toHaveLength(2);
    expect(ledger.reduce((sum, entry) => sum + cashOf(entry), Number(startingCashCents))).toBe(
      cashCents,
    );
  });

  it('states its worth where it holds nothing, and marks what it holds', () => {
    const rig = new PaperRig();
    const first = buy(rig, 1, 1);
    const holding = rig.broker.books(rig.at());
    expect(flatMoments(holding)).toEqual([]);
    expect(netLiquidatingValue(holding)).toBe(cents(holding.cashCents + 9_900));
    sell(rig, 3, 1, first);
    const flat = rig.broker.books(rig.at());
    expect(flatMoments(flat).map((moment) => moment.cents)).toEqual([flat.cashCents]);
    expect(netLiquidatingValue(flat)).toBe(flat.cashCents);
  });

  it('tells the same after a restart', () => {
    const rig = new PaperRig();
    sell(rig, 3, 1, buy(rig, 1, 2));
    const again = rig.restarted().broker.books(rig.at());
    expect(again.ledger).toEqual(rig.broker.books(rig.at()).ledger);
  });

  it('is left with the shares of an exercise at the strike', () => {
    const rig = new PaperRig();
    buy(rig, 1, 1);
    rig.spot(650);
    rig.goTo(rig.session.exerciseMark);
    rig.spot(650);
    rig.goTo(rig.session.lastTrade);
    rig.spot(650);
    rig.pass();
    const { positions } = rig.broker.books(rig.at());
    expect(positions).toMatchObject([
      { symbol: 'SPY', kind: 'shares', quantity: 100, averagePrice: 6_400_000 },
    ]);
  });
});
