import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import type { PayoffInputs } from '../../../src/engine/pricing/payoff.ts';
import { payoffAt, payoffSummary } from '../../../src/engine/pricing/payoff.ts';
import { condorLegs, optionLeg, sharesLeg } from '../../support/legs.ts';

function order(
  legs: readonly OrderLeg[],
  netDollars: number,
  quantity = 1,
  fees = 0,
): PayoffInputs {
  return { legs, quantity, netPrice: priceFromDollars(netDollars), feesCents: cents(fees) };
}

function breakevenDollars(inputs: PayoffInputs): number[] {
  return payoffSummary(inputs).breakevens.map((each) => each / 10_000);
}

describe('the payoff summary', () => {
  it('of a long call: the premium and fees at risk, no ceiling, one breakeven', () => {
    const inputs = order([optionLeg('buyToOpen', 'call', 600)], -1.5, 2, 260);
    expect(payoffSummary(inputs)).toEqual({
      maxLossCents: 30_260,
      maxProfitCents: undefined,
      breakevens: [priceFromDollars(601.513)],
      marginCents: 0,
      assignmentCostCents: 0,
      width: 0,
    });
  });

  it('of a long put: its best point is a price of zero', () => {
    const summary = payoffSummary(order([optionLeg('buyToOpen', 'put', 600)], -1.5));
    expect(summary.maxLossCents).toBe(15_000);
    expect(summary.maxProfitCents).toBe(5_985_000);
    expect(summary.breakevens).toEqual([priceFromDollars(598.5)]);
  });

  it('of an iron condor: width less credit at risk, the credit to win', () => {
    const inputs = order(condorLegs([580, 590, 610, 620]), 1.5, 3, 780);
    const summary = payoffSummary(inputs);
    expect(summary.maxLossCents).toBe((10 - 1.5) * 100 * 100 * 3 + 780);
    expect(summary.maxProfitCents).toBe(1.5 * 100 * 100 * 3 - 780);
    expect(summary.marginCents).toBe(10 * 100 * 100 * 3);
    expect(summary.assignmentCostCents).toBe(610 * 100 * 100 * 3);
    expect(summary.width).toBe(100_000);
    expect(breakevenDollars(inputs)).toEqual([588.526, 611.474]);
  });

  it('pays for what is exercised and assigned at the worst point, a leg in the money each', () => {
    const settlementFeeCents = cents(500);
    const lossOf = (legs: readonly OrderLeg[], net: number) =>
      payoffSummary({ ...order(legs, net), settlementFeeCents }).maxLossCents;
    expect(lossOf(condorLegs([580, 590, 610, 620]), 1.5)).toBe(85_000 + 2 * 500);
    const [longPut, shortPut, shortCall, longCall] = condorLegs([580, 590, 610, 620]);
    expect(lossOf([longPut!, shortPut!], 1)).toBe(90_000 + 2 * 500);
    expect(lossOf([shortCall!, longCall!], 1)).toBe(90_000 + 2 * 500);
    expect(lossOf([optionLeg('buyToOpen', 'call', 600)], -1.5)).toBe(15_000 + 500);
    expect(lossOf([optionLeg('buyToOpen', 'put', 600)], -1.5)).toBe(15_000 + 500);
    const debit = [optionLeg('buyToOpen', 'call', 595), optionLeg('sellToOpen', 'call', 600)];
    expect(lossOf(debit, -2)).toBe(20_000 + 500);
    const straddle = [optionLeg('buyToOpen', 'call', 600), optionLeg('buyToOpen', 'put', 600)];
    expect(lossOf(straddle, -3)).toBe(30_000 + 500);
    expect(lossOf([optionLeg('sellToOpen', 'put', 600)], 1)).toBe(5_990_000 + 500);
    const { marginCents } = payoffSummary({
      ...order([longPut!, shortPut!], 1),
      settlementFeeCents,
    });
    expect(marginCents).toBe(100_000);
  });

  it('of an uneven condor: the wider side', () => {
    const summary = payoffSummary(order(condorLegs([575, 590, 610, 620]), 2));
    expect(summary.maxLossCents).toBe((15 - 2) * 10_000);
    expect(summary.marginCents).toBe(15 * 10_000);
    expect(summary.width).toBe(150_000);
  });

  it('of a short call: no floor, and the assignment cost as collateral', () => {
    const summary = payoffSummary(order([optionLeg('sellToOpen', 'call', 600)], 1));
    expect(summary.maxLossCents).toBeUndefined();
    expect(summary.maxProfitCents).toBe(10_000);
    expect(summary.marginCents).toBe(6_000_000);
    expect(summary.assignmentCostCents).toBe(6_000_000);
  });

  it('of a short put: the strike less the credit, at a price of zero', () => {
    const summary = payoffSummary(order([optionLeg('sellToOpen', 'put', 600)], 1));
    expect(summary.maxLossCents).toBe(5_990_000);
    expect(summary.marginCents).toBe(6_000_000);
  });

  it('of a ratio that sells one call more than it buys: no floor', () => {
    const legs = [optionLeg('buyToOpen', 'call', 600), optionLeg('sellToOpen', 'call', 610, 2)];
    expect(payoffSummary(order(legs, 0.5)).maxLossCents).toBeUndefined();
  });

  it('of a ratio that buys one call more than it sells: the worst is at the long strike', () => {
    const legs = [optionLeg('sellToOpen', 'call', 600), optionLeg('buyToOpen', 'call', 610, 2)];
    const summary = payoffSummary(order(legs, 0.5));
    expect(summary.maxLossCents).toBe(95_000);
    expect(summary.maxProfitCents).toBeUndefined();
    expect(summary.breakevens).toEqual([priceFromDollars(600.5), priceFromDollars(619.5)]);
  });

  it('of a covered call: shares and option in one curve, net of both per share', () => {
    const legs = [sharesLeg('buyToOpen', 100), optionLeg('sellToOpen', 'call', 605)];
    const summary = payoffSummary(order(legs, -599));
    expect(summary.maxLossCents).toBe(5_990_000);
    expect(summary.maxProfitCents).toBe(60_000);
    expect(summary.breakevens).toEqual([priceFromDollars(599)]);
  });

  it('of shares alone counts the net per share, and a short sale has no floor', () => {
    const bought = payoffSummary(order([sharesLeg('buyToOpen', 1)], -600.25, 100));
    expect(bought.maxLossCents).toBe(6_002_500);
    expect(bought.maxProfitCents).toBeUndefined();
    expect(bought.breakevens).toEqual([priceFromDollars(600.25)]);
    const sold = payoffSummary(order([sharesLeg('sellToOpen', 1)], 600.25, 100));
    expect(sold.maxLossCents).toBeUndefined();
  });

  it('of a sure gain has no loss, and of a sure loss shows a negative best', () => {
    const gain = payoffSummary(order([optionLeg('buyToOpen', 'call', 600)], 0.01));
    expect(gain.maxLossCents).toBe(0);
    const legs = [optionLeg('buyToOpen', 'call', 600), optionLeg('sellToOpen', 'call', 605)];
    const loss = payoffSummary(order(legs, -5.1));
    expect(loss.maxProfitCents).toBe(-1_000);
    expect(loss.breakevens).toEqual([]);
  });

  it('rounds a fraction of a cent against us', () => {
    const odd = { ...order([sharesLeg('buyToOpen', 1)], 0), netPrice: price(-6_000_050) };
    expect(payoffSummary(odd).maxLossCents).toBe(60_001);
    expect(payoffAt(odd, price(6_000_000))).toBe(-1);
  });

  it('counts a price at which the payoff only touches zero, once', () => {
    const legs = [
      optionLeg('buyToOpen', 'call', 590),
      optionLeg('sellToOpen', 'call', 600, 2),
      optionLeg('buyToOpen', 'call', 610),
    ];
    expect(breakevenDollars(order(legs, -10))).toEqual([600]);
  });

  it('marks both ends of a stretch at exactly zero', () => {
    expect(breakevenDollars(order(condorLegs([580, 590, 610, 620]), 0))).toEqual([590, 610]);
  });
});

