import { describe, expect, it } from 'vitest';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill, OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { cents, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { adoptedFillId } from '../../../src/engine/portfolio/adoptions.ts';
import type { StructurePosition } from '../../../src/engine/portfolio/portfolio-book.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';
import { fillOf, intentOf, OPENED_AT } from './book-rig.ts';

const NARROW = condorLegs([594, 599, 601, 606]);
const WIDE = condorLegs([589, 599, 601, 611]);
const AT = [0.5, 1.5, 1.5, 0.5];

function closed(opened: OrderLeg, dollars: number, quantity = 1): Fill {
  const action = legSign(opened.action) > 0 ? 'sellToClose' : 'buyToClose';
  return fillOf({ ...opened, action }, dollars, quantity);
}

function open(book: PortfolioBook, legs: readonly OrderLeg[], id: string, quantity = 1): void {
  const intent = intentOf(legs, id, quantity);
  for (const [i, leg] of legs.entries()) book.applyFill(fillOf(leg, AT[i] ?? 1, quantity), intent);
}

function told(book: PortfolioBook): string[] {
  return book.structures().map(({ positionId, legs }) => {
    const held = inOrder(legs).map(
      ({ instrument, quantity }) => `${quantity} ${nameOf(instrument)}`,
    );
    return `${positionId}: ${held.join(' ')}`;
  });
}

/** As a position shows it, whatever leg came first. */
function shown({ legs, ...rest }: StructurePosition) {
  return { ...rest, legs: inOrder(legs) };
}

function inOrder(legs: StructurePosition['legs']): StructurePosition['legs'] {
  return legs.toSorted((a, b) => nameOf(a.instrument).localeCompare(nameOf(b.instrument)));
}

function nameOf(instrument: OrderLeg['instrument']): string {
  if (instrument.kind === 'shares') return instrument.symbol;
  return `${instrument.strike / 10_000}${instrument.right}`;
}

/** A narrow condor, and a wide one of the same shorts that is younger. */
function twoCondors(): PortfolioBook {
  const book = new PortfolioBook();
  open(book, NARROW, 'narrow');
  open(book, WIDE, 'wide');
  return book;
}

describe('a close at another screen in two positions that share a contract', () => {
  const [, , short, wing] = WIDE as [OrderLeg, OrderLeg, OrderLeg, OrderLeg];

  it.each([1, -1])('takes both its legs from the one that holds both, told in turn %d', (turn) => {
    const book = twoCondors();
    const untouched = shown(book.structure('narrow')!);
    const fills = [closed(short, 0.9), closed(wing, 0.03)];
    const positions = fills.toSorted(() => -turn).map((fill) => book.applyExternalFill(fill));
    expect(positions.flat()).toContain('wide');
    expect(told(book)).toEqual([
      'narrow: 1 594put -1 599put -1 601call 1 606call',
      'wide: 1 589put -1 599put',
    ]);
    expect(shown(book.structure('narrow')!)).toEqual(untouched);
    expect(book.day().realizedCents).toBe(60_00 - 47_00);
    for (const fill of fills) book.bustExternalFill(fill);
    expect(told(book).at(-1)).toContain('-1 601call 1 611call');
    expect(shown(book.structure('narrow')!)).toEqual(untouched);
    expect(book.day().realizedCents).toBe(0);
  });

  it('takes the whole of it from the one that holds all its legs', () => {
    for (const legs of [WIDE, WIDE.toReversed()]) {
      const book = twoCondors();
      for (const leg of legs) book.applyExternalFill(closed(leg, 1));
      expect(told(book)).toEqual(['narrow: 1 594put -1 599put -1 601call 1 606call']);
    }
  });

  it('takes each side from where its wing is, also in one order', () => {
    const legs = [NARROW[1]!, WIDE[2]!, WIDE[3]!, NARROW[0]!];
    for (const inTurn of [legs, legs.toReversed()]) {
      const book = twoCondors();
      for (const leg of inTurn) book.applyExternalFill(closed(leg, 1));
      expect(told(book)).toEqual(['narrow: -1 601call 1 606call', 'wide: 1 589put -1 599put']);
    }
  });

  it('takes what is held nowhere beside another leg, and one leg alone, from the older', () => {
    const book = twoCondors();
    book.applyExternalFill({ ...closed(short, 1), intentId: 'alone' });
    book.applyExternalFill({ ...closed(NARROW[1]!, 1), intentId: 'another' });
    expect(told(book)[0]).toBe('narrow: 1 594put 1 606call');
  });

  it('moves no more than was closed where units are many', () => {
    const book = new PortfolioBook();
    open(book, NARROW, 'narrow', 3);
    open(book, WIDE, 'wide', 2);
    for (const leg of [short, wing]) book.applyExternalFill(closed(leg, 1, 2));
    expect(told(book)).toEqual([
      'narrow: 3 594put -3 599put -3 601call 3 606call',
      'wide: 2 589put -2 599put',
    ]);
  });

  it('that the operator takes over goes by the legs that went in that moment', () => {
    const book = twoCondors();
    for (const [minute, leg] of [short, wing, NARROW[2]!].entries()) {
      const fill = { ...closed(leg, 1), intentId: 'external' };
      const marketAt = (minute < 2 ? OPENED_AT : OPENED_AT + 1) as typeof OPENED_AT;
      const fillId = adoptedFillId(minute, instrumentSymbol(leg.instrument));
      book.applyExternalFill({ ...fill, fillId, marketAt });
    }
    expect(told(book)).toEqual([
      'narrow: 1 594put -1 599put 1 606call',
      'wide: 1 589put -1 599put',
    ]);
  });

  it('leaves the other whole once the close is taken back that had taken its short before', () => {
    const book = twoCondors();
    const untouched = shown(book.structure('wide')!);
    const alone = { ...closed(short, 0.9), intentId: 'alone' };
    book.applyExternalFill(alone);
    for (const leg of [short, NARROW[3]!]) book.applyExternalFill(closed(leg, 1));
    expect(told(book)).toEqual([
      'narrow: 1 594put -1 599put',
      'wide: 1 589put -1 599put 1 611call',
    ]);
    book.bustExternalFill(alone);
    expect(told(book)[0]).toBe('narrow: 1 594put -1 599put');
    expect(shown(book.structure('wide')!)).toEqual(untouched);
  });

  it('is taken from an opening that is told after it, as if that had been told before', () => {
    const book = new PortfolioBook();
    open(book, NARROW, 'narrow');
    for (const leg of [short, wing]) book.applyExternalFill(closed(leg, 1));
    open(book, WIDE, 'wide');
    expect(told(book)).toEqual([
      'narrow: 1 594put -1 599put -1 601call 1 606call',
      'wide: 1 589put -1 599put',
    ]);
  });
});

describe('a close that was told before its opening and is busted', () => {
  const spread = [optionLeg('sellToOpen', 'put', 599), optionLeg('buyToOpen', 'put', 594)] as const;

  it('is held again by what that opened', () => {
    const [early, late] = [new PortfolioBook(), new PortfolioBook()];
    const fill = closed(spread[0], 0.3);
    early.applyExternalFill(fill);
    for (const book of [early, late]) open(book, spread, 'spread');
    late.applyExternalFill(fill);
    for (const book of [early, late]) book.bustExternalFill(fill);
    expect(told(early)).toEqual(['spread: 1 594put -1 599put']);
    expect(early.structures().map(shown)).toEqual(late.structures().map(shown));
    expect(early.day()).toEqual(late.day());
  });

  it('gives back to each of two openings what it took of it', () => {
    const book = new PortfolioBook();
    const fills = [closed(spread[0], 0.3, 2), closed(spread[0], 0.4)] as const;
    for (const fill of fills) book.applyExternalFill(fill);
    open(book, spread, 'one');
    open(book, spread, 'two', 2);
    expect(told(book)).toEqual(['one: 1 594put', 'two: 2 594put']);
    book.bustExternalFill(fills[0]);
    expect(told(book)).toEqual(['one: 1 594put -1 599put', 'two: 2 594put -1 599put']);
  });
});

describe('shares of an assignment that are covered at another screen', () => {
  const call = optionLeg('sellToOpen', 'call', 602);
  const assignment = {
    settlementId: 's',
    instrument: call.instrument,
    quantity: -1,
    shares: -100,
    sharePrice: priceFromDollars(602),
    feesCents: cents(0),
    marketAt: OPENED_AT,
  };

  it.each(['buyToOpen', 'buyToClose'] as const)('are gone, in whatever turn: %s', (action) => {
    const day = [true, false].map((isInTurn) => {
      const book = new PortfolioBook();
      book.startSession(sessionDate('2026-08-04'));
      open(book, [call], 'c');
      const cover = fillOf(sharesLeg(action, 100), 600);
      if (isInTurn) book.applySettlement(assignment);
      book.applyExternalFill(cover);
      book.applySettlement(assignment);
      expect(told(book)).toEqual([]);
      expect(book.sharesHeld()).toBe(0);
      const shown = book.day();
      book.bustExternalFill(cover);
      expect([...book.held()]).toEqual([['SPY', -100]]);
      expect(book.structures()).toHaveLength(1);
      return shown;
    });
    expect(day[1]).toEqual(day[0]);
    expect(day[0]?.realizedCents).toBe(50_00 + 200_00);
  });

  it('are held one way, however much is bought', () => {
    const book = new PortfolioBook();
    open(book, [call], 'c');
    book.applySettlement(assignment);
    expect(book.applyExternalFill(fillOf(sharesLeg('buyToOpen', 150), 600))).toEqual([
      'shares-SPY',
    ]);
    expect(told(book)).toEqual(['external-SPY: 50 SPY']);
    book.applySettlement({ ...assignment, settlementId: 't' });
    expect(told(book)).toEqual(['shares-SPY: -50 SPY']);
  });
});
