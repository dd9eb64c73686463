import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Quote } from '../../../src/engine/domain/market.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { epochMicros, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { markStructure } from '../../../src/engine/portfolio/marks.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { fillOf, intentOf } from './book-rig.ts';

type Market = readonly [bid: number | undefined, ask: number | undefined];

function positionOf(legs: readonly OrderLeg[], quantity = 1): StructurePosition {
  const book = new PortfolioBook();
  const intent = intentOf(legs, 'p', quantity);
  for (const leg of legs) book.applyFill(fillOf(leg, 1, leg.ratio * quantity), intent);
  const position = book.structure('p');
  if (position === undefined) throw new Error('the position is open');
  return position;
}

function markOf(legs: readonly OrderLeg[], markets: readonly Market[], quantity = 1) {
  const now = epochMicros(0);
  const side = (dollars: number | undefined) =>
    dollars === undefined ? undefined : priceFromDollars(dollars);
  const quotes = new Map<string, Quote>();
  for (const [i, leg] of legs.entries()) {
    const market = markets[i];
    if (market === undefined) continue;
    const sides = { bid: side(market[0]), ask: side(market[1]), bidSize: 1, askSize: 1 };
    const at = { market: now, wall: now };
    quotes.set(instrumentSymbol(leg.instrument), { ...sides, at });
  }
  return markStructure(positionOf(legs, quantity), (symbol) => quotes.get(symbol));
}

const LONG = optionLeg('buyToOpen', 'call', 640);
const SHORT = optionLeg('sellToOpen', 'call', 640);

describe('the mark of a structure', () => {
  it('is at mid for display, at bid and ask for liquidation', () => {
    const markets: Market[] = [
      [0.1, 0.2],
      [0.5, 0.6],
      [0.5, 0.6],
      [0.1, 0.2],
    ];
    const mark = markOf(condorLegs([630, 635, 645, 650]), markets, 2);
    expect(mark).toEqual({ midCents: -160_00, liquidationCents: -200_00, unmarkable: [] });
  });

  it.each<[string, OrderLeg, Market, number | undefined, number | undefined]>([
    ['a long without a bid is worth nothing', LONG, [undefined, 0.04], 2_00, 0],
    ['a long without an ask is worth its bid', LONG, [3, undefined], 300_00, 300_00],
    ['a long without any side has no mark', LONG, [undefined, undefined], undefined, undefined],
    ['a short without a bid costs its ask', SHORT, [undefined, 0.04], -2_00, -4_00],
    ['a short without an ask has no mark', SHORT, [3, undefined], undefined, undefined],
  ])('%s', (...[, leg, market, midCents, liquidationCents]) => {
    expect(markOf([leg], [market])).toMatchObject({ midCents, liquidationCents });
  });

  it('never takes shares without a bid for worthless', () => {
    const shares = sharesLeg('buyToOpen', 100);
    expect(markOf([shares], [[undefined, 640]]).unmarkable).toEqual(['SPY']);
    expect(markOf([shares], [[639.98, 640]])).toMatchObject({
      midCents: 63_999_00,
      liquidationCents: 63_998_00,
    });
  });

  it('is missing for the whole where one leg has none, and names that leg', () => {
    const legs = [SHORT, optionLeg('buyToOpen', 'call', 645)];
    expect(markOf(legs, [[1, 1.1]])).toEqual({
      midCents: undefined,
      liquidationCents: undefined,
      unmarkable: [instrumentSymbol(legs[1]?.instrument ?? LONG.instrument)],
    });
  });
});
