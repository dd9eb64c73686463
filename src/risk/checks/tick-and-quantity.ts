/** The order's own arithmetic: whole contracts, one leg a contract, prices on the grid. */
import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { isOnTick, tickAt } from '../../engine/domain/tick-grid.ts';
import type { Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { RiskInput } from '../risk-input.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'tick_or_quantity';

function isPositiveWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function legsFault({ intent, capabilities }: RiskInput): string | undefined {
  const { legs } = intent;
  if (legs.length === 0) return 'an order needs at least one leg';
  if (legs.length > capabilities.maxLegs) {
    return `${capabilities.name} takes ${capabilities.maxLegs} legs at most; split the order`;
  }
  const symbols = new Set(legs.map((leg) => instrumentSymbol(leg.instrument)));
  if (symbols.size < legs.length) return 'a contract stands in two legs; merge them into one';
  if (legs.some((leg) => !isPositiveWhole(leg.ratio))) return 'leg ratios are whole and above 0';
  return undefined;
}

function priceFault({ limit, worst, legs }: OrderIntent): string | undefined {
  const grid = gridOf(legs);
  const stepAt = (value: Price): number => dollarsFromPrice(tickAt(grid, value));
  if (!isOnTick(grid, limit)) return `the limit is off the ${stepAt(limit)} grid; round it`;
  if (!isOnTick(grid, worst)) return `the worst price is off the ${stepAt(worst)} grid; round it`;
  if (legs.length === 1 && limit === 0) return `one leg alone trades at ${stepAt(limit)} or more`;
  return undefined;
}

export const tickAndQuantityCheck: Check = {
  code: CODE,
  control: 6,
  appliesTo: 'all',
  run(input) {
    const { intent } = input;
    const { quantity } = intent;
    const numbers = {
      quantity,
      legs: intent.legs.length,
      limitPrice: dollarsFromPrice(intent.limit),
    };
    if (!isPositiveWhole(quantity)) {
      return failed(CODE, 'the quantity must be a whole number above 0', numbers);
    }
    const fault = legsFault(input) ?? priceFault(intent);
    if (fault !== undefined) return failed(CODE, fault, numbers);
    return passed(CODE, 'quantities are whole and prices on the grid', numbers);
  },
};
