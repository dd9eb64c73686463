/** What a trader orders leg by leg: mostly structures that have a name, sometimes anything at all. */

import { instrumentSymbol, occSymbol, type Right } from '../../engine/domain/instrument.ts';
import type { LegAction } from '../../engine/domain/order.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { priceFromDollars } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { ManualLeg, OrderRequest } from '../engine-api-requests.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What an order by hand is made for. */
export interface HandMoment {
  readonly spotDollars: number;
  readonly expiry: SessionDate;
  /** Dollars per share, where it has a market. */
  readonly midOf: (symbol: string) => number | undefined;
}

/** Contracts of one strike: dollars above the money, and how many are bought (+) or sold. */
type Part = readonly [right: Right, offset: number, signed: number];

/** A limit beside the market's mid. */
const BETTER_CENTS = [-10, -2, 1, 2, 2, 3, 3, 5, 10, 30];

/** A limit that only a good moment fills, and a loss that hardly a market is too narrow for. */
const TIGHT_CENTS = [-1, 0, 0, 1];
const TIGHT_STOPS = [0.03, 0.03, 0.05];

const STRUCTURES = {
  long: 4,
  credit: 6,
  debit: 4,
  condor: 4,
  butterfly: 3,
  backspread: 2,
  strangle: 3,
  lizard: 1,
  naked: 1,
  any: 3,
};

function partsOf(random: SeededRandom, side: 1 | -1, width: number): readonly Part[] {
  const right = side > 0 ? 'call' : 'put';
  const near = side * random.whole(-1, 1);
  const far = near + side * width;
  switch (random.weighted(STRUCTURES)) {
    case 'long':
      return [[right, near, 1]];
    case 'credit':
      return [
        [right, near, -1],
        [right, far, 1],
      ];
    case 'debit':
      return [
        [right, near, 1],
        [right, far, -1],
      ];
    case 'condor':
      return [
        ['put', -1 - width, 1],
        ['put', -1, -1],
        ['call', 1, -1],
        ['call', 1 + width, 1],
      ];
    case 'butterfly':
      return [
        [right, near, 1],
        [right, far, -2],
        [right, far + side * width, 1],
      ];
    case 'backspread':
      return [
        [right, near, -1],
        [right, far, 2],
      ];
    case 'strangle':
      return [
        ['put', -width, 1],
        ['call', width, 1],
      ];
    case 'lizard':
      return [
        ['put', -width, -1],
        ['call', 1, -1],
        ['call', 1 + width, 1],
      ];
    case 'naked':
      return [[right, near, -1]];
    case 'any':
      return Array.from({ length: random.whole(1, 4) }, (): Part => {
        return [random.pick(['call', 'put']), random.whole(-4, 4), random.pick([1, 1, -1, 2, -3])];
      });
  }
}

function openingLeg({ spotDollars, expiry }: HandMoment, [right, offset, signed]: Part): ManualLeg {
  const strike = priceFromDollars(Math.round(spotDollars) + offset);
  const symbol = occSymbol({ kind: 'option', root: 'SPY', expiry, right, strike });
  return {
    symbol,
    action: signed > 0 ? 'buyToOpen' : 'sellToOpen',
    ratio: Math.abs(signed),
  };
}

/** A price per share between nothing and the width, in cents. */
function priceWithin(random: SeededRandom, width: number): number {
  return Math.round(random.between(0.02, 0.98) * width * 100) / 100;
}

/** What the legs bring at mid, credit positive; a leg without a market counts nothing. */
function midNet({ midOf }: HandMoment, legs: readonly ManualLeg[]): number {
  return legs.reduce((net, { symbol, action, ratio }) => {
    const signed = action === 'sellToOpen' ? ratio : -ratio;
    return net + signed * (midOf(symbol) ?? 0);
  }, 0);
}

/** An opening of one to four legs; some rest at a limit of their own, better than the market's. */
export function handOrder(random: SeededRandom, moment: HandMoment): OrderRequest {
  const width = random.pick([1, 1, 2, 3]);
  const parts = partsOf(random, random.pick([1, -1] as const), width);
  const legs = parts.map((part) => openingLeg(moment, part));
  const asked = Math.round(midNet(moment, legs) * 100 + random.pick(BETTER_CENTS)) / 100;
  return {
    legs,
    quantity: random.pick([1, 1, 1, 2, 3]),
    limit: random.chance(0.6) ? asked : undefined,
    stopLoss: random.chance(0.1) ? priceWithin(random, width) : undefined,
    takeProfit: random.chance(0.2) ? priceWithin(random, width) : undefined,
  };
}

/** More contracts than the market mostly shows, at a limit of its own, with a stop about as close as can be:
 * what fills at once is stopped while the rest still works. */
export function tightHandOrder(random: SeededRandom, moment: HandMoment): OrderRequest {
  const side = random.pick([1, -1] as const);
  const right = side > 0 ? 'call' : 'put';
  const near = side * random.whole(1, 4);
  const legs = [openingLeg(moment, [right, near, -1]), openingLeg(moment, [right, near + side, 1])];
  const asked = Math.round(midNet(moment, legs) * 100 + random.pick(TIGHT_CENTS)) / 100;
  const stopLoss = random.pick(TIGHT_STOPS);
  return { legs, quantity: random.whole(4, 9), limit: asked, stopLoss, takeProfit: undefined };
}

/** The same with something wrong in it. */
export function oddHandOrder(random: SeededRandom, moment: HandMoment): OrderRequest {
  const order = handOrder(random, moment);
  const [first, ...rest] = order.legs;
  if (first === undefined) return order;
  const legs = (...changed: readonly ManualLeg[]): OrderRequest => ({ ...order, legs: changed });
  switch (random.whole(0, 8)) {
    case 0:
      return { ...order, quantity: random.pick([0, -1, 1.5, 11, 25, 1_000]) };
    case 1:
      return legs();
    case 2:
      return legs(first, first);
    case 3:
      return legs({ ...first, ratio: random.pick([0, -1, 1.5, 1_000]) }, ...rest);
    case 4:
      return legs({ ...first, symbol: random.pick(['SPY', 'QQQ', '', 'SPY   000101C00100000']) });
    case 5:
      return legs({ ...first, action: 'sellToClose' }, ...rest, first);
    case 6:
      return { ...order, stopLoss: random.pick([0, -1, 1_000, Number.NaN]) };
    case 7:
      return { ...order, limit: random.pick([99, -99, 1_000_000, Number.NaN]) };
    default:
      return legs(...Array.from({ length: 5 }, (_, i) => openingLeg(moment, ['put', -i, 1])));
  }
}

/** Takes off a position, or some legs of it, or now and then more than there is. */
export function handClose(random: SeededRandom, position: StructurePosition): OrderRequest {
  const isWhole = random.chance(0.5);
  const chosen = position.legs.filter(() => isWhole || random.chance(0.5));
  const isTooMuch = random.chance(0.1);
  const legs = chosen.map(({ instrument, quantity }): ManualLeg => {
    const action: LegAction = quantity > 0 ? 'sellToClose' : 'buyToClose';
    const held = Math.abs(quantity);
    const ratio = isTooMuch ? held + 1 : random.chance(0.2) ? 1 : held;
    return { symbol: instrumentSymbol(instrument), action, ratio };
  });
  return { legs, quantity: 1, limit: random.chance(0.05) ? 1 : undefined };
}
