import { describe, expect, it } from 'vitest';
import { STANDARD_EXITS } from '../../src/engine/domain/exit-choices.ts';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { addMicros, MICROS_PER_MINUTE, price } from '../../src/engine/domain/units.ts';
import { longPremiumExit, timeExitBeforeMark } from '../../src/strategies/long-premium-exit.ts';
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
      quantity: 3,
      timeExitAt,
      stopFraction: 0.5,
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
      quantity: 1,
      timeExitAt,
      targetMultiple: 5,
      choices: STANDARD_EXITS,
    });
    expect(plan).toEqual({ target: { kind: 'valueAtOrAbove', price: 1_500 }, timeExitAt });
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
