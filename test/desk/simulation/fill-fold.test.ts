import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FillFold, heldText } from '../../../src/desk/simulation/fill-fold.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill, OrderIntent, OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { cents, epochMicros, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { adoptedFillId } from '../../../src/engine/portfolio/adoptions.ts';
import { PortfolioBook } from '../../../src/engine/portfolio/portfolio-book.ts';
import { intentOf } from '../../engine/portfolio/book-rig.ts';
import { optionLeg, sharesLeg } from '../../support/legs.ts';

const AT = epochMicros(5);
/** Each is exercised into, or assigned, a hundred shares that come. */
const CALL = optionLeg('buyToOpen', 'call', 640);
const PUT = optionLeg('sellToOpen', 'put', 635);
const SHARES = sharesLeg('buyToOpen', 1);
const OPENED = [CALL, PUT];
const SETTLED = new Set(['settle', 'expire']);

function closingOf({ instrument, action }: OrderLeg): OrderLeg {
  return { instrument, action: legSign(action) > 0 ? 'sellToClose' : 'buyToClose', ratio: 1 };
}

/** The two books of one account: the desk's, and the one that oracles fold from the same facts. */
class Books {
  readonly book = new PortfolioBook();
  readonly fold = new FillFold();
  readonly executions: { fill: Fill; intent: OrderIntent | undefined }[] = [];
  #ids = 0;

  /** By an order of ours for a position, or by somebody else's. */
  trade(leg: OrderLeg, dollars: number, quantity = 1, positionId = ''): void {
    const fill = this.#execution(leg, dollars, quantity);
    const intent = positionId === '' ? undefined : intentOf([leg], positionId);
    this.executions.push({ fill, intent });
    this.#apply(fill, intent);
  }

  /** The operator takes over what differs in one instrument. */
  adopt(leg: OrderLeg, dollars: number, quantity = 1): void {
    const fill = this.#execution(leg, dollars, quantity);
    this.#apply({ ...fill, fillId: adoptedFillId(this.#ids, 'X'), feesCents: cents(0) });
  }

  #execution({ instrument, action }: OrderLeg, dollars: number, quantity: number): Fill {
    this.#ids += 1;
    const of = { fillId: `fill ${this.#ids}`, intentId: `order ${this.#ids}`, marketAt: AT };
    const money = { price: priceFromDollars(dollars), feesCents: cents(quantity) };
    return { ...of, instrument, action, quantity, ...money };
  }

  #apply(fill: Fill, intent?: OrderIntent): void {
    if (intent === undefined) this.book.applyExternalFill(fill);
    else this.book.applyFill(fill, intent);
    this.fold.apply({ kind: 'fill', fill });
  }

  bust(nth: number): void {
    const [execution] = this.executions.splice(nth % this.executions.length, 1);
    if (execution === undefined) return;
    const { fill, intent } = execution;
    if (intent === undefined) this.book.bustExternalFill(fill);
    else this.book.bustFill(fill, intent, undefined);
    const { intentId, fillId } = fill;
    this.fold.apply({ kind: 'busted', intentId, fillId, reason: 'error' });
  }

  /** Exercise or assignment of so many contracts, or their expiry without shares. */
  settle({ instrument, action }: OrderLeg, contracts: number, isExercised = true): void {
    this.#ids += 1;
    const settlement = {
      settlementId: `settlement ${this.#ids}`,
      instrument,
      quantity: contracts * legSign(action),
      shares: isExercised ? contracts * 100 : 0,
      sharePrice: instrument.kind === 'option' ? instrument.strike : price(0),
      feesCents: cents(500),
      marketAt: AT,
      outcome: 'exercised',
    } as const;
    this.book.applySettlement(settlement);
    this.fold.apply({ kind: 'settlement', settlement });
  }

  /** Contracts of a leg that are held as it opens them; undefined where some are held the other way. */
  heldOf({ instrument, action }: OrderLeg): number | undefined {
    const symbol = instrumentSymbol(instrument);
    const lots = this.book.structures().flatMap(({ legs }) => {
      const ofLeg = legs.filter((leg) => instrumentSymbol(leg.instrument) === symbol);
      return ofLeg.map(({ quantity }) => quantity * legSign(action));
    });
    return lots.some((each) => each < 0) ? undefined : lots.reduce((sum, each) => sum + each, 0);
  }

  /** What each says that is held, and which cash came and went. */
  told() {
    const { book, fold } = this;
    return {
      desk: { held: heldText(book.held()), cash: book.day().cashFlowCents },
      facts: { held: fold.text(), cash: fold.cashCents },
    };
  }
}

describe('the facts of an account', () => {
  it.each([
    ['at nothing, shares at the strike', 0, 640],
    ['at what was quoted then', 3.05, 643.2],
  ])('count once what was taken over %s before it was told as settled', (_, optionAt, shareAt) => {
    const [told, adopted] = [new Books(), new Books()];
    for (const books of [told, adopted]) books.trade(CALL, 2);
    adopted.adopt(closingOf(CALL), optionAt);
    adopted.adopt(SHARES, shareAt, 100);
    expect(adopted.fold.adoptedCents).toBe(Math.round(optionAt * 100 - shareAt * 100) * 100);
    for (const books of [told, adopted]) books.settle(CALL, 1);
    expect(adopted.told()).toEqual(told.told());
    expect(adopted.told().facts).toEqual(adopted.told().desk);
    expect(adopted.fold.adoptedCents).toBe(0);
  });

  it('are what the desk holds, whatever is traded, taken back, taken over and settled', () => {
    const step = fc.record({
      what: fc.constantFrom('open', 'close', 'bust', 'adopt', 'adoptShares', 'settle', 'expire'),
      leg: fc.constantFrom(...OPENED),
      positionId: fc.constantFrom('a', 'b', ''),
      quantity: fc.integer({ min: 1, max: 3 }),
      ticks: fc.integer({ min: 1, max: 400 }),
      nth: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const books = new Books();
        const out = new Map(OPENED.map((leg) => [leg, 0]));
        for (const { what, leg, positionId, quantity, ticks, nth } of steps) {
          const dollars = ticks / 100;
          const isTurned = books.heldOf(leg) === undefined;
          const held = books.heldOf(leg) ?? 0;
          const most = Math.min(quantity, held);
          const gone = out.get(leg) ?? 0;
          if (what === 'open') books.trade(leg, dollars, quantity, positionId);
          else if (what === 'bust' && books.executions.length > 0) books.bust(nth);
          else if (what === 'adoptShares') books.adopt(SHARES, 600 + dollars, quantity * 100);
          else if (what === 'close' && most > 0)
            books.trade(closingOf(leg), dollars, most, positionId);
          else if (what === 'adopt' && most > 0) {
            books.adopt(closingOf(leg), dollars, most);
            out.set(leg, gone + most);
          } else if (SETTLED.has(what) && !isTurned && quantity <= held + gone) {
            books.settle(leg, quantity, what === 'settle');
            out.set(leg, gone - Math.max(0, quantity - held));
          }
          const { desk, facts } = books.told();
          expect(facts).toEqual(desk);
        }
      }),
      { numRuns: 300 },
    );
  });
});
