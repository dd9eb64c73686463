import { describe, expect, it } from 'vitest';
import { exitPlanView } from '../../../src/desk/account/exit-plan-view.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { price, sessionDate } from '../../../src/engine/domain/units.ts';

describe('an exit plan in words', () => {
  const timeExitAt = newYorkInstant(sessionDate('2026-11-20'), 940);

  it('without a stop says what the loss is', () => {
    expect(exitPlanView({ timeExitAt })).toEqual({
      stop: 'none: the premium paid is the whole loss',
      target: null,
      timeExit: '2026-11-20T15:40:00.000-05:00',
      plannedLossCents: null,
    });
  });

  it('names both stops, and the target that buys back', () => {
    const view = exitPlanView({
      timeExitAt,
      stop: { kind: 'debitAtOrAbove', price: price(25_000) },
      sideStop: { debit: price(12_500) },
      target: { kind: 'debitAtOrBelow', price: price(6_000) },
    });
    expect(view.stop).toBe(
      'closes when it costs 2.50; either side closes when it alone costs 1.25',
    );
    expect(view.target).toBe('buys back at 0.60');
  });

  it('tells breakeven, trail, opposite break and patience', () => {
    const view = exitPlanView({
      timeExitAt,
      sideStop: { debit: price(9_000), afterOther: 'breakeven' },
      rangeExit: { closes: 'below', level: price(5_991_000) },
      trail: { afterGain: price(5_000), keepFraction: 0.5 },
      confirmation: 'patient',
    });
    expect(view.stop.split('; ')).toEqual([
      'either side closes when it alone costs 0.90',
      'the side that is left then closes, once it has cost no more, where the whole trade breaks even',
      'closes when a minute closes below 599.10',
      'stops are confirmed patiently',
    ]);
    expect(view.target).toBe(
      'once 0.50 is gained, closes when less than 50 % of the best gain is left',
    );
  });
});
