import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STANDARD_EXITS } from '../../src/engine/domain/exit-choices.ts';
import type { MarketView } from '../../src/engine/domain/market.ts';
import type { CondorParams } from '../../src/strategies/iron-condor.ts';
import { CONDOR_DEFAULTS, CONDOR_SELECTS, ironCondor } from '../../src/strategies/iron-condor.ts';
import type { Proposal } from '../../src/strategies/strategy.ts';
import { buildView, isRow, withQuote } from '../support/chain-builder.ts';
import { accepted, buildDay, refused } from './strategy-day.ts';

const day = buildDay();
const view = buildView();

function refusedWith(changes: Partial<CondorParams>, on: MarketView = view) {
  return refused(ironCondor(on, { ...CONDOR_DEFAULTS, ...changes }, day));
}

function strikes(proposal: Proposal): number[] {
  return proposal.legs.map(({ instrument }) =>
    instrument.kind === 'option' ? instrument.strike / 10_000 : Number.NaN,
  );
}

/** Four strikes with these short bids, a cent wide, wings at 0.00 x 0.01. */
function shortsAt(put: number, call: number, width = 10): MarketView {
  return buildView({
    skewPerDollar: 0,
    strikes: [598 - width, 598, 602, 602 + width],
    edit: (row) => {
      if (isRow(row, 'put', 598)) return withQuote(row, put, put + 0.01);
      if (isRow(row, 'call', 602)) return withQuote(row, call, call + 0.01);
      return withQuote(row, undefined, 0.01);
    },
  });
}

