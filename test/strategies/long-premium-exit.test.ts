import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STANDARD_EXITS } from '../../src/engine/domain/exit-choices.ts';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { addMicros, MICROS_PER_MINUTE, price } from '../../src/engine/domain/units.ts';
import {
  longPremiumExit,
  longPremiumExitAt,
  timeExitBeforeMark,
} from '../../src/strategies/long-premium-exit.ts';
import { buildView } from '../support/chain-builder.ts';
import { buildDay } from './strategy-day.ts';

const view = buildView();
const legs = view.slice.calls.slice(0, 1).map((row): OrderLeg => {
  return { instrument: row.contract, action: 'buyToOpen', ratio: 1 };
});
const timeExitAt = view.slice.session.exerciseMark;

describe('longPremiumExit', () => {
  it('stops at the fraction, aims at the multiple and plans the loss from the most paid to the stop', () => {
    const premium = price(5_100);
    const plan = longPremiumExit({
      legs,
      premium,
      worstPremium: price(5_600),
      bid: price(5_000),
      quantity: 3,
      timeExitAt,
      hasStop: true,
      targetMultiple: 2,
      choices: STANDARD_EXITS,
    });
    expect(plan).toEqual({
      stop: { kind: 'valueAtOrBelow', price: 2_600 },
      target: { kind: 'valueAtOrAbove', price: 10_200 },
      timeExitAt,
      plannedLossCents: 9_000,
    });
  });

  it('plans no loss without a stop, so that the whole premium counts', () => {
    const plan = longPremiumExit({
      legs,
      premium: price(300),
      worstPremium: price(400),
      bid: price(200),
      quantity: 1,
      timeExitAt,
      hasStop: false,
      targetMultiple: 5,
      choices: STANDARD_EXITS,
    });
    expect(plan).toEqual({ target: { kind: 'valueAtOrAbove', price: 1_500 }, timeExitAt });
  });

  /** Bought at the mid of a market in ticks, rounded up. */
  function boughtAt(root: 'SPY' | 'SPXW', bidTicks: number, askTicks: number) {
    const tick = root === 'SPY' ? 100 : 500;
    const bid = price(bidTicks * tick);
    const premium = price(Math.ceil((bidTicks + askTicks) / 2) * tick);
    const ofRoot = legs.map((leg): OrderLeg => {
      if (leg.instrument.kind !== 'option') throw new Error('an option');
      return { ...leg, instrument: { ...leg.instrument, root } };
    });
    const worstPremium = price(askTicks * tick);
    const paid = { legs: ofRoot, premium, worstPremium, bid, quantity: 1, timeExitAt };
    const how = { hasStop: true, targetMultiple: 2, choices: STANDARD_EXITS };
    return { bid, plan: longPremiumExit({ ...paid, ...how }) };
  }

  it.each([
    { root: 'SPY', bidTicks: 0, askTicks: 1 },
    { root: 'SPY', bidTicks: 1, askTicks: 2 },
    { root: 'SPY', bidTicks: 2, askTicks: 3 },
    { root: 'SPXW', bidTicks: 1, askTicks: 2 },
    { root: 'SPXW', bidTicks: 2, askTicks: 3 },
  ] as const)('has no stop that the bid of its entry breaks: %o', (market) => {
    const { plan } = boughtAt(market.root, market.bidTicks, market.askTicks);
    expect(plan).not.toHaveProperty('stop');
    expect(plan).not.toHaveProperty('plannedLossCents');
  });

  it('stops one tick below the bid of its entry at the nearest, in any market', () => {
    expect(boughtAt('SPY', 3, 4).plan.stop?.price).toBe(200);
    const roots = fc.constantFrom('SPY', 'SPXW');
    fc.assert(
      fc.property(roots, fc.nat(60), fc.integer({ min: 1, max: 40 }), (root, ticks, width) => {
        const { bid, plan } = boughtAt(root, ticks, ticks + width);
        expect(plan.stop?.price ?? 0).toBeLessThan(Math.max(bid, 1));
        expect(plan.plannedLossCents === undefined).toBe(plan.stop === undefined);
      }),
    );
  });
});

describe('timeExitBeforeMark', () => {
  it('is so many minutes before the mark, or the flatten start where that is earlier', () => {
    const { exerciseMark } = view.slice.session;
    const halfPast = addMicros(exerciseMark, -30 * MICROS_PER_MINUTE);
    expect(timeExitBeforeMark(view, buildDay(), 30)).toBe(halfPast);
    const flattenStartAt = addMicros(exerciseMark, -55 * MICROS_PER_MINUTE);
    expect(timeExitBeforeMark(view, buildDay({ flattenStartAt }), 30)).toBe(flattenStartAt);
  });
});

describe('longPremiumExitAt', () => {
  const stop = { kind: 'valueAtOrBelow', price: price(300) } as const;

  it('leaves a stop of some ticks where the market of the purchase might break a nearer one', () => {
    const at = { legs, premium: price(600), paid: price(800) };
    expect(longPremiumExitAt({ stop, timeExitAt }, at)).toEqual({ stop, timeExitAt });
  });

  it('has the premium alone at stake where it had', () => {
    const target = { kind: 'valueAtOrAbove', price: price(1_000) } as const;
    const at = { legs, premium: price(200), paid: price(300) };
    const plan = longPremiumExitAt({ target, timeExitAt }, at);
    expect(plan).toEqual({ target: { ...target, price: 1_500 }, timeExitAt });
  });
});
