import { describe, expect, it } from 'vitest';
import type { Instrument } from '../../src/engine/domain/instrument.ts';
import type { Quote } from '../../src/engine/domain/market.ts';
import type { ExitPlan } from '../../src/engine/domain/order.ts';
import { epochMicros, price, sessionDate } from '../../src/engine/domain/units.ts';
import { protectiveStop, stopSideFault } from '../../src/risk/protective-stop.ts';

const timeExitAt = epochMicros(0);
const call: Instrument = {
  kind: 'option',
  root: 'SPY',
  expiry: sessionDate('2026-11-20'),
  right: 'call',
  strike: price(6_000_000),
};
const stop = { kind: 'valueAtOrBelow', price: price(5_000) } as const;

/** What is left whole of so many units. */
function whole(instrument: Instrument, quantity: number, plan: ExitPlan = { stop, timeExitAt }) {
  return { legs: [{ instrument, quantity }], exitPlan: plan, quantity, goneDebit: 0 };
}

describe('a stop at the broker', () => {
  it('stands at two thirds of where the engine stops, on the grid', () => {
    const wanted = protectiveStop(whole(call, 2));
    expect(wanted).toEqual({ leg: { instrument: call, quantity: 2 }, trigger: 3_300 });
    const small = { ...stop, price: price(100) };
    const least = protectiveStop(whole(call, 1, { stop: small, timeExitAt }));
    expect(least?.trigger).toBe(100);
  });

  it('is on the grid of its class', () => {
    const dear = { kind: 'valueAtOrBelow', price: price(50_000) } as const;
    const triggerOf = (instrument: Instrument) =>
      protectiveStop(whole(instrument, 1, { stop: dear, timeExitAt }))?.trigger;
    expect(triggerOf(call)).toBe(33_300);
    expect(triggerOf({ ...call, root: 'SPXW' })).toBe(33_000);
  });

  it('is for one long option with a stop on its value, and for nothing else', () => {
    const long = whole(call, 1);
    expect(protectiveStop({ ...long, legs: [...long.legs, ...long.legs] })).toBeUndefined();
    for (const quantity of [0, -1]) {
      expect(protectiveStop(whole(call, quantity))).toBeUndefined();
    }
    expect(protectiveStop(whole(call, 1, { timeExitAt }))).toBeUndefined();
    const shares: Instrument = { kind: 'shares', symbol: 'SPY' };
    expect(protectiveStop(whole(shares, 100))).toBeUndefined();
    const debit = { stop: { kind: 'debitAtOrAbove', price: price(5_000) } as const, timeExitAt };
    expect(protectiveStop(whole(call, 1, debit))).toBeUndefined();
  });

  it('counts what leaving the rest of the structure has cost or brought', () => {
    const triggerOf = (units: number, quantity: number, goneDebit: number) =>
      protectiveStop({ ...whole(call, quantity), quantity: units, goneDebit })?.trigger;
    expect(triggerOf(2, 2, 10_000)).toBe(10_000);
    expect(triggerOf(2, 1, -2_000)).toBe(4_000);
    expect(triggerOf(2, 2, -4_900)).toBe(100);
    expect(triggerOf(2, 2, -5_000)).toBeUndefined();
  });

  it('is refused on the wrong side of the market, and where there is no market', () => {
    const at = { market: timeExitAt, wall: timeExitAt };
    const bid = (dollars: number | undefined): Quote => ({
      bid: dollars === undefined ? undefined : price(dollars),
      ask: price(9_000),
      bidSize: 1,
      askSize: 1,
      at,
    });
    const trigger = { trigger: price(3_300) };
    expect(stopSideFault(trigger, bid(3_400))).toBeUndefined();
    expect(stopSideFault(trigger, bid(3_300))).toBe('wrongSide');
    expect(stopSideFault(trigger, bid(undefined))).toBe('noMarket');
    expect(stopSideFault(trigger, undefined)).toBe('noMarket');
  });
});
