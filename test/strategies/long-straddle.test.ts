import { describe, expect, it } from 'vitest';
import { longStraddle } from '../../src/strategies/long-straddle.ts';
import { buildView, isRow, withQuote } from '../support/chain-builder.ts';
import { accepted, buildDay, refused } from './strategy-day.ts';

const day = buildDay();
const view = buildView({ spot: 600.2 });
const atMoney = { strike: 600, quantity: 1 };

describe('a long straddle', () => {
  it('buys the call and the put of the strike', () => {
    const proposal = accepted(longStraddle(view, { strike: 600, quantity: 2 }, day));
    expect(proposal).toMatchObject({
      strategy: 'straddle_scan',
      quantity: 2,
      legs: [
        { action: 'buyToOpen', ratio: 1, instrument: { right: 'call', strike: 6_000_000 } },
        { action: 'buyToOpen', ratio: 1, instrument: { right: 'put', strike: 6_000_000 } },
      ],
    });
    expect(proposal.natural).toBeLessThanOrEqual(proposal.worst);
    expect(proposal.worst).toBeLessThanOrEqual(proposal.limit);
  });

  it('shows its price against the forecast, the breakeven move and the cost of the spread', () => {
    const { figures, reasons } = accepted(longStraddle(view, atMoney, day));
    for (const name of ['ratio', 'breakevenMove', 'spreadCost', 'expectedPayoff']) {
      expect(Number(figures[name])).toBeGreaterThan(0);
    }
    expect(reasons[1]).toContain(`${figures['ratio']} times its expected payoff`);
  });

  it('is proposed without a forecast too, and claims none', () => {
    const blind = { ...view, slice: { ...view.slice, atmVol: undefined, expectedMove: undefined } };
    const { figures, reasons } = accepted(longStraddle(blind, atMoney, day));
    expect(figures).not.toHaveProperty('ratio');
    expect(reasons).toHaveLength(1);
  });

  it('stops at half of the premium, aims at twice, and leaves by the clock', () => {
    const { exitPlan, limit } = accepted(longStraddle(view, atMoney, day));
    const premium = 0 - limit;
    expect(exitPlan.stop?.price).toBe(Math.ceil(premium / 200) * 100);
    expect(exitPlan.target).toEqual({ kind: 'valueAtOrAbove', price: 2 * premium });
    expect(exitPlan.timeExitAt).toBe(day.flattenStartAt);
  });

  it('refuses a strike that is not listed, a leg without an ask and bad arguments', () => {
    const off = refused(longStraddle(view, { strike: 600.5, quantity: 1 }, day));
    expect(off.numbers).toMatchObject({ strike: 600.5, below: 600, above: 601 });
    const holed = buildView({
      edit: (row) => (isRow(row, 'put', 600) ? withQuote(row, 1, undefined) : row),
    });
    expect(refused(longStraddle(holed, atMoney, day)).code).toBe('leg_market_missing');
    for (const params of [
      { strike: 600, quantity: -1 },
      { strike: Number.NaN, quantity: 1 },
      { strike: 0, quantity: 1 },
    ]) {
      expect(refused(longStraddle(view, params, day)).code).toBe('argument_invalid');
    }
  });

  it('opens from 09:30 to the cut-off', () => {
    expect(refused(longStraddle(buildView({ minutes: 569 }), atMoney, day)).code).toBe(
      'entry_window',
    );
    expect(refused(longStraddle(buildView({ minutes: 926 }), atMoney, day)).code).toBe(
      'entry_window',
    );
  });
});
