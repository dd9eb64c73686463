import { describe, expect, it } from 'vitest';
import type { Opened } from '../../../src/desk/previews/manual-exit.ts';
import { manualExit } from '../../../src/desk/previews/manual-exit.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { epochMicros, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';

const expiry = sessionDate('2026-11-24');

function call(action: OrderLeg['action'], dollars: number): OrderLeg {
  const strike = priceFromDollars(dollars);
  const instrument = { kind: 'option', root: 'SPXW', expiry, right: 'call', strike } as const;
  return { instrument, action, ratio: 1 };
}

const BOUGHT = [call('buyToOpen', 6_800), call('sellToOpen', 6_805)];
const SOLD = [call('sellToOpen', 6_800), call('buyToOpen', 6_805)];

function opened(legs: readonly OrderLeg[], net: number, takeProfit: number): Opened {
  const price = priceFromDollars(net);
  return {
    legs,
    quantity: 1,
    net: price,
    worst: price,
    timeExitAt: epochMicros(1),
    stopLoss: undefined,
    takeProfit: priceFromDollars(takeProfit),
  };
}

function targetOf(order: Opened) {
  const exit = manualExit(order);
  return 'denied' in exit ? exit.denied.message : exit.exitPlan.target;
}

describe('a profit that was asked for by hand', () => {
  it('is taken a tick short of the width at most, which nobody bids', () => {
    const target = { kind: 'valueAtOrAbove', price: priceFromDollars(4.95) };
    expect(targetOf(opened(BOUGHT, -1, 3.98))).toEqual(target);
    expect(targetOf(opened(BOUGHT, -1, 3.5))).toEqual({ ...target, price: priceFromDollars(4.5) });
  });

  it('is taken at a tick at the least, below which nobody offers the short', () => {
    const target = { kind: 'debitAtOrBelow', price: priceFromDollars(0.05) };
    expect(targetOf(opened(SOLD, 1, 0.98))).toEqual(target);
    expect(targetOf(opened(SOLD, 1, 0.9))).toEqual({ ...target, price: priceFromDollars(0.1) });
  });

  it('is refused at the best case itself, and where closing takes all of that', () => {
    expect(targetOf(opened(BOUGHT, -1, 4))).toMatch(/must be less than the best case of 4.00/);
    expect(targetOf(opened(SOLD, 0.05, 0.02))).toMatch(/no more than closing takes/);
  });
});