const anyLeg = fc
  .record({
    action: fc.constantFrom('buyToOpen', 'sellToOpen', 'buyToClose', 'sellToClose'),
    kind: fc.constantFrom('call', 'put', 'call', 'put', 'shares'),
    strike: fc.integer({ min: 590, max: 610 }),
    ratio: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ action, kind, strike, ratio }) =>
    kind === 'call' || kind === 'put'
      ? optionLeg(action, kind, strike, ratio)
      : sharesLeg(action, ratio * 100),
  );

const anyOrder = fc
  .record({
    legs: fc.array(anyLeg, { minLength: 1, maxLength: 4 }),
    quantity: fc.integer({ min: 1, max: 10 }),
    netCents: fc.integer({ min: -2_000, max: 2_000 }),
    fees: fc.integer({ min: 0, max: 5_000 }),
  })
  .map(({ legs, quantity, netCents, fees }) => order(legs, netCents / 100, quantity, fees));

/** Every dollar and half dollar near the strikes, and far points on both sides. */
const GRID = [
  0,
  1,
  100,
  ...Array.from({ length: 61 }, (_, step) => 585 + step / 2),
  900,
  5_000,
  50_000,
].map(priceFromDollars);

describe('the payoff of any legs', () => {
  it('has its worst and best points where a grid finds them', () => {
    fc.assert(
      fc.property(anyOrder, (inputs) => {
        const { maxLossCents, maxProfitCents } = payoffSummary(inputs);
        const onGrid = GRID.map((spot) => payoffAt(inputs, spot));
        const worst = Math.min(...onGrid);
        const far = onGrid.at(-1) ?? 0;
        if (maxLossCents === undefined) expect(far).toBe(worst);
        else expect(maxLossCents).toBe(Math.max(0, -worst));
        const best = Math.max(...onGrid);
        if (maxProfitCents === undefined) expect(far).toBe(best);
        else expect(maxProfitCents).toBe(best);
      }),
    );
  });

  it('changes sign at its breakevens and nowhere else', () => {
    fc.assert(
      fc.property(anyOrder, (inputs) => {
        const { breakevens } = payoffSummary(inputs);
        const dollar = 10_000 * 100 * inputs.quantity;
        for (const each of breakevens) {
          expect(Math.abs(payoffAt(inputs, each))).toBeLessThan(dollar / 1_000);
        }
        expect([...breakevens].sort((a, b) => a - b)).toEqual(breakevens);
        for (const [index, spot] of GRID.slice(1).entries()) {
          const before = GRID[index] ?? spot;
          const signs = Math.sign(payoffAt(inputs, before)) * Math.sign(payoffAt(inputs, spot));
          const between = breakevens.filter((each) => each >= before - 1 && each <= spot + 1);
          if (signs < 0) expect(between.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('grows in proportion to its quantity', () => {
    fc.assert(
      fc.property(anyOrder, fc.integer({ min: 2, max: 9 }), (inputs, times) => {
        const one = payoffSummary({ ...inputs, feesCents: cents(0) });
        const many = payoffSummary({
          ...inputs,
          feesCents: cents(0),
          quantity: inputs.quantity * times,
        });
        expect(many.breakevens).toEqual(one.breakevens);
        expect(many.marginCents).toBe(one.marginCents * times);
        if (one.maxLossCents !== undefined)
          expect(many.maxLossCents).toBe(one.maxLossCents * times);
      }),
    );
  });
});
