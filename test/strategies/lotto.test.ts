import { describe, expect, it } from 'vitest';
import { cents } from '../../src/engine/domain/units.ts';
import type { LottoParams } from '../../src/strategies/lotto.ts';
import { LOTTO_DEFAULTS, lotto } from '../../src/strategies/lotto.ts';
import { buildView, isRow, withQuote } from '../support/chain-builder.ts';
import { accepted, buildDay, refused } from './strategy-day.ts';

const day = buildDay();
const view = buildView({ minutes: 840 });

function refusedWith(changes: Partial<LottoParams>, on = view, when = day) {
  return refused(lotto(on, { ...LOTTO_DEFAULTS, ...changes }, when));
}

/** The same afternoon with the lotto call quoted in dollars. */
function quoted(bid: number | undefined, ask: number | undefined) {
  const strike = Number(accepted(lotto(view, LOTTO_DEFAULTS, day)).figures['strike']);
  return buildView({
    minutes: 840,
    edit: (row) => (isRow(row, 'call', strike) ? withQuote(row, bid, ask) : row),
  });
}

describe('lotto_play_5_delta', () => {
  it('buys the option nearest to 5 delta, a call by default and a put when asked', () => {
    const call = accepted(lotto(view, LOTTO_DEFAULTS, day));
    expect(call.legs).toMatchObject([{ action: 'buyToOpen', instrument: { right: 'call' } }]);
    expect(Math.abs(Number(call.figures['delta']) - 0.05)).toBeLessThanOrEqual(0.03);
    const put = accepted(lotto(view, { ...LOTTO_DEFAULTS, side: 'put', targetDelta: -5 }, day));
    expect(put.legs).toMatchObject([{ action: 'buyToOpen', instrument: { right: 'put' } }]);
    expect(Number(put.figures['delta'])).toBeLessThan(0);
  });

  it('opens at 14:00, at 11:00 on a half day, and not a minute earlier', () => {
    expect(refusedWith({}, buildView({ minutes: 839 })).numbers).toMatchObject({
      opensAt: '14:00',
      minutesEarly: 1,
    });
    const date = '2026-11-27';
    const halfDay = buildDay({}, date);
    accepted(lotto(buildView({ minutes: 660, date }), LOTTO_DEFAULTS, halfDay));
    expect(refusedWith({}, buildView({ minutes: 659, date }), halfDay).code).toBe('entry_window');
  });

  it('ends at the opening cut-off', () => {
    const evening = { atmVol: 0.3 };
    accepted(lotto(buildView({ minutes: 925, ...evening }), LOTTO_DEFAULTS, day));
    expect(refusedWith({}, buildView({ minutes: 925.1, ...evening })).code).toBe('entry_window');
  });

  it('spends the budget to the last cent and not one more', () => {
    const on = quoted(0.05, 0.06);
    const { worst } = accepted(lotto(on, LOTTO_DEFAULTS, day));
    expect(worst).toBe(-600);
    const spent = (left: number) => buildDay({ lottoSpentCents: cents(10_000 - left) });
    const exact = accepted(lotto(on, LOTTO_DEFAULTS, spent(600)));
    expect(exact.figures['budgetRemainingAfterCents']).toBe(0);
    const denial = refusedWith({}, on, spent(599));
    expect(denial.code).toBe('premium_budget');
    expect(denial.numbers).toEqual({
      costCents: 600,
      budgetCents: 10_000,
      spentCents: 9_401,
      remainingCents: 599,
      affordableQuantity: 0,
    });
  });

  it('counts against the budget what it costs at its worst price', () => {
    const spent = (left: number) => buildDay({ lottoSpentCents: cents(10_000 - left) });
    const wide = quoted(0.02, 0.12);
    expect(accepted(lotto(wide, LOTTO_DEFAULTS, spent(900))).worst).toBe(-900);
    expect(refusedWith({}, wide, spent(899)).numbers).toMatchObject({
      costCents: 900,
      remainingCents: 899,
    });
  });

  it('says how many the budget still pays for', () => {
    const denial = refusedWith({ quantity: 17 }, quoted(0.05, 0.06));
    expect(denial.numbers).toMatchObject({ costCents: 10_200, affordableQuantity: 16 });
    expect(denial.message).toContain('quantity=16');
  });

  it('counts an overspent budget as nothing left', () => {
    const denial = refusedWith({}, view, buildDay({ lottoSpentCents: cents(20_000) }));
    expect(denial.numbers['remainingCents']).toBe(0);
  });

  it('is limit only: never more than two ticks beyond its limit', () => {
    const { limit, worst, natural } = accepted(lotto(quoted(0.02, 0.12), LOTTO_DEFAULTS, day));
    expect([limit, worst, natural]).toEqual([-700, -900, -1_200]);
  });

  it('buys 0.00 x 0.01 for a cent, and nothing that nobody offers', () => {
    expect(accepted(lotto(quoted(undefined, 0.01), LOTTO_DEFAULTS, day)).limit).toBe(-100);
    expect(refusedWith({}, quoted(0.01, undefined)).code).toBe('leg_market_missing');
  });

  it('has no stop and no planned loss: five times the premium, or the clock', () => {
    const { exitPlan } = accepted(lotto(quoted(0.05, 0.06), LOTTO_DEFAULTS, day));
    expect(exitPlan).toEqual({
      target: { kind: 'valueAtOrAbove', price: 3_000 },
      timeExitAt: day.flattenStartAt,
    });
  });

  it('says when its delta is modelled, and how far the breakeven is', () => {
    const modelled = buildView({ minutes: 840, edit: (row) => ({ ...row, modelled: true }) });
    const { reasons, figures } = accepted(lotto(modelled, LOTTO_DEFAULTS, day));
    expect(reasons[0]).toContain('modelled from the edge of the smile');
    expect(figures['deltaModelled']).toBe(true);
    const away = Number(figures['strike']) - 600 + Number(figures['premium']);
    expect(figures['breakevenMove']).toBeCloseTo(away, 9);
  });

  it('refuses arguments by name', () => {
    for (const changes of [
      { side: 'both' as 'call' },
      { targetDelta: 0.05 },
      { targetDelta: -5 },
      { quantity: 0.5 },
    ]) {
      expect(refusedWith(changes).code).toBe('argument_invalid');
    }
    expect(refusedWith({ targetDelta: 0.05 }).message).toContain('did you mean 5?');
  });
});
