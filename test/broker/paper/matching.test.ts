import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw } from '../../../src/broker/paper/luck.ts';
import type { MatchInput } from '../../../src/broker/paper/matching.ts';
import { matchOrder } from '../../../src/broker/paper/matching.ts';
import type { PaperKnobs } from '../../../src/broker/paper/paper-knobs.ts';
import { DEFAULT_KNOBS } from '../../../src/broker/paper/paper-knobs.ts';
import type { Displayed } from '../../../src/broker/paper/quote-tape.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { PENNY_GRID } from '../../../src/engine/domain/tick-grid.ts';
import { epochMicros, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg } from '../../support/legs.ts';
import { CALM_KNOBS } from './paper-rig.ts';

const CALL = optionLeg('buyToOpen', 'call', 640);

/** Bid and ask in dollars, sizes at the bid and at the ask. */
type Market = readonly [bid: number | undefined, ask: number | undefined, b?: number, a?: number];

function shown([bid, ask, bidSize = 10, askSize = 10]: Market): Displayed {
  const side = (dollars: number | undefined) =>
    dollars === undefined ? undefined : priceFromDollars(dollars);
  const now = epochMicros(0);
  const at = { market: now, wall: now };
  const quote = { bid: side(bid), ask: side(ask), bidSize, askSize, at };
  return { quote, bidLeft: bidSize, askLeft: askSize };
}

function input(
  legs: readonly OrderLeg[],
  markets: readonly Market[],
  limitDollars: number,
  knobs: Partial<PaperKnobs> = {},
): MatchInput {
  const table = new Map(
    legs.map((leg, i) => [instrumentSymbol(leg.instrument), shown(markets[i] ?? [1, 1])]),
  );
  return {
    legs,
    limit: priceFromDollars(limitDollars),
    units: 5,
    displayed: (symbol) => table.get(symbol),
    knobs: { ...DEFAULT_KNOBS, ...CALM_KNOBS, ...knobs },
    luck: () => 0,
  };
}

const dollars = (amounts: readonly number[]) => amounts.map((amount) => priceFromDollars(amount));

describe('a resting order', () => {
  it('fills at natural when its limit meets it exactly', () => {
    const match = matchOrder(input([CALL], [[1, 1.1]], -1.1));
    expect(match).toEqual({ units: 5, prices: dollars([1.1]) });
  });

  it('rests one tick away from natural', () => {
    expect(matchOrder(input([CALL], [[1, 1.1]], -1.09))).toBeUndefined();
  });

  it('takes the better price of the market, not its own limit', () => {
    expect(matchOrder(input([CALL], [[1, 1.1]], -2))?.prices).toEqual(dollars([1.1]));
  });

  it.each<[string, Market]>([
    ['nobody offers', [1, undefined]],
    ['is offered at nothing', [0, 0]],
    ['is crossed', [1.2, 1.1]],
    ['shows less than one', [1, 1.1, 10, 0]],
  ])('finds no market where the leg it buys %s', (_what, market) => {
    expect(matchOrder(input([CALL], [market], -2))).toBeUndefined();
  });

  it('finds no market where nobody bids for the leg it sells', () => {
    const sale = optionLeg('sellToClose', 'call', 640);
    expect(matchOrder(input([sale], [[undefined, 0.01]], 0.01))).toBeUndefined();
    expect(matchOrder(input([sale], [[0.01, 0.02]], 0.01))?.prices).toEqual(dollars([0.01]));
  });

  it('buys what nobody bids for', () => {
    expect(matchOrder(input([CALL], [[undefined, 0.01]], -0.01))?.units).toBe(5);
  });

  it('fills no more units than the thinnest leg shows', () => {
    const legs = [CALL, optionLeg('sellToOpen', 'call', 645, 2)];
    const markets: Market[] = [
      [2, 2.1, 0, 4],
      [1, 1.1, 5, 0],
    ];
    expect(matchOrder(input(legs, markets, -0.1))?.units).toBe(2);
  });

  it('slips a tick a leg and stops at its limit', () => {
    const legs = condorLegs([630, 635, 645, 650]);
    const markets: Market[] = [
      [0.1, 0.2],
      [0.5, 0.6],
      [0.5, 0.6],
      [0.1, 0.2],
    ];
    const slipping = { slipProbabilityPerLeg: 1 };
    const at = (limit: number) => matchOrder(input(legs, markets, limit, slipping))?.prices;
    expect(at(0.6)).toEqual(dollars([0.2, 0.5, 0.5, 0.2]));
    expect(at(0.58)).toEqual(dollars([0.21, 0.49, 0.5, 0.2]));
    expect(at(0.5)).toEqual(dollars([0.21, 0.49, 0.49, 0.21]));
  });
});

