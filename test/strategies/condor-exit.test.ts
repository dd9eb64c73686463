import { describe, expect, it } from 'vitest';
import { STANDARD_EXITS } from '../../src/engine/domain/exit-choices.ts';
import type { OrderLeg } from '../../src/engine/domain/order.ts';
import { epochMicros, priceFromDollars, sessionDate } from '../../src/engine/domain/units.ts';
import { condorExitAt, condorExitPlan } from '../../src/strategies/condor-exit.ts';

const expiry = sessionDate('2026-11-24');

function legsOf(root: 'SPY' | 'SPXW'): readonly OrderLeg[] {
  const leg = (action: OrderLeg['action'], right: 'call' | 'put', dollars: number): OrderLeg => {
    const strike = priceFromDollars(dollars);
    return { instrument: { kind: 'option', root, expiry, right, strike }, action, ratio: 1 };
  };
  return [
    leg('buyToOpen', 'put', 665),
    leg('sellToOpen', 'put', 670),
    leg('sellToOpen', 'call', 690),
    leg('buyToOpen', 'call', 695),
  ];
}

/** Where a condor that was sold at `credit` is bought back for `percent` of it. */
function targetOf(root: 'SPY' | 'SPXW', credit: number, percent: number): number | undefined {
  const price = priceFromDollars(credit);
  const sold = { legs: legsOf(root), credit: price, worstCredit: price, quantity: 1 };
  const plan = condorExitPlan(
    { ...sold, width: priceFromDollars(5) },
    {
      exits: { ...STANDARD_EXITS, profitTargetPercent: percent },
      flattenStartAt: epochMicros(1),
    },
  );
  return plan.target?.price;
}

describe('the profit of a condor', () => {
  it('is taken at the debit that is left of the credit', () => {
    expect(targetOf('SPXW', 0.9, 50)).toBe(priceFromDollars(0.45));
    expect(targetOf('SPY', 0.5, 80)).toBe(priceFromDollars(0.1));
  });

  it('is taken at a tick for each short at the least, below which nobody offers both', () => {
    expect(targetOf('SPXW', 0.9, 95)).toBe(priceFromDollars(0.1));
    expect(targetOf('SPXW', 0.3, 85)).toBe(priceFromDollars(0.1));
    expect(targetOf('SPY', 0.1, 95)).toBe(priceFromDollars(0.02));
  });
});

describe('the plan of a condor that brought less', () => {
  it('has no stop below a tick, however little that is, and none that is further away', () => {
    const plan = { sideStop: { debit: priceFromDollars(0.9) }, timeExitAt: epochMicros(1) };
    const at = { legs: legsOf('SPXW'), credit: priceFromDollars(1), width: priceFromDollars(5) };
    const debits = [-0.2, 0.04, 0.87, 0.95].map((dollars) => {
      const received = priceFromDollars(dollars);
      return condorExitAt(plan, { ...at, received }).sideStop?.debit;
    });
    expect(debits).toEqual([500, 500, 8_500, 9_000]);
  });
});