describe('iron_condor_30_delta', () => {
  it('sells a put and a call vertical 10 wide at 30 delta for one credit', () => {
    const proposal = accepted(ironCondor(view, CONDOR_DEFAULTS, day));
    const [putLong = 0, putShort = 0, callShort = 0, callLong = 0] = strikes(proposal);
    expect(proposal.legs.map((leg) => leg.action)).toEqual([
      'buyToOpen',
      'sellToOpen',
      'sellToOpen',
      'buyToOpen',
    ]);
    expect(putShort - putLong).toBe(10);
    expect(callLong - callShort).toBe(10);
    expect(putShort).toBeLessThan(600);
    expect(callShort).toBeGreaterThan(600);
    expect(proposal.limit).toBeGreaterThan(0);
  });

  it('shows credit to width and the distance of each short in expected moves', () => {
    const { figures, limit } = accepted(ironCondor(view, CONDOR_DEFAULTS, day));
    expect(figures['creditToWidth']).toBeCloseTo(limit / 100_000, 4);
    const move = view.slice.expectedMove ?? 0;
    const putAway = 600 - Number(figures['putShortStrike']);
    expect(figures['distanceInExpectedMovesPut']).toBeCloseTo(putAway / move, 2);
    expect(figures['distanceInExpectedMoves']).toBe(
      Math.min(
        Number(figures['distanceInExpectedMovesPut']),
        Number(figures['distanceInExpectedMovesCall']),
      ),
    );
  });

  it('leaves distances out while the expected move is not known', () => {
    const blind = { ...view, slice: { ...view.slice, expectedMove: undefined } };
    const { figures, reasons } = accepted(ironCondor(blind, CONDOR_DEFAULTS, day));
    expect(figures).not.toHaveProperty('distanceInExpectedMoves');
    expect(reasons.join(' ')).not.toContain('expected moves');
  });

  it('stops each side at the total credit and plans for both sides stopped', () => {
    const { exitPlan, limit, worst } = accepted(
      ironCondor(view, { ...CONDOR_DEFAULTS, quantity: 2 }, day),
    );
    expect(exitPlan).toEqual({
      sideStop: { debit: limit },
      timeExitAt: day.flattenStartAt,
      plannedLossCents: 2 * (2 * limit - worst),
    });
  });

  it('plans for its stop short of the width where it is held whole, and for both sides else', () => {
    const planned = (condorStop: 'side' | 'breakeven' | 'whole') => {
      const exits = buildDay({ exits: { ...STANDARD_EXITS, condorStop } });
      const params = { ...CONDOR_DEFAULTS, quantity: 1 };
      const { exitPlan, limit, worst } = accepted(ironCondor(shortsAt(3, 3), params, exits));
      expect(limit).toBe(60_000);
      return (exitPlan.plannedLossCents ?? 0) + worst;
    };
    expect([planned('whole'), planned('side'), planned('breakeven')]).toEqual([
      90_000, 120_000, 120_000,
    ]);
  });

  it('is stopped as the day was set: at breakeven, or whole at twice the credit', () => {
    const exits = (condorStop: 'breakeven' | 'whole') =>
      buildDay({ exits: { ...STANDARD_EXITS, condorStop, confirmation: 'patient' } });
    const even = accepted(ironCondor(view, CONDOR_DEFAULTS, exits('breakeven')));
    const debit = Math.floor((even.limit * 0.9) / 100) * 100;
    expect(even.exitPlan).toMatchObject({
      sideStop: { debit, afterOther: 'breakeven' },
      confirmation: 'patient',
      plannedLossCents: 2 * even.limit - even.worst,
    });
    expect(even.reasons.at(-1)).toContain(
      'the other side then, once it has cost no more, where the trade breaks even',
    );
    const whole = accepted(ironCondor(view, CONDOR_DEFAULTS, exits('whole')));
    expect(whole.exitPlan.sideStop).toBeUndefined();
    expect(whole.exitPlan.stop).toEqual({ kind: 'debitAtOrAbove', price: 2 * whole.limit });
    expect(whole.reasons.at(-1)).toContain('closed whole once it costs');
  });

  it('is stopped whole at three quarters of the way from the credit to the width at most', () => {
    const whole = buildDay({ exits: { ...STANDARD_EXITS, condorStop: 'whole' } });
    for (const width of [1, 2, 5, 10]) {
      const { exitPlan, limit } = accepted(ironCondor(view, { ...CONDOR_DEFAULTS, width }, whole));
      const furthest = limit + 0.75 * (width * 10_000 - limit);
      const stop = Math.floor(Math.min(2 * limit, furthest) / 100) * 100;
      expect(exitPlan.stop?.price).toBe(stop);
      expect(stop).toBeLessThan(width * 10_000);
    }
  });

  it('takes the profit of the day where the trade names none, and trails where the day does', () => {
    const target = buildDay({ exits: { ...STANDARD_EXITS, profitTargetPercent: 25 } });
    const { exitPlan, limit } = accepted(ironCondor(view, CONDOR_DEFAULTS, target));
    expect(exitPlan.target?.price).toBe(Math.floor((limit * 0.75) / 100) * 100);
    const trailing = buildDay({ exits: { ...STANDARD_EXITS, policy: 'trailing' } });
    const trailed = accepted(ironCondor(view, CONDOR_DEFAULTS, trailing)).exitPlan;
    expect(trailed.target).toBeUndefined();
    expect(trailed.trail).toEqual({ afterGain: Math.ceil(limit / 200) * 100, keepFraction: 0.5 });
    const asked = { ...CONDOR_DEFAULTS, takeProfitPercent: 50 };
    expect(accepted(ironCondor(view, asked, trailing)).exitPlan.trail).toBeUndefined();
  });

  it('takes profit at a debit when asked to', () => {
    const params = { ...CONDOR_DEFAULTS, takeProfitPercent: 50 };
    const { exitPlan, limit } = accepted(ironCondor(view, params, day));
    expect(exitPlan.target).toEqual({
      kind: 'debitAtOrBelow',
      price: Math.floor(limit / 200) * 100,
    });
  });

  it('chooses by delta, by credit or balanced, and says which', () => {
    for (const select of CONDOR_SELECTS) {
      const proposal = accepted(ironCondor(view, { ...CONDOR_DEFAULTS, select }, day));
      expect(proposal.figures['select']).toBe(select);
    }
    const rich = accepted(ironCondor(view, { ...CONDOR_DEFAULTS, select: 'delta' }, day));
    const poor = accepted(
      ironCondor(view, { ...CONDOR_DEFAULTS, select: 'credit', sideCredit: 0.1 }, day),
    );
    expect(poor.limit).toBeLessThan(rich.limit);
    expect(Math.abs(Number(poor.figures['putCredit']) - 0.1)).toBeLessThanOrEqual(0.05);
  });

  it('refuses a phantom credit near the width, and takes one tick less', () => {
    const denial = refusedWith({}, shortsAt(4.9, 4.9));
    expect(denial.code).toBe('price_bounds');
    expect(denial.numbers).toMatchObject({ credit: 9.8, mostCredit: 9.8, width: 10 });
    accepted(ironCondor(shortsAt(4.9, 4.89), CONDOR_DEFAULTS, day));
  });

  it('refuses a credit below 1 % of the width, and takes it exactly', () => {
    accepted(ironCondor(shortsAt(0.05, 0.05), CONDOR_DEFAULTS, day));
    const denial = refusedWith({}, shortsAt(0.05, 0.04));
    expect(denial.code).toBe('credit_too_small');
    expect(denial.numbers).toMatchObject({ credit: 0.09, leastCredit: 0.1 });
  });

  it('refuses a credit below five ticks on a narrow width', () => {
    accepted(ironCondor(shortsAt(0.03, 0.02, 1), { ...CONDOR_DEFAULTS, width: 1 }, day));
    const denial = refusedWith({ width: 1 }, shortsAt(0.02, 0.02, 1));
    expect(denial.numbers).toMatchObject({ credit: 0.04, leastCredit: 0.05 });
  });

  it('refuses a credit that is none at natural, and takes one of a tick', () => {
    const wingsAt = (callWingAsk: number) =>
      buildView({
        skewPerDollar: 0,
        strikes: [588, 598, 602, 612],
        edit: (row) => {
          if (isRow(row, 'put', 598) || isRow(row, 'call', 602)) return withQuote(row, 0.3, 0.5);
          return withQuote(row, undefined, isRow(row, 'call', 612) ? callWingAsk : 0.3);
        },
      });
    accepted(ironCondor(wingsAt(0.29), CONDOR_DEFAULTS, day));
    const denial = refusedWith({}, wingsAt(0.3));
    expect(denial.code).toBe('credit_too_small');
    expect(denial.numbers).toMatchObject({ credit: 0.5, naturalCredit: 0 });
  });

  it('refuses shorts that meet at the money', () => {
    const denial = refusedWith({ shortDelta: 50 });
    expect(denial.code).toBe('no_candidate');
    expect(denial.message).toContain('smaller short_delta');
  });

  it('refuses a wing that is not listed', () => {
    expect(refusedWith({ width: 2.5 }).code).toBe('strike_not_found');
  });

  it('refuses arguments by name', () => {
    for (const changes of [
      { width: 0 },
      { width: 101 },
      { width: Number.NaN },
      { shortDelta: 0.3 },
      { shortDelta: 51 },
      { quantity: 0 },
      { sideCredit: 11 },
      { takeProfitPercent: 100 },
      { select: 'best' as 'delta' },
    ]) {
      expect(refusedWith(changes).code).toBe('argument_invalid');
    }
    expect(refusedWith({ shortDelta: 0.3 }).message).toContain('did you mean 30?');
  });

  it('opens from 09:30 to the cut-off', () => {
    expect(refusedWith({}, buildView({ minutes: 569 })).code).toBe('entry_window');
    expect(refusedWith({}, buildView({ minutes: 925.1 })).code).toBe('entry_window');
  });

  it('always has four legs of two closed verticals, or is refused with numbers', () => {
    const scene = fc.record({
      atmVol: fc.double({ min: 0.06, max: 1.2, noNaN: true }),
      minutes: fc.integer({ min: 570, max: 925 }),
      shortDelta: fc.integer({ min: 1, max: 50 }),
      width: fc.integer({ min: 1, max: 20 }),
      select: fc.constantFrom(...CONDOR_SELECTS),
    });
    fc.assert(
      fc.property(scene, ({ atmVol, minutes, ...asked }) => {
        const on = buildView({ atmVol, minutes, spot: 600.37 });
        const outcome = ironCondor(on, { ...CONDOR_DEFAULTS, ...asked }, day);
        if ('denied' in outcome) {
          expect(Object.keys(outcome.denied.numbers).length).toBeGreaterThan(0);
          return;
        }
        const [putLong = 0, putShort = 0, callShort = 0, callLong = 0] = strikes(outcome);
        expect([putShort - putLong, callLong - callShort]).toEqual([asked.width, asked.width]);
        expect(putShort).toBeLessThan(callShort);
        expect(outcome.legs.map((leg) => leg.action)).toEqual([
          'buyToOpen',
          'sellToOpen',
          'sellToOpen',
          'buyToOpen',
        ]);
        expect(outcome.natural).toBeGreaterThan(0);
        expect(outcome.worst).toBeGreaterThanOrEqual(outcome.natural);
        expect(outcome.limit).toBeGreaterThanOrEqual(outcome.worst);
        expect(outcome.limit).toBeLessThan(asked.width * 10_000);
      }),
      { numRuns: 80 },
    );
  });
});