describe('an order between mid and natural', () => {
  const eager = { passiveFillProbability: 1 };
  const half = (luck: number): MatchInput => ({
    ...input([CALL], [[1, 1.1]], -1.08, eager),
    luck: () => luck,
  });

  it('is hit by luck, at its limit', () => {
    expect(matchOrder(half(0.1))?.prices).toEqual(dollars([1.08]));
    expect(matchOrder(half(0.9))).toBeUndefined();
  });

  it('is never hit at mid or better', () => {
    expect(matchOrder(input([CALL], [[1, 1.1]], -1.05, eager))).toBeUndefined();
    expect(matchOrder(input([CALL], [[1, 1.1]], -1.04, eager))).toBeUndefined();
    expect(matchOrder(input([CALL], [[1, 1.1]], -1.06, eager))).toBeDefined();
  });
});

describe('any execution', () => {
  const centPrice = fc.integer({ min: 0, max: 300 }).map((ticks) => ticks / 100);
  const market = fc
    .tuple(centPrice, centPrice, fc.nat(12), fc.nat(12))
    .map(([bid, spread, b, a]): Market => [bid === 0 ? undefined : bid, bid + spread, b, a]);
  const leg = fc
    .tuple(fc.constantFrom('buyToOpen', 'sellToOpen'), fc.integer({ min: 1, max: 3 }))
    .map(([action, ratio]) => ({ action, ratio }) as const);
  const cases = fc.record({
    legs: fc.array(leg, { minLength: 1, maxLength: 4 }),
    markets: fc.array(market, { minLength: 4, maxLength: 4 }),
    limit: fc.integer({ min: -900, max: 900 }),
    seed: fc.integer(),
  });

  it('is within the limit and the displayed sizes, in positive whole cents', () => {
    let matched = 0;
    fc.assert(
      fc.property(cases, ({ legs, markets, limit, seed }) => {
        const order = legs.map(({ action, ratio }, i) => optionLeg(action, 'call', 600 + i, ratio));
        const knobs = { passiveFillProbability: 1, slipProbabilityPerLeg: 0.5 };
        const given = input(order, markets, limit / 100, { ...knobs, partialFillProbability: 0.5 });
        const match = matchOrder({ ...given, luck: (name) => draw(seed, name, 0) });
        if (match === undefined) return;
        matched += 1;
        expect(match.units).toBeGreaterThanOrEqual(1);
        expect(match.units).toBeLessThanOrEqual(given.units);
        let net = 0;
        for (const [i, { action, ratio, instrument }] of order.entries()) {
          const at = match.prices[i] ?? price(0);
          const display = given.displayed(instrumentSymbol(instrument));
          const size = legSign(action) > 0 ? display?.askLeft : display?.bidLeft;
          expect(at).toBeGreaterThan(0);
          expect(at % PENNY_GRID.step).toBe(0);
          expect(match.units * ratio).toBeLessThanOrEqual(size ?? 0);
          net -= legSign(action) * ratio * at;
        }
        expect(net).toBeGreaterThanOrEqual(given.limit);
      }),
      { numRuns: 2_000 },
    );
    expect(matched).toBeGreaterThan(100);
  });
});
